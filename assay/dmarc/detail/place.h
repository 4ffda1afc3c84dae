#pragma once

#include <string>
#include <vector>

#include "assay/dmarc/evaluate.h"

namespace assay::dmarc::detail {

/// Finds out which identifiers align with facts.author (RFC 9989 §4.10.2, RFC 7489 §3.1), for a
/// record that applies; fills in facts.identifiers.
void place_identifiers(const std::vector<Identifier>& identifiers, dns::Resolver& resolver,
                       const GatherOptions& options, Facts& facts);

/// The question that ended a failed walk, in words.
std::string failed_lookup(const Walk& walk);

/// The mode that the applied record asks for.
Alignment alignment_of(Method method, const PolicyRecord& record);

}  // namespace assay::dmarc::detail
