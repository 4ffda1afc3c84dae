#include "system/store_sqlite/detail/alert_book.h"

#include <algorithm>

#include "assay/base/try.h"

namespace assay::store_sqlite::detail {
namespace {

using store::Alert;
using store::AlertChange;
using store::AlertEvent;
using store::Severity;

std::optional<Instant> instant_or_nothing(const Query& query, int column) {
  if (query.integer(column) == 0) return std::nullopt;
  return query.instant(column);
}

/// A word of a column, or the first one in a damaged file.
template <class Enum>
Enum word(const Query& query, int column, Enum last) {
  const std::int64_t value = query.integer(column);
  return value < 0 || value > static_cast<std::int64_t>(last) ? Enum{} : static_cast<Enum>(value);
}

/// Of SELECT * FROM alerts.
Alert read_alert(const Query& query) {
  return {.id = query.integer(0),
          .rule = query.text(1),
          .domain = query.text(2),
          .cause = query.text(3),
          .what = query.text(4),
          .evidence = query.text(5),
          .advice = query.text(6),
          .severity = word(query, 7, Severity::high),
          .since = query.instant(8),
          .opened = query.instant(9),
          .last_seen = query.instant(10),
          .until = instant_or_nothing(query, 11),
          .closed_by = query.text(12),
          .seen = instant_or_nothing(query, 13)};
}

Expected<std::vector<Alert>> read_alerts(Query& query) {
  std::vector<Alert> found;
  while (query.next()) found.push_back(read_alert(query));
  if (auto result = query.result(); !result) return std::unexpected(std::move(result.error()));
  return found;
}

}  // namespace

Expected<> SqliteAlertBook::must_exist(const char* sql, std::int64_t id, std::string_view what) {
  if (database_->changed() > 0) return {};
  ASSAY_TRY(count, database_->number(sql, id));
  if (count > 0) return {};
  return std::unexpected(Finding{.code = "store_unknown",
                                 .what = "store " + database_->path() + ": there is no " +
                                         std::string(what) + " " + std::to_string(id)});
}

Expected<> SqliteAlertBook::put_alert(AlertChange& change, Instant at) {
  Alert& alert = change.alert;
  const auto severity = static_cast<std::int64_t>(alert.severity);
  const Instant until = alert.until.value_or(Instant{});
  const Instant seen = alert.seen.value_or(Instant{});
  Expected<> done;
  if (alert.id == 0) {
    done = database_->run(
        "INSERT INTO alerts (rule, domain, cause, what, evidence, advice, severity, since, opened, "
        "last_seen, until, closed_by, seen) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        std::string_view(alert.rule), std::string_view(alert.domain), std::string_view(alert.cause),
        std::string_view(alert.what), std::string_view(alert.evidence),
        std::string_view(alert.advice), severity, alert.since, alert.opened, alert.last_seen, until,
        std::string_view(alert.closed_by), seen);
    if (done) alert.id = database_->last_id();
  } else {
    done = database_->run(
        "UPDATE alerts SET rule = ?2, cause = ?3, what = ?4, evidence = ?5, advice = ?6, "
        "severity = ?7, since = ?8, last_seen = ?9, until = ?10, closed_by = ?11, seen = ?12 "
        "WHERE id = ?1",
        alert.id, std::string_view(alert.rule), std::string_view(alert.cause),
        std::string_view(alert.what), std::string_view(alert.evidence),
        std::string_view(alert.advice), severity, alert.since, alert.last_seen, until,
        std::string_view(alert.closed_by), seen);
  }
  if (!done || !change.event) return done;
  return database_->run("INSERT INTO events (alert, at, event, what) VALUES (?, ?, ?, ?)", alert.id,
                        at, static_cast<std::int64_t>(*change.event), std::string_view(alert.what));
}

Expected<std::vector<AlertChange>> SqliteAlertBook::settle(Instant since, Instant at,
                                                           const store::DecideAlerts& decide,
                                                           const store::WriteLetters& write) {
  return writing([&]() -> Expected<std::vector<AlertChange>> {
    std::vector<Alert> known;
    {
      Query query = database_->query(
          "SELECT * FROM alerts WHERE until = 0 OR last_seen >= ? ORDER BY id", since);
      ASSAY_TRY(found, read_alerts(query));
      known = std::move(found);
    }
    std::vector<AlertChange> changes = decide(known);
    std::vector<AlertChange> told;
    for (AlertChange& each : changes) {
      if (auto done = put_alert(each, at); !done) return std::unexpected(std::move(done.error()));
      if (each.tell) told.push_back(each);
    }
    if (told.empty()) return changes;
    for (const store::Letter& each : write(told)) {
      if (auto done = put_letter(each); !done) return std::unexpected(std::move(done.error()));
    }
    return changes;
  });
}

Expected<std::vector<Alert>> SqliteAlertBook::alerts(const store::AlertFilter& filter) {
  return reading([&]() -> Expected<std::vector<Alert>> {
    const int open = filter.open ? static_cast<int>(*filter.open) : -1;
    Query query = database_->query(
        "SELECT * FROM alerts WHERE (?1 < 0 OR (until = 0) = ?1) AND (?2 = '' OR domain = ?2) AND "
        "(?3 = '' OR rule = ?3) AND (until = 0 OR until >= ?4) ORDER BY id DESC LIMIT ?5",
        open, std::string_view(filter.domain), std::string_view(filter.rule),
        filter.since.value_or(Instant::min()), filter.limit);
    ASSAY_TRY(found, read_alerts(query));
    std::ranges::reverse(found);
    return std::move(found);
  });
}

Expected<Alert> SqliteAlertBook::alert(std::int64_t id) {
  return reading([&]() -> Expected<Alert> {
    Query query = database_->query("SELECT * FROM alerts WHERE id = ?", id);
    ASSAY_TRY(found, read_alerts(query));
    if (!found.empty()) return std::move(found.front());
    return std::unexpected(Finding{
        .code = "store_unknown",
        .what = "store " + database_->path() + ": there is no alert " + std::to_string(id)});
  });
}

Expected<std::vector<store::AlertHistory>> SqliteAlertBook::history(std::int64_t id) {
  if (auto there = alert(id); !there) return std::unexpected(std::move(there.error()));
  return reading([&]() -> Expected<std::vector<store::AlertHistory>> {
    Query query =
        database_->query("SELECT at, event, what FROM events WHERE alert = ? ORDER BY id", id);
    std::vector<store::AlertHistory> found;
    while (query.next()) {
      found.push_back({.at = query.instant(0),
                       .event = word(query, 1, AlertEvent::closed),
                       .what = query.text(2)});
    }
    if (auto result = query.result(); !result) return std::unexpected(std::move(result.error()));
    return found;
  });
}

Expected<> SqliteAlertBook::mark_seen(std::int64_t id, Instant at) {
  return writing([&]() -> Expected<> {
    auto done = database_->run("UPDATE alerts SET seen = ?2 WHERE id = ?1 AND seen = 0", id, at);
    if (!done) return done;
    return must_exist("SELECT count(*) FROM alerts WHERE id = ?", id, "alert");
  });
}

Expected<> SqliteAlertBook::close(std::int64_t id, Instant at, std::string_view who) {
  return writing([&]() -> Expected<> {
    auto done = database_->run(
        "UPDATE alerts SET until = ?2, closed_by = ?3, seen = CASE seen WHEN 0 THEN ?2 ELSE seen "
        "END WHERE id = ?1 AND until = 0",
        id, at, who);
    if (!done) return done;
    const bool closed = database_->changed() > 0;
    done = must_exist("SELECT count(*) FROM alerts WHERE id = ?", id, "alert");
    if (!done || !closed) return done;
    return database_->run("INSERT INTO events (alert, at, event, what) VALUES (?, ?, ?, ?)", id, at,
                          static_cast<std::int64_t>(AlertEvent::closed), who);
  });
}

Expected<> SqliteAlertBook::forget(const store::AlertRetention& retention) {
  return writing([&]() -> Expected<> {
    const auto before = [&](const char* sql, const std::optional<Instant>& at) -> Expected<> {
      return at ? database_->run(sql, *at) : Expected<>();
    };
    auto done = before("DELETE FROM alerts WHERE until <> 0 AND max(until, last_seen) < ?",
                       retention.alerts);
    if (done) {
      done = database_->script("DELETE FROM events WHERE alert NOT IN (SELECT id FROM alerts)");
    }
    if (done) done = before("DELETE FROM changes WHERE at < ?", retention.changes);
    if (done) {
      done = before("DELETE FROM records WHERE max(checked, failing_since) < ?", retention.changes);
    }
    if (done) {
      done = before("DELETE FROM letters WHERE state <> 0 AND finished < ?", retention.letters);
    }
    if (done) done = before("DELETE FROM intake WHERE hour < ?", retention.intake);
    return done;
  });
}

Expected<std::uint64_t> SqliteAlertBook::erase(std::string_view domain) {
  const std::string below = "." + std::string(domain);
  const auto set = [&](const char* sql) {
    const std::scoped_lock lock(mutex_);
    return database_->script(sql);
  };
  // What is taken away is overwritten, also in the log, as far as no other program reads it now.
  if (auto done = set("PRAGMA secure_delete = ON"); !done) {
    return std::unexpected(std::move(done.error()));
  }
  auto answer = writing([&]() -> Expected<std::uint64_t> {
    std::uint64_t removed = 0;
    constexpr const char* events =
        "DELETE FROM events WHERE alert IN (SELECT id FROM alerts WHERE domain = ?1 OR "
        "substr(domain, -length(?2)) = ?2)";
    for (const char* sql :
         {events, "DELETE FROM alerts WHERE domain = ?1 OR substr(domain, -length(?2)) = ?2",
          "DELETE FROM changes WHERE domain = ?1 OR substr(domain, -length(?2)) = ?2",
          "DELETE FROM records WHERE domain = ?1 OR substr(domain, -length(?2)) = ?2",
          "DELETE FROM letters WHERE ?1 <> '' OR ?2 <> ''"}) {
      auto done = database_->run(sql, domain, std::string_view(below));
      if (!done) return std::unexpected(std::move(done.error()));
      removed += database_->changed();
    }
    return removed;
  });
  auto done = set("PRAGMA secure_delete = OFF; PRAGMA wal_checkpoint(TRUNCATE)");
  if (answer && !done) return std::unexpected(std::move(done.error()));
  return answer;
}

}  // namespace assay::store_sqlite::detail
