#include "system/filter/deferrals.h"

namespace assay::filter {
namespace {

constexpr std::chrono::hours window{1};

}  // namespace

bool Deferrals::allow(const std::string& pair, unsigned max_an_hour, Clock::time_point now) {
  const std::scoped_lock lock(mutex_);
  if (counts_.size() >= max_pairs_) forget_old(now);
  if (counts_.size() >= max_pairs_ && !counts_.contains(pair)) return false;
  Count& count = counts_.try_emplace(pair, Count{.since = now}).first->second;
  if (now - count.since >= window) count = {.since = now};
  if (count.number >= max_an_hour) return false;
  ++count.number;
  return true;
}

void Deferrals::forget_old(Clock::time_point now) {
  std::erase_if(counts_, [&](const auto& one) { return now - one.second.since >= window; });
}

}  // namespace assay::filter
