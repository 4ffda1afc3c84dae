#pragma once

#include <string>
#include <vector>

#include "assay/authres/authres.h"
#include "assay/verify/verify.h"
#include "system/config/settings.h"
#include "system/milter/milter.h"

namespace assay::filter {

/// Removal of every Authentication-Results field that claims to be ours, wherever it stands
/// (RFC 8601 §5), the last one first.
std::vector<milter::Edit> removals(const mail::Header& header, std::string_view authserv_id);

/// Our own Authentication-Results, above all other fields: what was tested, and for dmarc what the
/// policy asked and what was done (RFC 8601 §4).
milter::Edit results_edit(const verify::Verdict& verdict, const verify::Envelope& envelope,
                          const verify::Decision& decision, std::string_view authserv_id,
                          authres::Characters characters);

/// What quarantine means here: the MTA's hold queue, a header for the mail store, a mark in the
/// subject, or nothing but the Authentication-Results.
std::vector<milter::Edit> quarantine_edits(const config::Enforcement& enforcement,
                                           const mail::Header& header, const std::string& reason);

/// "Received-SPF" of the MAIL FROM check; nothing where it was not made.
std::vector<milter::Edit> received_spf_edits(const verify::Verdict& verdict,
                                             const verify::Envelope& envelope,
                                             std::string_view authserv_id);

}  // namespace assay::filter
