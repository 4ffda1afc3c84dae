PRAGMA foreign_keys=OFF;
BEGIN TRANSACTION;
CREATE TABLE numbers (          -- totals of what is no longer there
  name TEXT PRIMARY KEY,
  value INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE names (            -- domains, reporters, words of TLS reports
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT NOT NULL UNIQUE
);
INSERT INTO names VALUES(1,'example.com');
INSERT INTO names VALUES(2,'reporter.example');
INSERT INTO names VALUES(3,'sts');
INSERT INTO names VALUES(4,'');
INSERT INTO names VALUES(5,'unexplained');
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
INSERT INTO reports VALUES(1,0,0,'',0,1,2,'one',1777593600,1777680000,1777683600,1777683600,1,0,1,0,2,7,1,1,'a.xml',X'6f6e656578616d706c652e636f6d7265706f727465722e6578616d706c65',X'0b6578616d706c652e636f6d0672656a6563740672656a6563740672656a65637401720172087472656577616c6b0130016e00085265706f7274657216646d617263407265706f727465722e6578616d706c650000010a6e6f6e65206f66206974107265706f727465722e6578616d706c65067369676e6564010463617365066120776f726401');
INSERT INTO reports VALUES(2,1,0,'',0,1,2,'f1192.0.2.1',1777593600,1777680000,1777683600,1777683600,1,0,1,0,0,2,1,2,'a.xml',X'66313139322e302e322e316578616d706c652e636f6d7265706f727465722e6578616d706c65',X'0b6578616d706c652e636f6d0672656a6563740672656a6563740672656a65637401720172087472656577616c6b0130016e00085265706f7274657216646d617263407265706f727465722e6578616d706c650000010a6e6f6e65206f66206974107265706f727465722e6578616d706c65067369676e6564010463617365066120776f726401');
INSERT INTO reports VALUES(3,2,0,'',0,1,2,'tls',1777593600,1777680000,1777683600,1777683600,1,0,1,0,0,3,1,3,'a.xml',X'746c736578616d706c652e636f6d7265706f727465722e6578616d706c65',X'0b6578616d706c652e636f6d0672656a6563740672656a6563740672656a65637401720172087472656577616c6b0130016e00085265706f7274657216646d617263407265706f727465722e6578616d706c650000010a6e6f6e65206f66206974107265706f727465722e6578616d706c65067369676e6564010463617365066120776f726401');
CREATE TABLE chunks (           -- records, as packed_records.h has them
  id INTEGER PRIMARY KEY,       -- of the report, then 20 bits of the place in it
  octets BLOB NOT NULL
);
INSERT INTO chunks VALUES(1048576,X'01020b6578616d706c652e636f6d12626f756e63652e6578616d706c652e636f6d0200c00002010303010228290000012815010001290608000120010db8000000000000000000000001040301022829000001281501000129060800');
CREATE TABLE failures (
  report INTEGER PRIMARY KEY,
  facts BLOB NOT NULL
);
INSERT INTO failures VALUES(2,X'0005646d6172630000093139322e302e322e3100000000000000000568656c6c6f00011468747470733a2f2f6578616d706c652e636f6d2f02');
CREATE TABLE originals (        -- header of reported messages
  report INTEGER PRIMARY KEY,
  octets BLOB NOT NULL
);
INSERT INTO originals VALUES(2,X'46726f6d3a2061406578616d706c652e636f6d0d0a');
CREATE TABLE failure_counts (
  domain INTEGER NOT NULL,
  day INTEGER NOT NULL,
  source TEXT NOT NULL,
  came INTEGER NOT NULL,
  kept INTEGER NOT NULL,
  incidents INTEGER NOT NULL,
  PRIMARY KEY (domain, day, source)
) WITHOUT ROWID;
INSERT INTO failure_counts VALUES(1,20574,'*',1,1,2);
INSERT INTO failure_counts VALUES(1,20574,'192.0.2.1',1,1,2);
CREATE TABLE sampled (          -- failure reports that were counted alone
  hash INTEGER PRIMARY KEY,     -- of what each says and its id
  domain INTEGER NOT NULL,
  day INTEGER NOT NULL
);
CREATE TABLE tls (
  report INTEGER PRIMARY KEY,
  policies BLOB NOT NULL
);
INSERT INTO tls VALUES(3,X'01037374730b6578616d706c652e636f6d0000030000');
CREATE TABLE daily (
  domain INTEGER NOT NULL,
  day INTEGER NOT NULL,
  reporter INTEGER NOT NULL,
  cell INTEGER NOT NULL,
  messages INTEGER NOT NULL,
  PRIMARY KEY (domain, day, reporter, cell)
) WITHOUT ROWID;
INSERT INTO daily VALUES(0,20574,2,20481,7);
INSERT INTO daily VALUES(1,20574,2,20481,7);
CREATE TABLE tls_daily (
  domain INTEGER NOT NULL,
  day INTEGER NOT NULL,
  reporter INTEGER NOT NULL,
  policy_type INTEGER NOT NULL,
  result_type INTEGER NOT NULL,
  sessions INTEGER NOT NULL,
  PRIMARY KEY (domain, day, reporter, policy_type, result_type)
) WITHOUT ROWID;
INSERT INTO tls_daily VALUES(1,20574,2,3,4,3);
CREATE TABLE raws (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  hash INTEGER NOT NULL,
  arrived INTEGER NOT NULL,
  name TEXT NOT NULL,
  octets BLOB NOT NULL
);
INSERT INTO raws VALUES(1,8928077892152748558,1777683600,'report.xml',X'726177206f6e656578616d706c652e636f6d');
INSERT INTO raws VALUES(2,-8125754439335382104,1777683600,'report.xml',X'7261772066313139322e302e322e316578616d706c652e636f6d');
INSERT INTO raws VALUES(3,1889515155767230919,1777683600,'report.xml',X'72617720746c736578616d706c652e636f6d');
CREATE TABLE daily_sums (       -- daily, of all reporters together
  domain INTEGER NOT NULL,
  day INTEGER NOT NULL,
  cell INTEGER NOT NULL,
  messages INTEGER NOT NULL,
  PRIMARY KEY (domain, day, cell)
) WITHOUT ROWID;
INSERT INTO daily_sums VALUES(0,20574,20481,7);
INSERT INTO daily_sums VALUES(1,20574,20481,7);
CREATE TABLE tellers (          -- who reports on what
  domain INTEGER NOT NULL,
  reporter INTEGER NOT NULL,
  kind INTEGER NOT NULL,
  reports INTEGER NOT NULL,     -- counted ones
  set_aside INTEGER NOT NULL,
  remarked INTEGER NOT NULL,    -- of both, as is the next
  rfc9990 INTEGER NOT NULL,
  messages INTEGER NOT NULL,    -- of those counted
  first INTEGER NOT NULL,       -- period_begin of the earliest
  last INTEGER NOT NULL,        -- period_end of the latest
  arrived INTEGER NOT NULL,     -- of the one that came last
  latest INTEGER NOT NULL,      -- that one
  longest INTEGER NOT NULL,     -- no period is longer, in seconds
  PRIMARY KEY (domain, reporter, kind)
) WITHOUT ROWID;
INSERT INTO tellers VALUES(1,2,0,1,0,1,1,7,1777593600,1777680000,1777683600,1,86400);
INSERT INTO tellers VALUES(1,2,1,1,0,1,1,2,1777593600,1777680000,1777683600,2,86400);
INSERT INTO tellers VALUES(1,2,2,1,0,1,1,3,1777593600,1777680000,1777683600,3,86400);
DELETE FROM sqlite_sequence;
INSERT INTO sqlite_sequence VALUES('names',5);
INSERT INTO sqlite_sequence VALUES('raws',3);
INSERT INTO sqlite_sequence VALUES('reports',3);
CREATE INDEX reports_id ON reports (report_id, reporter);
CREATE INDEX reports_digest ON reports (digest);
CREATE INDEX reports_arrived ON reports (kind, arrived);
CREATE VIEW told AS             -- reports with the names in place of their numbers
  SELECT reports.id AS id, kind, standing, reason, of, domains.name AS domain,
    reporters.name AS reporter, report_id, period_begin, period_end, arrived, seen_last, seen,
    channel, trust, schema, records, messages, raw, head
  FROM reports JOIN names AS domains ON domains.id = reports.domain
    JOIN names AS reporters ON reporters.id = reports.reporter
;
CREATE INDEX raws_hash ON raws (hash);
CREATE INDEX raws_arrived ON raws (arrived);
CREATE INDEX reports_raw ON reports (raw) WHERE raw <> 0;
CREATE INDEX reports_of ON reports (domain, reporter, kind, period_begin, period_end, standing);
CREATE TRIGGER tellers_gain AFTER INSERT ON reports BEGIN
  INSERT INTO tellers VALUES (NEW.domain, NEW.reporter, NEW.kind, NEW.standing = 0,
    NEW.standing <> 0, NEW.remarks > 0, NEW.schema = 0, iif(NEW.standing = 0, NEW.messages, 0),
    NEW.period_begin, NEW.period_end, NEW.arrived, NEW.id,
    max(0, NEW.period_end - NEW.period_begin))
  ON CONFLICT DO UPDATE SET reports = reports + excluded.reports,
    set_aside = set_aside + excluded.set_aside, remarked = remarked + excluded.remarked,
    rfc9990 = rfc9990 + excluded.rfc9990, messages = messages + excluded.messages,
    first = min(first, excluded.first), last = max(last, excluded.last),
    latest = iif((excluded.arrived, excluded.latest) > (arrived, latest), excluded.latest, latest),
    arrived = max(arrived, excluded.arrived), longest = max(longest, excluded.longest);
END;
CREATE TRIGGER tellers_lose AFTER DELETE ON reports BEGIN
  UPDATE tellers SET reports = reports - (OLD.standing = 0),
    set_aside = set_aside - (OLD.standing <> 0), remarked = remarked - (OLD.remarks > 0),
    rfc9990 = rfc9990 - (OLD.schema = 0), messages = messages - iif(OLD.standing = 0, OLD.messages, 0)
  WHERE domain = OLD.domain AND reporter = OLD.reporter AND kind = OLD.kind;
  DELETE FROM tellers WHERE domain = OLD.domain AND reporter = OLD.reporter AND kind = OLD.kind AND
    reports + set_aside = 0;
  UPDATE tellers SET first = (SELECT min(period_begin) FROM reports WHERE domain = OLD.domain AND
    reporter = OLD.reporter AND kind = OLD.kind)
  WHERE domain = OLD.domain AND reporter = OLD.reporter AND kind = OLD.kind AND
    first = OLD.period_begin;
  UPDATE tellers SET last = (SELECT max(period_end) FROM reports WHERE domain = OLD.domain AND
    reporter = OLD.reporter AND kind = OLD.kind)
  WHERE domain = OLD.domain AND reporter = OLD.reporter AND kind = OLD.kind AND
    last = OLD.period_end;
  UPDATE tellers SET (arrived, latest) = (SELECT arrived, id FROM reports WHERE
    domain = OLD.domain AND reporter = OLD.reporter AND kind = OLD.kind
    ORDER BY arrived DESC, id DESC LIMIT 1)
  WHERE domain = OLD.domain AND reporter = OLD.reporter AND kind = OLD.kind AND latest = OLD.id;
END;
CREATE VIEW tellers_again AS    -- what tellers must say
  SELECT domain, reporter, kind, sum(standing = 0) AS reports, sum(standing <> 0) AS set_aside,
    sum(remarks > 0) AS remarked, sum(schema = 0) AS rfc9990,
    sum(iif(standing = 0, messages, 0)) AS messages, min(period_begin) AS first,
    max(period_end) AS last, max(arrived) AS arrived,
    (SELECT id FROM reports AS one WHERE one.domain = reports.domain AND
      one.reporter = reports.reporter AND one.kind = reports.kind
      ORDER BY arrived DESC, id DESC LIMIT 1) AS latest,
    max(0, max(period_end - period_begin)) AS longest
  FROM reports GROUP BY domain, reporter, kind
;
CREATE TRIGGER tellers_stand AFTER UPDATE OF standing ON reports
  WHEN OLD.standing <> NEW.standing AND
    (OLD.domain, OLD.reporter, OLD.kind, OLD.period_begin, OLD.period_end, OLD.arrived, OLD.schema,
      OLD.messages, OLD.remarks) =
    (NEW.domain, NEW.reporter, NEW.kind, NEW.period_begin, NEW.period_end, NEW.arrived, NEW.schema,
      NEW.messages, NEW.remarks)
BEGIN
  UPDATE tellers SET reports = reports + (NEW.standing = 0) - (OLD.standing = 0),
    set_aside = set_aside + (NEW.standing <> 0) - (OLD.standing <> 0),
    messages = messages + iif(NEW.standing = 0, NEW.messages, 0) -
      iif(OLD.standing = 0, OLD.messages, 0)
  WHERE domain = OLD.domain AND reporter = OLD.reporter AND kind = OLD.kind;
END;
CREATE TRIGGER tellers_move AFTER UPDATE OF domain, reporter, kind, period_begin, period_end,
    arrived, schema, messages, remarks ON reports
  WHEN (OLD.domain, OLD.reporter, OLD.kind, OLD.period_begin, OLD.period_end, OLD.arrived,
      OLD.schema, OLD.messages, OLD.remarks) <>
    (NEW.domain, NEW.reporter, NEW.kind, NEW.period_begin, NEW.period_end, NEW.arrived, NEW.schema,
      NEW.messages, NEW.remarks)
BEGIN
  DELETE FROM tellers WHERE kind IN (OLD.kind, NEW.kind) AND
    (domain, reporter) IN (VALUES (OLD.domain, OLD.reporter), (NEW.domain, NEW.reporter));
  INSERT INTO tellers SELECT * FROM tellers_again WHERE kind IN (OLD.kind, NEW.kind) AND
    (domain, reporter) IN (VALUES (OLD.domain, OLD.reporter), (NEW.domain, NEW.reporter));
END;
COMMIT;
PRAGMA application_id=1095981394;
PRAGMA user_version=2;
