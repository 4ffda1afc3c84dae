#include "system/store_sqlite/detail/handed.h"

#include <cstddef>
#include <new>

// A virtual table of SQLite (sqlite.org/vtab.html) that is only read, and only from front to end.
namespace assay::store_sqlite::detail {
namespace {

struct Table : sqlite3_vtab {
  const std::span<const HandedRow>* rows = nullptr;
};

struct Cursor : sqlite3_vtab_cursor {
  const HandedRow* begin = nullptr;
  const HandedRow* at = nullptr;
  const HandedRow* end = nullptr;
};

Cursor& of(sqlite3_vtab_cursor* cursor) {
  return *static_cast<Cursor*>(cursor);
}

int connect(sqlite3* connection, void* rows, int, const char* const*, sqlite3_vtab** table,
            char**) {
  int code = sqlite3_declare_vtab(
      connection, "CREATE TABLE handed (a INTEGER, b INTEGER, c INTEGER, d INTEGER, octets BLOB)");
  // No view or trigger of a file that somebody has put in our place gets at it.
  if (code == SQLITE_OK) code = sqlite3_vtab_config(connection, SQLITE_VTAB_DIRECTONLY);
  if (code != SQLITE_OK) return code;
  auto* const made = new (std::nothrow) Table{};
  if (made == nullptr) return SQLITE_NOMEM;
  made->rows = static_cast<const std::span<const HandedRow>*>(rows);
  *table = made;
  return SQLITE_OK;
}

int disconnect(sqlite3_vtab* table) {
  delete static_cast<Table*>(table);
  return SQLITE_OK;
}

int best_index(sqlite3_vtab*, sqlite3_index_info* info) {
  constexpr int usual_rows = 10'000;
  info->estimatedCost = usual_rows;
  info->estimatedRows = usual_rows;
  return SQLITE_OK;
}

int open_cursor(sqlite3_vtab*, sqlite3_vtab_cursor** cursor) {
  *cursor = new (std::nothrow) Cursor{};
  return *cursor == nullptr ? SQLITE_NOMEM : SQLITE_OK;
}

int close_cursor(sqlite3_vtab_cursor* cursor) {
  delete &of(cursor);
  return SQLITE_OK;
}

int filter(sqlite3_vtab_cursor* cursor, int, const char*, int, sqlite3_value**) {
  const std::span<const HandedRow> rows = *static_cast<Table*>(cursor->pVtab)->rows;
  Cursor& own = of(cursor);
  own.begin = own.at = rows.data();
  own.end = own.begin + rows.size();
  return SQLITE_OK;
}

int next(sqlite3_vtab_cursor* cursor) {
  ++of(cursor).at;
  return SQLITE_OK;
}

int at_end(sqlite3_vtab_cursor* cursor) {
  return of(cursor).at == of(cursor).end ? 1 : 0;
}

int column(sqlite3_vtab_cursor* cursor, sqlite3_context* into, int number) {
  const HandedRow& row = *of(cursor).at;
  const auto place = static_cast<std::size_t>(number);
  if (place < row.numbers.size()) {
    sqlite3_result_int64(into, row.numbers[place]);
  } else {
    const char* const octets = row.octets.empty() ? "" : row.octets.data();
    sqlite3_result_blob64(into, octets, row.octets.size(), SQLITE_STATIC);
  }
  return SQLITE_OK;
}

int row_id(sqlite3_vtab_cursor* cursor, sqlite3_int64* id) {
  *id = of(cursor).at - of(cursor).begin;
  return SQLITE_OK;
}

// Without xCreate it is there without being made, and no file tells of it.
constexpr sqlite3_module make_module() {
  sqlite3_module made = {};
  made.xConnect = connect;
  made.xBestIndex = best_index;
  made.xDisconnect = disconnect;
  made.xOpen = open_cursor;
  made.xClose = close_cursor;
  made.xFilter = filter;
  made.xNext = next;
  made.xEof = at_end;
  made.xColumn = column;
  made.xRowid = row_id;
  return made;
}
constexpr sqlite3_module module_of_handed = make_module();

}  // namespace

int make_handed(sqlite3* connection, std::span<const HandedRow>* rows) {
  return sqlite3_create_module_v2(connection, "handed", &module_of_handed, rows, nullptr);
}

}  // namespace assay::store_sqlite::detail
