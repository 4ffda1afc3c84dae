#pragma once

#include <string>

#include "assay/tlsrpt/read.h"
#include "system/json/report_place.h"

namespace assay::json {

/// One line of `assay report read --json` for a TLS report that was read. `more` are findings of
/// what it was packed in.
std::string tls_line(const ReportPlace& place, const tlsrpt::Reading& reading,
                     const Findings& more);

}  // namespace assay::json
