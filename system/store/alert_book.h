#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "system/store/alert_values.h"
#include "system/store/store.h"

/// Where it is kept what the DNS said of watched records, which alerts there are and were, and what
/// is to be told of them. It judges nothing: what an evaluation does is decided by who brings it,
/// with the alerts that are there in view, so that two programs never open one alert twice.
///
///     ASSAY_TRY(book, store_sqlite::open_alerts({.path = "/var/lib/assay/alerts.sqlite"}));
///     ASSAY_TRY(changes, book->note_records(sights, now));
///     ASSAY_TRY(told, book->settle(since, decide, letters_of));
namespace assay::store {

/// What an evaluation does, seeing the alerts that are open, and those that were seen lately. Pure;
/// called within the transaction.
using DecideAlerts = std::function<std::vector<AlertChange>(std::span<const Alert> known)>;
/// The letters that tell of changes, which have their ids by now. Pure; called within the
/// transaction.
using WriteLetters = std::function<std::vector<Letter>(std::span<const AlertChange> told)>;

/// Every function is one transaction and has the errors of Store. Safe to call from several
/// threads.
class AlertBook {
 public:
  AlertBook() = default;
  AlertBook(const AlertBook&) = delete;
  AlertBook& operator=(const AlertBook&) = delete;
  virtual ~AlertBook() = default;

  // ---- Records ----

  /// Keeps what a look found, and says what changed by it. The first answer of all about a record
  /// is no change, and neither is that the DNS did not answer.
  virtual Expected<std::vector<RecordChange>> note_records(std::span<const RecordSight> sights,
                                                           Instant at) = 0;
  /// Of a domain, or of all where it is empty; by domain, kind and name.
  virtual Expected<std::vector<RecordState>> records(std::string_view domain) = 0;
  /// In the order in which they were found.
  virtual Expected<std::vector<RecordChange>> changes(const ChangeFilter& filter) = 0;

  // ---- Intake ----

  virtual Expected<> note_intake(std::span<const IntakeCount> counts) = 0;
  /// Of hours from `from` on, by hour, channel and outcome.
  virtual Expected<std::vector<IntakeCount>> intake(Instant from) = 0;

  // ---- Alerts ----

  /// Does what `decide` says, and puts what `write` writes of the changes to be told into the
  /// outbox, all or none. `since`: which closed alerts it sees, by last_seen. Gives the changes
  /// back with their ids.
  virtual Expected<std::vector<AlertChange>> settle(Instant since, Instant at,
                                                    const DecideAlerts& decide,
                                                    const WriteLetters& write) = 0;
  /// The latest last.
  virtual Expected<std::vector<Alert>> alerts(const AlertFilter& filter) = 0;
  /// Errors of these: `store_unknown` when there is no such alert.
  virtual Expected<Alert> alert(std::int64_t id) = 0;
  virtual Expected<std::vector<AlertHistory>> history(std::int64_t id) = 0;
  /// Somebody has looked at it; the first time counts.
  virtual Expected<> mark_seen(std::int64_t id, Instant at) = 0;
  /// Leaves alone what is closed.
  virtual Expected<> close(std::int64_t id, Instant at, std::string_view who) = 0;

  // ---- Digests ----

  /// Puts the digest of a week for somebody into the outbox. False, and nothing is done, where he
  /// got one of that week or of a later one.
  virtual Expected<bool> post_digest(std::string_view recipient, std::chrono::sys_days week,
                                     const Letter& letter) = 0;
  /// The last week that somebody got one of.
  virtual Expected<std::optional<std::chrono::sys_days>> last_digest(
      std::string_view recipient) = 0;

  // ---- Letters ----

  /// Puts single ones into the outbox.
  virtual Expected<> post(std::span<const Letter> letters) = 0;
  /// Those that are due, the longest waiting first. Who gets them has until the end of the claim to
  /// say what became of them; then they are handed out again.
  virtual Expected<std::vector<Letter>> claim(const Claim& claim) = 0;
  /// Errors of these: `store_unknown` when there is no such letter.
  virtual Expected<> sent(std::int64_t id, Instant at) = 0;
  virtual Expected<> failed(std::int64_t id, Instant next, std::string_view reason) = 0;
  virtual Expected<> give_up(std::int64_t id, Instant at, std::string_view reason) = 0;
  /// It is due now, also when it was given up. Leaves alone what is sent.
  virtual Expected<> retry(std::int64_t id, Instant now) = 0;
  /// Without their octets.
  virtual Expected<std::vector<Letter>> letters(const LetterFilter& filter) = 0;

  // ---- Keeping and forgetting ----

  virtual Expected<> forget(const AlertRetention& retention) = 0;
  /// Erases what is known of a domain and those below it: records, changes, alerts; and all
  /// letters, since they may name it. How many rows that were.
  virtual Expected<std::uint64_t> erase(std::string_view domain) = 0;
};

}  // namespace assay::store
