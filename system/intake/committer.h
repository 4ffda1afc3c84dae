#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <expected>
#include <functional>
#include <mutex>
#include <optional>
#include <span>
#include <vector>

#include "assay/base/finding.h"
#include "system/store/received.h"

namespace assay::intake {

/// Takes arrivals of many threads into the Store together: one write that waits for the disk for
/// all that came while the one before it was under way. Safe to call from several threads.
class Committer {
 public:
  using Result = std::expected<std::vector<store::Placed>, Finding>;
  using Add = std::function<Result(std::span<const store::Arrival>)>;

  /// `add` is called by one thread at a time. At most so many arrivals at once.
  explicit Committer(Add add, std::size_t most = 500) : add_(std::move(add)), most_(most) {}

  /// Returns when the arrivals are on the disk, or with what the Store says: then none of them is.
  Result commit(std::vector<store::Arrival> arrivals);

 private:
  struct Job {
    std::vector<store::Arrival> arrivals;
    std::optional<Result> result = {};
  };
  std::vector<Job*> take_jobs();
  void run(const std::vector<Job*>& jobs);

  Add add_;
  std::size_t most_;
  std::mutex mutex_ = {};
  std::condition_variable done_ = {};
  std::deque<Job*> waiting_ = {};
  bool busy_ = false;
};

}  // namespace assay::intake
