#include <algorithm>
#include <set>

#include "assay/base/try.h"
#include "system/store/source_sums.h"
#include "system/store_sqlite/detail/received_store.h"

namespace assay::store_sqlite::detail {
namespace {

using store::DailyCount;
using store::Days;

/// The name of a number. A question meets few of them often.
class NameReader {
 public:
  explicit NameReader(Database& database) : database_(database) {}

  Expected<std::string> operator()(std::int64_t id) {
    const auto known = names_.find(id);
    if (known != names_.end()) return known->second;
    Query query = database_.query("SELECT name FROM names WHERE id = ?", id);
    std::string name = query.next() ? query.text(0) : std::string();
    if (auto result = query.result(); !result) return std::unexpected(std::move(result.error()));
    names_.emplace(id, name);
    return name;
  }

 private:
  Database& database_;
  std::unordered_map<std::int64_t, std::string> names_ = {};
};

/// What is asked of the daily counts, by numbers; what is not told apart is 0.
struct Group {
  std::int64_t domain = 0;
  std::int64_t day = 0;
  std::int64_t reporter = 0;
  std::int64_t cell = 0;
  friend bool operator==(const Group&, const Group&) = default;
};
struct GroupHash {
  std::size_t operator()(const Group& group) const {
    std::uint64_t hash = 0;
    for (const std::int64_t part : {group.domain, group.day, group.reporter, group.cell}) {
      hash = (hash ^ static_cast<std::uint64_t>(part)) * 0x9e3779b97f4a7c15U;
      hash ^= hash >> 29U;
    }
    return hash;
  }
};
using Sums = std::unordered_map<Group, std::uint64_t, GroupHash>;

Expected<> sum_domain(Database& database, const store::DailyQuery& asked, std::int64_t domain,
                      Sums& sums) {
  const std::int64_t from = day_number(asked.days.from);
  const std::int64_t until = day_number(asked.days.until);
  Query query = asked.by_reporter
                    ? database.query(
                          "SELECT day, cell, messages, reporter FROM daily WHERE domain = ? AND "
                          "day >= ? AND day < ?",
                          domain, from, until)
                    : database.query(
                          "SELECT day, cell, messages, 0 FROM daily_sums WHERE domain = ? AND "
                          "day >= ? AND day < ?",
                          domain, from, until);
  while (query.next()) {
    const Group group{.domain = asked.by_domain ? domain : 0,
                      .day = asked.by_day ? query.integer(0) : 0,
                      .reporter = query.integer(3),
                      .cell = asked.by_cell ? query.integer(1) : 0};
    sums[group] += query.count(2);
  }
  return query.result();
}

constexpr std::int64_t longest_period = std::chrono::seconds(store::Spread::longest).count();

/// The id of one domain, or those of all that have reports.
Expected<std::vector<std::int64_t>> domain_ids(Database& database, std::string_view name) {
  std::vector<std::int64_t> ids;
  const auto take = [&](Query query) -> Expected<> {
    while (query.next()) ids.push_back(query.integer(0));
    return query.result();
  };
  auto done = name.empty() ? take(database.query("SELECT DISTINCT domain FROM tellers"))
                           : take(database.query("SELECT id FROM names WHERE name = ?", name));
  if (!done) return std::unexpected(std::move(done.error()));
  return ids;
}

}  // namespace

Expected<std::vector<DailyCount>> SqliteReceived::daily(const store::DailyQuery& asked) {
  return reading([&]() -> Expected<std::vector<DailyCount>> {
    std::vector<std::int64_t> domains = {all_domains};
    if (asked.by_domain || !asked.policy_domain.empty()) {
      ASSAY_TRY(named, domain_ids(*database_, asked.policy_domain));
      domains = std::move(named);
    }
    Sums sums;
    for (const std::int64_t domain : domains) {
      if (auto done = sum_domain(*database_, asked, domain, sums); !done) {
        return std::unexpected(std::move(done.error()));
      }
    }
    NameReader names(*database_);
    std::vector<DailyCount> counts;
    counts.reserve(sums.size());
    for (const auto& [group, messages] : sums) {
      DailyCount one{.day = day_of(group.day),
                     .cell = store::cell_of(static_cast<std::uint32_t>(group.cell)),
                     .messages = messages};
      if (group.domain != 0) {
        ASSAY_TRY(name, names(group.domain));
        one.policy_domain = std::move(name);
      }
      if (group.reporter != 0) {
        ASSAY_TRY(name, names(group.reporter));
        one.reporter = std::move(name);
      }
      counts.push_back(std::move(one));
    }
    std::ranges::sort(counts);
    return counts;
  });
}

Expected<std::vector<store::SourceCount>> SqliteReceived::sources(const store::SourceQuery& asked) {
  return reading([&]() -> Expected<std::vector<store::SourceCount>> {
    store::SourceSums sums(asked);
    const Instant from = asked.days.from;
    const Instant until = asked.days.until;
    Query query = database_->query(
        "SELECT reports.id, period_begin, period_end, head FROM tellers CROSS JOIN reports ON "
        "reports.domain = tellers.domain AND reports.reporter = tellers.reporter AND "
        "reports.kind = 0 WHERE tellers.domain = (SELECT id FROM names WHERE name = ?) AND "
        "tellers.kind = 0 AND standing = 0 AND period_begin < ? AND period_begin >= ? - "
        "min(longest, ?) AND (period_end > ? OR period_begin >= ?)",
        std::string_view(asked.policy_domain), until, from, longest_period, from, from);
    while (query.next()) {
      store::ReceivedReport report;
      read_head(query.view(3), report);
      sums.begin(report.head.policy, query.instant(1), query.instant(2));
      auto done = each_chunk(*database_, query.integer(0), [&](std::string_view chunk) {
        sums.add(chunk);
        return true;
      });
      if (!done) return std::unexpected(std::move(done.error()));
    }
    if (auto result = query.result(); !result) return std::unexpected(std::move(result.error()));
    return sums.counts();
  });
}

Expected<store::ReportTally> SqliteReceived::tally(std::string_view policy_domain,
                                                   const Days& days) {
  return reading([&]() -> Expected<store::ReportTally> {
    const Instant from = days.from;
    const Instant until = days.until;
    Query query = database_->query(
        "SELECT tellers.reporter, sum(standing = 0), sum(standing <> 0) FROM tellers CROSS JOIN "
        "reports ON reports.domain = tellers.domain AND reports.reporter = tellers.reporter AND "
        "reports.kind = 0 WHERE (?1 = '' OR tellers.domain = (SELECT id FROM names WHERE name = "
        "?1)) AND tellers.kind = 0 AND period_begin < ?2 AND period_begin >= ?4 - min(longest, ?3) "
        "AND (period_end > ?4 OR period_begin >= ?4) GROUP BY tellers.domain, tellers.reporter",
        policy_domain, until, longest_period, from);
    store::ReportTally tally;
    std::set<std::int64_t> reporters;
    while (query.next()) {
      tally.counted += query.count(1);
      tally.set_aside += query.count(2);
      if (query.count(1) > 0) reporters.insert(query.integer(0));
    }
    if (auto result = query.result(); !result) return std::unexpected(std::move(result.error()));
    tally.reporters = reporters.size();
    return tally;
  });
}

Expected<std::vector<std::string>> SqliteReceived::policy_domains() {
  return reading([&]() -> Expected<std::vector<std::string>> {
    ASSAY_TRY(ids, domain_ids(*database_, ""));
    NameReader reader(*database_);
    std::vector<std::string> names;
    for (const std::int64_t id : ids) {
      ASSAY_TRY(name, reader(id));
      if (!name.empty()) names.push_back(std::move(name));
    }
    std::ranges::sort(names);
    return names;
  });
}

Expected<std::vector<store::ReporterCount>> SqliteReceived::reporters(
    std::string_view policy_domain) {
  return reading([&]() -> Expected<std::vector<store::ReporterCount>> {
    NameReader names(*database_);
    std::vector<store::ReporterCount> found;
    Query query = database_->query(
        "SELECT tellers.domain, tellers.reporter, tellers.kind, reports, set_aside, remarked, "
        "rfc9990, tellers.messages, first, last, tellers.arrived, head FROM tellers LEFT JOIN "
        "reports ON reports.id = latest WHERE ?1 = '' OR tellers.domain = (SELECT id FROM names "
        "WHERE name = ?1)",
        policy_domain);
    while (query.next()) {
      store::ReceivedReport latest;
      read_head(query.view(11), latest);
      ASSAY_TRY(domain, names(query.integer(0)));
      ASSAY_TRY(reporter, names(query.integer(1)));
      found.push_back({.reporter = std::move(reporter),
                       .org_name = std::move(latest.head.org_name),
                       .policy_domain = std::move(domain),
                       .kind = static_cast<store::ReportKind>(query.integer(2)),
                       .reports = query.count(3),
                       .set_aside = query.count(4),
                       .remarked = query.count(5),
                       .rfc9990 = query.count(6),
                       .messages = query.count(7),
                       .first = query.instant(8),
                       .last = query.instant(9),
                       .arrived = query.instant(10)});
    }
    if (auto result = query.result(); !result) return std::unexpected(std::move(result.error()));
    std::ranges::sort(found, {}, [](const store::ReporterCount& each) {
      return std::tie(each.reporter, each.policy_domain, each.kind);
    });
    return found;
  });
}

Expected<std::vector<store::FailureCount>> SqliteReceived::failure_counts(
    std::string_view policy_domain, const Days& days) {
  return reading([&]() -> Expected<std::vector<store::FailureCount>> {
    Query query = database_->query(
        "SELECT name, day, source, came, kept, incidents FROM failure_counts JOIN names ON id = "
        "domain WHERE (?1 = '' OR name = ?1) AND day >= ?2 AND day < ?3 AND source <> '*' "
        "ORDER BY name, day, source",
        policy_domain, day_number(days.from), day_number(days.until));
    std::vector<store::FailureCount> found;
    while (query.next()) {
      found.push_back({.policy_domain = query.text(0),
                       .source_ip = query.text(2),
                       .day = day_of(query.integer(1)),
                       .came = query.count(3),
                       .kept = query.count(4),
                       .incidents = query.count(5)});
    }
    if (auto result = query.result(); !result) return std::unexpected(std::move(result.error()));
    return found;
  });
}

Expected<std::vector<store::TlsCount>> SqliteReceived::tls_counts(std::string_view policy_domain,
                                                                  const Days& days) {
  return reading([&]() -> Expected<std::vector<store::TlsCount>> {
    NameReader names(*database_);
    Query query = database_->query(
        "SELECT domain, day, reporter, policy_type, result_type, sessions FROM tls_daily WHERE "
        "(?1 = '' OR domain = (SELECT id FROM names WHERE name = ?1)) AND day >= ?2 AND day < ?3",
        policy_domain, day_number(days.from), day_number(days.until));
    std::vector<store::TlsCount> found;
    while (query.next()) {
      ASSAY_TRY(domain, names(query.integer(0)));
      ASSAY_TRY(reporter, names(query.integer(2)));
      ASSAY_TRY(type, names(query.integer(3)));
      ASSAY_TRY(result, names(query.integer(4)));
      found.push_back({.policy_domain = std::move(domain),
                       .day = day_of(query.integer(1)),
                       .reporter = std::move(reporter),
                       .policy_type = std::move(type),
                       .result_type = std::move(result),
                       .sessions = query.count(5)});
    }
    if (auto result = query.result(); !result) return std::unexpected(std::move(result.error()));
    std::ranges::sort(found);
    return found;
  });
}

}  // namespace assay::store_sqlite::detail
