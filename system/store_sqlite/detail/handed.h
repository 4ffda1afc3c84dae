#pragma once

#include <sqlite3.h>

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

namespace assay::store_sqlite::detail {

/// A row that a statement reads where it stands in our memory.
struct HandedRow {
  std::array<std::int64_t, 4> numbers = {};
  std::string_view octets = {};
};

/// Makes `handed (a, b, c, d, octets)` known to a connection: a table of the rows that `rows` tells
/// of when a statement begins. So one statement does for many rows what would need as many, and
/// most of the cost of a small statement is its begin and its end. The connection reads `rows`, and
/// what is in them, until it is closed or the statement is over. Gives a code of SQLite.
int make_handed(sqlite3* connection, std::span<const HandedRow>* rows);

}  // namespace assay::store_sqlite::detail
