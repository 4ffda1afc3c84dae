#include <algorithm>

#include "assay/base/try.h"
#include "system/store_sqlite/detail/alert_book.h"

namespace assay::store_sqlite::detail {
namespace {

using std::chrono::sys_days;
using store::Letter;
using store::OutboxState;

constexpr const char* there_is = "SELECT count(*) FROM letters WHERE id = ?";

/// Of the columns that both statements below begin with.
Letter read_letter(const Query& query) {
  return {.id = query.integer(0),
          .kind = query.integer(1) == 0 ? store::LetterKind::mail : store::LetterKind::webhook,
          .to = query.text(2),
          .about = query.text(3),
          .octets = query.text(4),
          .state = static_cast<OutboxState>(std::clamp<std::int64_t>(query.integer(5), 0, 2)),
          .attempts = static_cast<unsigned>(query.integer(6)),
          .created = query.instant(7),
          .next = query.instant(8),
          .claimed_until = query.instant(9),
          .finished = query.instant(10),
          .reason = query.text(11)};
}

}  // namespace

Expected<> SqliteAlertBook::put_letter(const Letter& letter) {
  return database_->run(
      "INSERT INTO letters (kind, recipient, about, octets, state, attempts, created, next, "
      "claimed_until, finished, reason) VALUES (?, ?, ?, ?, 0, 0, ?, ?, 0, 0, '')",
      static_cast<std::int64_t>(letter.kind), std::string_view(letter.to),
      std::string_view(letter.about), Blob{letter.octets}, letter.created, letter.next);
}

Expected<bool> SqliteAlertBook::post_digest(std::string_view recipient, sys_days week,
                                            const Letter& letter) {
  return writing([&]() -> Expected<bool> {
    const std::int64_t day = week.time_since_epoch().count();
    ASSAY_TRY(later,
              database_->number("SELECT count(*) FROM digests WHERE recipient = ? AND week >= ?",
                                recipient, day));
    if (later > 0) return false;
    auto done = database_->run("INSERT OR REPLACE INTO digests VALUES (?, ?)", recipient, day);
    if (done) done = put_letter(letter);
    if (!done) return std::unexpected(std::move(done.error()));
    return true;
  });
}

Expected<std::optional<sys_days>> SqliteAlertBook::last_digest(std::string_view recipient) {
  return reading([&]() -> Expected<std::optional<sys_days>> {
    Query query = database_->query("SELECT week FROM digests WHERE recipient = ?", recipient);
    std::optional<sys_days> week;
    if (query.next()) week = sys_days{std::chrono::days{static_cast<int>(query.integer(0))}};
    if (auto result = query.result(); !result) return std::unexpected(std::move(result.error()));
    return week;
  });
}

Expected<> SqliteAlertBook::post(std::span<const Letter> letters) {
  return writing([&]() -> Expected<> {
    for (const Letter& each : letters) {
      if (auto done = put_letter(each); !done) return done;
    }
    return {};
  });
}

Expected<std::vector<Letter>> SqliteAlertBook::claim(const store::Claim& claim) {
  return writing([&]() -> Expected<std::vector<Letter>> {
    std::vector<Letter> found;
    {
      Query query = database_->query(
          "SELECT id, kind, recipient, about, octets, state, attempts, created, next, "
          "claimed_until, finished, reason FROM letters WHERE state = 0 AND next <= ?1 AND "
          "claimed_until <= ?1 ORDER BY next, id LIMIT ?2",
          claim.now, claim.limit);
      while (query.next()) found.push_back(read_letter(query));
      if (auto result = query.result(); !result) return std::unexpected(std::move(result.error()));
    }
    for (Letter& each : found) {
      each.claimed_until = claim.until;
      auto done =
          database_->run("UPDATE letters SET claimed_until = ? WHERE id = ?", claim.until, each.id);
      if (!done) return std::unexpected(std::move(done.error()));
    }
    return found;
  });
}

Expected<> SqliteAlertBook::sent(std::int64_t id, Instant at) {
  return writing([&]() -> Expected<> {
    auto done = database_->run(
        "UPDATE letters SET state = 1, attempts = attempts + 1, finished = ?2, claimed_until = 0, "
        "reason = '' WHERE id = ?1 AND state <> 1",
        id, at);
    if (!done) return done;
    return must_exist(there_is, id, "letter");
  });
}

Expected<> SqliteAlertBook::failed(std::int64_t id, Instant next, std::string_view reason) {
  return writing([&]() -> Expected<> {
    auto done = database_->run(
        "UPDATE letters SET attempts = attempts + 1, next = ?2, claimed_until = 0, reason = ?3 "
        "WHERE id = ?1 AND state = 0",
        id, next, reason);
    if (!done) return done;
    return must_exist(there_is, id, "letter");
  });
}

Expected<> SqliteAlertBook::give_up(std::int64_t id, Instant at, std::string_view reason) {
  return writing([&]() -> Expected<> {
    auto done = database_->run(
        "UPDATE letters SET state = 2, attempts = attempts + 1, finished = ?2, claimed_until = 0, "
        "reason = ?3 WHERE id = ?1 AND state = 0",
        id, at, reason);
    if (!done) return done;
    return must_exist(there_is, id, "letter");
  });
}

Expected<> SqliteAlertBook::retry(std::int64_t id, Instant now) {
  return writing([&]() -> Expected<> {
    auto done = database_->run(
        "UPDATE letters SET state = 0, next = ?2, created = CASE state WHEN 2 THEN ?2 ELSE created "
        "END, finished = 0 WHERE id = ?1 AND state <> 1",
        id, now);
    if (!done) return done;
    return must_exist(there_is, id, "letter");
  });
}

Expected<std::vector<Letter>> SqliteAlertBook::letters(const store::LetterFilter& filter) {
  return reading([&]() -> Expected<std::vector<Letter>> {
    const int state = filter.state ? static_cast<int>(*filter.state) : -1;
    Query query = database_->query(
        "SELECT id, kind, recipient, about, x'', state, attempts, created, next, claimed_until, "
        "finished, reason FROM letters WHERE ?1 < 0 OR state = ?1 ORDER BY id DESC LIMIT ?2",
        state, filter.limit);
    std::vector<Letter> found;
    while (query.next()) found.push_back(read_letter(query));
    if (auto result = query.result(); !result) return std::unexpected(std::move(result.error()));
    std::ranges::reverse(found);
    return found;
  });
}

}  // namespace assay::store_sqlite::detail
