#pragma once

#include <atomic>
#include <chrono>

#include "assay/base/time.h"

namespace assay::ops {

/// What time it is, for the few places that must know. Thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;
  /// UTC; may jump when the host's clock is set.
  virtual std::chrono::system_clock::time_point now() const = 0;
  /// Never jumps; for durations and deadlines.
  virtual std::chrono::steady_clock::time_point steady() const = 0;
};

/// `now` in whole seconds.
inline Instant instant(const Clock& clock) {
  return std::chrono::floor<std::chrono::seconds>(clock.now());
}

class SystemClock final : public Clock {
 public:
  std::chrono::system_clock::time_point now() const override {
    return std::chrono::system_clock::now();
  }
  std::chrono::steady_clock::time_point steady() const override {
    return std::chrono::steady_clock::now();
  }
};

/// A clock that stands still until it is told to go on, for tests.
class SetClock final : public Clock {
 public:
  explicit SetClock(Instant at) : start_(at) {}
  std::chrono::system_clock::time_point now() const override { return start_ + passed_.load(); }
  std::chrono::steady_clock::time_point steady() const override {
    return std::chrono::steady_clock::time_point(passed_.load());
  }
  void advance(std::chrono::milliseconds by) { passed_ = passed_.load() + by; }

 private:
  Instant start_;
  std::atomic<std::chrono::milliseconds> passed_ = std::chrono::milliseconds(0);
};

}  // namespace assay::ops
