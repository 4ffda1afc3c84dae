#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>

#include "assay/base/try.h"
#include "system/store_sqlite/detail/canonical.h"
#include "system/store_sqlite/detail/sqlite_store.h"

namespace assay::store_sqlite {
namespace {

using detail::Database;
using detail::Query;

Expected<std::unique_ptr<Database>> open_to_read(const std::string& path) {
  ASSAY_TRY(database, Database::open({.path = path, .access = Access::read}));
  auto ready = detail::require(*database, detail::migrations());
  if (!ready) return std::unexpected(std::move(ready.error()));
  return std::move(database);
}

Finding damaged(const std::string& what) {
  return {.code = "store_damaged", .what = what};
}

// ---- check -------------------------------------------------------------------------------------

Expected<> check_pages(Database& database, Findings& findings) {
  Query query = database.query("PRAGMA integrity_check(50)");
  while (query.next()) {
    if (query.view(0) != "ok") findings.push_back(damaged(query.text(0)));
  }
  return query.result();
}

/// What must not be there: how many of it there are, and what it is.
struct Stray {
  const char* count;
  const char* what;
};

constexpr Stray strays[] = {
    {"SELECT count(*) FROM facts WHERE tuple NOT IN (SELECT id FROM tuples)",
     "counts of rows that are not there"},
    {"SELECT count(*) FROM facts WHERE configuration NOT IN (SELECT id FROM configurations)",
     "counts of configurations that are not there"},
    {"SELECT count(*) FROM facts WHERE settlement <> 0 AND settlement NOT IN "
     "(SELECT id FROM settlements)",
     "counts of settlements that are not there"},
    {"SELECT count(*) FROM deliveries WHERE kind = 0 AND settlement NOT IN (SELECT id FROM "
     "settlements)",
     "deliveries of settlements that are not there"},
    {"SELECT count(*) FROM failures WHERE delivery NOT IN (SELECT id FROM deliveries WHERE kind = "
     "1)",
     "failures of deliveries that are not there"},
    {"SELECT count(*) FROM settlements WHERE domain NOT IN (SELECT id FROM domains)",
     "settlements of domains that are not there"},
    {"SELECT count(*) FROM settlements WHERE messages < (SELECT ifnull(sum(count), 0) FROM facts "
     "WHERE settlement = settlements.id)",
     "settlements that say fewer evaluations than they have"},
};

Expected<> check_strays(Database& database, Findings& findings) {
  for (const Stray& stray : strays) {
    ASSAY_TRY(count, database.number(stray.count));
    if (count > 0) findings.push_back(damaged(std::to_string(count) + " " + stray.what));
  }
  return {};
}

template <class Read>
Expected<> check_values(Database& database, const char* sql, const char* what, const Read& read,
                        Findings& findings) {
  std::uint64_t unreadable = 0;
  Query query = database.query(sql);
  while (query.next()) unreadable += read(query.view(0)) ? 0 : 1;
  if (unreadable > 0) findings.push_back(damaged(std::to_string(unreadable) + " " + what));
  return query.result();
}

Expected<> check_all(Database& database, Findings& findings) {
  if (auto done = check_pages(database, findings); !done) return done;
  if (auto done = check_strays(database, findings); !done) return done;
  auto done =
      check_values(database, "SELECT octets FROM configurations",
                   "configurations that cannot be read", detail::read_configuration, findings);
  if (!done) return done;
  done = check_values(database, "SELECT octets FROM tuples", "rows that cannot be read",
                      detail::read_row, findings);
  if (!done) return done;
  ASSAY_TRY(books, detail::read_books(database));
  for (Finding& each : store::unbalanced(books)) findings.push_back(std::move(each));
  return {};
}

// ---- backup ------------------------------------------------------------------------------------

Finding cannot_copy(const std::string& copy, const std::string& why) {
  return {.code = "store_failed", .what = "backup " + copy + " cannot be written: " + why};
}

Expected<> copy_pages(Database& from, const std::string& path) {
  sqlite3* handle = nullptr;
  const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
  int code = sqlite3_open_v2(path.c_str(), &handle, flags, nullptr);
  const auto close = [](sqlite3* each) { sqlite3_close(each); };
  const std::unique_ptr<sqlite3, decltype(close)> to(handle, close);
  if (code != SQLITE_OK) return std::unexpected(cannot_copy(path, sqlite3_errmsg(handle)));
  sqlite3_backup* backup = sqlite3_backup_init(handle, "main", from.handle(), "main");
  if (backup == nullptr) return std::unexpected(cannot_copy(path, sqlite3_errmsg(handle)));
  // All at once is one state of a file that others go on writing.
  sqlite3_backup_step(backup, -1);
  code = sqlite3_backup_finish(backup);
  if (code == SQLITE_OK) {
    // The copy is one file, without a log beside it.
    code = sqlite3_exec(handle, "PRAGMA journal_mode=DELETE", nullptr, nullptr, nullptr);
  }
  if (code == SQLITE_OK) return {};
  return std::unexpected(cannot_copy(path, sqlite3_errmsg(handle)));
}

Expected<> verify_copy(const std::string& path) {
  ASSAY_TRY(copy, open_to_read(path));
  Findings findings;
  if (auto done = check_pages(*copy, findings); !done) return done;
  if (findings.empty()) return {};
  return std::unexpected(std::move(findings.front()));
}

bool sync(const std::string& path, int flags) {
  const int file = ::open(path.c_str(), flags | O_CLOEXEC);
  if (file < 0) return false;
  const bool done = ::fsync(file) == 0;
  ::close(file);
  return done;
}

/// Makes the file that is copied into, for its owner and group alone.
Expected<> make_empty(const std::string& path) {
  std::remove(path.c_str());  // of a backup that was broken off
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
  if (file < 0) return std::unexpected(cannot_copy(path, std::strerror(errno)));
  ::close(file);
  return {};
}

/// Gives a complete copy its name, which no file may have.
Expected<> publish(const std::string& part, const std::string& copy) {
  if (!sync(part, O_RDWR) || ::link(part.c_str(), copy.c_str()) != 0) {
    return std::unexpected(cannot_copy(copy, std::strerror(errno)));
  }
  const std::string folder = std::filesystem::path(copy).parent_path().string();
  if (!sync(folder.empty() ? "." : folder, O_RDONLY | O_DIRECTORY)) {
    return std::unexpected(cannot_copy(copy, std::strerror(errno)));
  }
  return {};
}

// ---- info --------------------------------------------------------------------------------------

/// A number of the file and where it is kept.
struct Figure {
  std::uint64_t Info::* member;
  const char* sql;
};

constexpr Figure figures[] = {
    {&Info::octets, "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size"},
    {&Info::free_octets,
     "SELECT freelist_count * page_size FROM pragma_freelist_count, pragma_page_size"},
    {&Info::sources, "SELECT count(*) FROM sources"},
    {&Info::policy_domains, "SELECT count(*) FROM domains"},
    {&Info::configurations, "SELECT count(*) FROM configurations"},
    {&Info::tuples, "SELECT count(*) FROM tuples"},
    {&Info::facts, "SELECT count(*) FROM facts"},
    {&Info::settlements, "SELECT count(*) FROM settlements"},
    {&Info::suppressions, "SELECT count(*) FROM suppressions"},
};

}  // namespace

Expected<Findings> check(const std::string& path) {
  ASSAY_TRY(database, open_to_read(path));
  Findings findings;
  auto done = database->reading([&] { return check_all(*database, findings); });
  // A file may be damaged so much that it cannot be read through.
  if (!done && done.error().code != "store_damaged") {
    return std::unexpected(std::move(done.error()));
  }
  if (!done) findings.push_back(std::move(done.error()));
  return findings;
}

Expected<> back_up(const std::string& path, const std::string& copy) {
  std::error_code ignored;
  if (std::filesystem::exists(copy, ignored)) {
    return std::unexpected(Finding{.code = "store_exists",
                                   .what = "backup " + copy + ": there is a file of that name"});
  }
  ASSAY_TRY(database, open_to_read(path));
  const std::string part = copy + ".part";
  auto done = make_empty(part);
  if (!done) return done;
  done = copy_pages(*database, part);
  if (done) done = verify_copy(part);
  if (done) done = publish(part, copy);
  std::remove(part.c_str());
  return done;
}

Expected<Info> info(const std::string& path) {
  ASSAY_TRY(database, open_to_read(path));
  return database->reading([&]() -> Expected<Info> {
    Info info;
    ASSAY_TRY(version, database->number("PRAGMA user_version"));
    info.version = static_cast<int>(version);
    for (const Figure& figure : figures) {
      ASSAY_TRY(value, database->number(figure.sql));
      info.*figure.member = static_cast<std::uint64_t>(value);
    }
    ASSAY_TRY(books, detail::read_books(*database));
    info.books = books;
    return info;
  });
}

}  // namespace assay::store_sqlite
