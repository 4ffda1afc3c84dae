PRAGMA foreign_keys=OFF;
BEGIN TRANSACTION;
CREATE TABLE numbers (          -- totals of what is no longer there, and the like
  name TEXT PRIMARY KEY,
  value INTEGER NOT NULL
) WITHOUT ROWID;
INSERT INTO numbers VALUES('cut',2);
INSERT INTO numbers VALUES('cut_taken',1);
INSERT INTO numbers VALUES('hash_key_0',-7298358320968181202);
INSERT INTO numbers VALUES('hash_key_1',-7999091161409816962);
INSERT INTO numbers VALUES('taken',2);
CREATE TABLE sources (
  identity TEXT PRIMARY KEY,
  taken INTEGER NOT NULL,       -- octets
  touched INTEGER NOT NULL
) WITHOUT ROWID;
INSERT INTO sources VALUES('a',2,1777636800);
CREATE TABLE correspondents (
  domain TEXT PRIMARY KEY,
  first_met INTEGER NOT NULL,
  last_met INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE domains (          -- policy domains
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE
);
INSERT INTO domains VALUES(1,'example.com');
CREATE TABLE configurations (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  hash INTEGER NOT NULL,        -- of the octets, under the key in numbers
  domain INTEGER NOT NULL,
  reported_until INTEGER NOT NULL DEFAULT 0,
  octets BLOB NOT NULL
);
INSERT INTO configurations VALUES(1,-3249132661287123943,1,1777640400,X'002c6578616d706c652e636f6d151515212131652901b001763d444d415243313b20703d72656a6563743b207275613d6d61696c746f3a64406578616d706c652e636f6d');
CREATE TABLE tuples (           -- rows of reports
  id INTEGER PRIMARY KEY,
  hash INTEGER NOT NULL,
  octets BLOB NOT NULL
);
INSERT INTO tuples VALUES(1,-3270582179655456302,X'2c6578616d706c652e636f6d243139322e302e322e310d050948626f756e63652e6578616d706c652e636f6d010102790501010a19390100');
INSERT INTO tuples VALUES(2,-4992422560020146752,X'2c6578616d706c652e636f6d243139322e302e322e320d050948626f756e63652e6578616d706c652e636f6d010102790501010a19390100');
CREATE TABLE facts (
  settlement INTEGER NOT NULL,
  configuration INTEGER NOT NULL,
  tuple INTEGER NOT NULL,
  hour INTEGER NOT NULL,        -- since 1970
  cut INTEGER NOT NULL,         -- the first that holds it
  count INTEGER NOT NULL,
  PRIMARY KEY (settlement, configuration, tuple, hour, cut)
) WITHOUT ROWID;
INSERT INTO facts VALUES(0,1,2,493788,2,1);
INSERT INTO facts VALUES(1,1,1,493788,1,1);
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
INSERT INTO settlements VALUES(1,1,1,0,'','r1',1,1777636800,0,0);
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
, kind INTEGER NOT NULL DEFAULT 0, policy_domain TEXT NOT NULL DEFAULT '', first INTEGER NOT NULL DEFAULT 0, last INTEGER NOT NULL DEFAULT 0);
INSERT INTO deliveries VALUES(1,1,'r1',1,'mailto:d@example.com','',1,1,1777636800,1777636800,'',0,1777636800,X'6f6374657473',0,'',0,0);
INSERT INTO deliveries VALUES(2,0,'f1',0,'ruf@example.com','',0,0,1777636800,1777636800,'',0,0,X'6d61696c',1,'example.com',0,0);
CREATE TABLE suppressions (
  address TEXT PRIMARY KEY,
  reason TEXT NOT NULL,
  since INTEGER NOT NULL,
  until INTEGER NOT NULL,
  times INTEGER NOT NULL
) WITHOUT ROWID;
INSERT INTO suppressions VALUES('a@example.com','',1777636800,1777640400,0);
CREATE TABLE days (             -- messages sent
  day INTEGER PRIMARY KEY,      -- since 1970
  messages INTEGER NOT NULL
);
INSERT INTO days VALUES(20574,1);
CREATE TABLE failures (         -- of what failure reports were made
  source TEXT NOT NULL,
  destination TEXT NOT NULL,
  made INTEGER NOT NULL,
  delivery INTEGER NOT NULL,
  PRIMARY KEY (source, destination)
) WITHOUT ROWID;
INSERT INTO failures VALUES('1.failure','ruf@example.com',1777636800,2);
DELETE FROM sqlite_sequence;
INSERT INTO sqlite_sequence VALUES('configurations',1);
INSERT INTO sqlite_sequence VALUES('settlements',1);
INSERT INTO sqlite_sequence VALUES('deliveries',2);
CREATE INDEX configurations_hash ON configurations (hash);
CREATE INDEX configurations_domain ON configurations (domain);
CREATE INDEX tuples_hash ON tuples (hash);
CREATE INDEX settlements_domain ON settlements (domain);
CREATE UNIQUE INDEX settlements_report ON settlements (report_id) WHERE report_id <> '';
CREATE INDEX deliveries_settlement ON deliveries (settlement);
CREATE INDEX deliveries_next ON deliveries (next) WHERE state = 0;
CREATE INDEX deliveries_failures ON deliveries (created) WHERE kind = 1;
CREATE INDEX failures_delivery ON failures (delivery);
COMMIT;
PRAGMA application_id=1095975257;
PRAGMA user_version=2;
