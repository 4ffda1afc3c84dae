#include "system/store_sqlite/detail/schema.h"

#include <array>
#include <random>

#include "assay/base/try.h"
#include "system/store_sqlite/detail/alert_book.h"
#include "system/store_sqlite/detail/received_store.h"

namespace assay::store_sqlite::detail {
namespace {

/// Instants are Unix seconds. A fact of settlement 0 waits.
constexpr const char* version_1 = R"(
CREATE TABLE numbers (          -- totals of what is no longer there, and the like
  name TEXT PRIMARY KEY,
  value INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE sources (
  identity TEXT PRIMARY KEY,
  taken INTEGER NOT NULL,       -- octets
  touched INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE correspondents (
  domain TEXT PRIMARY KEY,
  first_met INTEGER NOT NULL,
  last_met INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE domains (          -- policy domains
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE
);
CREATE TABLE configurations (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  hash INTEGER NOT NULL,        -- of the octets, under the key in numbers
  domain INTEGER NOT NULL,
  reported_until INTEGER NOT NULL DEFAULT 0,
  octets BLOB NOT NULL
);
CREATE INDEX configurations_hash ON configurations (hash);
CREATE INDEX configurations_domain ON configurations (domain);
CREATE TABLE tuples (           -- rows of reports
  id INTEGER PRIMARY KEY,
  hash INTEGER NOT NULL,
  octets BLOB NOT NULL
);
CREATE INDEX tuples_hash ON tuples (hash);
CREATE TABLE facts (
  settlement INTEGER NOT NULL,
  configuration INTEGER NOT NULL,
  tuple INTEGER NOT NULL,
  hour INTEGER NOT NULL,        -- since 1970
  cut INTEGER NOT NULL,         -- the first that holds it
  count INTEGER NOT NULL,
  PRIMARY KEY (settlement, configuration, tuple, hour, cut)
) WITHOUT ROWID;
CREATE TABLE settlements (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  domain INTEGER NOT NULL,
  configuration INTEGER NOT NULL,
  outcome INTEGER NOT NULL,
  reason TEXT NOT NULL,
  report_id TEXT NOT NULL,
  messages INTEGER NOT NULL,
  made INTEGER NOT NULL,
  period_begin INTEGER NOT NULL,
  period_end INTEGER NOT NULL
);
CREATE INDEX settlements_domain ON settlements (domain);
CREATE UNIQUE INDEX settlements_report ON settlements (report_id) WHERE report_id <> '';
CREATE TABLE deliveries (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  settlement INTEGER NOT NULL,
  report_id TEXT NOT NULL,      -- of this part of the report
  messages INTEGER NOT NULL,    -- evaluations in it
  destination TEXT NOT NULL,
  file_name TEXT NOT NULL,
  state INTEGER NOT NULL,       -- 0 waiting, 1 sent, 2 given up
  attempts INTEGER NOT NULL,
  created INTEGER NOT NULL,
  next INTEGER NOT NULL,
  reason TEXT NOT NULL,
  claimed_until INTEGER NOT NULL,
  finished INTEGER NOT NULL,
  octets BLOB NOT NULL
);
CREATE INDEX deliveries_settlement ON deliveries (settlement);
CREATE INDEX deliveries_next ON deliveries (next) WHERE state = 0;
CREATE TABLE suppressions (
  address TEXT PRIMARY KEY,
  reason TEXT NOT NULL,
  since INTEGER NOT NULL,
  until INTEGER NOT NULL,
  times INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE days (             -- messages sent
  day INTEGER PRIMARY KEY,      -- since 1970
  messages INTEGER NOT NULL
);
INSERT INTO numbers VALUES ('cut', 1);
)";

/// Failure reports stand in the outbox too; they belong to settlement 0.
constexpr const char* version_2 = R"(
ALTER TABLE deliveries ADD COLUMN kind INTEGER NOT NULL DEFAULT 0;  -- 0 aggregate, 1 failure
ALTER TABLE deliveries ADD COLUMN policy_domain TEXT NOT NULL DEFAULT '';  -- these of kind 1 alone
ALTER TABLE deliveries ADD COLUMN first INTEGER NOT NULL DEFAULT 0;
ALTER TABLE deliveries ADD COLUMN last INTEGER NOT NULL DEFAULT 0;
CREATE INDEX deliveries_failures ON deliveries (created) WHERE kind = 1;
CREATE TABLE failures (         -- of what failure reports were made
  source TEXT NOT NULL,
  destination TEXT NOT NULL,
  made INTEGER NOT NULL,
  delivery INTEGER NOT NULL,
  PRIMARY KEY (source, destination)
) WITHOUT ROWID;
CREATE INDEX failures_delivery ON failures (delivery);
)";

constexpr std::array all = {Migration{1, version_1}, Migration{2, version_2}};

Finding refuse(const Database& database, std::string_view code, const std::string& what) {
  return {.code = code, .what = "store " + database.path() + ": " + what};
}

/// The version of a file of ours; nothing is changed in another one.
Expected<int> version_of(Database& database, int known, std::int64_t application) {
  ASSAY_TRY(version, database.number("PRAGMA user_version"));
  ASSAY_TRY(owner, database.number("PRAGMA application_id"));
  ASSAY_TRY(tables, database.number("SELECT count(*) FROM sqlite_schema"));
  if (owner != application && (tables != 0 || version != 0 || owner != 0)) {
    return std::unexpected(
        refuse(database, "store_foreign",
               owner == 0 || (owner != evaluations_application && owner != received_application &&
                              owner != accounts_application && owner != alerts_application)
                   ? "is a database of another program; name another file"
                   : "is another of the files of Assay; name the right one"));
  }
  if (version > known) {
    return std::unexpected(refuse(database, "store_newer",
                                  "was written by a later version of Assay (schema " +
                                      std::to_string(version) + ", this one knows " +
                                      std::to_string(known) +
                                      "); use that version, or a backup made before the upgrade"));
  }
  return static_cast<int>(version);
}

Expected<> draw_key(Database& database) {
  std::random_device source;
  for (const char* name : {"hash_key_0", "hash_key_1"}) {
    const std::uint64_t value = (std::uint64_t{source()} << 32U) | source();
    auto done = database.run("INSERT OR IGNORE INTO numbers VALUES (?, ?)", std::string_view(name),
                             static_cast<std::int64_t>(value));
    if (!done) return done;
  }
  return {};
}

}  // namespace

std::span<const Migration> migrations() {
  return all;
}

Expected<> migrate(Database& database, std::span<const Migration> steps, std::int64_t application) {
  const int last = steps.back().version;
  ASSAY_TRY(found, version_of(database, last, application));
  // Only now, since the file is known to be ours.
  if (auto done = database.script("PRAGMA journal_mode=WAL"); !done) return done;
  if (found == last) return {};
  // Another program may have done it meanwhile, so each step looks again.
  for (const Migration& step : steps) {
    const auto apply = [&]() -> Expected<> {
      ASSAY_TRY(version, version_of(database, last, application));
      if (version >= step.version) return {};
      if (auto done = database.script(step.sql); !done) return done;
      if (step.version == 1 && application == evaluations_application) {
        if (auto done = draw_key(database); !done) return done;
      }
      return database.script("PRAGMA application_id=" + std::to_string(application) +
                             "; PRAGMA user_version=" + std::to_string(step.version));
    };
    if (auto done = database.transaction(apply); !done) return done;
  }
  return {};
}

Expected<> require(Database& database, std::span<const Migration> steps, std::int64_t application) {
  const int last = steps.back().version;
  ASSAY_TRY(version, version_of(database, last, application));
  if (version == last) return {};
  return std::unexpected(
      refuse(database, "store_older",
             version == 0 ? "holds nothing; is it the right file?"
                          : "is of an older schema (" + std::to_string(version) +
                                "); the reports role of this version of Assay upgrades it"));
}

}  // namespace assay::store_sqlite::detail
