#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "assay/base/domain_name.h"
#include "assay/mail/header.h"

namespace assay::dkim::detail {

/// Which `limit` of the signature fields are tried, as positions in `fields`, the likeliest to
/// align with an author first: d= equal to an author's domain, then above or below it, then by the
/// labels shared at the end, then in message order. Linear in the octets of the fields but for the
/// sorting.
std::vector<std::size_t> choose_signatures(const std::vector<const mail::Field*>& fields,
                                           std::span<const DomainName> authors, std::size_t limit);

}  // namespace assay::dkim::detail
