#include <algorithm>

#include "assay/base/try.h"
#include "system/store_sqlite/detail/received_store.h"

namespace assay::store_sqlite::detail {
namespace {

using store::Raw;
using store::ReceivedReport;

/// A word of a column, or the first one in a damaged file.
template <class Enum>
Enum word(const Query& query, int column, Enum last) {
  const std::int64_t value = query.integer(column);
  return value < 0 || value > static_cast<std::int64_t>(last) ? Enum{} : static_cast<Enum>(value);
}

ReceivedReport report_of(const Query& query) {
  ReceivedReport report;
  int at = 0;
  report.id = query.integer(at++);
  report.head.kind = word(query, at++, store::ReportKind::tls);
  report.standing = word(query, at++, store::Standing::set_aside);
  report.reason = query.text(at++);
  report.of = query.integer(at++);
  report.head.policy_domain = query.text(at++);
  report.head.reporter = query.text(at++);
  report.head.report_id = query.text(at++);
  report.head.begin = query.instant(at++);
  report.head.end = query.instant(at++);
  report.arrived = query.instant(at++);
  report.seen_last = query.instant(at++);
  report.seen = query.count(at++);
  report.channel = word(query, at++, store::Channel::upload);
  report.authenticity.trust = word(query, at++, store::Trust::forged);
  report.head.schema = word(query, at++, aggregate::Schema::rfc7489);
  report.records = query.count(at++);
  report.messages = query.count(at++);
  report.has_raw = query.integer(at++) != 0;
  read_head(query.view(at), report);
  return report;
}

// Reports of a filter, as told; the same along the index of tellers' reports.
constexpr const char* forward =
    "SELECT * FROM told WHERE id > ?1 AND (?2 < 0 OR kind = ?2) AND (?3 < 0 OR standing = ?3) "
    "AND (?4 = '' OR domain = ?4) AND (?5 = '' OR reporter = ?5) AND "
    "period_end > ?6 AND period_begin < ?7 ORDER BY id LIMIT ?8";
constexpr const char* backward =
    "SELECT * FROM told WHERE id < ?1 AND (?2 < 0 OR kind = ?2) AND (?3 < 0 OR standing = ?3) "
    "AND (?4 = '' OR domain = ?4) AND (?5 = '' OR reporter = ?5) AND "
    "period_end > ?6 AND period_begin < ?7 ORDER BY id DESC LIMIT ?8";
constexpr const char* forward_along =
    "SELECT * FROM told WHERE id IN (SELECT reports.id FROM tellers CROSS JOIN reports ON "
    "reports.domain = tellers.domain AND reports.reporter = tellers.reporter AND reports.kind = "
    "tellers.kind WHERE reports.id > ?1 AND (?2 < 0 OR tellers.kind = ?2) AND (?3 < 0 OR standing "
    "= "
    "?3) AND (?4 = '' OR tellers.domain = (SELECT id FROM names WHERE name = ?4)) AND (?5 = '' OR "
    "tellers.reporter = (SELECT id FROM names WHERE name = ?5)) AND period_end > ?6 AND "
    "period_begin < ?7 AND period_begin >= ?6 - longest ORDER BY reports.id LIMIT ?8) ORDER BY id";
constexpr const char* backward_along =
    "SELECT * FROM told WHERE id IN (SELECT reports.id FROM tellers CROSS JOIN reports ON "
    "reports.domain = tellers.domain AND reports.reporter = tellers.reporter AND reports.kind = "
    "tellers.kind WHERE reports.id < ?1 AND (?2 < 0 OR tellers.kind = ?2) AND (?3 < 0 OR standing "
    "= "
    "?3) AND (?4 = '' OR tellers.domain = (SELECT id FROM names WHERE name = ?4)) AND (?5 = '' OR "
    "tellers.reporter = (SELECT id FROM names WHERE name = ?5)) AND period_end > ?6 AND "
    "period_begin < ?7 AND period_begin >= ?6 - longest ORDER BY reports.id DESC LIMIT ?8) ORDER "
    "BY "
    "id DESC";

Finding unknown(const Database& database, std::int64_t id) {
  return {.code = "store_unknown",
          .what = "store " + database.path() + ": there is no report " + std::to_string(id)};
}

}  // namespace

Expected<ReportRow> report_row(Database& database, std::int64_t id) {
  Query query = database.query(
      "SELECT kind, standing, domain, reporter, period_begin, period_end FROM reports "
      "WHERE id = ?",
      id);
  if (query.next()) {
    return ReportRow{.id = id,
                     .kind = word(query, 0, store::ReportKind::tls),
                     .standing = word(query, 1, store::Standing::set_aside),
                     .domain = query.integer(2),
                     .reporter = query.integer(3),
                     .begin = query.instant(4),
                     .end = query.instant(5)};
  }
  if (auto result = query.result(); !result) return std::unexpected(std::move(result.error()));
  return std::unexpected(unknown(database, id));
}

Expected<> each_chunk(Database& database, std::int64_t report,
                      const std::function<bool(std::string_view chunk)>& show) {
  const std::int64_t first = report << chunk_bits;
  const std::int64_t after = (report + 1) << chunk_bits;
  Query query = database.query("SELECT octets FROM chunks WHERE id >= ? AND id < ? ORDER BY id",
                               first, after);
  while (query.next()) {
    if (!show(query.view(0))) return {};
  }
  return query.result();
}

Expected<aggregate::PolicyPublished> policy_of(Database& database, std::int64_t report) {
  Query query = database.query("SELECT head FROM reports WHERE id = ?", report);
  ReceivedReport found;
  if (query.next()) read_head(query.view(0), found);
  if (auto result = query.result(); !result) return std::unexpected(std::move(result.error()));
  return std::move(found.head.policy);
}

Expected<std::vector<ReceivedReport>> SqliteReceived::reports(const store::ReportFilter& filter) {
  return reading([&]() -> Expected<std::vector<ReceivedReport>> {
    const std::int64_t kind = filter.kind ? static_cast<std::int64_t>(*filter.kind) : -1;
    const std::int64_t standing =
        filter.standing ? static_cast<std::int64_t>(*filter.standing) : -1;
    const Instant from = filter.from.value_or(Instant::min());
    const Instant until = filter.until.value_or(Instant::max());
    const bool back = filter.before != 0;
    // Of one domain, or of some days, they are found along the index of tellers' reports.
    const bool along = !filter.policy_domain.empty() || (filter.from && filter.until);
    Query query = database_->query(
        along ? (back ? backward_along : forward_along) : (back ? backward : forward),
        back ? filter.before : filter.after, kind, standing, std::string_view(filter.policy_domain),
        std::string_view(filter.reporter), from, until, filter.limit);
    std::vector<ReceivedReport> found;
    while (query.next()) found.push_back(report_of(query));
    if (auto result = query.result(); !result) return std::unexpected(std::move(result.error()));
    return found;
  });
}

Expected<ReceivedReport> SqliteReceived::report(std::int64_t id) {
  return reading([&]() -> Expected<ReceivedReport> {
    Query query = database_->query("SELECT * FROM told WHERE id = ?", id);
    if (query.next()) return report_of(query);
    if (auto result = query.result(); !result) return std::unexpected(std::move(result.error()));
    return std::unexpected(unknown(*database_, id));
  });
}

Expected<Raw> SqliteReceived::raw(std::int64_t id) {
  return reading([&]() -> Expected<Raw> {
    ASSAY_TRY(row, report_row(*database_, id));
    Query query = database_->query(
        "SELECT octets, name, member FROM reports JOIN raws ON raws.id = raw WHERE reports.id = ?",
        row.id);
    Raw raw;
    if (query.next()) {
      raw = {.octets = query.text(0), .name = query.text(1), .member = query.text(2)};
    }
    if (auto result = query.result(); !result) return std::unexpected(std::move(result.error()));
    return raw;
  });
}

Expected<> SqliteReceived::each_record(std::int64_t id, const ShowRecord& show) {
  // `show` may call the Store: each chunk is copied out before it is shown.
  std::int64_t next = id << chunk_bits;
  const std::int64_t after = (id + 1) << chunk_bits;
  if (auto there = report(id); !there) return std::unexpected(std::move(there.error()));
  while (true) {
    auto chunk = reading([&]() -> Expected<std::string> {
      Query query = database_->query(
          "SELECT id, octets FROM chunks WHERE id >= ? AND id < ? ORDER BY id LIMIT 1", next,
          after);
      std::string octets;
      if (query.next()) {
        next = query.integer(0) + 1;
        octets = query.text(1);
      }
      if (auto result = query.result(); !result) return std::unexpected(std::move(result.error()));
      return octets;
    });
    if (!chunk) return std::unexpected(std::move(chunk.error()));
    if (chunk->empty()) return {};
    store::ChunkReader reader(*chunk);
    store::PackedRecord packed;
    while (reader.next(packed)) {
      if (!show(reader.record(packed))) return {};
    }
  }
}

Expected<store::FailureFacts> SqliteReceived::failure(std::int64_t id) {
  return reading([&]() -> Expected<store::FailureFacts> {
    ASSAY_TRY(row, report_row(*database_, id));
    Query query = database_->query(
        "SELECT facts, ifnull(octets, x'') FROM failures LEFT JOIN originals USING (report) "
        "WHERE failures.report = ?",
        row.id);
    store::FailureFacts facts;
    if (query.next()) {
      facts = read_failure(query.view(0));
      facts.original_header = query.text(1);
    }
    if (auto result = query.result(); !result) return std::unexpected(std::move(result.error()));
    return facts;
  });
}

Expected<std::vector<store::TlsPolicy>> SqliteReceived::tls(std::int64_t id) {
  return reading([&]() -> Expected<std::vector<store::TlsPolicy>> {
    ASSAY_TRY(row, report_row(*database_, id));
    Query query = database_->query("SELECT policies FROM tls WHERE report = ?", row.id);
    std::vector<store::TlsPolicy> policies;
    if (query.next()) policies = read_tls(query.view(0));
    if (auto result = query.result(); !result) return std::unexpected(std::move(result.error()));
    return policies;
  });
}

}  // namespace assay::store_sqlite::detail
