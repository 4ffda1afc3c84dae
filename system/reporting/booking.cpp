#include "system/reporting/booking.h"

#include <iterator>
#include <utility>

namespace assay::reporting {

void Booking::write(std::unique_lock<std::mutex>& lock) {
  writing_ = true;
  std::vector<store::Tried> together = std::exchange(waiting_, {});
  const std::uint64_t last = came_;
  lock.unlock();
  auto done = store_.book(together);
  lock.lock();
  writing_ = false;
  gone_ = last;
  failure_.reset();
  if (!done) {
    failure_ = std::move(done.error());
    waiting_.insert(waiting_.begin(), std::make_move_iterator(together.begin()),
                    std::make_move_iterator(together.end()));
  }
  written_.notify_all();
}

std::expected<void, Finding> Booking::result() const {
  if (failure_) return std::unexpected(*failure_);
  return {};
}

std::expected<void, Finding> Booking::book(store::Tried tried) {
  std::unique_lock lock(mutex_);
  waiting_.push_back(std::move(tried));
  const std::uint64_t own = ++came_;
  while (gone_ < own) {
    if (writing_) {
      written_.wait(lock);
    } else {
      write(lock);
    }
  }
  return result();
}

void Booking::later(store::Tried tried) {
  const std::scoped_lock lock(mutex_);
  waiting_.push_back(std::move(tried));
  ++came_;
}

std::expected<void, Finding> Booking::flush() {
  std::unique_lock lock(mutex_);
  written_.wait(lock, [&] { return !writing_; });
  if (!waiting_.empty()) write(lock);
  return waiting_.empty() ? std::expected<void, Finding>() : result();
}

}  // namespace assay::reporting
