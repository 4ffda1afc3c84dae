#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "system/store/store.h"
#include "system/store_sqlite/detail/guarded.h"
#include "system/store_sqlite/detail/ids.h"
#include "system/store_sqlite/detail/schema.h"
#include "system/store_sqlite/store_sqlite.h"

namespace assay::store_sqlite::detail {

/// Opens with other migrations than the product's: for tests.
Expected<std::unique_ptr<store::Store>> open(const Options& options,
                                             std::span<const Migration> steps);

/// The Store over one connection; a mutex lets one thread in at a time.
class SqliteStore final : public store::Store, private Guarded {
 public:
  SqliteStore(std::unique_ptr<Database> database, const HashKey& key)
      : Guarded(std::move(database)), key_(key), fingerprint_key_(fingerprint_key(key)) {}

  // taking_in.cpp
  Expected<std::uint64_t> offset_of(std::string_view identity) override;
  Expected<store::Added> add(std::span<const store::Batch> batches, Instant now) override;
  Expected<bool> is_known(std::string_view domain) override;

  // facts.cpp
  Expected<store::Cut> cut(Instant until) override;
  Expected<std::vector<store::Due>> due(const store::Cut& cut) override;
  Expected<std::vector<store::Counted>> configurations(std::string_view policy_domain,
                                                       const store::Cut& cut) override;
  Expected<> each_record(std::int64_t configuration, const store::Cut& cut,
                         const ShowRecord& show) override;

  // settling.cpp
  Expected<> settle(std::span<const store::Settlement> settlements) override;
  Expected<std::vector<store::Settled>> settled(std::string_view policy_domain,
                                                std::size_t limit) override;

  // failures.cpp
  Expected<bool> is_posted(std::string_view source, std::string_view destination) override;
  Expected<> post(const store::FailureLetter& letter) override;

  // outbox.cpp
  Expected<std::vector<store::Delivery>> claim(const store::Claim& claim) override;
  Expected<store::Delivery> delivery(std::int64_t id) override;
  Expected<> sent(std::int64_t id, Instant at) override;
  Expected<> failed(std::int64_t id, Instant next, std::string_view reason) override;
  Expected<> give_up(std::int64_t id, Instant at, std::string_view reason) override;
  Expected<bool> came_back(std::int64_t id, Instant at,
                           const store::Suppression& suppression) override;
  Expected<> hold_back(std::int64_t id, Instant until) override;
  Expected<> retry(std::int64_t id, Instant now) override;
  Expected<> book(std::span<const store::Tried> tried) override;
  Expected<std::vector<store::Delivery>> deliveries(const store::DeliveryFilter& filter) override;
  Expected<std::optional<Instant>> next_delivery() override;
  Expected<std::uint64_t> messages_on(std::chrono::sys_days day) override;
  Expected<> count_message(Instant at) override;
  Expected<std::string> tag_key() override;

  // suppressions.cpp
  Expected<> suppress(const store::Suppression& suppression) override;
  Expected<bool> unsuppress(std::string_view address) override;
  Expected<std::optional<store::Suppression>> suppression(std::string_view address) override;
  Expected<std::vector<store::Suppression>> suppressions() override;

  // forgetting.cpp
  Expected<store::Books> books() override;
  Expected<store::Removed> forget(const store::Retention& retention) override;
  Expected<store::Removed> erase(std::string_view domain) override;

 private:
  /// Does `what` alone and in one transaction.
  template <class What>
  auto writing(const What& what) -> std::invoke_result_t<What> {
    const std::scoped_lock lock(mutex_);
    auto answer = database_->transaction([&]() -> std::invoke_result_t<What> {
      if (auto fresh = drop_stale_ids(); !fresh) return std::unexpected(std::move(fresh.error()));
      return what();
    });
    if (!answer) forget_ids();  // some may belong to rows that are not there
    return answer;
  }

  /// Does what takes rows away, so that they cannot be read from the file afterwards.
  Expected<store::Removed> removing(
      const std::function<Expected<>(Database&, store::Removed&)>& what);

  Expected<> drop_stale_ids();
  void forget_ids();

  HashKey key_;
  HashKey fingerprint_key_;
  RecentIds configuration_ids_{60'000};
  RecentIds tuple_ids_{250'000};
  std::int64_t data_version_ = 0;
};

/// Hours since 1970; of an instant within an hour, that hour.
inline std::int64_t hour_of(Instant instant) {
  return std::chrono::floor<std::chrono::hours>(instant).time_since_epoch().count();
}

/// The first hour that a cut does not hold: one that is not over by `until` is left whole.
inline std::int64_t end_hour(const store::Cut& cut) {
  return hour_of(cut.until);
}

/// Puts a suppression into the place of that of the same address.
Expected<> write_suppression(Database& database, const store::Suppression& suppression);

/// Adds to one of the totals.
Expected<> add_number(Database& database, std::string_view name, std::uint64_t value);

/// The books, from what is there and the totals.
Expected<store::Books> read_books(Database& database);

}  // namespace assay::store_sqlite::detail
