#include <algorithm>
#include <map>

#include "assay/base/try.h"
#include "system/store/source_sums.h"
#include "system/store_sqlite/detail/received_store.h"

namespace assay::store_sqlite::detail {
namespace {

using store::DailyCount;
using store::Days;
using store::Standing;

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
  Query query = database.query(
      "SELECT day, reporter, cell, messages FROM daily WHERE domain = ? AND day >= ? AND day < ?",
      domain, day_number(asked.days.from), day_number(asked.days.until));
  while (query.next()) {
    const Group group{.domain = asked.by_domain ? domain : 0,
                      .day = asked.by_day ? query.integer(0) : 0,
                      .reporter = asked.by_reporter ? query.integer(1) : 0,
                      .cell = asked.by_cell ? query.integer(2) : 0};
    sums[group] += query.count(3);
  }
  return query.result();
}

/// The id of one domain, or those of all that have reports.
Expected<std::vector<std::int64_t>> domain_ids(Database& database, std::string_view name) {
  std::vector<std::int64_t> ids;
  const auto take = [&](Query query) -> Expected<> {
    while (query.next()) ids.push_back(query.integer(0));
    return query.result();
  };
  // Skips from one domain to the next along the index, which is much shorter than the reports.
  auto done =
      name.empty()
          ? take(database.query(
                "WITH RECURSIVE one (id) AS (SELECT min(domain) FROM reports UNION ALL SELECT "
                "(SELECT min(domain) FROM reports WHERE domain > one.id) FROM one WHERE one.id "
                "IS NOT NULL) SELECT id FROM one WHERE id IS NOT NULL"))
          : take(database.query("SELECT id FROM names WHERE name = ?", name));
  if (!done) return std::unexpected(std::move(done.error()));
  return ids;
}

}  // namespace

Expected<std::vector<DailyCount>> SqliteReceived::daily(const store::DailyQuery& asked) {
  return reading([&]() -> Expected<std::vector<DailyCount>> {
    ASSAY_TRY(domains, domain_ids(*database_, asked.policy_domain));
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
        "SELECT reports.id, period_begin, period_end, head FROM reports JOIN names ON names.id = "
        "domain WHERE name = ? AND kind = 0 AND standing = 0 AND period_begin < ? AND "
        "period_begin > ? AND (period_end > ? OR period_begin >= ?)",
        std::string_view(asked.policy_domain), until, from - store::Spread::longest, from, from);
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

Expected<std::vector<std::string>> SqliteReceived::policy_domains() {
  return reading([&]() -> Expected<std::vector<std::string>> {
    ASSAY_TRY(ids, domain_ids(*database_, ""));
    NameReader reader(*database_);
    std::vector<std::string> names;
    for (const std::int64_t id : ids) {
      ASSAY_TRY(name, reader(id));
      names.push_back(std::move(name));
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
    // With max(arrived) the bare column head is that of the latest report (as SQLite has it).
    Query query = database_->query(
        "SELECT domain, reporter, kind, sum(standing = 0), sum(standing <> 0), sum(remarks > 0), "
        "sum(schema = 0), sum(CASE WHEN standing = 0 THEN messages ELSE 0 END), "
        "min(period_begin), max(period_end), max(arrived), head FROM reports WHERE ?1 = '' OR "
        "domain = (SELECT id FROM names WHERE name = ?1) GROUP BY domain, reporter, kind",
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
