#pragma once

#include <string>

#include "assay/failure/read.h"
#include "system/json/report_place.h"

namespace assay::json {

/// One line of `assay report read --json` for a failure report: `report` is what `read` holds.
/// Fields that may stand once are texts (arrival_date in RFC 3339 where it is a date, or as
/// written), the others arrays; of the original message what people look for first. `more` are
/// findings of what it was packed in.
std::string failure_line(const ReportPlace& place, const failure::Report& report,
                         const Findings& findings, const Findings& more);

}  // namespace assay::json
