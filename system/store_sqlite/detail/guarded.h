#pragma once

#include <memory>
#include <mutex>
#include <type_traits>
#include <utility>

#include "system/store_sqlite/detail/database.h"

namespace assay::store_sqlite::detail {

/// One connection that one thread at a time uses.
class Guarded {
 protected:
  explicit Guarded(std::unique_ptr<Database> database) : database_(std::move(database)) {}

  /// Does `what` alone and in one transaction.
  template <class What>
  auto writing(const What& what) -> std::invoke_result_t<What> {
    const std::scoped_lock lock(mutex_);
    return database_->transaction(what);
  }
  /// Does `what` alone, seeing one state.
  template <class What>
  auto reading(const What& what) -> std::invoke_result_t<What> {
    const std::scoped_lock lock(mutex_);
    return database_->reading(what);
  }

  std::mutex mutex_ = {};
  std::unique_ptr<Database> database_;
};

}  // namespace assay::store_sqlite::detail
