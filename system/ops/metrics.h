#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "system/ops/detail/shards.h"

/// Numbers for Prometheus. Counting costs one atomic addition in a cache line that few threads
/// share; names and labels are looked up once, when a counter is asked for.
///
///     ops::Metrics metrics;
///     ops::Counter& passed = metrics.counter("assay_messages_total", "Messages judged",
///                                            {{"result", "pass"}});
///     passed.add();
///     metrics.exposition();   // the text for GET /metrics
namespace assay::ops {

/// Goes up only.
class Counter {
 public:
  void add(std::uint64_t count = 1) {
    shards_[shard_of_this_thread()].value.fetch_add(count, std::memory_order_relaxed);
  }
  std::uint64_t value() const;

 private:
  struct alignas(64) Shard {
    std::atomic<std::uint64_t> value = 0;
  };
  std::array<Shard, shard_count> shards_ = {};
};

/// Goes up and down.
class Gauge {
 public:
  void set(double value) { value_.store(value, std::memory_order_relaxed); }
  void add(double value) { value_.fetch_add(value, std::memory_order_relaxed); }
  double value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<double> value_ = 0;
};

/// How often a value was at most each of some bounds.
class Histogram {
 public:
  /// `bounds` ascend.
  explicit Histogram(std::span<const double> bounds);
  void observe(double value);

  struct Counts {
    std::vector<std::uint64_t> up_to = {};  ///< for each bound, then for all
    double sum = 0;
  };
  Counts counts() const;
  std::span<const double> bounds() const { return bounds_; }

 private:
  struct alignas(64) Shard {
    std::unique_ptr<std::atomic<std::uint64_t>[]> buckets = {};
    std::atomic<double> sum = 0;
  };
  std::vector<double> bounds_;
  std::array<Shard, shard_count> shards_ = {};
};

/// From 0.1 ms to 30 s, for durations in seconds.
std::span<const double> latency_bounds();

/// Names in the order they shall stand; values may be any octets.
using Labels = std::vector<std::pair<std::string, std::string>>;

/// Series of one name, so that no mistake with labels fills the memory; what is beyond is counted
/// in one series whose label values are all "other".
constexpr std::size_t max_series = 1000;

/// All numbers of a process. Thread-safe; what it gives lives as long as it. Asked for again with
/// the same name and labels, it gives the same. A name is of one kind, begins with a letter, and is
/// of a-z, 0-9 and _.
class Metrics {
 public:
  Metrics();
  ~Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  Counter& counter(std::string_view name, std::string_view help, const Labels& labels = {});
  Gauge& gauge(std::string_view name, std::string_view help, const Labels& labels = {});
  /// All series of a name have the bounds of the first.
  Histogram& histogram(std::string_view name, std::string_view help,
                       std::span<const double> bounds = latency_bounds(),
                       const Labels& labels = {});

  enum class Kind : std::uint8_t { counter, gauge };
  /// A value that is asked for when the text is made, such as the size of a queue. `value` must not
  /// use these metrics. Asked for again, the new one counts.
  void read(Kind kind, std::string_view name, std::string_view help, const Labels& labels,
            std::function<double()> value);

  /// Prometheus' text format 0.0.4, names in alphabetical order.
  std::string exposition() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// What exposition is, for a Content-Type field.
constexpr std::string_view exposition_type = "text/plain; version=0.0.4; charset=utf-8";

}  // namespace assay::ops
