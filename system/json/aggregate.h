#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "assay/aggregate/read.h"
#include "system/json/report_place.h"

namespace assay::json {

/// Whether the records are told, or only how many there are.
enum class Records : std::uint8_t { told, counted };

/// One line of `assay report read --json` for a report that was read. `more` are findings of what
/// it was packed in.
std::string aggregate_line(const ReportPlace& place, const aggregate::Reading& reading,
                           const Findings& more, Records records);

/// `{"file":…,"error":"…","findings":[…]}`: what could not be read.
std::string report_error_line(const ReportPlace& place, std::string_view what,
                              const Findings& findings);

}  // namespace assay::json
