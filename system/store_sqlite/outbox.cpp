#include <random>

#include "assay/base/try.h"
#include "system/store_sqlite/detail/sqlite_store.h"

namespace assay::store_sqlite::detail {
namespace {

using store::Delivery;
using store::OutboxState;

/// Of the columns that both statements below begin with.
Delivery read_delivery(const Query& query) {
  return {.id = query.integer(0),
          .kind = static_cast<store::ReportKind>(query.integer(15)),
          .report_id = query.text(1),
          .policy_domain = query.text(2),
          .destination = query.text(3),
          .file_name = query.text(4),
          .begin = query.instant(5),
          .end = query.instant(6),
          .messages = query.count(7),
          .state = static_cast<OutboxState>(query.integer(8)),
          .attempts = static_cast<unsigned>(query.integer(9)),
          .created = query.instant(10),
          .next = query.instant(11),
          .reason = query.text(12),
          .claimed_until = query.instant(13),
          .finished = query.instant(14)};
}

Finding unknown(const Database& database, std::int64_t id) {
  return {.code = "store_unknown",
          .what = "store " + database.path() + ": there is no delivery " + std::to_string(id)};
}

Expected<Delivery> find_delivery(Database& database, std::int64_t id) {
  Query query = database.query(
      "SELECT deliveries.id, deliveries.report_id, coalesce(name, policy_domain), destination, "
      "file_name, coalesce(period_begin, first), coalesce(period_end, last), "
      "deliveries.messages, state, attempts, created, next, deliveries.reason, claimed_until, "
      "finished, kind, "
      "octets FROM deliveries LEFT JOIN settlements ON settlements.id = settlement "
      "LEFT JOIN domains ON domains.id = domain WHERE deliveries.id = ?",
      id);
  const bool found = query.next();
  if (auto result = query.result(); !result) return std::unexpected(std::move(result.error()));
  if (!found) return std::unexpected(unknown(database, id));
  Delivery delivery = read_delivery(query);
  delivery.octets = query.text(16);
  return delivery;
}

/// After a change of a delivery: that it left it alone is fine, that there is none is not.
Expected<> must_exist(Database& database, std::int64_t id) {
  if (database.changed() > 0) return {};
  ASSAY_TRY(count, database.number("SELECT count(*) FROM deliveries WHERE id = ?", id));
  if (count > 0) return {};
  return std::unexpected(unknown(database, id));
}

std::int64_t day_of(Instant at) {
  return std::chrono::floor<std::chrono::days>(at).time_since_epoch().count();
}

Expected<> count_on_day(Database& database, Instant at) {
  return database.run(
      "INSERT INTO days VALUES (?, 1) ON CONFLICT (day) DO UPDATE SET messages = messages + 1",
      day_of(at));
}

// What became of a delivery; one that is not there, or not in a state for it, is left alone.

Expected<> write_sent(Database& database, std::int64_t id, Instant at) {
  auto done = database.run(
      "UPDATE deliveries SET state = 1, attempts = attempts + 1, finished = ?, reason = '', "
      "claimed_until = 0 WHERE id = ? AND state <> 1",
      at, id);
  if (!done || database.changed() == 0) return done;
  return count_on_day(database, at);
}

Expected<> write_failed(Database& database, std::int64_t id, Instant next,
                        std::string_view reason) {
  return database.run(
      "UPDATE deliveries SET attempts = attempts + 1, next = ?, reason = ?, claimed_until = 0 "
      "WHERE id = ? AND state = 0",
      next, reason, id);
}

Expected<> write_held_back(Database& database, std::int64_t id, Instant until) {
  return database.run(
      "UPDATE deliveries SET next = ?, claimed_until = 0 WHERE id = ? AND state = 0", until, id);
}

Expected<> write_given_up(Database& database, std::int64_t id, Instant at,
                          std::string_view reason) {
  // One that is claimed was tried; another one is given up by a person.
  return database.run(
      "UPDATE deliveries SET state = 2, attempts = attempts + (claimed_until > 0), finished = ?, "
      "reason = ?, claimed_until = 0 WHERE id = ? AND state = 0",
      at, reason, id);
}

Expected<> write_tried(Database& database, const store::Tried& tried) {
  using enum store::Tried::What;
  if (tried.suppress) {
    if (auto done = write_suppression(database, *tried.suppress); !done) return done;
  }
  switch (tried.what) {
    case sent:
      return write_sent(database, tried.id, tried.at);
    case failed:
      return write_failed(database, tried.id, tried.at, tried.reason);
    case held_back:
      return write_held_back(database, tried.id, tried.at);
    case given_up:
      return write_given_up(database, tried.id, tried.at, tried.reason);
  }
  return {};
}

}  // namespace

Expected<std::vector<Delivery>> SqliteStore::claim(const store::Claim& claim) {
  return writing([&]() -> Expected<std::vector<Delivery>> {
    std::vector<std::int64_t> ids;
    {
      Query query = database_->query(
          "SELECT id FROM deliveries WHERE state = 0 AND next <= ?1 AND claimed_until <= ?1 "
          "ORDER BY next, id LIMIT ?2",
          claim.now, claim.limit);
      while (query.next()) ids.push_back(query.integer(0));
      if (auto done = query.result(); !done) return std::unexpected(std::move(done.error()));
    }
    std::vector<Delivery> claimed;
    for (const std::int64_t id : ids) {
      auto done =
          database_->run("UPDATE deliveries SET claimed_until = ? WHERE id = ?", claim.until, id);
      if (!done) return std::unexpected(std::move(done.error()));
      ASSAY_TRY(delivery, find_delivery(*database_, id));
      claimed.push_back(std::move(delivery));
    }
    return claimed;
  });
}

Expected<Delivery> SqliteStore::delivery(std::int64_t id) {
  const std::scoped_lock lock(mutex_);
  return find_delivery(*database_, id);
}

Expected<> SqliteStore::sent(std::int64_t id, Instant at) {
  return writing([&]() -> Expected<> {
    if (auto done = write_sent(*database_, id, at); !done) return done;
    return must_exist(*database_, id);
  });
}

Expected<> SqliteStore::failed(std::int64_t id, Instant next, std::string_view reason) {
  return writing([&]() -> Expected<> {
    if (auto done = write_failed(*database_, id, next, reason); !done) return done;
    return must_exist(*database_, id);
  });
}

Expected<> SqliteStore::hold_back(std::int64_t id, Instant until) {
  return writing([&]() -> Expected<> {
    if (auto done = write_held_back(*database_, id, until); !done) return done;
    return must_exist(*database_, id);
  });
}

Expected<> SqliteStore::give_up(std::int64_t id, Instant at, std::string_view reason) {
  return writing([&]() -> Expected<> {
    if (auto done = write_given_up(*database_, id, at, reason); !done) return done;
    return must_exist(*database_, id);
  });
}

Expected<> SqliteStore::book(std::span<const store::Tried> tried) {
  return writing([&]() -> Expected<> {
    for (const store::Tried& each : tried) {
      if (auto done = write_tried(*database_, each); !done) return done;
    }
    return {};
  });
}

Expected<bool> SqliteStore::came_back(std::int64_t id, Instant at,
                                      const store::Suppression& suppression) {
  return writing([&]() -> Expected<bool> {
    auto done = database_->run(
        "UPDATE deliveries SET state = 2, finished = ?, reason = ?, claimed_until = 0 "
        "WHERE id = ? AND (state = 1 OR (state = 0 AND attempts > 0))",
        at, std::string_view(suppression.reason), id);
    if (!done) return std::unexpected(std::move(done.error()));
    if (database_->changed() == 0) {
      auto exists = must_exist(*database_, id);
      if (!exists) return std::unexpected(std::move(exists.error()));
      return false;
    }
    auto put = write_suppression(*database_, suppression);
    if (!put) return std::unexpected(std::move(put.error()));
    return true;
  });
}

Expected<> SqliteStore::retry(std::int64_t id, Instant now) {
  return writing([&]() -> Expected<> {
    auto done = database_->run(
        "UPDATE deliveries SET state = 0, next = ?, finished = 0 WHERE id = ? AND state <> 1", now,
        id);
    if (!done) return done;
    return must_exist(*database_, id);
  });
}

Expected<std::vector<Delivery>> SqliteStore::deliveries(const store::DeliveryFilter& filter) {
  const std::scoped_lock lock(mutex_);
  const int state = filter.state ? static_cast<int>(*filter.state) : -1;
  const int kind = filter.kind ? static_cast<int>(*filter.kind) : -1;
  Query query = database_->query(
      "SELECT deliveries.id, deliveries.report_id, coalesce(name, policy_domain), destination, "
      "file_name, coalesce(period_begin, first), coalesce(period_end, last), "
      "deliveries.messages, state, attempts, created, next, deliveries.reason, claimed_until, "
      "finished, kind "
      "FROM deliveries LEFT JOIN settlements ON settlements.id = settlement "
      "LEFT JOIN domains ON domains.id = domain WHERE deliveries.id > ?1 AND (?2 < 0 OR state "
      "= "
      "?2) AND (?3 = '' OR coalesce(name, policy_domain) = ?3) AND (?4 = '' OR destination = "
      "?4) "
      "AND (?5 = '' OR deliveries.report_id = ?5) AND (?7 < 0 OR kind = ?7) AND created >= ?8 "
      "ORDER BY deliveries.id LIMIT ?6",
      filter.after, state, std::string_view(filter.policy_domain),
      std::string_view(filter.destination), std::string_view(filter.report_id), filter.limit, kind,
      filter.since.value_or(Instant{}));
  std::vector<Delivery> found;
  while (query.next()) found.push_back(read_delivery(query));
  if (auto result = query.result(); !result) return std::unexpected(std::move(result.error()));
  return found;
}

Expected<std::optional<Instant>> SqliteStore::next_delivery() {
  const std::scoped_lock lock(mutex_);
  Query query = database_->query(
      "SELECT max(next, claimed_until) AS due FROM deliveries WHERE state = 0 ORDER BY due "
      "LIMIT "
      "1");
  std::optional<Instant> found;
  if (query.next()) found = query.instant(0);
  if (auto result = query.result(); !result) return std::unexpected(std::move(result.error()));
  return found;
}

Expected<std::uint64_t> SqliteStore::messages_on(std::chrono::sys_days day) {
  const std::scoped_lock lock(mutex_);
  ASSAY_TRY(count, database_->number("SELECT messages FROM days WHERE day = ?", day_of(day)));
  return static_cast<std::uint64_t>(count);
}

Expected<> SqliteStore::count_message(Instant at) {
  return writing([&] { return count_on_day(*database_, at); });
}

// Drawn when it is first asked for, so that stores of every age have one.
Expected<std::string> SqliteStore::tag_key() {
  return writing([&]() -> Expected<std::string> {
    std::random_device source;
    std::string key;
    for (const char* name : {"tag_key_0", "tag_key_1"}) {
      const std::uint64_t drawn = (std::uint64_t{source()} << 32U) | source();
      auto done = database_->run("INSERT OR IGNORE INTO numbers VALUES (?, ?)",
                                 std::string_view(name), static_cast<std::int64_t>(drawn));
      if (!done) return std::unexpected(std::move(done.error()));
      ASSAY_TRY(kept, database_->number("SELECT value FROM numbers WHERE name = ?",
                                        std::string_view(name)));
      for (unsigned shift = 0; shift < 64; shift += 8) {
        key += static_cast<char>((static_cast<std::uint64_t>(kept) >> shift) & 0xffU);
      }
    }
    return key;
  });
}

}  // namespace assay::store_sqlite::detail
