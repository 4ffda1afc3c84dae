#pragma once

#include <string>

#include "assay/base/finding.h"
#include "assay/tlsrpt/report.h"

namespace assay::tlsrpt {

/// A report as JSON in the order of RFC 8460 §4.4, ASCII and UTF-8, with a line end behind. Octets
/// that are no UTF-8 become U+FFFD. Members without text are left out. `read_json` gives the report
/// back. Total.
std::string write_json(const Report& report);

/// What hinders a report from being sent (RFC 8460 §4.4; level error): `missing`, `bad_period`,
/// `bad_word`, `no_policies`.
Findings validate(const Report& report);

}  // namespace assay::tlsrpt
