#include "system/reporting/pace.h"

#include <chrono>

namespace assay::reporting {

std::optional<store::Instant> Pace::held_back_until(const std::string& host, store::Instant now,
                                                    std::uint64_t sent_today,
                                                    std::uint64_t under_way) {
  using std::chrono::days;
  using std::chrono::minutes;
  const store::Instant minute = std::chrono::floor<minutes>(now);
  if (sent_today >= per_day_) return std::chrono::floor<days>(now) + days{1};
  if (sent_today + under_way >= per_day_) return minute + minutes{1};
  if (minute != minute_) {
    minute_ = minute;
    mails_ = 0;
    hosts_.clear();
  }
  if (mails_ >= per_minute_) return minute + minutes{1};
  unsigned& to_host = hosts_[host];
  if (to_host >= per_host_minute_) return minute + minutes{1};
  ++to_host;
  ++mails_;
  return std::nullopt;
}

}  // namespace assay::reporting
