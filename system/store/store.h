#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "assay/aggregate/report.h"
#include "assay/base/finding.h"
#include "system/store/values.h"

/// Where the `reports` role keeps what it knows: evaluations that journals brought, counted; what
/// became of them; the reports on their way. It neither reads journals nor writes reports: it sees
/// to it that each evaluation is taken in once and settled once, whenever the machine stops.
///
///     ASSAY_TRY(store, store_sqlite::open({.path = "/var/lib/assay/store.sqlite"}));
///     ASSAY_TRY(added, store->add(batches, now));  // of journals, from offset_of() on
///     ASSAY_TRY(cut, store->cut(midnight));
///     ASSAY_TRY(due, store->due(cut));
///     for (const store::Due& each : due) {
///       ASSAY_TRY(counted, store->configurations(each.policy_domain, cut));
///       …  // for each: each_record() into a report, then settle()
///     }
///     ASSAY_TRY(mail, store->claim({.now = now, .until = now + 10min, .limit = 20}));
///     …  // for each: sent(), failed() or give_up(); or book() for several
namespace assay::store {

template <class T = void>
using Expected = std::expected<T, Finding>;

/// The Store. Every function is one transaction: when it returns without a finding, what it did is
/// on the disk; else, or after a crash, nothing of it is. Safe to call from several threads.
/// Domains are compared as they are: lower case, A-labels.
/// Errors: `store_full`, `store_read_only`, `store_damaged`, `store_busy`, `store_failed`, each
/// naming the store and what to do; others are said at the function.
class Store {
 public:
  Store() = default;
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;
  virtual ~Store() = default;

  // ---- Taking in ----

  /// How many octets of a journal file were taken in; 0 for one never seen.
  virtual Expected<std::uint64_t> offset_of(std::string_view identity) = 0;

  /// Takes batches in, all or none. One whose source was taken in up to its end is left alone.
  /// Errors: `store_offset` when a batch begins elsewhere than where its source was left.
  virtual Expected<Added> add(std::span<const Batch> batches, Instant now) = 0;

  /// Whether a domain was ever a correspondent of a batch.
  virtual Expected<bool> is_known(std::string_view domain) = 0;

  // ---- Reporting ----

  /// What was taken in until now, of hours that are over by `until`.
  virtual Expected<Cut> cut(Instant until) = 0;

  /// The policy domains with evaluations of the cut not yet settled, by name.
  virtual Expected<std::vector<Due>> due(const Cut& cut) = 0;

  /// The configurations of a policy domain with evaluations of the cut not yet settled, without
  /// their records. By id, which is the order in which they were first seen.
  virtual Expected<std::vector<Counted>> configurations(std::string_view policy_domain,
                                                        const Cut& cut) = 0;

  /// Shows the records of a configuration in the cut that are not settled, each row once. Memory
  /// does not grow with their number; `show` may call the store, and ends it by answering false.
  using ShowRecord = std::function<bool(const aggregate::Record&)>;
  virtual Expected<> each_record(std::int64_t configuration, const Cut& cut,
                                 const ShowRecord& show) = 0;

  /// Books evaluations as settled and puts their deliveries into the outbox: all of them or none.
  /// Errors: `store_changed` when the configuration has not as many evaluations of the cut as the
  /// settlement says (they were settled or erased meanwhile); `store_taken` when there is another
  /// report of that report_id.
  virtual Expected<> settle(std::span<const Settlement> settlements) = 0;

  /// The settlements of a policy domain, the latest first; of every domain when it is empty.
  virtual Expected<std::vector<Settled>> settled(std::string_view policy_domain,
                                                 std::size_t limit) = 0;

  // ---- Failure reports ----

  /// Whether a source was made a failure report to that destination.
  virtual Expected<bool> is_posted(std::string_view source, std::string_view destination) = 0;
  /// Puts a failure report into the outbox, and books its sources.
  /// Errors: `store_taken` when one of them was booked for the destination before.
  virtual Expected<> post(const FailureLetter& letter) = 0;

  // ---- The outbox ----

  /// Deliveries whose next try is due, the longest waiting first. Who gets them has until the end
  /// of the claim to say sent(), failed() or give_up(); then they are handed out again.
  virtual Expected<std::vector<Delivery>> claim(const Claim& claim) = 0;

  /// Errors of these: `store_unknown` when there is no such delivery.
  virtual Expected<Delivery> delivery(std::int64_t id) = 0;
  /// It arrived. Said twice, it counts once; counts a message of that day.
  virtual Expected<> sent(std::int64_t id, Instant at) = 0;
  /// It did not, and is to be tried again. Leaves alone what is sent or given up.
  virtual Expected<> failed(std::int64_t id, Instant next, std::string_view reason) = 0;
  /// It was not tried, as too much was sent already: later.
  virtual Expected<> hold_back(std::int64_t id, Instant until) = 0;
  /// It is not tried again. Leaves alone what is sent.
  virtual Expected<> give_up(std::int64_t id, Instant at, std::string_view reason) = 0;
  /// It arrived and came back, or came back after a try whose answer was not heard: given up, and
  /// the suppression put in place, both or none. False, and nothing is done, where it was given up
  /// before or never tried.
  virtual Expected<bool> came_back(std::int64_t id, Instant at, const Suppression& suppression) = 0;
  /// It is due now, also when it was given up; a claim runs on. Leaves alone what is sent.
  virtual Expected<> retry(std::int64_t id, Instant now) = 0;

  /// Says the same of several, all or none. A delivery that is not there any more is passed over.
  virtual Expected<> book(std::span<const Tried> tried) = 0;

  /// Deliveries without their octets.
  virtual Expected<std::vector<Delivery>> deliveries(const DeliveryFilter& filter) = 0;

  /// When a delivery can next be claimed; nothing when none waits.
  virtual Expected<std::optional<Instant>> next_delivery() = 0;

  /// Messages sent on a day (UTC): deliveries, and what count_message() was told of.
  virtual Expected<std::uint64_t> messages_on(std::chrono::sys_days day) = 0;
  virtual Expected<> count_message(Instant at) = 0;

  /// A secret of this Store, the same each time: 16 octets by chance, for tags that nobody else can
  /// make.
  virtual Expected<std::string> tag_key() = 0;

  // ---- Suppressions ----

  /// Adds one, or puts it in the place of that of the same address.
  virtual Expected<> suppress(const Suppression& suppression) = 0;
  /// Whether there was one.
  virtual Expected<bool> unsuppress(std::string_view address) = 0;
  /// The suppression of an address, also one that has ended; the caller looks at `until`.
  virtual Expected<std::optional<Suppression>> suppression(std::string_view address) = 0;
  /// All, by address.
  virtual Expected<std::vector<Suppression>> suppressions() = 0;

  // ---- Keeping and forgetting ----

  virtual Expected<Books> books() = 0;

  /// Forgets what is older than it may be (RFC 9991 §7).
  virtual Expected<Removed> forget(const Retention& retention) = 0;

  /// Erases what is known of a policy domain and those below it (RFC 9991 §7): evaluations,
  /// settlements, deliveries (also such that wait), correspondents. The books keep the numbers.
  /// Offsets of journals stay, so that nothing comes back from them.
  virtual Expected<Removed> erase(std::string_view domain) = 0;
};

/// The configurations of a policy domain with their records, all in memory: for what is small.
Expected<std::vector<Counted>> unreported(Store& store, std::string_view policy_domain,
                                          const Cut& cut);

}  // namespace assay::store
