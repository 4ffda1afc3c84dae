#include "assay/base/try.h"
#include "system/store_sqlite/detail/sqlite_store.h"

namespace assay::store_sqlite::detail {
namespace {

Expected<bool> is_booked(Database& database, std::string_view source,
                         std::string_view destination) {
  ASSAY_TRY(count,
            database.number("SELECT count(*) FROM failures WHERE source = ? AND destination = ?",
                            source, destination));
  return count > 0;
}

Expected<> book_letter(Database& database, std::int64_t id, const store::FailureLetter& letter) {
  for (const std::string& source : letter.sources) {
    const std::string_view destination = letter.delivery.destination;
    ASSAY_TRY(taken, is_booked(database, source, destination));
    if (taken) {
      return std::unexpected(
          Finding{.code = "store_taken",
                  .what = "store " + database.path() + ": a failure was reported before"});
    }
    auto done = database.run("INSERT INTO failures VALUES (?, ?, ?, ?)", std::string_view(source),
                             destination, letter.at, id);
    if (!done) return done;
  }
  return {};
}

}  // namespace

Expected<bool> SqliteStore::is_posted(std::string_view source, std::string_view destination) {
  const std::scoped_lock lock(mutex_);
  return is_booked(*database_, source, destination);
}

Expected<> SqliteStore::post(const store::FailureLetter& letter) {
  return writing([&]() -> Expected<> {
    const store::Delivery& each = letter.delivery;
    auto done = database_->run(
        "INSERT INTO deliveries (settlement, kind, policy_domain, first, last, destination, "
        "file_name, state, attempts, created, next, reason, claimed_until, finished, octets, "
        "report_id, messages) VALUES (0, 1, ?1, ?2, ?3, ?4, ?5, 0, 0, ?6, ?7, '', 0, 0, ?8, ?9, "
        "?10)",
        std::string_view(each.policy_domain), each.begin, each.end,
        std::string_view(each.destination), std::string_view(each.file_name), letter.at,
        std::max(each.next, letter.at), Blob{each.octets}, std::string_view(each.report_id),
        each.messages);
    if (!done) return done;
    return book_letter(*database_, database_->last_id(), letter);
  });
}

}  // namespace assay::store_sqlite::detail
