#pragma once

#include <sqlite3.h>

#include <concepts>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <unordered_map>
#include <utility>

#include "assay/aggregate/report.h"
#include "assay/base/finding.h"
#include "system/store/store.h"
#include "system/store_sqlite/detail/handed.h"
#include "system/store_sqlite/store_sqlite.h"

namespace assay::store_sqlite::detail {

using aggregate::Instant;
using store::Expected;

/// Octets that are no text.
struct Blob {
  std::string_view octets;
};

class Database;

/// A statement under way. Its texts are good until the next step; it is ready for another use when
/// this goes.
class Query {
 public:
  /// Without a statement there is no row, and result() says why.
  template <class... Values>
  Query(Database& database, sqlite3_stmt* statement, const Values&... values)
      : database_(&database), statement_(statement) {
    start();
    int at = 0;
    (bind(++at, values), ...);
  }
  Query(const Query&) = delete;
  Query& operator=(const Query&) = delete;
  ~Query();

  /// The next row, if there is one. After false, result() says whether that was the end.
  bool next();
  Expected<> result() const;

  std::int64_t integer(int column) const { return sqlite3_column_int64(statement_, column); }
  std::uint64_t count(int column) const { return static_cast<std::uint64_t>(integer(column)); }
  Instant instant(int column) const { return Instant{std::chrono::seconds{integer(column)}}; }
  std::string_view view(int column) const;
  std::string text(int column) const { return std::string(view(column)); }

 private:
  void start();
  void bind(int at, std::int64_t value) { keep(sqlite3_bind_int64(statement_, at, value)); }
  void bind(int at, Instant value) { bind(at, std::int64_t{value.time_since_epoch().count()}); }
  void bind(int at, std::string_view value);
  void bind(int at, Blob value);
  template <std::integral T>
    requires(!std::same_as<T, std::int64_t>)
  void bind(int at, T value) {
    bind(at, static_cast<std::int64_t>(value));
  }
  void keep(int code) {
    if (code_ == SQLITE_OK) code_ = code;
  }

  Database* database_;
  sqlite3_stmt* statement_;
  int code_ = SQLITE_OK;
};

/// A connection to a file. Not safe to call from several threads.
class Database {
 public:
  static Expected<std::unique_ptr<Database>> open(const Options& options);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  /// A statement with its values bound; a Blob must live as long as it. It is kept for the next use
  /// by the address of `sql`, a literal.
  template <class... Values>
  Query query(const char* sql, const Values&... values) {
    return Query(*this, prepared(sql), values...);
  }

  /// Does a statement that has no rows, or whose rows do not matter.
  template <class... Values>
  Expected<> run(const char* sql, const Values&... values) {
    Query query(*this, prepared(sql), values...);
    while (query.next()) {
    }
    return query.result();
  }

  /// The first column of the first row; 0 without one.
  template <class... Values>
  Expected<std::int64_t> number(const char* sql, const Values&... values) {
    Query query(*this, prepared(sql), values...);
    std::int64_t found = 0;
    if (query.next()) found = query.integer(0);
    if (auto result = query.result(); !result) return std::unexpected(std::move(result.error()));
    return found;
  }

  /// What the table `handed` holds from now on, for the statements that follow. The rows, and what
  /// they point to, must live as long as these.
  void hand(std::span<const HandedRow> rows) { handed_ = rows; }

  /// Statements of any number, separated by semicolons.
  Expected<> script(const std::string& sql);

  /// Does `what` in one transaction, which becomes lasting when it ends without a finding.
  template <class What>
  auto transaction(const What& what) -> std::invoke_result_t<What> {
    if (auto begun = run("BEGIN IMMEDIATE"); !begun) {
      return std::unexpected(std::move(begun.error()));
    }
    auto answer = what();
    if (answer) {
      auto committed = run("COMMIT");
      if (committed) return answer;
      answer = std::unexpected(std::move(committed.error()));
    }
    roll_back();
    return answer;
  }

  /// The same for what only reads: it sees one state.
  template <class What>
  auto reading(const What& what) -> std::invoke_result_t<What> {
    if (auto begun = run("BEGIN"); !begun) return std::unexpected(std::move(begun.error()));
    auto answer = what();
    roll_back();
    return answer;
  }

  std::int64_t last_id() const { return sqlite3_last_insert_rowid(handle_); }
  std::uint64_t changed() const { return static_cast<std::uint64_t>(sqlite3_changes64(handle_)); }
  const std::string& path() const { return path_; }
  sqlite3* handle() const { return handle_; }

  /// What a failure means, for the person who must repair it.
  Finding finding(int code) const;

 private:
  friend class Query;
  Database(std::string path, sqlite3* handle) : path_(std::move(path)), handle_(handle) {}
  Expected<> set_up(const Options& options);
  /// Null when it cannot be made; then prepare_code_ says why.
  sqlite3_stmt* prepared(const char* sql);
  void roll_back();

  std::string path_;
  sqlite3* handle_;
  int prepare_code_ = SQLITE_OK;
  std::span<const HandedRow> handed_ = {};
  std::unordered_map<const char*, sqlite3_stmt*> statements_ = {};
};

}  // namespace assay::store_sqlite::detail
