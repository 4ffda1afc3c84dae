#include "assay/base/finding.h"

#include <algorithm>
#include <utility>

namespace assay {

void add_bounded(Findings& findings, Finding finding, std::size_t limit) {
  if (findings.size() >= limit) {
    if (limit == 0 || finding.level != Level::error || has_error(findings)) return;
    findings.pop_back();
  }
  findings.push_back(std::move(finding));
}

bool has_error(const Findings& findings) {
  return std::ranges::find(findings, Level::error, &Finding::level) != findings.end();
}

std::string_view to_text(Level level) {
  switch (level) {
    case Level::error:
      return "error";
    case Level::warning:
      return "warning";
    case Level::info:
      return "info";
  }
  return "";
}

}  // namespace assay
