#pragma once

#include <string>
#include <string_view>

#include "assay/aggregate/read.h"
#include "assay/failure/report.h"
#include "assay/tlsrpt/read.h"
#include "system/json/report_place.h"

namespace assay::cli {

// A report in words for people, fit for a terminal. `more` are findings of what it was packed in.
std::string aggregate_in_words(const json::ReportPlace& place, const aggregate::Reading& reading,
                               const Findings& more);
std::string tls_in_words(const json::ReportPlace& place, const tlsrpt::Reading& reading,
                         const Findings& more);
std::string failure_in_words(const json::ReportPlace& place, const failure::Report& report,
                             const Findings& findings, const Findings& more);
/// What could not be read, and why.
std::string unread_in_words(const json::ReportPlace& place, std::string_view why,
                            const Findings& findings);

}  // namespace assay::cli
