#pragma once

#include <string>

#include "assay/dmarc/evaluate.h"

namespace assay::dmarc::detail {

/// One sentence for an administrator: what led to the result of `evaluation`, and what would have
/// made the message pass. Holds no unescaped octets.
std::string explain(const Facts& facts, const Evaluation& evaluation);

/// Whether the check, or the alignment, of an identifier stayed open and might have been a pass.
bool might_pass(const PlacedIdentifier& placed);

/// The lookup that stayed open.
std::string open_lookup(const PlacedIdentifier& placed);

}  // namespace assay::dmarc::detail
