#pragma once

#include <vector>

#include "system/store/received_values.h"

namespace assay::intake {

/// Where the records of a report say that SPF or DKIM is aligned or not, and their own results and
/// the published policy say otherwise: a remark `alignment_differs` for each kind, with how many
/// records and messages, and which is the first (RFC 9990 §3.1.1.9). Only what is certain is
/// remarked: a failure that must be a pass since a domain that passes is the author's own, or,
/// where relaxed, both are at or below the policy domain; a pass although nothing passed that could
/// be of one organization with the author.
std::vector<store::Remark> alignment_remarks(const store::PackedRecords& records,
                                             const aggregate::PolicyPublished& policy);

}  // namespace assay::intake
