#pragma once

#include "assay/base/finding.h"
#include "system/json/report_place.h"
#include "system/json/writer.h"

/// What the lines of `assay report read --json` have in common.
namespace assay::json::detail {

void write_place(Writer& out, const ReportPlace& place);
/// The member "findings": those of the report, then those of what it was packed in.
void write_findings(Writer& out, const Findings& findings, const Findings& more);

}  // namespace assay::json::detail
