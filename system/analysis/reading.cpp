#include "system/analysis/detail/reading.h"

#include <algorithm>
#include <set>

#include "assay/base/try.h"

namespace assay::analysis::detail {
namespace {

constexpr std::size_t page_size = 500;

/// Shows the counted reports of a kind that touch some days, up to the limit. Whether there are no
/// more.
template <class Show>
std::expected<bool, Finding> each_report(store::ReceivedReports& reports, store::ReportKind kind,
                                         const Ask& ask, const store::Days& days, Show show) {
  store::ReportFilter filter{.kind = kind,
                             .standing = store::Standing::counted,
                             .policy_domain = ask.domain,
                             .from = days.from,
                             .until = days.until,
                             .limit = page_size};
  for (std::size_t seen = 0; seen < max_reports_read;) {
    ASSAY_TRY(page, reports.reports(filter));
    for (const store::ReceivedReport& each : page) {
      filter.after = each.id;
      if (auto done = show(each); !done) return std::unexpected(std::move(done.error()));
    }
    if (page.size() < page_size) return true;
    seen += page.size();
  }
  return false;
}

}  // namespace

std::expected<TlsAnswer, Finding> read_tls(store::ReceivedReports& reports, const Ask& ask,
                                           const store::Days& days,
                                           std::span<const store::ReporterCount> known) {
  ASSAY_TRY(counts, reports.tls_counts(ask.domain, days));
  TlsAnswer found = make_tls(counts, known, ask.now);
  ASSAY_TRY(all,
            each_report(reports, store::ReportKind::tls, ask, days,
                        [&](const store::ReceivedReport& each) -> std::expected<void, Finding> {
                          ASSAY_TRY(policies, reports.tls(each.id));
                          add_policies(found, policies);
                          return {};
                        }));
  found.not_all_read = !all;
  return found;
}

std::expected<Failures, Finding> read_failures(store::ReceivedReports& reports, const Ask& ask,
                                               const store::Days& days) {
  ASSAY_TRY(counts, reports.failure_counts(ask.domain, days));
  std::vector<FailureSeen> seen;
  ASSAY_TRY(all,
            each_report(reports, store::ReportKind::failure, ask, days,
                        [&](const store::ReceivedReport& each) -> std::expected<void, Finding> {
                          ASSAY_TRY(facts, reports.failure(each.id));
                          seen.push_back({.facts = std::move(facts), .arrived = each.head.begin});
                          return {};
                        }));
  static_cast<void>(all);  // Failures tells of how many campaigns were made.
  return make_failures(counts, seen);
}

std::expected<LadderFacts, Finding> read_ladder_facts(store::ReceivedReports& reports,
                                                      const View& view,
                                                      std::span<const store::ReporterCount> known) {
  LadderFacts facts;
  for (const store::ReporterCount& each : known) {
    if (each.kind != store::ReportKind::aggregate) continue;
    facts.counted += each.reports;
    facts.set_aside += each.set_aside;
    facts.last_arrived = std::max(facts.last_arrived.value_or(each.arrived), each.arrived);
    if (each.messages > 0)
      facts.last_told = std::max(facts.last_told.value_or(each.last), each.last);
  }
  ASSAY_TRY(all, reports.reporters(""));
  for (const store::ReporterCount& each : all) {
    if (each.policy_domain == view.domain) continue;
    facts.of_others += each.reports + each.set_aside;
    facts.last_of_others = std::max(facts.last_of_others.value_or(each.arrived), each.arrived);
    const bool tells = each.kind == store::ReportKind::aggregate && each.messages > 0;
    if (!tells || !view.is_own(each.policy_domain)) continue;
    if (facts.last_related && *facts.last_related >= each.last) continue;
    facts.last_related = each.last;
    facts.related_domain = each.policy_domain;
  }
  if (facts.set_aside == 0) return facts;
  ASSAY_TRY(aside, reports.reports({.kind = store::ReportKind::aggregate,
                                    .standing = store::Standing::set_aside,
                                    .policy_domain = view.domain}));
  std::set<std::string> reasons;
  for (const store::ReceivedReport& each : aside) reasons.insert(each.reason);
  facts.set_aside_reasons.assign(reasons.begin(), reasons.end());
  return facts;
}

}  // namespace assay::analysis::detail
