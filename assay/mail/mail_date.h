#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "assay/base/time.h"

namespace assay::mail {

/// "Fri, 01 May 2026 00:00:00 +0000" (RFC 5322 §3.3).
std::string to_mail_date(Instant at);

/// A date-time of RFC 5322 §3.3, also in the obsolete forms of §4.3 (years of two digits, names of
/// zones; comments behind). Nothing for other text and days that no calendar has.
std::optional<Instant> parse_mail_date(std::string_view text);

}  // namespace assay::mail
