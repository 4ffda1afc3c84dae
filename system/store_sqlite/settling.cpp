#include "assay/base/try.h"
#include "system/store_sqlite/detail/sqlite_store.h"

namespace assay::store_sqlite::detail {
namespace {

using store::Outcome;
using store::Settled;
using store::Settlement;

Finding refuse(const Database& database, std::string_view code, const std::string& what) {
  return {.code = code, .what = "store " + database.path() + ": " + what};
}

/// Nothing was settled or erased since the caller read it.
Expected<> verify(Database& database, const Settlement& settlement) {
  ASSAY_TRY(waiting, database.number("SELECT sum(count) FROM facts WHERE settlement = 0 AND "
                                     "configuration = ? AND hour < ? AND cut <= ?",
                                     settlement.configuration, end_hour(settlement.cut),
                                     settlement.cut.number));
  if (waiting == 0 || static_cast<std::uint64_t>(waiting) != settlement.messages) {
    return std::unexpected(refuse(database, "store_changed",
                                  std::to_string(settlement.messages) +
                                      " evaluations are to be settled where " +
                                      std::to_string(waiting) + " wait; make the report anew"));
  }
  if (settlement.report_id.empty()) return {};
  ASSAY_TRY(taken, database.number("SELECT count(*) FROM settlements WHERE report_id = ?",
                                   std::string_view(settlement.report_id)));
  if (taken == 0) return {};
  return std::unexpected(refuse(database, "store_taken", "there is another report of that id"));
}

Expected<> put_into_outbox(Database& database, std::int64_t id, const Settlement& settlement) {
  for (const store::Delivery& delivery : settlement.deliveries) {
    auto done = database.run(
        "INSERT INTO deliveries (settlement, destination, file_name, state, attempts, created, "
        "next, reason, claimed_until, finished, octets, report_id, messages) "
        "VALUES (?1, ?2, ?3, 0, 0, ?4, ?5, '', 0, 0, ?6, ?7, ?8)",
        id, std::string_view(delivery.destination), std::string_view(delivery.file_name),
        settlement.at, std::max(delivery.next, settlement.at), Blob{delivery.octets},
        std::string_view(delivery.report_id.empty() ? settlement.report_id : delivery.report_id),
        delivery.messages == 0 ? settlement.messages : delivery.messages);
    if (!done) return done;
  }
  return {};
}

/// The evaluations that waited belong to the settlement. Not by UPDATE, which costs twice as much:
/// the settlement begins the key, so each row has to go and come again.
Expected<> move_facts(Database& database, std::int64_t id, const Settlement& settlement) {
  auto done = database.run(
      "INSERT INTO facts SELECT ?, configuration, tuple, hour, cut, count FROM facts "
      "WHERE settlement = 0 AND configuration = ? AND hour < ? AND cut <= ?",
      id, settlement.configuration, end_hour(settlement.cut), settlement.cut.number);
  if (!done) return done;
  return database.run(
      "DELETE FROM facts WHERE settlement = 0 AND configuration = ? AND hour < ? AND cut <= ?",
      settlement.configuration, end_hour(settlement.cut), settlement.cut.number);
}

Expected<> book_settlement(Database& database, const Settlement& settlement) {
  if (auto done = verify(database, settlement); !done) return done;
  auto done = database.run(
      "INSERT INTO settlements (domain, configuration, outcome, reason, report_id, messages, made, "
      "period_begin, period_end) SELECT domain, id, ?2, ?3, ?4, ?5, ?6, ?7, ?8 "
      "FROM configurations WHERE id = ?1",
      settlement.configuration, static_cast<int>(settlement.outcome),
      std::string_view(settlement.reason), std::string_view(settlement.report_id),
      settlement.messages, settlement.at, settlement.begin, settlement.end);
  if (!done) return done;
  const std::int64_t id = database.last_id();
  done = move_facts(database, id, settlement);
  if (!done || settlement.outcome != Outcome::reported) return done;
  done =
      database.run("UPDATE configurations SET reported_until = max(reported_until, ?) WHERE id = ?",
                   end_hour(settlement.cut) * 3600, settlement.configuration);
  if (!done) return done;
  return put_into_outbox(database, id, settlement);
}

}  // namespace

Expected<> SqliteStore::settle(std::span<const Settlement> settlements) {
  return writing([&]() -> Expected<> {
    for (const Settlement& each : settlements) {
      if (auto done = book_settlement(*database_, each); !done) return done;
    }
    return {};
  });
}

Expected<std::vector<Settled>> SqliteStore::settled(std::string_view policy_domain,
                                                    std::size_t limit) {
  const std::scoped_lock lock(mutex_);
  Query query = database_->query(
      "SELECT settlements.id, name, report_id, outcome, reason, messages, made, period_begin, "
      "period_end FROM settlements JOIN domains ON domains.id = domain "
      "WHERE ?1 = '' OR name = ?1 ORDER BY settlements.id DESC LIMIT ?2",
      policy_domain, limit);
  std::vector<Settled> found;
  while (query.next()) {
    found.push_back({.id = query.integer(0),
                     .policy_domain = query.text(1),
                     .report_id = query.text(2),
                     .outcome = static_cast<Outcome>(query.integer(3)),
                     .reason = query.text(4),
                     .messages = query.count(5),
                     .at = query.instant(6),
                     .begin = query.instant(7),
                     .end = query.instant(8)});
  }
  if (auto result = query.result(); !result) return std::unexpected(std::move(result.error()));
  return found;
}

}  // namespace assay::store_sqlite::detail
