#pragma once

#include <chrono>
#include <cstddef>
#include <mutex>
#include <string>
#include <unordered_map>

namespace assay::filter {

/// How often the same (client, author domain) was deferred because of a DNS failure within the last
/// hour, so that a dead DNS cannot be used to keep a message in queues. Bounded: when full, a pair
/// that is not known counts as used up. Thread-safe.
class Deferrals {
 public:
  using Clock = std::chrono::steady_clock;
  explicit Deferrals(std::size_t max_pairs = 100'000) : max_pairs_(max_pairs) {}

  /// Whether one more is allowed; it is counted then.
  bool allow(const std::string& pair, unsigned max_an_hour, Clock::time_point now);

 private:
  struct Count {
    Clock::time_point since;
    unsigned number = 0;
  };
  void forget_old(Clock::time_point now);

  std::size_t max_pairs_;
  std::mutex mutex_;
  std::unordered_map<std::string, Count> counts_;
};

}  // namespace assay::filter
