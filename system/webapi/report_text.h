#pragma once

#include <string>
#include <string_view>

#include "system/store/received.h"

namespace assay::webapi {

/// A report as a line of `assay intake list --json`, without a line end. `more`: members that
/// follow, as JSON text with their names, such as those of report_content(); empty: none.
std::string report_line(const store::ReceivedReport& one, std::string_view more = {});

/// What is in a report, as members: "report" of an aggregate report, as `assay report read --json`
/// tells it; "failure" or "tls" of the others. Errors: those of the Store.
store::Expected<std::string> report_content(store::ReceivedReports& reports,
                                            const store::ReceivedReport& one);

}  // namespace assay::webapi
