#include <array>

#include "assay/base/try.h"
#include "system/store_sqlite/detail/received_store.h"

namespace assay::store_sqlite {
namespace detail {
namespace {

/// Instants are Unix seconds, days are days since 1970; words are numbers as in received_values.h
/// and rollup.h.
constexpr const char* version_1 = R"(
CREATE TABLE numbers (          -- totals of what is no longer there
  name TEXT PRIMARY KEY,
  value INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE names (            -- domains, reporters, words of TLS reports
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT NOT NULL UNIQUE
);
CREATE TABLE reports (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  kind INTEGER NOT NULL,
  standing INTEGER NOT NULL,
  reason TEXT NOT NULL,
  of INTEGER NOT NULL,          -- another report: what it repeats or contradicts; 0: none
  domain INTEGER NOT NULL,
  reporter INTEGER NOT NULL,
  report_id TEXT NOT NULL,
  period_begin INTEGER NOT NULL,
  period_end INTEGER NOT NULL,
  arrived INTEGER NOT NULL,
  seen_last INTEGER NOT NULL,
  seen INTEGER NOT NULL,
  channel INTEGER NOT NULL,
  trust INTEGER NOT NULL,
  schema INTEGER NOT NULL,
  records INTEGER NOT NULL,
  messages INTEGER NOT NULL,
  remarks INTEGER NOT NULL,     -- how many are warnings or errors
  raw INTEGER NOT NULL,         -- 0: not kept
  member TEXT NOT NULL,
  digest BLOB NOT NULL,
  head BLOB NOT NULL
);
CREATE INDEX reports_id ON reports (report_id, reporter);
CREATE INDEX reports_digest ON reports (digest);
CREATE INDEX reports_period ON reports (domain, reporter, period_begin);
CREATE INDEX reports_arrived ON reports (kind, arrived);
CREATE VIEW told AS             -- reports with the names in place of their numbers
  SELECT reports.id AS id, kind, standing, reason, of, domains.name AS domain,
    reporters.name AS reporter, report_id, period_begin, period_end, arrived, seen_last, seen,
    channel, trust, schema, records, messages, raw, head
  FROM reports JOIN names AS domains ON domains.id = reports.domain
    JOIN names AS reporters ON reporters.id = reports.reporter;
CREATE TABLE chunks (           -- records, as packed_records.h has them
  id INTEGER PRIMARY KEY,       -- of the report, then 20 bits of the place in it
  octets BLOB NOT NULL
);
CREATE TABLE failures (
  report INTEGER PRIMARY KEY,
  facts BLOB NOT NULL
);
CREATE TABLE originals (        -- header of reported messages
  report INTEGER PRIMARY KEY,
  octets BLOB NOT NULL
);
CREATE TABLE failure_counts (
  domain INTEGER NOT NULL,
  day INTEGER NOT NULL,
  source TEXT NOT NULL,
  came INTEGER NOT NULL,
  kept INTEGER NOT NULL,
  incidents INTEGER NOT NULL,
  PRIMARY KEY (domain, day, source)
) WITHOUT ROWID;
CREATE TABLE sampled (          -- failure reports that were counted alone
  hash INTEGER PRIMARY KEY,     -- of what each says and its id
  domain INTEGER NOT NULL,
  day INTEGER NOT NULL
);
CREATE TABLE tls (
  report INTEGER PRIMARY KEY,
  policies BLOB NOT NULL
);
CREATE TABLE daily (
  domain INTEGER NOT NULL,
  day INTEGER NOT NULL,
  reporter INTEGER NOT NULL,
  cell INTEGER NOT NULL,
  messages INTEGER NOT NULL,
  PRIMARY KEY (domain, day, reporter, cell)
) WITHOUT ROWID;
CREATE TABLE tls_daily (
  domain INTEGER NOT NULL,
  day INTEGER NOT NULL,
  reporter INTEGER NOT NULL,
  policy_type INTEGER NOT NULL,
  result_type INTEGER NOT NULL,
  sessions INTEGER NOT NULL,
  PRIMARY KEY (domain, day, reporter, policy_type, result_type)
) WITHOUT ROWID;
CREATE TABLE raws (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  hash INTEGER NOT NULL,
  arrived INTEGER NOT NULL,
  name TEXT NOT NULL,
  octets BLOB NOT NULL
);
CREATE INDEX raws_hash ON raws (hash);
CREATE INDEX raws_arrived ON raws (arrived);
CREATE INDEX reports_raw ON reports (raw) WHERE raw <> 0;
)";

constexpr std::array all = {Migration{1, version_1}};

}  // namespace

std::span<const Migration> received_migrations() {
  return all;
}

Expected<std::unique_ptr<store::ReceivedReports>> open_received(const Options& options,
                                                                std::span<const Migration> steps) {
  ASSAY_TRY(database, Database::open(options));
  auto ready = options.access == Access::write ? migrate(*database, steps, received_application)
                                               : require(*database, steps, received_application);
  if (!ready) return std::unexpected(std::move(ready.error()));
  return std::make_unique<SqliteReceived>(std::move(database));
}

}  // namespace detail

Expected<std::unique_ptr<store::ReceivedReports>> open_received(const Options& options) {
  return detail::open_received(options, detail::received_migrations());
}

}  // namespace assay::store_sqlite
