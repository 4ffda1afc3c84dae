#include "assay/base/try.h"
#include "system/store_sqlite/detail/sqlite_store.h"

namespace assay::store_sqlite::detail {
namespace {

using store::Suppression;

Suppression read_suppression(const Query& query) {
  return {.address = query.text(0),
          .reason = query.text(1),
          .since = query.instant(2),
          .until = query.instant(3),
          .times = static_cast<unsigned>(query.integer(4))};
}

}  // namespace

Expected<> write_suppression(Database& database, const Suppression& suppression) {
  return database.run("INSERT OR REPLACE INTO suppressions VALUES (?, ?, ?, ?, ?)",
                      std::string_view(suppression.address), std::string_view(suppression.reason),
                      suppression.since, suppression.until, suppression.times);
}

Expected<> SqliteStore::suppress(const Suppression& suppression) {
  return writing([&] { return write_suppression(*database_, suppression); });
}

Expected<bool> SqliteStore::unsuppress(std::string_view address) {
  return writing([&]() -> Expected<bool> {
    auto done = database_->run("DELETE FROM suppressions WHERE address = ?", address);
    if (!done) return std::unexpected(std::move(done.error()));
    return database_->changed() > 0;
  });
}

Expected<std::optional<Suppression>> SqliteStore::suppression(std::string_view address) {
  const std::scoped_lock lock(mutex_);
  Query query = database_->query(
      "SELECT address, reason, since, until, times FROM suppressions WHERE address = ?", address);
  std::optional<Suppression> found;
  if (query.next()) found = read_suppression(query);
  if (auto result = query.result(); !result) return std::unexpected(std::move(result.error()));
  return found;
}

Expected<std::vector<Suppression>> SqliteStore::suppressions() {
  const std::scoped_lock lock(mutex_);
  Query query = database_->query(
      "SELECT address, reason, since, until, times FROM suppressions ORDER BY address");
  std::vector<Suppression> found;
  while (query.next()) found.push_back(read_suppression(query));
  if (auto result = query.result(); !result) return std::unexpected(std::move(result.error()));
  return found;
}

}  // namespace assay::store_sqlite::detail
