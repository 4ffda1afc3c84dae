#pragma once

#include <span>

#include "system/store_sqlite/detail/database.h"

namespace assay::store_sqlite::detail {

/// Brings a file from the version before to `version`. Never changed once released.
struct Migration {
  int version;
  const char* sql;
};

/// All there are, from 1 on without a gap. The last is the present version.
std::span<const Migration> migrations();

/// Whose file it is, in its header: of evaluations, "ASAY".
inline constexpr std::int64_t evaluations_application = 0x41534159;

/// And of the file of accounts, "ASYW".
inline constexpr std::int64_t accounts_application = 0x41535957;

/// Brings a file to the version of the last migration, each step in a transaction of its own. An
/// empty file is of version 0.
/// Errors: `store_newer`, `store_foreign`.
Expected<> migrate(Database& database, std::span<const Migration> steps,
                   std::int64_t application = evaluations_application);

/// The same for a file that is only read: it must have that version.
/// Errors: `store_older` as well.
Expected<> require(Database& database, std::span<const Migration> steps,
                   std::int64_t application = evaluations_application);

}  // namespace assay::store_sqlite::detail
