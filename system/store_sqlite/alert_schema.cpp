#include <array>

#include "assay/base/try.h"
#include "system/store_sqlite/detail/alert_book.h"

namespace assay::store_sqlite {
namespace detail {
namespace {

/// Instants are Unix seconds, and 0 where there is none; words are numbers as in alert_values.h.
constexpr const char* version_1 = R"(
CREATE TABLE records (          -- of watched domains, as the DNS last told them
  domain TEXT NOT NULL,
  kind INTEGER NOT NULL,
  name TEXT NOT NULL,
  value TEXT NOT NULL,          -- empty: there is none
  known INTEGER NOT NULL,       -- whether the DNS ever answered
  since INTEGER NOT NULL,
  checked INTEGER NOT NULL,
  failing_since INTEGER NOT NULL,
  why TEXT NOT NULL,
  PRIMARY KEY (domain, kind, name)
) WITHOUT ROWID;
CREATE TABLE changes (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  domain TEXT NOT NULL,
  kind INTEGER NOT NULL,
  name TEXT NOT NULL,
  earliest INTEGER NOT NULL,
  at INTEGER NOT NULL,
  before TEXT NOT NULL,
  after TEXT NOT NULL
);
CREATE INDEX changes_domain ON changes (domain, at);
CREATE TABLE intake (           -- what came in, and what did not
  hour INTEGER NOT NULL,
  channel TEXT NOT NULL,
  outcome TEXT NOT NULL,
  count INTEGER NOT NULL,
  sample TEXT NOT NULL,
  PRIMARY KEY (hour, channel, outcome)
) WITHOUT ROWID;
CREATE TABLE alerts (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  rule TEXT NOT NULL,
  domain TEXT NOT NULL,
  cause TEXT NOT NULL,
  what TEXT NOT NULL,
  evidence TEXT NOT NULL,
  advice TEXT NOT NULL,
  severity INTEGER NOT NULL,
  since INTEGER NOT NULL,
  opened INTEGER NOT NULL,
  last_seen INTEGER NOT NULL,
  until INTEGER NOT NULL,       -- 0: it is open
  closed_by TEXT NOT NULL,
  seen INTEGER NOT NULL
);
CREATE UNIQUE INDEX alerts_open ON alerts (rule, domain, cause) WHERE until = 0;
CREATE INDEX alerts_last_seen ON alerts (last_seen);
CREATE TABLE events (           -- the history of alerts
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  alert INTEGER NOT NULL,
  at INTEGER NOT NULL,
  event INTEGER NOT NULL,
  what TEXT NOT NULL
);
CREATE INDEX events_alert ON events (alert);
CREATE TABLE letters (          -- on their way to somebody
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  kind INTEGER NOT NULL,
  recipient TEXT NOT NULL,
  about TEXT NOT NULL,
  octets BLOB NOT NULL,
  state INTEGER NOT NULL,
  attempts INTEGER NOT NULL,
  created INTEGER NOT NULL,
  next INTEGER NOT NULL,
  claimed_until INTEGER NOT NULL,
  finished INTEGER NOT NULL,
  reason TEXT NOT NULL
);
CREATE INDEX letters_due ON letters (next) WHERE state = 0;
CREATE TABLE digests (          -- the last week of each recipient
  recipient TEXT PRIMARY KEY,
  week INTEGER NOT NULL         -- day since 1970 of its first day
) WITHOUT ROWID;
)";

constexpr std::array all = {Migration{1, version_1}};

}  // namespace

std::span<const Migration> alert_migrations() {
  return all;
}

}  // namespace detail

Expected<std::unique_ptr<store::AlertBook>> open_alerts(const Options& options) {
  using detail::alerts_application;
  ASSAY_TRY(database, detail::Database::open(options));
  auto ready = options.access == Access::write
                   ? migrate(*database, detail::alert_migrations(), alerts_application)
                   : require(*database, detail::alert_migrations(), alerts_application);
  if (!ready) return std::unexpected(std::move(ready.error()));
  return std::make_unique<detail::SqliteAlertBook>(std::move(database));
}

}  // namespace assay::store_sqlite
