#pragma once

#include <string>

#include "assay/spf/spf.h"

namespace assay::spf {

/// The body of a Received-SPF field for the check (RFC 7208 §9.1): everything behind the colon,
/// beginning with a space, folded with CRLF and a space, without a last CRLF. It belongs above all
/// other Received-SPF fields and above the Received field of this host.
///
/// The receiver is that of the request. Whatever came from outside is printable ASCII, quoted where
/// it must be, and cut at 255 octets; lines are kept below 78 octets where a value permits.
std::string received_spf(const Outcome& outcome, const Request& request);

}  // namespace assay::spf
