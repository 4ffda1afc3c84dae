#include "system/analysis/document.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "assay/base/ascii.h"
#include "assay/base/overloaded.h"
#include "assay/base/time.h"

namespace assay::analysis {

Cell::Cell(std::chrono::sys_days day) : value_(to_text(day)) {}
Cell::Cell(store::Instant at) : value_(to_rfc3339(at)) {}

bool Cell::empty() const {
  return std::visit(overloaded{[](const std::monostate&) { return true; },
                               [](const std::string& text) { return text.empty(); },
                               [](const std::vector<std::string>& list) { return list.empty(); },
                               [](const Share& share) { return share.whole == 0; },
                               [](const auto&) { return false; }},
                    value_);
}

std::string to_text(std::chrono::sys_days day) {
  return to_rfc3339(day).substr(0, 10);
}

std::optional<std::chrono::sys_days> parse_day(std::string_view text) {
  constexpr std::size_t octets = 10;  // 2026-05-01
  if (text.size() != octets) return std::nullopt;
  const auto at = parse_instant(std::string(text) + "T00:00:00Z");
  if (!at) return std::nullopt;
  return std::chrono::floor<std::chrono::days>(*at);
}

std::string count_of(std::uint64_t number, std::string_view what) {
  return fmt::format("{} {}{}", number, what, number == 1 ? "" : "s");
}

std::string percent(Share share) {
  if (share.whole == 0) return "-";
  if (share.part == 0) return "0 %";
  if (share.part == share.whole) return "100 %";
  constexpr double hundred = 100;
  constexpr double least = 0.1;
  const double value = hundred * static_cast<double>(share.part) / static_cast<double>(share.whole);
  if (value < least) return "<0.1 %";
  if (value > hundred - least && value < hundred) return ">99.9 %";
  return fmt::format("{:.1f} %", value);
}

}  // namespace assay::analysis
