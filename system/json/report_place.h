#pragma once

#include <string_view>

namespace assay::json {

/// Where a report was: the file, and within it the member (may be empty).
struct ReportPlace {
  std::string_view file = {};
  std::string_view member = {};
};

}  // namespace assay::json
