#include "assay/base/try.h"
#include "system/store_sqlite/detail/sqlite_store.h"

namespace assay::store_sqlite::detail {
namespace {

using store::Books;
using store::OutboxState;
using store::Outcome;
using store::Removed;
using store::Retention;

/// What becomes of the report of a settlement: sent when one of its deliveries was, in the outbox
/// while one waits.
enum class Fate : std::uint8_t { in_outbox, sent, undelivered };

/// The total of settlements that are no longer there.
std::string gone(Outcome outcome) {
  return "gone_" + std::string(to_text(outcome));
}

Expected<std::uint64_t> total(Database& database, const std::string& name) {
  ASSAY_TRY(value,
            database.number("SELECT value FROM numbers WHERE name = ?", std::string_view(name)));
  return static_cast<std::uint64_t>(value);
}

Expected<> read_settled(Database& database, Books& books) {
  Query query = database.query("SELECT outcome, sum(messages) FROM settlements GROUP BY outcome");
  while (query.next()) {
    const std::uint64_t outcome = query.count(0);
    if (outcome < books.settled.size()) books.settled[outcome] += query.count(1);
  }
  if (auto result = query.result(); !result) return result;
  for (std::size_t i = 0; i < books.settled.size(); ++i) {
    ASSAY_TRY(before, total(database, gone(static_cast<Outcome>(i))));
    books.settled[i] += before;
  }
  return {};
}

Expected<> read_fates(Database& database, Books& books) {
  Query query = database.query(
      "SELECT CASE WHEN EXISTS (SELECT 1 FROM deliveries WHERE settlement = settlements.id AND "
      "state = 1) THEN 1 WHEN EXISTS (SELECT 1 FROM deliveries WHERE settlement = settlements.id "
      "AND state = 0) THEN 0 ELSE 2 END AS fate, sum(messages) FROM settlements "
      "WHERE outcome = 0 GROUP BY fate");
  while (query.next()) {
    switch (static_cast<Fate>(query.integer(0))) {
      case Fate::in_outbox:
        books.in_outbox = query.count(1);
        break;
      case Fate::sent:
        books.sent = query.count(1);
        break;
      case Fate::undelivered:
        books.undelivered = query.count(1);
        break;
    }
  }
  if (auto result = query.result(); !result) return result;
  ASSAY_TRY(sent, total(database, "gone_sent"));
  ASSAY_TRY(undelivered, total(database, "gone_undelivered"));
  books.sent += sent;
  books.undelivered += undelivered;
  return {};
}

Expected<> read_deliveries(Database& database, Books& books) {
  Query query = database.query("SELECT state, count(*) FROM deliveries GROUP BY state");
  while (query.next()) {
    switch (static_cast<OutboxState>(query.integer(0))) {
      case OutboxState::waiting:
        books.deliveries_waiting = query.count(1);
        break;
      case OutboxState::sent:
        books.deliveries_sent = query.count(1);
        break;
      case OutboxState::given_up:
        books.deliveries_given_up = query.count(1);
        break;
    }
  }
  return query.result();
}

// ---- Taking away -------------------------------------------------------------------------------

/// Runs what deletes, and counts the rows.
template <class... Values>
Expected<> remove(Database& database, std::uint64_t& count, const char* sql,
                  const Values&... values) {
  auto done = database.run(sql, values...);
  if (done) count += database.changed();
  return done;
}

struct Doomed {
  Outcome outcome;
  Fate fate;
  std::uint64_t messages;
};

Expected<std::vector<Doomed>> read_doomed(Database& database) {
  Query query = database.query(
      "SELECT outcome, CASE WHEN EXISTS (SELECT 1 FROM deliveries WHERE settlement = "
      "settlements.id AND state = 1) THEN 1 WHEN EXISTS (SELECT 1 FROM deliveries WHERE settlement "
      "= settlements.id AND state = 0) THEN 0 ELSE 2 END AS fate, sum(messages) FROM settlements "
      "WHERE id IN (SELECT id FROM temp.doomed) GROUP BY outcome, fate");
  std::vector<Doomed> found;
  while (query.next()) {
    found.push_back({.outcome = static_cast<Outcome>(query.integer(0)),
                     .fate = static_cast<Fate>(query.integer(1)),
                     .messages = query.count(2)});
  }
  if (auto result = query.result(); !result) return std::unexpected(std::move(result.error()));
  return found;
}

/// Keeps in the totals what the settlements in temp.doomed said.
Expected<> keep_totals(Database& database) {
  ASSAY_TRY(doomed, read_doomed(database));
  for (const Doomed& each : doomed) {
    const bool reported = each.outcome == Outcome::reported;
    const bool unsent = reported && each.fate == Fate::in_outbox;
    auto done = add_number(database, gone(unsent ? Outcome::erased : each.outcome), each.messages);
    if (done && reported && !unsent) {
      done = add_number(database, each.fate == Fate::sent ? "gone_sent" : "gone_undelivered",
                        each.messages);
    }
    if (!done) return done;
  }
  return {};
}

/// Takes the settlements in temp.doomed away, with what belongs to them.
Expected<> remove_settlements(Database& database, Removed& removed) {
  if (auto done = keep_totals(database); !done) return done;
  ASSAY_TRY(messages, database.number("SELECT sum(messages) FROM settlements WHERE id IN "
                                      "(SELECT id FROM temp.doomed)"));
  removed.evaluations += static_cast<std::uint64_t>(messages);
  std::uint64_t facts = 0;
  auto done =
      remove(database, facts, "DELETE FROM facts WHERE settlement IN (SELECT id FROM temp.doomed)");
  if (done) {
    done = remove(database, removed.deliveries,
                  "DELETE FROM deliveries WHERE settlement IN (SELECT id FROM temp.doomed)");
  }
  if (done) {
    done = remove(database, removed.reports,
                  "DELETE FROM settlements WHERE id IN (SELECT id FROM temp.doomed)");
  }
  return done;
}

Expected<> empty_doomed(Database& database) {
  return database.script(
      "CREATE TEMP TABLE IF NOT EXISTS doomed (id INTEGER PRIMARY KEY); DELETE FROM temp.doomed;");
}

/// Takes away what no fact or settlement needs any more.
Expected<> remove_orphans(Database& database) {
  return database.script(
      "DELETE FROM tuples WHERE id NOT IN (SELECT tuple FROM facts);"
      "DELETE FROM configurations WHERE id NOT IN (SELECT configuration FROM facts) "
      "AND id NOT IN (SELECT configuration FROM settlements);"
      "DELETE FROM domains WHERE id NOT IN (SELECT domain FROM configurations) "
      "AND id NOT IN (SELECT domain FROM settlements);");
}

Expected<> forget_facts(Database& database, Instant before, Removed& removed) {
  const std::int64_t hour = hour_of(before);
  ASSAY_TRY(waiting, database.number(
                         "SELECT sum(count) FROM facts WHERE settlement = 0 AND hour < ?", hour));
  auto done = add_number(database, gone(Outcome::expired), static_cast<std::uint64_t>(waiting));
  if (!done) return done;
  ASSAY_TRY(all, database.number("SELECT sum(count) FROM facts WHERE hour < ?", hour));
  removed.evaluations += static_cast<std::uint64_t>(all);
  return database.run("DELETE FROM facts WHERE hour < ?", hour);
}

Expected<> forget_reports(Database& database, Instant before, Removed& removed) {
  auto done = empty_doomed(database);
  if (done) {
    done = database.run(
        "INSERT INTO temp.doomed SELECT id FROM settlements WHERE made < ? AND NOT EXISTS "
        "(SELECT 1 FROM deliveries WHERE settlement = settlements.id AND state = 0)",
        before);
  }
  if (!done) return done;
  return remove_settlements(database, removed);
}

/// Takes the failure reports in temp.doomed away.
Expected<> remove_failures(Database& database, Removed& removed) {
  auto done = database.run("DELETE FROM failures WHERE delivery IN (SELECT id FROM temp.doomed)");
  if (!done) return done;
  return remove(database, removed.deliveries,
                "DELETE FROM deliveries WHERE id IN (SELECT id FROM temp.doomed)");
}

/// RFC 9991 §7: they hold more than others, and live shorter.
Expected<> forget_failures(Database& database, Instant before, Removed& removed) {
  auto done = empty_doomed(database);
  if (done) {
    done = database.run(
        "INSERT INTO temp.doomed SELECT id FROM deliveries WHERE kind = 1 AND state <> 0 AND "
        "finished < ?",
        before);
  }
  if (done) done = remove_failures(database, removed);
  if (!done) return done;
  return database.run(
      "UPDATE deliveries SET octets = x'' WHERE kind = 1 AND state = 1 AND length(octets) > 0");
}

Expected<> forget_all(Database& database, const Retention& retention, Removed& removed) {
  Expected<> done;
  if (retention.reports) done = forget_reports(database, *retention.reports, removed);
  if (done && retention.facts) done = forget_facts(database, *retention.facts, removed);
  if (done && retention.failures) done = forget_failures(database, *retention.failures, removed);
  if (done && (retention.facts || retention.reports)) done = remove_orphans(database);
  if (done && retention.sources) {
    done = remove(database, removed.sources, "DELETE FROM sources WHERE touched < ?",
                  *retention.sources);
  }
  if (done && retention.correspondents) {
    done = remove(database, removed.correspondents, "DELETE FROM correspondents WHERE last_met < ?",
                  *retention.correspondents);
  }
  if (done && retention.suppressions) {
    done = remove(database, removed.suppressions, "DELETE FROM suppressions WHERE until < ?",
                  *retention.suppressions);
  }
  if (done && retention.days) {
    done = database.run("DELETE FROM days WHERE (day + 1) * 86400 <= ?", *retention.days);
  }
  return done;
}

Expected<> erase_failures(Database& database, std::string_view domain, Removed& removed) {
  const std::string below = "." + std::string(domain);
  const std::string_view end = below;
  auto done = empty_doomed(database);
  if (done) {
    done = database.run(
        "INSERT INTO temp.doomed SELECT id FROM deliveries WHERE kind = 1 AND "
        "(policy_domain = ?1 OR substr(policy_domain, -length(?2)) = ?2)",
        domain, end);
  }
  if (!done) return done;
  return remove_failures(database, removed);
}

Expected<> erase_domain(Database& database, std::string_view domain, Removed& removed) {
  const std::string below = "." + std::string(domain);
  const std::string_view end = below;
  auto done = database.script(
      "CREATE TEMP TABLE IF NOT EXISTS erased (id INTEGER PRIMARY KEY); DELETE FROM temp.erased;");
  if (done) done = empty_doomed(database);
  if (done) {
    done = database.run(
        "INSERT INTO temp.erased SELECT id FROM domains "
        "WHERE name = ?1 OR substr(name, -length(?2)) = ?2",
        domain, end);
  }
  if (done) {
    done = database.run(
        "INSERT INTO temp.doomed SELECT id FROM settlements "
        "WHERE domain IN (SELECT id FROM temp.erased)");
  }
  if (done) done = remove_settlements(database, removed);
  if (done) done = erase_failures(database, domain, removed);
  if (!done) return done;
  ASSAY_TRY(waiting, database.number(
                         "SELECT sum(count) FROM facts JOIN configurations ON id = configuration "
                         "WHERE settlement = 0 AND domain IN (SELECT id FROM temp.erased)"));
  removed.evaluations += static_cast<std::uint64_t>(waiting);
  done = add_number(database, gone(Outcome::erased), static_cast<std::uint64_t>(waiting));
  if (done) {
    done = database.run(
        "DELETE FROM facts WHERE settlement = 0 AND configuration IN (SELECT id FROM "
        "configurations WHERE domain IN (SELECT id FROM temp.erased))");
  }
  if (done) {
    done = remove(database, removed.correspondents,
                  "DELETE FROM correspondents WHERE domain = ?1 OR "
                  "substr(domain, -length(?2)) = ?2",
                  domain, end);
  }
  if (done) done = remove_orphans(database);
  return done;
}

}  // namespace

Expected<Books> read_books(Database& database) {
  Books books;
  ASSAY_TRY(taken, total(database, "taken"));
  ASSAY_TRY(waiting, database.number("SELECT sum(count) FROM facts WHERE settlement = 0"));
  books.taken = taken;
  books.waiting = static_cast<std::uint64_t>(waiting);
  auto done = read_settled(database, books);
  if (done) done = read_fates(database, books);
  if (done) done = read_deliveries(database, books);
  if (!done) return std::unexpected(std::move(done.error()));
  return books;
}

Expected<Books> SqliteStore::books() {
  return reading([&] { return read_books(*database_); });
}

Expected<Removed> SqliteStore::removing(
    const std::function<Expected<>(Database&, Removed&)>& what) {
  // What is taken away is overwritten, also in the log, as far as no other program reads it now.
  const auto set = [&](const char* sql) {
    const std::scoped_lock lock(mutex_);
    return database_->script(sql);
  };
  if (auto done = set("PRAGMA secure_delete = ON"); !done) {
    return std::unexpected(std::move(done.error()));
  }
  auto answer = writing([&]() -> Expected<Removed> {
    Removed removed;
    auto done = what(*database_, removed);
    forget_ids();
    if (!done) return std::unexpected(std::move(done.error()));
    return removed;
  });
  auto done = set("PRAGMA secure_delete = OFF; PRAGMA wal_checkpoint(TRUNCATE)");
  if (answer && !done) return std::unexpected(std::move(done.error()));
  return answer;
}

Expected<Removed> SqliteStore::forget(const Retention& retention) {
  return removing([&](Database& database, Removed& removed) {
    return forget_all(database, retention, removed);
  });
}

Expected<Removed> SqliteStore::erase(std::string_view domain) {
  return removing([&](Database& database, Removed& removed) {
    return erase_domain(database, domain, removed);
  });
}

}  // namespace assay::store_sqlite::detail
