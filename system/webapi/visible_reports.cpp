#include "system/webapi/visible_reports.h"

#include <algorithm>
#include <map>
#include <tuple>

#include "assay/base/try.h"

namespace assay::webapi {
namespace {

std::unexpected<Finding> unchangeable() {
  return std::unexpected(
      Finding{.code = "store_read_only", .what = "reports are only read here", .at = 0});
}

std::unexpected<Finding> unknown(std::int64_t id) {
  return std::unexpected(Finding{
      .code = "store_unknown", .what = "there is no report " + std::to_string(id), .at = 0});
}

/// Rows of domains that are not seen are taken out.
template <class Rows>
void keep_visible(Rows& rows, const accounts::Scope& scope) {
  std::erase_if(rows, [&](const auto& row) { return !scope.sees(row.policy_domain); });
}

}  // namespace

VisibleReports::Expected<std::vector<store::Placed>> VisibleReports::add(
    std::span<const store::Arrival> /*arrivals*/, const store::Decide& /*decide*/,
    const store::Sampling& /*sampling*/) {
  return unchangeable();
}
VisibleReports::Expected<> VisibleReports::replace(std::int64_t /*id*/,
                                                   const store::Arrival& /*arrival*/) {
  return unchangeable();
}
VisibleReports::Expected<> VisibleReports::stand(std::int64_t /*id*/, store::Standing /*standing*/,
                                                 std::string_view /*reason*/) {
  return unchangeable();
}
VisibleReports::Expected<store::ReceivedRemoved> VisibleReports::forget(
    const store::ReceivedRetention& /*retention*/) {
  return unchangeable();
}
VisibleReports::Expected<store::ReceivedRemoved> VisibleReports::erase(
    std::string_view /*domain*/) {
  return unchangeable();
}
VisibleReports::Expected<Findings> VisibleReports::recount() {
  return unchangeable();
}

VisibleReports::Expected<std::vector<store::ReceivedReport>> VisibleReports::reports(
    const store::ReportFilter& filter) {
  if (scope_.sees_all()) return all_.reports(filter);
  using Reports = std::vector<store::ReceivedReport>;
  if (!filter.policy_domain.empty()) {
    return may_see(filter.policy_domain) ? all_.reports(filter) : Expected<Reports>(Reports());
  }
  // A page of each domain holds the page of all of them.
  ASSAY_TRY(domains, policy_domains());
  Reports found;
  for (const std::string& domain : domains) {
    store::ReportFilter one = filter;
    one.policy_domain = domain;
    ASSAY_TRY(page, all_.reports(one));
    found.insert(found.end(), std::make_move_iterator(page.begin()),
                 std::make_move_iterator(page.end()));
  }
  std::ranges::sort(found, {}, &store::ReceivedReport::id);
  if (filter.before != 0) std::ranges::reverse(found);
  if (found.size() > filter.limit) found.resize(filter.limit);
  return found;
}

VisibleReports::Expected<store::ReceivedReport> VisibleReports::report(std::int64_t id) {
  ASSAY_TRY(one, all_.report(id));
  if (!may_see(one.head.policy_domain)) return unknown(id);
  return one;
}

VisibleReports::Expected<> VisibleReports::require(std::int64_t id) {
  auto one = report(id);
  if (!one) return std::unexpected(std::move(one.error()));
  return {};
}

VisibleReports::Expected<store::Raw> VisibleReports::raw(std::int64_t id) {
  if (auto there = require(id); !there) return std::unexpected(std::move(there.error()));
  return all_.raw(id);
}

VisibleReports::Expected<> VisibleReports::each_record(std::int64_t id, const ShowRecord& show) {
  if (auto there = require(id); !there) return there;
  return all_.each_record(id, show);
}

VisibleReports::Expected<store::FailureFacts> VisibleReports::failure(std::int64_t id) {
  if (auto there = require(id); !there) return std::unexpected(std::move(there.error()));
  return all_.failure(id);
}

VisibleReports::Expected<std::vector<store::TlsPolicy>> VisibleReports::tls(std::int64_t id) {
  if (auto there = require(id); !there) return std::unexpected(std::move(there.error()));
  return all_.tls(id);
}

VisibleReports::Expected<std::vector<store::DailyCount>> VisibleReports::daily(
    const store::DailyQuery& query) {
  using Counts = std::vector<store::DailyCount>;
  if (scope_.sees_all()) return all_.daily(query);
  if (!query.policy_domain.empty()) {
    return may_see(query.policy_domain) ? all_.daily(query) : Expected<Counts>(Counts());
  }
  store::DailyQuery by_domain = query;
  by_domain.by_domain = true;
  ASSAY_TRY(counts, all_.daily(by_domain));
  keep_visible(counts, scope_);
  if (query.by_domain) return counts;
  std::map<std::tuple<std::chrono::sys_days, std::string, store::Cell>, std::uint64_t> sums;
  for (const store::DailyCount& each : counts) {
    sums[{each.day, each.reporter, each.cell}] += each.messages;
  }
  Counts summed;
  for (const auto& [place, messages] : sums) {
    summed.push_back({.day = std::get<0>(place),
                      .reporter = std::get<1>(place),
                      .cell = std::get<2>(place),
                      .messages = messages});
  }
  return summed;
}

VisibleReports::Expected<std::vector<store::SourceCount>> VisibleReports::sources(
    const store::SourceQuery& query) {
  // The Store knows sources of one domain at a time.
  if (!may_see(query.policy_domain)) return std::vector<store::SourceCount>();
  return all_.sources(query);
}

VisibleReports::Expected<store::ReportTally> VisibleReports::tally(std::string_view policy_domain,
                                                                   const store::Days& days) {
  if (scope_.sees_all()) return all_.tally(policy_domain, days);
  if (!policy_domain.empty()) {
    return may_see(policy_domain) ? all_.tally(policy_domain, days)
                                  : Expected<store::ReportTally>(store::ReportTally());
  }
  ASSAY_TRY(domains, policy_domains());
  store::ReportTally sum;
  for (const std::string& domain : domains) {
    ASSAY_TRY(one, all_.tally(domain, days));
    sum.counted += one.counted;
    sum.set_aside += one.set_aside;
  }
  ASSAY_TRY(telling, daily({.days = days,
                            .by_domain = false,
                            .by_day = false,
                            .by_reporter = true,
                            .by_cell = false}));
  sum.reporters = telling.size();
  return sum;
}

VisibleReports::Expected<std::vector<std::string>> VisibleReports::policy_domains() {
  ASSAY_TRY(domains, all_.policy_domains());
  std::erase_if(domains, [&](const std::string& each) { return !may_see(each); });
  return domains;
}

VisibleReports::Expected<std::vector<store::ReporterCount>> VisibleReports::reporters(
    std::string_view policy_domain) {
  ASSAY_TRY(counts, all_.reporters(policy_domain));
  keep_visible(counts, scope_);
  return counts;
}

VisibleReports::Expected<std::vector<store::FailureCount>> VisibleReports::failure_counts(
    std::string_view policy_domain, const store::Days& days) {
  ASSAY_TRY(counts, all_.failure_counts(policy_domain, days));
  keep_visible(counts, scope_);
  return counts;
}

VisibleReports::Expected<std::vector<store::TlsCount>> VisibleReports::tls_counts(
    std::string_view policy_domain, const store::Days& days) {
  ASSAY_TRY(counts, all_.tls_counts(policy_domain, days));
  keep_visible(counts, scope_);
  return counts;
}

VisibleReports::Expected<store::ReceivedBooks> VisibleReports::books() {
  if (scope_.sees_all()) return all_.books();
  ASSAY_TRY(counts, reporters(""));
  store::ReceivedBooks books;
  for (const store::ReporterCount& each : counts) {
    books.counted += each.reports;
    books.set_aside += each.set_aside;
    books.messages += each.messages;
  }
  books.reports = books.counted + books.set_aside;
  return books;
}

}  // namespace assay::webapi
