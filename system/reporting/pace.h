#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "system/config/settings.h"
#include "system/store/store.h"

namespace assay::reporting {

/// How many mails may leave: in a minute, in a minute to one host, and in a day. Counts tries.
/// Not thread-safe.
class Pace {
 public:
  explicit Pace(const config::Reports& settings)
      : per_minute_(settings.per_minute),
        per_host_minute_(settings.per_host_minute),
        per_day_(settings.per_day) {}

  /// Counts a mail to `host`, and gives nothing, where it may leave now; else when to ask again.
  /// `sent_today`: mails of this day; `under_way`: those that may become such.
  std::optional<store::Instant> held_back_until(const std::string& host, store::Instant now,
                                                std::uint64_t sent_today, std::uint64_t under_way);

 private:
  unsigned per_minute_, per_host_minute_, per_day_;
  store::Instant minute_ = {};
  unsigned mails_ = 0;                          ///< in this minute
  std::map<std::string, unsigned> hosts_ = {};  ///< in this minute
};

}  // namespace assay::reporting
