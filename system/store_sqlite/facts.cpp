#include "assay/base/try.h"
#include "system/store_sqlite/detail/canonical.h"
#include "system/store_sqlite/detail/sqlite_store.h"

namespace assay::store_sqlite::detail {
namespace {

using store::Counted;
using store::Cut;
using store::Due;

Instant instant_of_hour(std::int64_t hour) {
  return Instant{std::chrono::hours{hour}};
}

Finding unreadable(const Database& database) {
  return {.code = "store_damaged",
          .what = "store " + database.path() +
                  ": holds a row that this version cannot read; put a backup in its place"};
}

struct Numbered {
  std::int64_t tuple;
  aggregate::Record record;
};

/// The next records behind a tuple.
Expected<std::vector<Numbered>> read_records(Database& database, std::int64_t configuration,
                                             const Cut& cut, std::int64_t after) {
  constexpr int at_once = 1'000;
  Query query = database.query(
      "SELECT tuple, tuples.octets, sum(count) FROM facts JOIN tuples ON tuples.id = tuple "
      "WHERE settlement = 0 AND configuration = ? AND tuple > ? AND hour < ? AND cut <= ? "
      "GROUP BY tuple ORDER BY tuple LIMIT ?",
      configuration, after, end_hour(cut), cut.number, at_once);
  std::vector<Numbered> found;
  while (query.next()) {
    auto row = read_row(query.view(1));
    if (!row) return std::unexpected(unreadable(database));
    found.push_back(
        {.tuple = query.integer(0), .record = {.row = std::move(*row), .count = query.count(2)}});
  }
  if (auto result = query.result(); !result) return std::unexpected(std::move(result.error()));
  return found;
}

}  // namespace

Expected<Cut> SqliteStore::cut(Instant until) {
  return writing([&]() -> Expected<Cut> {
    // Evaluations have the number of the first cut that holds them. A new one is needed only where
    // something came since the last.
    constexpr const char* number_of = "SELECT value FROM numbers WHERE name = ?";
    ASSAY_TRY(next, database_->number(number_of, std::string_view("cut")));
    ASSAY_TRY(taken, database_->number(number_of, std::string_view("taken")));
    ASSAY_TRY(before, database_->number(number_of, std::string_view("cut_taken")));
    if (taken == before) return Cut{.until = until, .number = static_cast<std::uint64_t>(next - 1)};
    auto done = add_number(*database_, "cut", 1);
    if (done) {
      done = add_number(*database_, "cut_taken", static_cast<std::uint64_t>(taken - before));
    }
    if (!done) return std::unexpected(std::move(done.error()));
    return Cut{.until = until, .number = static_cast<std::uint64_t>(next)};
  });
}

Expected<std::vector<Due>> SqliteStore::due(const Cut& cut) {
  const std::scoped_lock lock(mutex_);
  Query query = database_->query(
      "SELECT domains.name, sum(messages), min(first), sum(late) FROM ("
      "  SELECT configuration, sum(count) AS messages, min(hour) AS first,"
      "    sum(CASE WHEN hour * 3600 < reported_until THEN count ELSE 0 END) AS late"
      "  FROM facts JOIN configurations ON configurations.id = configuration"
      "  WHERE settlement = 0 AND hour < ? AND cut <= ? GROUP BY configuration) "
      "JOIN configurations ON configurations.id = configuration "
      "JOIN domains ON domains.id = configurations.domain "
      "GROUP BY domains.id ORDER BY domains.name",
      end_hour(cut), cut.number);
  std::vector<Due> found;
  while (query.next()) {
    found.push_back({.policy_domain = query.text(0),
                     .messages = query.count(1),
                     .first = instant_of_hour(query.integer(2)),
                     .late = query.count(3)});
  }
  if (auto result = query.result(); !result) return std::unexpected(std::move(result.error()));
  return found;
}

Expected<std::vector<Counted>> SqliteStore::configurations(std::string_view policy_domain,
                                                           const Cut& cut) {
  const std::scoped_lock lock(mutex_);
  // CROSS keeps SQLite to this order of tables: another one looks at every fact that waits.
  Query query = database_->query(
      "SELECT configurations.id, configurations.octets, sum(count), min(hour), max(hour), "
      "sum(CASE WHEN hour * 3600 < reported_until THEN count ELSE 0 END) "
      "FROM domains CROSS JOIN configurations ON domain = domains.id "
      "CROSS JOIN facts ON settlement = 0 AND configuration = configurations.id "
      "WHERE name = ? AND hour < ? AND cut <= ? "
      "GROUP BY configurations.id ORDER BY configurations.id",
      policy_domain, end_hour(cut), cut.number);
  std::vector<Counted> found;
  while (query.next()) {
    auto configuration = read_configuration(query.view(1));
    if (!configuration) return std::unexpected(unreadable(*database_));
    found.push_back({.configuration = std::move(*configuration),
                     .first = instant_of_hour(query.integer(3)),
                     .last = instant_of_hour(query.integer(4)),
                     .id = query.integer(0),
                     .messages = query.count(2),
                     .late = query.count(5)});
  }
  if (auto result = query.result(); !result) return std::unexpected(std::move(result.error()));
  return found;
}

Expected<> SqliteStore::each_record(std::int64_t configuration, const Cut& cut,
                                    const ShowRecord& show) {
  // In pieces, between which others may have the store: rows of a cut change only when they are
  // settled or erased, and settle() notices that.
  std::int64_t after = 0;
  while (true) {
    std::vector<Numbered> found;
    {
      const std::scoped_lock lock(mutex_);
      ASSAY_TRY(next, read_records(*database_, configuration, cut, after));
      found = std::move(next);
    }
    if (found.empty()) return {};
    for (const Numbered& each : found) {
      if (!show(each.record)) return {};
    }
    after = found.back().tuple;
  }
}

}  // namespace assay::store_sqlite::detail
