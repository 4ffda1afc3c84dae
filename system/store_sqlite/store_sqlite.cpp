#include "system/store_sqlite/store_sqlite.h"

#include "assay/base/try.h"
#include "system/store_sqlite/detail/sqlite_store.h"

namespace assay::store_sqlite {
namespace detail {

Expected<std::unique_ptr<store::Store>> open(const Options& options,
                                             std::span<const Migration> steps) {
  ASSAY_TRY(database, Database::open(options));
  auto ready =
      options.access == Access::write ? migrate(*database, steps) : require(*database, steps);
  if (!ready) return std::unexpected(std::move(ready.error()));
  constexpr const char* key = "SELECT value FROM numbers WHERE name = ?";
  ASSAY_TRY(first, database->number(key, std::string_view("hash_key_0")));
  ASSAY_TRY(second, database->number(key, std::string_view("hash_key_1")));
  return std::make_unique<SqliteStore>(std::move(database),
                                       HashKey{.first = static_cast<std::uint64_t>(first),
                                               .second = static_cast<std::uint64_t>(second)});
}

Expected<> SqliteStore::drop_stale_ids() {
  // Another program may have taken rows away, and their ids may be given again.
  ASSAY_TRY(version, database_->number("PRAGMA data_version"));
  if (version != data_version_) forget_ids();
  data_version_ = version;
  return {};
}

void SqliteStore::forget_ids() {
  configuration_ids_.clear();
  tuple_ids_.clear();
}

Expected<> add_number(Database& database, std::string_view name, std::uint64_t value) {
  if (value == 0) return {};
  return database.run(
      "INSERT INTO numbers VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET value = value + ?2",
      name, value);
}

}  // namespace detail

Expected<std::unique_ptr<store::Store>> open(const Options& options) {
  return detail::open(options, detail::migrations());
}

}  // namespace assay::store_sqlite
