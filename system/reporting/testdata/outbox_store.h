#pragma once

#include <algorithm>
#include <cstdlib>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "system/store/store.h"

namespace assay::reporting {

/// A Store that has an outbox and suppressions alone, in memory; the rest must not be called.
class OutboxStore final : public store::Store {
 public:
  template <class T = void>
  using Expected = store::Expected<T>;
  using Instant = store::Instant;

  /// Puts a delivery into it.
  void put(const std::string& destination, Instant created) {
    const auto id = static_cast<std::int64_t>(rows.size()) + 1;
    rows[id] = {.id = id,
                .report_id = "r" + std::to_string(id),
                .policy_domain = "example.com",
                .destination = destination,
                .octets = "x",
                .messages = 1,
                .created = created};
  }

  std::map<std::int64_t, store::Delivery> rows = {};
  std::map<std::string, store::Suppression> left_alone = {};
  std::uint64_t today = 0;
  std::size_t bookings = 0;       ///< calls of book()
  std::size_t fail_bookings = 0;  ///< so many of the next ones fail

  Expected<std::vector<store::Delivery>> claim(const store::Claim& claim) override {
    const std::scoped_lock lock(mutex_);
    std::vector<store::Delivery> found;
    for (auto& [id, row] : rows) {
      if (found.size() == claim.limit) break;
      if (row.state != store::OutboxState::waiting || row.next > claim.now) continue;
      if (row.claimed_until > claim.now) continue;
      row.claimed_until = claim.until;
      found.push_back(row);
    }
    return found;
  }

  Expected<> book(std::span<const store::Tried> tried) override {
    const std::scoped_lock lock(mutex_);
    ++bookings;
    if (fail_bookings > 0) {
      --fail_bookings;
      return std::unexpected(Finding{.code = "store_full", .what = "the disk is full"});
    }
    for (const store::Tried& each : tried) book(each);
    return {};
  }

  Expected<std::optional<store::Suppression>> suppression(std::string_view address) override {
    const std::scoped_lock lock(mutex_);
    const auto found = left_alone.find(std::string(address));
    if (found == left_alone.end()) return std::optional<store::Suppression>();
    return found->second;
  }

  Expected<std::uint64_t> messages_on(std::chrono::sys_days) override {
    const std::scoped_lock lock(mutex_);
    return today;
  }

  std::size_t count(store::OutboxState state) {
    return static_cast<std::size_t>(
        std::ranges::count_if(rows, [&](const auto& row) { return row.second.state == state; }));
  }

  // What is not used here.
  Expected<std::uint64_t> offset_of(std::string_view) override { std::abort(); }
  Expected<store::Added> add(std::span<const store::Batch>, Instant) override { std::abort(); }
  Expected<bool> is_known(std::string_view) override { std::abort(); }
  Expected<store::Cut> cut(Instant) override { std::abort(); }
  Expected<std::vector<store::Due>> due(const store::Cut&) override { std::abort(); }
  Expected<std::vector<store::Counted>> configurations(std::string_view,
                                                       const store::Cut&) override {
    std::abort();
  }
  Expected<> each_record(std::int64_t, const store::Cut&, const ShowRecord&) override {
    std::abort();
  }
  Expected<> settle(std::span<const store::Settlement>) override { std::abort(); }
  Expected<std::vector<store::Settled>> settled(std::string_view, std::size_t) override {
    std::abort();
  }
  Expected<store::Delivery> delivery(std::int64_t) override { std::abort(); }
  Expected<> sent(std::int64_t, Instant) override { std::abort(); }
  Expected<> failed(std::int64_t, Instant, std::string_view) override { std::abort(); }
  Expected<> hold_back(std::int64_t, Instant) override { std::abort(); }
  Expected<> give_up(std::int64_t, Instant, std::string_view) override { std::abort(); }
  Expected<bool> came_back(std::int64_t, Instant, const store::Suppression&) override {
    std::abort();
  }
  Expected<bool> is_posted(std::string_view, std::string_view) override { std::abort(); }
  Expected<> post(const store::FailureLetter&) override { std::abort(); }
  Expected<std::string> tag_key() override { std::abort(); }
  Expected<> retry(std::int64_t, Instant) override { std::abort(); }
  Expected<std::vector<store::Delivery>> deliveries(const store::DeliveryFilter&) override {
    std::abort();
  }
  Expected<std::optional<Instant>> next_delivery() override { std::abort(); }
  Expected<> count_message(Instant) override { std::abort(); }
  Expected<> suppress(const store::Suppression&) override { std::abort(); }
  Expected<bool> unsuppress(std::string_view) override { std::abort(); }
  Expected<std::vector<store::Suppression>> suppressions() override { std::abort(); }
  Expected<store::Books> books() override { std::abort(); }
  Expected<store::Removed> forget(const store::Retention&) override { std::abort(); }
  Expected<store::Removed> erase(std::string_view) override { std::abort(); }

 private:
  void book(const store::Tried& tried) {
    using enum store::Tried::What;
    store::Delivery& row = rows.at(tried.id);
    row.claimed_until = {};
    row.reason = tried.reason;
    if (tried.suppress) left_alone[tried.suppress->address] = *tried.suppress;
    if (tried.what == sent || tried.what == given_up) {
      row.state = tried.what == sent ? store::OutboxState::sent : store::OutboxState::given_up;
      today += tried.what == sent ? 1U : 0U;
    } else {
      row.next = tried.at;
    }
    if (tried.what != held_back) ++row.attempts;
  }

  std::mutex mutex_ = {};
};

}  // namespace assay::reporting
