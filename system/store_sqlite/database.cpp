#include "system/store_sqlite/detail/database.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "assay/base/try.h"

namespace assay::store_sqlite::detail {
namespace {

/// Makes a file that is not there, so that it and what SQLite puts beside it can be read by its
/// owner and group alone. One that is there is not opened: to close it again would take the locks
/// away that other connections of this process have on it (fcntl(2)).
std::optional<std::string> make_file(const std::string& path) {
  const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
  if (file >= 0) {
    ::close(file);
    return std::nullopt;
  }
  if (errno != EEXIST) return std::strerror(errno);
  if (::faccessat(AT_FDCWD, path.c_str(), R_OK | W_OK, AT_EACCESS) == 0) return std::nullopt;
  return std::strerror(errno);
}

Finding finding_of(std::string_view code, const std::string& path, const std::string& what) {
  return {.code = code, .what = "store " + path + ": " + what};
}

constexpr std::int64_t wal_octets = std::int64_t{128} << 20;

}  // namespace

// ---- Query -------------------------------------------------------------------------------------

void Query::start() {
  if (statement_ == nullptr) code_ = database_->prepare_code_;
}

Query::~Query() {
  if (statement_ == nullptr) return;
  sqlite3_reset(statement_);
  sqlite3_clear_bindings(statement_);
}

bool Query::next() {
  if (code_ != SQLITE_OK || statement_ == nullptr) return false;
  const int code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) return true;
  if (code != SQLITE_DONE) code_ = code;
  return false;
}

Expected<> Query::result() const {
  if (code_ == SQLITE_OK) return {};
  return std::unexpected(database_->finding(code_));
}

std::string_view Query::view(int column) const {
  const void* octets = sqlite3_column_blob(statement_, column);
  if (octets == nullptr) return {};
  return {static_cast<const char*>(octets),
          static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
}

void Query::bind(int at, std::string_view value) {
  const char* octets = value.empty() ? "" : value.data();
  keep(sqlite3_bind_text64(statement_, at, octets, value.size(), SQLITE_TRANSIENT, SQLITE_UTF8));
}

void Query::bind(int at, Blob value) {
  const char* octets = value.octets.empty() ? "" : value.octets.data();
  keep(sqlite3_bind_blob64(statement_, at, octets, value.octets.size(), SQLITE_STATIC));
}

// ---- Database ----------------------------------------------------------------------------------

Expected<std::unique_ptr<Database>> Database::open(const Options& options) {
  if (options.access == Access::write) {
    if (const auto why = make_file(options.path)) {
      return std::unexpected(finding_of(
          "store_read_only", options.path,
          "cannot be opened for writing: " + *why + "; look at the folder and its permissions"));
    }
  }
  // A reader needs write access to the index of the WAL, where it has it: hence no READONLY.
  const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
  sqlite3* handle = nullptr;
  const int code = sqlite3_open_v2(options.path.c_str(), &handle, flags, nullptr);
  if (handle == nullptr) std::abort();  // no memory
  std::unique_ptr<Database> database(new Database(options.path, handle));
  if (code != SQLITE_OK) return std::unexpected(database->finding(code));
  if (auto done = database->set_up(options); !done) {
    return std::unexpected(std::move(done.error()));
  }
  return database;
}

Database::~Database() {
  for (const auto& [sql, statement] : statements_) sqlite3_finalize(statement);
  sqlite3_close(handle_);
}

Expected<> Database::set_up(const Options& options) {
  sqlite3_busy_timeout(handle_, static_cast<int>(options.patience.count()));
  if (const int code = make_handed(handle_, &handed_); code != SQLITE_OK) {
    return std::unexpected(finding(code));
  }
  const std::string cache = std::to_string(options.cache_octets / 1024);
  std::string sql = "PRAGMA cache_size=-" + cache + ";";
  if (options.access == Access::read) {
    return script(sql + "PRAGMA query_only=ON; SELECT 1 FROM sqlite_schema;");
  }
  sql += "PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=32768;";
  sql += "PRAGMA journal_size_limit=" + std::to_string(wal_octets) + ";";
  if (auto done = script(sql); !done) return done;
  if (options.max_octets == 0) return {};
  ASSAY_TRY(page, number("PRAGMA page_size"));
  const auto pages = options.max_octets / static_cast<std::uint64_t>(page);
  return script("PRAGMA max_page_count=" + std::to_string(pages));
}

sqlite3_stmt* Database::prepared(const char* sql) {
  const auto known = statements_.find(sql);
  if (known != statements_.end()) return known->second;
  sqlite3_stmt* statement = nullptr;
  prepare_code_ =
      sqlite3_prepare_v3(handle_, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
  if (prepare_code_ == SQLITE_OK) statements_.emplace(sql, statement);
  return statement;
}

Expected<> Database::script(const std::string& sql) {
  const int code = sqlite3_exec(handle_, sql.c_str(), nullptr, nullptr, nullptr);
  if (code == SQLITE_OK) return {};
  return std::unexpected(finding(code));
}

void Database::roll_back() {
  // After some failures SQLite has done so already.
  if (sqlite3_get_autocommit(handle_) == 0) {
    sqlite3_exec(handle_, "ROLLBACK", nullptr, nullptr, nullptr);
  }
}

Finding Database::finding(int code) const {
  const std::string why = sqlite3_errmsg(handle_);
  const int system = sqlite3_system_errno(handle_);
  const std::string cause = system == 0 ? why : why + " (" + std::strerror(system) + ")";
  switch (code & 0xff) {
    case SQLITE_FULL:
      return finding_of("store_full", path_,
                        "the disk is full or the file as large as it may be; make room and try "
                        "again, nothing was changed");
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
    case SQLITE_AUTH:
      return finding_of("store_read_only", path_,
                        "cannot be written: " + cause +
                            "; its folder and files must belong to the user of the service");
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return finding_of("store_damaged", path_,
                        "is damaged: " + why +
                            "; put a backup in its place (without the -wal and -shm files), "
                            "journals that are still there are taken in again");
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return finding_of("store_busy", path_, "another program is writing for too long; try again");
    default:
      return finding_of("store_failed", path_, cause + " (code " + std::to_string(code) + ")");
  }
}

}  // namespace assay::store_sqlite::detail
