#pragma once

#include <condition_variable>
#include <cstdint>
#include <expected>
#include <mutex>
#include <optional>
#include <vector>

#include "assay/base/finding.h"
#include "system/store/store.h"

namespace assay::reporting {

/// Tells the Store what became of deliveries. Threads that come while it is being told something
/// wait, and are then served together, in one transaction. Thread-safe.
class Booking {
 public:
  explicit Booking(store::Store& store) : store_(store) {}

  /// Returns when it is on the disk. Errors: those of the store; what could not be booked is kept
  /// and booked with what comes next.
  std::expected<void, Finding> book(store::Tried tried);
  /// Keeps it until something else is booked.
  void later(store::Tried tried);
  /// Books what was kept. Errors: those of the store.
  std::expected<void, Finding> flush();

 private:
  void write(std::unique_lock<std::mutex>& lock);
  std::expected<void, Finding> result() const;

  store::Store& store_;
  std::mutex mutex_ = {};
  std::condition_variable written_ = {};
  std::vector<store::Tried> waiting_ = {};
  std::uint64_t came_ = 0;  ///< all that ever waited
  std::uint64_t gone_ = 0;  ///< of these: the Store was asked to book them
  bool writing_ = false;
  std::optional<Finding> failure_ = {};  ///< of the last time
};

}  // namespace assay::reporting
