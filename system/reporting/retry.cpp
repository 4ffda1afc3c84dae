#include "system/reporting/retry.h"

#include <algorithm>
#include <array>

namespace assay::reporting {

using std::chrono::seconds;

std::optional<store::Instant> retry_at(unsigned attempts, store::Instant created,
                                       store::Instant now, seconds give_up_after, double chance) {
  using namespace std::chrono_literals;
  constexpr std::array<seconds, 7> pauses = {5min, 15min, 30min, 1h, 2h, 4h, 6h};
  const std::size_t index = std::clamp<std::size_t>(attempts, 1, pauses.size()) - 1;
  const double length = static_cast<double>(pauses[index].count()) * (0.75 + chance / 2);
  const store::Instant next = now + seconds(static_cast<std::int64_t>(length));
  // The last try is at the end of the time, and not a pause before it.
  const store::Instant end = created + give_up_after;
  if (now >= end) return std::nullopt;
  return std::min(next, end);
}

seconds suppressed_for(unsigned times) {
  constexpr seconds first = std::chrono::days{7};
  constexpr seconds longest = std::chrono::days{90};
  const unsigned doublings = std::min(std::max(times, 1U) - 1, 10U);
  return std::min(first * (1U << doublings), longest);
}

store::Instant leave_at(store::Instant now, seconds spread, std::size_t number, std::size_t all) {
  if (all == 0) return now;
  const double part = static_cast<double>(number) / static_cast<double>(all);
  return now + seconds(static_cast<std::int64_t>(part * static_cast<double>(spread.count())));
}

}  // namespace assay::reporting
