#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "assay/authres/authres.h"
#include "assay/verify/verify.h"
#include "system/config/settings.h"
#include "system/milter/milter.h"

namespace assay::filter {

/// Finds every Authentication-Results field that claims to be ours, wherever it stands (RFC 8601
/// §5), field by field: also in a header that is too large to be kept, and for a message that
/// cannot be judged.
class ForgedResults {
 public:
  /// An MTA looks for each that goes from the first field on. More than this came with no mail.
  static constexpr std::size_t most = 1'000;

  void see(std::string_view name, std::string_view value, std::string_view authserv_id);
  /// More than can be removed: such a message is refused (RFC 8601 §5 lets none of them stay).
  bool too_many() const { return forged_.size() > most; }
  /// Their removal, the last one first.
  std::vector<milter::Edit> removals() const;

 private:
  std::uint32_t seen_ = 0;                  // fields of that name
  std::vector<std::uint32_t> forged_ = {};  // which of them, 1 the first
};

/// How our own Authentication-Results are written.
struct ResultsForm {
  std::string_view authserv_id;
  authres::Characters characters = authres::Characters::ascii;
  enum class Arc : std::uint8_t { told, left_out } arc = Arc::told;
};

/// Our own Authentication-Results, above all other fields: what was tested, and for dmarc what the
/// policy asked and what was done (RFC 8601 §4).
milter::Edit results_edit(const verify::Verdict& verdict, const verify::Envelope& envelope,
                          const verify::Decision& decision, const ResultsForm& form);

/// What quarantine means here: the MTA's hold queue, a header for the mail store, a mark in the
/// subject, or nothing but the Authentication-Results.
std::vector<milter::Edit> quarantine_edits(const config::Enforcement& enforcement,
                                           const mail::Header& header, const std::string& reason);

/// "Received-SPF" of the MAIL FROM check; nothing where it was not made.
std::vector<milter::Edit> received_spf_edits(const verify::Verdict& verdict,
                                             const verify::Envelope& envelope,
                                             std::string_view authserv_id);

}  // namespace assay::filter
