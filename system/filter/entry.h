#pragma once

#include <span>
#include <string>

#include "assay/verify/verify.h"
#include "system/evidence/evidence.h"
#include "system/filter/transaction.h"
#include "system/journal/entry.h"

namespace assay::filter {

/// What the journal says of the message itself: client, envelope, and of the header what reports
/// and knowledge need.
journal::Entry describe(const Transaction& transaction, const Client& client,
                        const mail::Header& header);

/// Adds what mail that is not judged says of itself: its author domains, and whose signatures it
/// bears, with the result `untested`.
void add_claims(journal::Entry& entry, const mail::Header& header);

/// Adds the three facts: what DMARC says, why this host departs from it, what was done.
void add_facts(journal::Entry& entry, const verify::Verdict& verdict,
               std::span<const evidence::Finding> findings, const verify::Decision& decision);

}  // namespace assay::filter
