#include <map>

#include "assay/base/try.h"
#include "system/store_sqlite/detail/received_store.h"
#include "system/store_sqlite/detail/sqlite_store.h"

namespace assay::store_sqlite::detail {
namespace {

using store::ReceivedBooks;
using store::ReceivedRemoved;
using store::ReceivedRetention;

template <class... Values>
Expected<> remove(Database& database, std::uint64_t& count, const char* sql,
                  const Values&... values) {
  auto done = database.run(sql, values...);
  if (done) count += database.changed();
  return done;
}

Expected<> empty_doomed(Database& database) {
  return database.script(
      "CREATE TEMP TABLE IF NOT EXISTS doomed (id INTEGER PRIMARY KEY); DELETE FROM temp.doomed;");
}

Expected<> doom_older(Database& database, store::ReportKind kind,
                      const std::optional<Instant>& before) {
  if (!before) return {};
  return database.run(
      "INSERT INTO temp.doomed SELECT id FROM reports WHERE kind = ? AND arrived < ?",
      static_cast<std::int64_t>(kind), *before);
}

using Place = std::tuple<std::int64_t, std::int64_t, std::int64_t, std::int64_t>;
using Counts = std::map<Place, std::int64_t>;

Expected<Counts> count_again(Database& database) {
  Counts counts;
  Query query = database.query(
      "SELECT id, domain, reporter, period_begin, period_end, head FROM reports "
      "WHERE kind = 0 AND standing = 0");
  while (query.next()) {
    store::ReceivedReport report;
    read_head(query.view(5), report);
    store::Rollup rollup(report.head.policy, query.instant(3), query.instant(4));
    auto done = each_chunk(database, query.integer(0),
                           [&](std::string_view chunk) { return rollup.add(chunk); });
    if (!done) return std::unexpected(std::move(done.error()));
    for (const auto& [place, messages] : rollup.counts()) {
      for (const std::int64_t domain : {query.integer(1), all_domains}) {
        counts[{domain, day_number(place.day), query.integer(2), place.cell}] +=
            static_cast<std::int64_t>(messages);
      }
    }
  }
  if (auto result = query.result(); !result) return std::unexpected(std::move(result.error()));
  return counts;
}

constexpr const char* wrong_sums =
    "WITH again AS (SELECT domain, day, cell, sum(messages) FROM daily GROUP BY 1, 2, 3) "
    "SELECT (SELECT count(*) FROM (SELECT * FROM again EXCEPT SELECT * FROM daily_sums)) + "
    "(SELECT count(*) FROM (SELECT * FROM daily_sums EXCEPT SELECT * FROM again))";
constexpr const char* wrong_tellers =
    "WITH again AS (SELECT domain, reporter, kind, reports, set_aside, remarked, rfc9990, "
    "messages, "
    "first, last, arrived, latest FROM tellers_again), kept AS (SELECT domain, reporter, kind, "
    "reports, set_aside, remarked, rfc9990, messages, first, last, arrived, latest FROM tellers) "
    "SELECT (SELECT count(*) FROM (SELECT * FROM again EXCEPT SELECT * FROM kept)) + "
    "(SELECT count(*) FROM (SELECT * FROM kept EXCEPT SELECT * FROM again)) + "
    "(SELECT count(*) FROM tellers JOIN tellers_again USING (domain, reporter, kind) WHERE "
    "tellers.longest < tellers_again.longest)";

Expected<Counts> read_daily(Database& database) {
  Counts counts;
  Query query = database.query("SELECT domain, day, reporter, cell, messages FROM daily");
  while (query.next()) {
    counts[{query.integer(0), query.integer(1), query.integer(2), query.integer(3)}] =
        query.integer(4);
  }
  if (auto result = query.result(); !result) return std::unexpected(std::move(result.error()));
  return counts;
}

}  // namespace

Expected<Findings> recount(Database& database) {
  ASSAY_TRY(again, count_again(database));
  ASSAY_TRY(kept, read_daily(database));
  std::uint64_t wrong = 0;
  for (const auto& [place, messages] : again) {
    const auto found = kept.find(place);
    wrong += found == kept.end() || found->second != messages ? 1 : 0;
  }
  for (const auto& [place, messages] : kept) wrong += again.contains(place) ? 0 : 1;
  Findings findings;
  const auto tell = [&](std::uint64_t count, std::string_view what) {
    if (count == 0) return;
    findings.push_back({.code = "store_books",
                        .what = "store " + database.path() + ": " + std::to_string(count) + " " +
                                std::string(what)});
  };
  tell(wrong, "daily counts are not what the records say");
  ASSAY_TRY(sums, database.number(wrong_sums));
  tell(static_cast<std::uint64_t>(sums), "daily sums are not what the daily counts say");
  ASSAY_TRY(tellers, database.number(wrong_tellers));
  tell(static_cast<std::uint64_t>(tellers), "sums over reporters are not what the reports say");
  return findings;
}

Expected<ReceivedBooks> read_received_books(Database& database) {
  ReceivedBooks books;
  Query query = database.query(
      "SELECT count(*), ifnull(sum(standing = 0), 0), ifnull(sum(records), 0), "
      "ifnull(sum(CASE WHEN standing = 0 AND kind = 0 THEN messages ELSE 0 END), 0) FROM reports");
  if (query.next()) {
    books.reports = query.count(0);
    books.counted = query.count(1);
    books.records = query.count(2);
    books.messages = query.count(3);
    books.set_aside = books.reports - books.counted;
  }
  if (auto result = query.result(); !result) return std::unexpected(std::move(result.error()));
  ASSAY_TRY(duplicates, database.number("SELECT value FROM numbers WHERE name = 'duplicates'"));
  ASSAY_TRY(sampled, database.number("SELECT value FROM numbers WHERE name = 'sampled_out'"));
  ASSAY_TRY(raws, database.number("SELECT count(*) FROM raws"));
  books.duplicates = static_cast<std::uint64_t>(duplicates);
  books.sampled_out = static_cast<std::uint64_t>(sampled);
  books.raws = static_cast<std::uint64_t>(raws);
  return books;
}

template <class What>
auto SqliteReceived::removing(const What& what) -> std::invoke_result_t<What> {
  // What is taken away is overwritten, also in the log, as far as no other program reads it now.
  const auto set = [&](const char* sql) {
    const std::scoped_lock lock(mutex_);
    return database_->script(sql);
  };
  if (auto done = set("PRAGMA secure_delete = ON"); !done) {
    return std::unexpected(std::move(done.error()));
  }
  auto answer = writing(what);
  auto done = set("PRAGMA secure_delete = OFF; PRAGMA wal_checkpoint(TRUNCATE)");
  if (answer && !done) return std::unexpected(std::move(done.error()));
  return answer;
}

Expected<> SqliteReceived::remove_doomed(ReceivedRemoved& removed) {
  std::vector<std::int64_t> ids;
  {
    Query query = database_->query("SELECT id FROM temp.doomed");
    while (query.next()) ids.push_back(query.integer(0));
    if (auto result = query.result(); !result) return result;
  }
  DailyChanges changes;
  for (const std::int64_t id : ids) {
    ASSAY_TRY(row, report_row(*database_, id));
    if (auto done = remove_facts(row, changes); !done) return done;
  }
  if (auto done = changes.write(*database_); !done) return done;
  ASSAY_TRY(records, database_->number("SELECT sum(records) FROM reports WHERE id IN "
                                       "(SELECT id FROM temp.doomed)"));
  removed.records += static_cast<std::uint64_t>(records);
  // What came in one thing with others goes with it: the thing tells of all.
  auto done = remove(*database_, removed.raws,
                     "DELETE FROM raws WHERE id IN (SELECT raw FROM reports WHERE id IN "
                     "(SELECT id FROM temp.doomed))");
  if (done) {
    done = remove(*database_, removed.reports,
                  "DELETE FROM reports WHERE id IN (SELECT id FROM temp.doomed)");
  }
  if (done) {
    done = database_->run(
        "UPDATE reports SET raw = 0 WHERE raw <> 0 AND raw NOT IN (SELECT id FROM raws)");
  }
  return done;
}

Expected<> SqliteReceived::forget_in(const ReceivedRetention& retention, ReceivedRemoved& removed) {
  using store::ReportKind;
  auto done = empty_doomed(*database_);
  if (done) done = doom_older(*database_, ReportKind::aggregate, retention.aggregate);
  if (done) done = doom_older(*database_, ReportKind::failure, retention.failure);
  if (done) done = doom_older(*database_, ReportKind::tls, retention.tls);
  if (done) done = remove_doomed(removed);
  if (done && retention.raw) {
    done = remove(*database_, removed.raws, "DELETE FROM raws WHERE arrived < ?", *retention.raw);
    if (done) {
      done = database_->run(
          "UPDATE reports SET raw = 0 WHERE raw <> 0 AND raw NOT IN (SELECT id FROM raws)");
    }
  }
  // RFC 9991 §7.3: the header of the message goes before the facts do.
  if (done && retention.originals) {
    done = remove(*database_, removed.originals,
                  "DELETE FROM originals WHERE report IN (SELECT id FROM reports WHERE kind = 1 "
                  "AND arrived < ?)",
                  *retention.originals);
  }
  if (done && retention.failure) {
    // Not those of days of which a report, which came late, is kept.
    done = database_->run(
        "DELETE FROM failure_counts WHERE (day + 1) * 86400 <= ? AND NOT EXISTS (SELECT 1 FROM "
        "reports WHERE domain = failure_counts.domain AND kind = 1 AND period_begin BETWEEN "
        "day * 86400 AND day * 86400 + 86399)",
        *retention.failure);
    if (done) {
      done = database_->run("DELETE FROM sampled WHERE (day + 1) * 86400 <= ?", *retention.failure);
    }
  }
  return done;
}

// RFC 9991 §7
Expected<> SqliteReceived::erase_in(std::string_view domain, ReceivedRemoved& removed) {
  const std::string below = "." + std::string(domain);
  auto done = empty_doomed(*database_);
  if (done) {
    done = database_->script(
        "CREATE TEMP TABLE IF NOT EXISTS erased (id INTEGER PRIMARY KEY); DELETE FROM "
        "temp.erased;");
  }
  if (done) {
    done = database_->run(
        "INSERT INTO temp.erased SELECT id FROM names "
        "WHERE name = ?1 OR substr(name, -length(?2)) = ?2",
        domain, std::string_view(below));
  }
  if (done) {
    done = database_->run(
        "INSERT INTO temp.doomed SELECT id FROM reports WHERE domain IN "
        "(SELECT id FROM temp.erased)");
  }
  if (done) done = remove_doomed(removed);
  if (!done) return done;
  return database_->script(
      "DELETE FROM failure_counts WHERE domain IN (SELECT id FROM temp.erased);"
      "DELETE FROM sampled WHERE domain IN (SELECT id FROM temp.erased);"
      "DELETE FROM tls_daily WHERE domain IN (SELECT id FROM temp.erased);"
      "DELETE FROM names WHERE id IN (SELECT id FROM temp.erased) AND id NOT IN (SELECT reporter "
      "FROM reports);");
}

Expected<ReceivedBooks> SqliteReceived::books() {
  return reading([&] { return read_received_books(*database_); });
}

Expected<ReceivedRemoved> SqliteReceived::forget(const ReceivedRetention& retention) {
  return removing([&]() -> Expected<ReceivedRemoved> {
    ReceivedRemoved removed;
    auto done = drop_stale_names();
    if (done) done = forget_in(retention, removed);
    if (!done) return std::unexpected(std::move(done.error()));
    return removed;
  });
}

Expected<ReceivedRemoved> SqliteReceived::erase(std::string_view domain) {
  return removing([&]() -> Expected<ReceivedRemoved> {
    ReceivedRemoved removed;
    auto done = drop_stale_names();
    if (done) done = erase_in(domain, removed);
    names_.clear();
    if (!done) return std::unexpected(std::move(done.error()));
    return removed;
  });
}

Expected<Findings> SqliteReceived::recount() {
  return reading([&] { return detail::recount(*database_); });
}

}  // namespace assay::store_sqlite::detail
