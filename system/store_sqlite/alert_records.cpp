#include <algorithm>

#include "assay/base/try.h"
#include "system/store_sqlite/detail/alert_book.h"

namespace assay::store_sqlite::detail {
namespace {

using store::RecordChange;
using store::RecordSight;
using store::RecordState;
using store::Sight;
using store::WatchedKind;

WatchedKind kind_of_number(std::int64_t number) {
  const bool good = number >= 0 && number < static_cast<std::int64_t>(store::watched_kinds);
  return good ? static_cast<WatchedKind>(number) : WatchedKind::dmarc;
}

std::optional<Instant> instant_or_nothing(const Query& query, int column) {
  if (query.integer(column) == 0) return std::nullopt;
  return query.instant(column);
}

constexpr const char* all_of_record =
    "SELECT domain, kind, name, value, known, since, checked, failing_since, why FROM records ";

RecordState read_state(const Query& query) {
  return {.domain = query.text(0),
          .kind = kind_of_number(query.integer(1)),
          .name = query.text(2),
          .value = query.text(3),
          .known = query.integer(4) != 0,
          .since = query.instant(5),
          .checked = query.instant(6),
          .failing_since = instant_or_nothing(query, 7),
          .why = query.text(8)};
}

Expected<std::optional<RecordState>> find_state(Database& database, const RecordSight& sight) {
  Query query = database.query(
      "SELECT domain, kind, name, value, known, since, checked, failing_since, why FROM records "
      "WHERE domain = ? AND kind = ? AND name = ?",
      std::string_view(sight.domain), static_cast<std::int64_t>(sight.kind),
      std::string_view(sight.name));
  std::optional<RecordState> found;
  if (query.next()) found = read_state(query);
  if (auto result = query.result(); !result) return std::unexpected(std::move(result.error()));
  return found;
}

Expected<> write_state(Database& database, const RecordState& state) {
  return database.run("INSERT OR REPLACE INTO records VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                      std::string_view(state.domain), static_cast<std::int64_t>(state.kind),
                      std::string_view(state.name), std::string_view(state.value),
                      state.known ? 1 : 0, state.since, state.checked,
                      state.failing_since.value_or(Instant{}), std::string_view(state.why));
}

}  // namespace

Expected<> SqliteAlertBook::note_record(const RecordSight& sight, Instant at,
                                        std::vector<RecordChange>& changes) {
  ASSAY_TRY(before, find_state(*database_, sight));
  RecordState state = before.value_or(
      RecordState{.domain = sight.domain, .kind = sight.kind, .name = sight.name, .since = at});
  if (sight.sight == Sight::unknown) {
    if (!state.failing_since) state.failing_since = at;
    state.why = sight.why;
    return write_state(*database_, state);
  }
  const std::string& value = sight.sight == Sight::there ? sight.value : std::string();
  if (state.known && state.value != value) {
    RecordChange change{.domain = sight.domain,
                        .kind = sight.kind,
                        .name = sight.name,
                        .earliest = state.checked,
                        .at = at,
                        .before = state.value,
                        .after = value};
    auto done = database_->run(
        "INSERT INTO changes (domain, kind, name, earliest, at, before, after) "
        "VALUES (?, ?, ?, ?, ?, ?, ?)",
        std::string_view(change.domain), static_cast<std::int64_t>(change.kind),
        std::string_view(change.name), change.earliest, change.at, std::string_view(change.before),
        std::string_view(change.after));
    if (!done) return done;
    change.id = database_->last_id();
    changes.push_back(std::move(change));
  }
  if (!state.known || state.value != value) state.since = at;
  state.value = value;
  state.known = true;
  state.checked = at;
  state.failing_since.reset();
  state.why.clear();
  return write_state(*database_, state);
}

Expected<std::vector<RecordChange>> SqliteAlertBook::note_records(
    std::span<const RecordSight> sights, Instant at) {
  return writing([&]() -> Expected<std::vector<RecordChange>> {
    std::vector<RecordChange> changes;
    for (const RecordSight& each : sights) {
      if (auto done = note_record(each, at, changes); !done) {
        return std::unexpected(std::move(done.error()));
      }
    }
    return changes;
  });
}

Expected<std::vector<RecordState>> SqliteAlertBook::records(std::string_view domain) {
  static const std::string sql =
      std::string(all_of_record) + "WHERE ?1 = '' OR domain = ?1 ORDER BY domain, kind, name";
  return reading([&]() -> Expected<std::vector<RecordState>> {
    Query query = database_->query(sql.c_str(), domain);
    std::vector<RecordState> found;
    while (query.next()) found.push_back(read_state(query));
    if (auto result = query.result(); !result) return std::unexpected(std::move(result.error()));
    return found;
  });
}

Expected<std::vector<RecordChange>> SqliteAlertBook::changes(const store::ChangeFilter& filter) {
  return reading([&]() -> Expected<std::vector<RecordChange>> {
    Query query = database_->query(
        "SELECT id, domain, kind, name, earliest, at, before, after FROM changes "
        "WHERE (?1 = '' OR domain = ?1) AND at >= ?2 AND at < ?3 ORDER BY id DESC LIMIT ?4",
        std::string_view(filter.domain), filter.from.value_or(Instant::min()),
        filter.until.value_or(Instant::max()), filter.limit);
    std::vector<RecordChange> found;
    while (query.next()) {
      found.push_back({.id = query.integer(0),
                       .domain = query.text(1),
                       .kind = kind_of_number(query.integer(2)),
                       .name = query.text(3),
                       .earliest = query.instant(4),
                       .at = query.instant(5),
                       .before = query.text(6),
                       .after = query.text(7)});
    }
    if (auto result = query.result(); !result) return std::unexpected(std::move(result.error()));
    std::ranges::reverse(found);
    return found;
  });
}

Expected<> SqliteAlertBook::note_intake(std::span<const store::IntakeCount> counts) {
  return writing([&]() -> Expected<> {
    for (const store::IntakeCount& each : counts) {
      auto done = database_->run(
          "INSERT INTO intake VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT DO UPDATE SET "
          "count = count + ?4, sample = CASE ?5 WHEN '' THEN sample ELSE ?5 END",
          each.hour, std::string_view(each.channel), std::string_view(each.outcome), each.count,
          std::string_view(each.sample));
      if (!done) return done;
    }
    return {};
  });
}

Expected<std::vector<store::IntakeCount>> SqliteAlertBook::intake(Instant from) {
  return reading([&]() -> Expected<std::vector<store::IntakeCount>> {
    Query query = database_->query(
        "SELECT hour, channel, outcome, count, sample FROM intake WHERE hour >= ? "
        "ORDER BY hour, channel, outcome",
        from);
    std::vector<store::IntakeCount> found;
    while (query.next()) {
      found.push_back({.hour = query.instant(0),
                       .channel = query.text(1),
                       .outcome = query.text(2),
                       .count = query.count(3),
                       .sample = query.text(4)});
    }
    if (auto result = query.result(); !result) return std::unexpected(std::move(result.error()));
    return found;
  });
}

}  // namespace assay::store_sqlite::detail
