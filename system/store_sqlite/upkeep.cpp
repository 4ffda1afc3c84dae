#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <span>

#include "assay/base/try.h"
#include "system/store_sqlite/detail/accounts_store.h"
#include "system/store_sqlite/detail/alert_book.h"
#include "system/store_sqlite/detail/canonical.h"
#include "system/store_sqlite/detail/received_store.h"
#include "system/store_sqlite/detail/sqlite_store.h"

namespace assay::store_sqlite {
namespace {

using detail::Database;
using detail::Query;

Expected<FileKind> kind_in(Database& database) {
  ASSAY_TRY(owner, database.number("PRAGMA application_id"));
  if (owner == detail::alerts_application) return FileKind::alerts;
  if (owner == detail::accounts_application) return FileKind::accounts;
  return owner == detail::received_application ? FileKind::received : FileKind::evaluations;
}

Expected<> require_kind(Database& database, FileKind kind) {
  using namespace detail;
  if (kind == FileKind::received) {
    return require(database, received_migrations(), received_application);
  }
  if (kind == FileKind::alerts) return require(database, alert_migrations(), alerts_application);
  if (kind == FileKind::accounts) {
    return require(database, accounts_migrations(), accounts_application);
  }
  return require(database, migrations());
}

Expected<std::unique_ptr<Database>> open_to_read(const std::string& path) {
  ASSAY_TRY(database, Database::open({.path = path, .access = Access::read}));
  ASSAY_TRY(kind, kind_in(*database));
  auto ready = require_kind(*database, kind);
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

constexpr Stray received_strays[] = {
    {"SELECT count(*) FROM chunks WHERE (id >> 20) NOT IN (SELECT id FROM reports WHERE kind = 0)",
     "pieces of records of reports that are not there"},
    {"SELECT count(*) FROM failures WHERE report NOT IN (SELECT id FROM reports WHERE kind = 1)",
     "facts of failure reports that are not there"},
    {"SELECT count(*) FROM originals WHERE report NOT IN (SELECT id FROM reports WHERE kind = 1)",
     "originals of failure reports that are not there"},
    {"SELECT count(*) FROM tls WHERE report NOT IN (SELECT id FROM reports WHERE kind = 2)",
     "policies of TLS reports that are not there"},
    {"SELECT count(*) FROM reports WHERE domain NOT IN (SELECT id FROM names) OR reporter NOT IN "
     "(SELECT id FROM names)",
     "reports of domains or reporters that are not there"},
    {"SELECT count(*) FROM reports WHERE raw <> 0 AND raw NOT IN (SELECT id FROM raws)",
     "reports whose octets are not there"},
};

constexpr Stray alert_strays[] = {
    {"SELECT count(*) FROM events WHERE alert NOT IN (SELECT id FROM alerts)",
     "events of alerts that are not there"},
    {"SELECT count(*) FROM letters WHERE state NOT IN (0, 1, 2)", "letters in no state"},
    {"SELECT count(*) FROM records WHERE kind NOT BETWEEN 0 AND 6", "records of no kind"},
    {"SELECT count(*) FROM changes WHERE before = after", "changes that change nothing"},
};

constexpr Stray account_strays[] = {
    {"SELECT count(*) FROM users WHERE role NOT IN (0, 1, 2)", "users of no role"},
    {"SELECT count(*) FROM tokens WHERE role NOT IN (0, 1, 2)", "tokens of no role"},
    {"SELECT count(*) FROM members WHERE user NOT IN (SELECT name FROM users)",
     "members of groups who are no users"},
    {"SELECT count(*) FROM members WHERE name NOT IN (SELECT name FROM groups)",
     "members of groups that are not there"},
    {"SELECT count(*) FROM group_domains WHERE name NOT IN (SELECT name FROM groups)",
     "domains of groups that are not there"},
    {"SELECT count(*) FROM sessions WHERE user NOT IN (SELECT name FROM users)",
     "sessions of nobody"},
    {"SELECT count(*) FROM tokens WHERE user NOT IN (SELECT name FROM users)", "tokens of nobody"},
};

Expected<> check_strays(Database& database, std::span<const Stray> all, Findings& findings) {
  for (const Stray& stray : all) {
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
  if (auto done = check_strays(database, strays, findings); !done) return done;
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

/// Whether the chunks of each report hold as many records as it says.
Expected<> check_records(Database& database, Findings& findings) {
  std::uint64_t wrong = 0;
  Query query = database.query("SELECT id, records FROM reports WHERE kind = 0");
  while (query.next()) {
    std::uint64_t records = 0;
    bool broken = false;
    auto done = detail::each_chunk(database, query.integer(0), [&](std::string_view chunk) {
      store::ChunkReader reader(chunk);
      store::PackedRecord record;
      while (reader.next(record)) ++records;
      broken = broken || reader.broken();
      return true;
    });
    if (!done) return done;
    wrong += broken || records != query.count(1) ? 1 : 0;
  }
  if (wrong > 0) {
    findings.push_back(damaged(std::to_string(wrong) + " reports whose records cannot be read"));
  }
  return query.result();
}

Expected<> check_received(Database& database, Findings& findings) {
  if (auto done = check_pages(database, findings); !done) return done;
  if (auto done = check_strays(database, received_strays, findings); !done) return done;
  if (auto done = check_records(database, findings); !done) return done;
  ASSAY_TRY(differences, detail::recount(database));
  for (Finding& each : differences) findings.push_back(std::move(each));
  return {};
}

Expected<> check_alerts(Database& database, Findings& findings) {
  if (auto done = check_pages(database, findings); !done) return done;
  return check_strays(database, alert_strays, findings);
}

Expected<> check_accounts(Database& database, Findings& findings) {
  if (auto done = check_pages(database, findings); !done) return done;
  return check_strays(database, account_strays, findings);
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
template <class Of>
struct Figure {
  std::uint64_t Of::* member;
  const char* sql;
};

template <class Of>
Expected<> read_figures(Database& database, std::span<const Figure<Of>> figures, Of& info) {
  ASSAY_TRY(version, database.number("PRAGMA user_version"));
  info.version = static_cast<int>(version);
  for (const Figure<Of>& figure : figures) {
    ASSAY_TRY(value, database.number(figure.sql));
    info.*figure.member = static_cast<std::uint64_t>(value);
  }
  return {};
}

constexpr const char* all_pages =
    "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size";
constexpr const char* free_pages =
    "SELECT freelist_count * page_size FROM pragma_freelist_count, pragma_page_size";

constexpr Figure<ReceivedInfo> received_figures[] = {
    {&ReceivedInfo::octets, all_pages},
    {&ReceivedInfo::free_octets, free_pages},
    {&ReceivedInfo::policy_domains, "SELECT count(DISTINCT domain) FROM reports"},
    {&ReceivedInfo::reporters, "SELECT count(DISTINCT reporter) FROM reports"},
    {&ReceivedInfo::daily_counts, "SELECT count(*) FROM daily"},
    {&ReceivedInfo::record_octets, "SELECT ifnull(sum(length(octets)), 0) FROM chunks"},
    {&ReceivedInfo::raw_octets, "SELECT ifnull(sum(length(octets)), 0) FROM raws"},
};

constexpr Figure<AlertInfo> alert_figures[] = {
    {&AlertInfo::octets, all_pages},
    {&AlertInfo::free_octets, free_pages},
    {&AlertInfo::domains, "SELECT count(DISTINCT domain) FROM records"},
    {&AlertInfo::records, "SELECT count(*) FROM records"},
    {&AlertInfo::changes, "SELECT count(*) FROM changes"},
    {&AlertInfo::alerts, "SELECT count(*) FROM alerts"},
    {&AlertInfo::open, "SELECT count(*) FROM alerts WHERE until = 0"},
    {&AlertInfo::letters_waiting, "SELECT count(*) FROM letters WHERE state = 0"},
    {&AlertInfo::letters_sent, "SELECT count(*) FROM letters WHERE state = 1"},
    {&AlertInfo::letters_given_up, "SELECT count(*) FROM letters WHERE state = 2"},
};

constexpr Figure<AccountInfo> account_figures[] = {
    {&AccountInfo::octets, all_pages},
    {&AccountInfo::free_octets, free_pages},
    {&AccountInfo::users, "SELECT count(*) FROM users"},
    {&AccountInfo::administrators, "SELECT count(*) FROM users WHERE role = 2"},
    {&AccountInfo::groups, "SELECT count(*) FROM groups"},
    {&AccountInfo::sessions, "SELECT count(*) FROM sessions"},
    {&AccountInfo::tokens, "SELECT count(*) FROM tokens"},
    {&AccountInfo::deeds, "SELECT count(*) FROM deeds"},
};

constexpr Figure<Info> figures[] = {
    {&Info::octets, all_pages},
    {&Info::free_octets, free_pages},
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
  ASSAY_TRY(kind, kind_in(*database));
  auto done = database->reading([&] {
    if (kind == FileKind::alerts) return check_alerts(*database, findings);
    if (kind == FileKind::accounts) return check_accounts(*database, findings);
    return kind == FileKind::received ? check_received(*database, findings)
                                      : check_all(*database, findings);
  });
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
  ASSAY_TRY(kind, kind_in(*database));
  if (kind != FileKind::evaluations) {
    return std::unexpected(Finding{.code = "store_foreign",
                                   .what = "store " + path + ": holds reports, not evaluations"});
  }
  return database->reading([&]() -> Expected<Info> {
    Info info;
    if (auto done = read_figures<Info>(*database, figures, info); !done) {
      return std::unexpected(std::move(done.error()));
    }
    ASSAY_TRY(books, detail::read_books(*database));
    info.books = books;
    return info;
  });
}

Expected<ReceivedInfo> received_info(const std::string& path) {
  ASSAY_TRY(database, open_to_read(path));
  ASSAY_TRY(kind, kind_in(*database));
  if (kind != FileKind::received) {
    return std::unexpected(Finding{.code = "store_foreign",
                                   .what = "store " + path + ": holds evaluations, not reports"});
  }
  return database->reading([&]() -> Expected<ReceivedInfo> {
    ReceivedInfo info;
    if (auto done = read_figures<ReceivedInfo>(*database, received_figures, info); !done) {
      return std::unexpected(std::move(done.error()));
    }
    ASSAY_TRY(books, detail::read_received_books(*database));
    info.books = books;
    return info;
  });
}

Expected<AlertInfo> alert_info(const std::string& path) {
  ASSAY_TRY(database, open_to_read(path));
  ASSAY_TRY(kind, kind_in(*database));
  if (kind != FileKind::alerts) {
    return std::unexpected(
        Finding{.code = "store_foreign", .what = "store " + path + ": holds no alerts"});
  }
  return database->reading([&]() -> Expected<AlertInfo> {
    AlertInfo info;
    if (auto done = read_figures<AlertInfo>(*database, alert_figures, info); !done) {
      return std::unexpected(std::move(done.error()));
    }
    return info;
  });
}

Expected<AccountInfo> account_info(const std::string& path) {
  ASSAY_TRY(database, open_to_read(path));
  ASSAY_TRY(kind, kind_in(*database));
  if (kind != FileKind::accounts) {
    return std::unexpected(
        Finding{.code = "store_foreign", .what = "store " + path + ": holds no accounts"});
  }
  return database->reading([&]() -> Expected<AccountInfo> {
    AccountInfo info;
    if (auto done = read_figures<AccountInfo>(*database, account_figures, info); !done) {
      return std::unexpected(std::move(done.error()));
    }
    return info;
  });
}

Expected<FileKind> kind_of(const std::string& path) {
  ASSAY_TRY(database, Database::open({.path = path, .access = Access::read}));
  return kind_in(*database);
}

}  // namespace assay::store_sqlite
