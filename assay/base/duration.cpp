#include "assay/base/duration.h"

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <limits>

#include "assay/base/ascii.h"

namespace assay {
namespace {

struct Unit {
  std::string_view name;
  std::int64_t milliseconds;
};
constexpr Unit units[] = {
    {"d", 86'400'000}, {"h", 3'600'000}, {"m", 60'000}, {"s", 1'000}, {"ms", 1}};

}  // namespace

std::optional<std::chrono::milliseconds> parse_duration(std::string_view text) {
  const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
  const auto number = ascii::parse_number(text.substr(0, digits));
  const auto unit = std::ranges::find(units, text.substr(digits), &Unit::name);
  if (!number || unit == std::end(units)) return std::nullopt;
  constexpr auto most = static_cast<unsigned long long>(std::numeric_limits<std::int64_t>::max());
  if (*number > most / static_cast<unsigned long long>(unit->milliseconds)) return std::nullopt;
  return std::chrono::milliseconds(static_cast<std::int64_t>(*number) * unit->milliseconds);
}

}  // namespace assay
