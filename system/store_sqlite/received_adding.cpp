#include <algorithm>
#include <functional>

#include "assay/base/sip_hash.h"
#include "assay/base/try.h"
#include "system/store_sqlite/detail/received_store.h"
#include "system/store_sqlite/detail/sqlite_store.h"

namespace assay::store_sqlite::detail {
namespace {

using store::Arrival;
using store::Decision;
using store::Neighbour;
using store::Placed;
using store::ReportKind;
using store::Standing;
using store::Verdict;

/// More messages than this are no report's: sums of them must not overflow.
constexpr std::uint64_t most_messages = 1'000'000'000'000'000;
constexpr std::size_t most_neighbours = 20;

std::uint64_t sessions_of(const std::vector<store::TlsPolicy>& policies) {
  std::uint64_t sum = 0;
  for (const store::TlsPolicy& each : policies) {
    for (const std::uint64_t part : {each.successful, each.failed}) {
      sum = std::min(most_messages + 1, sum + std::min(part, most_messages));
    }
  }
  return sum;
}

std::uint64_t messages_of(const Arrival& arrival) {
  switch (arrival.head.kind) {
    case ReportKind::aggregate:
      return std::min(arrival.records.messages(), most_messages + 1);
    case ReportKind::failure:
      return arrival.failure ? std::min(arrival.failure->incidents, most_messages + 1) : 0;
    case ReportKind::tls:
      return sessions_of(arrival.tls);
  }
  return 0;
}

/// No sum may overflow, whatever whoever decides says.
void hold_back_absurd(std::uint64_t messages, Decision& decision) {
  if (messages <= most_messages || decision.standing != Standing::counted) return;
  decision.standing = Standing::set_aside;
  decision.reason = "absurd";
}

std::int64_t remarks_of(const Arrival& arrival) {
  return std::ranges::count_if(arrival.remarks,
                               [](const store::Remark& each) { return each.level != Level::info; });
}

Neighbour neighbour_of(const Query& query, std::string_view digest) {
  return {.id = query.integer(0),
          .standing = static_cast<Standing>(query.integer(1)),
          .reason = query.text(2),
          .trust = static_cast<store::Trust>(query.integer(3)),
          .report_id = query.text(4),
          .begin = query.instant(5),
          .end = query.instant(6),
          .same_content = !digest.empty() && query.view(7) == digest};
}

Finding lost_records(const Database& database) {
  return {
      .code = "store_failed",
      .what = "store " + database.path() +
              ": records that were put aside on the disk cannot be read again; look at the disk"};
}

Expected<> collect(Query query, std::string_view digest, std::vector<Neighbour>& found) {
  while (query.next() && found.size() < 3 * most_neighbours) {
    Neighbour one = neighbour_of(query, digest);
    if (std::ranges::find(found, one.id, &Neighbour::id) == found.end()) {
      found.push_back(std::move(one));
    }
  }
  return query.result();
}

}  // namespace

// ---- Names -------------------------------------------------------------------------------------

Expected<> SqliteReceived::drop_stale_names() {
  // Another program may have taken rows away.
  ASSAY_TRY(version, database_->number("PRAGMA data_version"));
  constexpr std::size_t remembered = 100'000;
  if (version != data_version_ || names_.size() > remembered) names_.clear();
  data_version_ = version;
  return {};
}

Expected<std::int64_t> SqliteReceived::name_id(std::string_view name) {
  const auto known = names_.find(std::string(name));
  if (known != names_.end()) return known->second;
  ASSAY_TRY(found, database_->number("SELECT id FROM names WHERE name = ?", name));
  std::int64_t id = found;
  if (id == 0) {
    auto done = database_->run("INSERT INTO names (name) VALUES (?)", name);
    if (!done) return std::unexpected(std::move(done.error()));
    id = database_->last_id();
  }
  names_.emplace(name, id);
  return id;
}

// ---- Daily counts ------------------------------------------------------------------------------

void DailyChanges::count(std::int64_t domain, std::int64_t reporter, const store::Rollup& rollup,
                         Sign sign) {
  for (const auto& [place, messages] : rollup.counts()) {
    const auto change = static_cast<std::int64_t>(messages);
    for (const std::int64_t each : {domain, all_domains}) {
      changes_[{each, day_number(place.day), reporter, place.cell}] +=
          sign == Sign::add ? change : -change;
    }
  }
}

Expected<> DailyChanges::write_sums(Database& database) const {
  std::map<std::tuple<std::int64_t, std::int64_t, std::int64_t>, std::int64_t> sums;
  for (const auto& [place, change] : changes_) {
    const auto& [domain, day, reporter, cell] = place;
    sums[{domain, day, cell}] += change;
  }
  for (const auto& [place, change] : sums) {
    const auto& [domain, day, cell] = place;
    if (change == 0) continue;
    auto done = database.run(
        "INSERT INTO daily_sums VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO UPDATE "
        "SET messages = messages + ?4",
        domain, day, cell, change);
    if (done && change < 0) {
      done = database.run(
          "DELETE FROM daily_sums WHERE domain = ? AND day = ? AND cell = ? AND messages = 0",
          domain, day, cell);
    }
    if (!done) return done;
  }
  return {};
}

Expected<> DailyChanges::write(Database& database) const {
  if (auto done = write_sums(database); !done) return done;
  for (const auto& [place, change] : changes_) {
    const auto& [domain, day, reporter, cell] = place;
    if (change == 0) continue;
    auto done = database.run(
        "INSERT INTO daily VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT DO UPDATE "
        "SET messages = messages + ?5",
        domain, day, reporter, cell, change);
    if (done && change < 0) {
      done = database.run(
          "DELETE FROM daily WHERE domain = ? AND day = ? AND reporter = ? AND cell = ? AND "
          "messages = 0",
          domain, day, reporter, cell);
    }
    if (!done) return done;
  }
  for (const auto& [place, change] : tls_) {
    const auto& [domain, day, reporter, policy_type, result_type] = place;
    if (change == 0) continue;
    auto done = database.run(
        "INSERT INTO tls_daily VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT DO UPDATE "
        "SET sessions = sessions + ?6",
        domain, day, reporter, policy_type, result_type, change);
    if (done && change < 0) {
      done = database.run(
          "DELETE FROM tls_daily WHERE domain = ? AND day = ? AND reporter = ? AND "
          "policy_type = ? AND result_type = ? AND sessions = 0",
          domain, day, reporter, policy_type, result_type);
    }
    if (!done) return done;
  }
  return {};
}

Expected<> SqliteReceived::count_tls(const ReportRow& row,
                                     const std::vector<store::TlsPolicy>& policies,
                                     DailyChanges::Sign sign, DailyChanges& changes) {
  const store::Spread spread(row.begin, row.end);
  std::uint64_t number = 0;
  for (const store::TlsPolicy& policy : policies) {
    ASSAY_TRY(type, name_id(policy.type));
    const auto add = [&](std::string_view result, std::uint64_t sessions) -> Expected<> {
      ASSAY_TRY(word, name_id(result));
      for (std::size_t at = 0; at < spread.days(); ++at) {
        const auto share = static_cast<std::int64_t>(spread.share(sessions, number, at));
        changes.count_tls({row.domain, day_number(spread.day(at)), row.reporter, type, word},
                          sign == DailyChanges::Sign::add ? share : -share);
      }
      ++number;
      return {};
    };
    if (auto done = add("", policy.successful); !done) return done;
    // What the details do not explain is a failure all the same.
    std::uint64_t rest = policy.failed;
    for (const store::TlsFailure& failure : policy.failures) {
      const std::uint64_t part = std::min(rest, failure.sessions);
      rest -= part;
      if (auto done = add(failure.result_type, part); !done) return done;
    }
    if (auto done = add("unexplained", rest); !done) return done;
  }
  return {};
}

Expected<> SqliteReceived::count(const ReportRow& row, DailyChanges::Sign sign,
                                 DailyChanges& changes) {
  if (row.kind == ReportKind::tls) {
    Query query = database_->query("SELECT policies FROM tls WHERE report = ?", row.id);
    const std::string octets = query.next() ? query.text(0) : std::string();
    if (auto result = query.result(); !result) return result;
    return count_tls(row, read_tls(octets), sign, changes);
  }
  if (row.kind != ReportKind::aggregate) return {};
  ASSAY_TRY(policy, policy_of(*database_, row.id));
  store::Rollup rollup(std::move(policy), row.begin, row.end);
  auto done = each_chunk(*database_, row.id, [&](std::string_view chunk) {
    rollup.add(chunk);
    return true;
  });
  if (done) changes.count(row.domain, row.reporter, rollup, sign);
  return done;
}

Expected<> SqliteReceived::set_standing(const ReportRow& row, Standing standing,
                                        std::string_view reason, DailyChanges& changes) {
  Expected<> done;
  if (row.standing == Standing::counted && standing != Standing::counted) {
    done = count(row, DailyChanges::Sign::subtract, changes);
  } else if (row.standing != Standing::counted && standing == Standing::counted) {
    done = count(row, DailyChanges::Sign::add, changes);
  }
  if (!done) return done;
  return database_->run("UPDATE reports SET standing = ?, reason = ? WHERE id = ?",
                        static_cast<std::int64_t>(standing), reason, row.id);
}

// ---- Adding ------------------------------------------------------------------------------------

Expected<std::vector<Neighbour>> SqliteReceived::neighbours(const Arrival& arrival,
                                                            std::int64_t domain,
                                                            std::int64_t reporter) {
  const store::ReportHead& head = arrival.head;
  std::vector<Neighbour> found;
  auto done = collect(
      database_->query("SELECT id, standing, reason, trust, report_id, period_begin, period_end, "
                       "digest FROM reports WHERE digest = ? ORDER BY id LIMIT 20",
                       Blob{arrival.digest}),
      arrival.digest, found);
  if (done && !head.report_id.empty()) {
    done = collect(
        database_->query("SELECT id, standing, reason, trust, report_id, period_begin, "
                         "period_end, digest FROM reports WHERE report_id = ? AND reporter = ? "
                         "AND domain = ? ORDER BY id DESC LIMIT 20",
                         std::string_view(head.report_id), reporter, domain),
        arrival.digest, found);
  }
  if (done && head.kind != ReportKind::failure) {
    done = collect(
        database_->query("SELECT id, standing, reason, trust, report_id, period_begin, "
                         "period_end, digest FROM reports WHERE domain = ? AND reporter = ? AND "
                         "period_begin < ? AND period_begin > ? AND period_end > ? AND kind = ? "
                         "LIMIT 20",
                         domain, reporter, head.end, head.begin - store::Spread::longest,
                         head.begin, static_cast<std::int64_t>(head.kind)),
        arrival.digest, found);
  }
  if (!done) return std::unexpected(std::move(done.error()));
  return found;
}

Expected<> SqliteReceived::count_failure(const Arrival& arrival, std::int64_t domain,
                                         std::int64_t day, Sample fate) {
  const auto incidents =
      static_cast<std::int64_t>(std::min(arrival.failure->incidents, most_messages));
  // The row of all sources of a domain is named by what no address is.
  for (const std::string_view which :
       {std::string_view(arrival.failure->source_ip), std::string_view("*")}) {
    auto done = database_->run(
        "INSERT INTO failure_counts VALUES (?1, ?2, ?3, 1, ?4, ?5) ON CONFLICT DO UPDATE SET "
        "came = came + 1, kept = kept + ?4, incidents = min(incidents + ?5, 1000000000000000)",
        domain, day, which, std::int64_t{fate == Sample::kept ? 1 : 0}, incidents);
    if (!done) return done;
  }
  return {};
}

Expected<SqliteReceived::Sample> SqliteReceived::sample(const Arrival& arrival, std::int64_t domain,
                                                        const store::Sampling& sampling) {
  const auto hash =
      static_cast<std::int64_t>(SipHash(HashKey{})(arrival.digest + arrival.head.report_id));
  ASSAY_TRY(known, database_->number("SELECT count(*) FROM sampled WHERE hash = ?", hash));
  if (known != 0) {
    auto done = add_number(*database_, "duplicates", 1);
    if (!done) return std::unexpected(std::move(done.error()));
    return Sample::known;
  }
  const std::int64_t day = day_number(std::chrono::floor<std::chrono::days>(arrival.head.begin));
  constexpr const char* came =
      "SELECT came FROM failure_counts WHERE domain = ? AND day = ? AND source = ?";
  ASSAY_TRY(of_source,
            database_->number(came, domain, day, std::string_view(arrival.failure->source_ip)));
  ASSAY_TRY(of_domain, database_->number(came, domain, day, std::string_view("*")));
  const auto keeps = [](std::int64_t before, std::uint64_t limit) {
    const std::uint64_t now = static_cast<std::uint64_t>(before) + 1;
    return now <= limit || (now & (now - 1)) == 0;
  };
  const Sample fate = keeps(of_source, sampling.per_source) && keeps(of_domain, sampling.per_domain)
                          ? Sample::kept
                          : Sample::counted;
  auto done = count_failure(arrival, domain, day, fate);
  if (done && fate == Sample::counted) {
    done = database_->run("INSERT INTO sampled VALUES (?, ?, ?)", hash, domain, day);
    if (done) done = add_number(*database_, "sampled_out", 1);
  }
  if (!done) return std::unexpected(std::move(done.error()));
  return fate;
}

Expected<> SqliteReceived::insert_facts(const ReportRow& row, const Arrival& arrival,
                                        DailyChanges& changes) {
  const bool counted = row.standing == Standing::counted;
  Expected<> done;
  if (row.kind == ReportKind::aggregate) {
    store::Rollup rollup(arrival.head.policy, row.begin, row.end);
    std::int64_t id = row.id << chunk_bits;
    for (const std::string& chunk : arrival.records.chunks()) {
      if (chunk.empty()) return std::unexpected(lost_records(*database_));
      done = database_->run("INSERT INTO chunks VALUES (?, ?)", id++, Blob{chunk});
      if (!done) return done;
      if (counted) rollup.add(chunk);
    }
    if (counted) changes.count(row.domain, row.reporter, rollup, DailyChanges::Sign::add);
  } else if (row.kind == ReportKind::failure && arrival.failure) {
    const std::string facts = write_failure(*arrival.failure);
    done = database_->run("INSERT INTO failures VALUES (?, ?)", row.id, Blob{facts});
    if (done && !arrival.failure->original_header.empty()) {
      done = database_->run("INSERT INTO originals VALUES (?, ?)", row.id,
                            Blob{arrival.failure->original_header});
    }
  } else if (row.kind == ReportKind::tls) {
    const std::string policies = write_tls(arrival.tls);
    done = database_->run("INSERT INTO tls VALUES (?, ?)", row.id, Blob{policies});
    if (done && counted) done = count_tls(row, arrival.tls, DailyChanges::Sign::add, changes);
  }
  return done;
}

Expected<std::int64_t> SqliteReceived::insert_report(const Arrival& arrival,
                                                     const Decision& decision, std::int64_t domain,
                                                     std::int64_t reporter) {
  const store::ReportHead& head = arrival.head;
  ASSAY_TRY(raw, keep_raw(arrival));
  const std::string octets =
      write_head(head, arrival.authenticity, arrival.remarks, decision.remarks);
  auto done = database_->run(
      "INSERT INTO reports (kind, standing, reason, of, domain, reporter, report_id, "
      "period_begin, period_end, arrived, seen_last, seen, channel, trust, schema, records, "
      "messages, remarks, raw, member, digest, head) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1, "
      "?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
      static_cast<std::int64_t>(head.kind), static_cast<std::int64_t>(decision.standing),
      std::string_view(decision.reason), decision.of, domain, reporter,
      std::string_view(head.report_id), head.begin, head.end, arrival.arrived, arrival.arrived,
      static_cast<std::int64_t>(arrival.channel),
      static_cast<std::int64_t>(arrival.authenticity.trust), static_cast<std::int64_t>(head.schema),
      arrival.records.records(), messages_of(arrival), remarks_of(arrival), raw,
      std::string_view(arrival.raw.member), Blob{arrival.digest}, Blob{octets});
  if (!done) return std::unexpected(std::move(done.error()));
  return database_->last_id();
}

Expected<> SqliteReceived::mark_seen(const Arrival& arrival, std::int64_t id) {
  auto done = database_->run(
      "UPDATE reports SET seen = seen + 1, seen_last = max(seen_last, ?) WHERE id = ?",
      arrival.arrived, id);
  return done ? add_number(*database_, "duplicates", 1) : done;
}

/// The arrival as a report of its own, in the place of the one it supersedes.
Expected<std::int64_t> SqliteReceived::put_in(const Arrival& arrival, const Decision& decision,
                                              std::int64_t domain, std::int64_t reporter,
                                              DailyChanges& changes) {
  if (decision.supersedes != 0) {
    ASSAY_TRY(old, report_row(*database_, decision.supersedes));
    auto done = set_standing(old, Standing::set_aside, store::reason_superseded, changes);
    if (!done) return std::unexpected(std::move(done.error()));
  }
  ASSAY_TRY(id, insert_report(arrival, decision, domain, reporter));
  auto done = insert_facts({.id = id,
                            .kind = arrival.head.kind,
                            .standing = decision.standing,
                            .domain = domain,
                            .reporter = reporter,
                            .begin = arrival.head.begin,
                            .end = arrival.head.end},
                           arrival, changes);
  if (!done) return std::unexpected(std::move(done.error()));
  return id;
}

Expected<Placed> SqliteReceived::add_one(const Arrival& arrival, const store::Decide& decide,
                                         const store::Sampling& sampling, DailyChanges& changes) {
  ASSAY_TRY(domain, name_id(arrival.head.policy_domain));
  ASSAY_TRY(reporter, name_id(arrival.head.reporter));
  ASSAY_TRY(known, neighbours(arrival, domain, reporter));
  Decision decision = decide(arrival, known);
  hold_back_absurd(messages_of(arrival), decision);
  Placed placed{.verdict = decision.verdict,
                .standing = decision.standing,
                .reason = decision.reason,
                .of = decision.of,
                .remarks = decision.remarks};
  if (decision.verdict == Verdict::duplicate) {
    placed.id = decision.of;
    auto done = mark_seen(arrival, decision.of);
    if (!done) return std::unexpected(std::move(done.error()));
    return placed;
  }
  if (arrival.head.kind == ReportKind::failure && arrival.failure) {
    ASSAY_TRY(fate, sample(arrival, domain, sampling));
    placed.sampled_out = fate != Sample::kept;
    if (fate == Sample::known) placed.verdict = Verdict::duplicate;
    if (fate != Sample::kept) return placed;
  }
  ASSAY_TRY(id, put_in(arrival, decision, domain, reporter, changes));
  placed.id = id;
  return placed;
}

Expected<std::vector<Placed>> SqliteReceived::add(std::span<const Arrival> arrivals,
                                                  const store::Decide& decide,
                                                  const store::Sampling& sampling) {
  return writing([&]() -> Expected<std::vector<Placed>> {
    if (auto fresh = drop_stale_names(); !fresh) return std::unexpected(std::move(fresh.error()));
    DailyChanges changes;
    std::vector<Placed> placed;
    for (const Arrival& arrival : arrivals) {
      ASSAY_TRY(one, add_one(arrival, decide, sampling, changes));
      placed.push_back(std::move(one));
    }
    if (auto done = changes.write(*database_); !done) {
      return std::unexpected(std::move(done.error()));
    }
    return placed;
  });
}

Expected<> SqliteReceived::stand(std::int64_t id, Standing standing, std::string_view reason) {
  return writing([&]() -> Expected<> {
    if (auto fresh = drop_stale_names(); !fresh) return fresh;
    ASSAY_TRY(row, report_row(*database_, id));
    DailyChanges changes;
    if (auto done = set_standing(row, standing, reason, changes); !done) return done;
    return changes.write(*database_);
  });
}

Expected<> SqliteReceived::remove_facts(const ReportRow& row, DailyChanges& changes) {
  Expected<> done;
  if (row.standing == Standing::counted) done = count(row, DailyChanges::Sign::subtract, changes);
  const std::int64_t first = row.id << chunk_bits;
  const std::int64_t after = (row.id + 1) << chunk_bits;
  if (done) done = database_->run("DELETE FROM chunks WHERE id >= ? AND id < ?", first, after);
  if (done) done = database_->run("DELETE FROM failures WHERE report = ?", row.id);
  if (done) done = database_->run("DELETE FROM originals WHERE report = ?", row.id);
  if (done) done = database_->run("DELETE FROM tls WHERE report = ?", row.id);
  return done;
}

Expected<> SqliteReceived::replace(std::int64_t id, const Arrival& arrival) {
  return writing([&]() -> Expected<> {
    if (auto fresh = drop_stale_names(); !fresh) return fresh;
    ASSAY_TRY(row, report_row(*database_, id));
    DailyChanges changes;
    if (auto done = remove_facts(row, changes); !done) return done;
    const store::ReportHead& head = arrival.head;
    ASSAY_TRY(domain, name_id(head.policy_domain));
    ASSAY_TRY(reporter, name_id(head.reporter));
    const std::uint64_t messages = messages_of(arrival);
    Decision decision{.standing = arrival.standing, .reason = arrival.reason};
    hold_back_absurd(messages, decision);
    const std::string octets = write_head(head, arrival.authenticity, arrival.remarks, {});
    auto done = database_->run(
        "UPDATE reports SET kind = ?, standing = ?, reason = ?, domain = ?, reporter = ?, "
        "report_id = ?, period_begin = ?, period_end = ?, schema = ?, records = ?, messages = ?, "
        "remarks = ?, digest = ?, head = ? WHERE id = ?",
        static_cast<std::int64_t>(head.kind), static_cast<std::int64_t>(decision.standing),
        std::string_view(decision.reason), domain, reporter, std::string_view(head.report_id),
        head.begin, head.end, static_cast<std::int64_t>(head.schema), arrival.records.records(),
        messages, remarks_of(arrival), Blob{arrival.digest}, Blob{octets}, id);
    if (!done) return done;
    done = insert_facts({.id = id,
                         .kind = head.kind,
                         .standing = decision.standing,
                         .domain = domain,
                         .reporter = reporter,
                         .begin = head.begin,
                         .end = head.end},
                        arrival, changes);
    return done ? changes.write(*database_) : done;
  });
}

}  // namespace assay::store_sqlite::detail
