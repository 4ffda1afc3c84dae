#include "system/analysis/overview.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "system/analysis/detail/order.h"

namespace assay::analysis {
namespace {

using std::chrono::days;
using std::chrono::seconds;
using std::chrono::sys_days;
using store::Asked;
using store::DailyCount;

/// A reporter is silent after this much, and after three times its usual distance.
constexpr days least_silence{3};
constexpr int silent_after = 3;

using PolicyWeights = std::map<std::pair<Asked, bool>, std::uint64_t>;

PolicySeen heaviest(sys_days day, const PolicyWeights& weights) {
  const auto most =
      std::ranges::max_element(weights, {}, [](const auto& each) { return each.second; });
  return {.day = day, .policy = most->first.first, .test_mode = most->first.second};
}

}  // namespace

std::vector<PolicySeen> policy_by_day(std::span<const DailyCount> counts) {
  std::map<sys_days, PolicyWeights> by_day;
  for (const DailyCount& each : counts) {
    by_day[each.day][{each.cell.policy, each.cell.test_mode}] += each.messages;
  }
  std::vector<PolicySeen> list;
  for (const auto& [day, weights] : by_day) list.push_back(heaviest(day, weights));
  return list;
}

// ---- domains -----------------------------------------------------------------------------------

std::vector<DomainRow> make_domains(std::span<const DailyCount> counts,
                                    std::span<const DailyCount> latest,
                                    std::span<const store::ReporterCount> known,
                                    const Marks& marks) {
  std::map<std::string, DomainRow> rows;
  std::map<std::string, std::set<std::string>> reporters;
  for (const store::ReporterCount& each : known) {
    DomainRow& row = rows[each.policy_domain];
    if (each.kind != store::ReportKind::aggregate) continue;
    reporters[each.policy_domain].insert(each.reporter);
    if (each.reports == 0) continue;
    const sys_days last = std::chrono::floor<days>(each.last);
    row.last = row.last ? std::max(*row.last, last) : last;
  }
  for (const DailyCount& each : counts) {
    DomainRow& row = rows[each.policy_domain];
    row.tally.add(each.cell, each.messages);
    const bool delivered =
        each.cell.disposition == store::Done::none || each.cell.disposition == store::Done::pass;
    if (fails(each.cell) && delivered) row.failing_delivered += each.messages;
  }
  std::map<std::string, std::map<sys_days, PolicyWeights>> policies;
  for (const DailyCount& each : latest) {
    policies[each.policy_domain][each.day][{each.cell.policy, each.cell.test_mode}] +=
        each.messages;
  }
  std::vector<DomainRow> list;
  for (auto& [domain, row] : rows) {
    row.domain = domain;
    row.reporters = reporters[domain].size();
    row.pile = marks.pile_of(domain);
    if (const auto found = policies.find(domain); found != policies.end()) {
      const PolicySeen seen =
          heaviest(found->second.rbegin()->first, found->second.rbegin()->second);
      row.policy = seen.policy;
      row.test_mode = seen.test_mode;
    }
    list.push_back(std::move(row));
  }
  detail::sort_largest_first(list, [](const DomainRow& row) { return row.tally.messages(); });
  return list;
}

void tell(std::span<const DomainRow> domains, Document& document) {
  Table table{.name = "domains",
              .title = "Domains",
              .columns = {{"domain", "Domain"},
                          {"policy", "Policy"},
                          {"test_mode"},
                          {"messages", "Messages"},
                          {"passing_share", "Passing"},
                          {"only_spf", "Only SPF"},
                          {"failing", "Failing"},
                          {"failing_delivered", "Of these delivered"},
                          {"reporters", "Reporters"},
                          {"last_report", "Last report"},
                          {"pile", "Pile"}},
              .empty =
                  "There are no reports yet. Take some in with assay intake add, and see why none "
                  "come with assay show ladder "
                  "DOMAIN."};
  for (const DomainRow& each : domains) {
    const Tally& tally = each.tally;
    table.rows.push_back({each.domain,
                          each.policy == Asked::unknown ? Cell() : Cell(to_text(each.policy)),
                          each.test_mode ? Cell(true) : Cell(), tally.messages(),
                          Share{tally.passing(), tally.messages()}, tally.only_spf, tally.none,
                          each.failing_delivered, each.reporters, each.last,
                          each.pile ? Cell(to_text(*each.pile)) : Cell()});
  }
  document.facts.push_back({"domain_count", "Domains", domains.size()});
  document.tables.push_back(std::move(table));
  document.notes.emplace_back(
      "Domains are those at which receivers found a policy. Mail of a subdomain without a record "
      "of its own is "
      "counted with the domain above.");
}

// ---- reporters ---------------------------------------------------------------------------------

namespace {

void add_known(ReporterRow& row, const store::ReporterCount& known) {
  row.reporter = known.reporter;
  if (known.kind == store::ReportKind::failure) row.failure_reports += known.reports;
  if (known.kind == store::ReportKind::tls) row.tls_reports += known.reports;
  if (known.kind != store::ReportKind::aggregate) return;
  row.org_name = known.org_name;
  row.reports += known.reports;
  row.set_aside += known.set_aside;
  row.repaired += known.remarked;
  row.rfc9990 += known.rfc9990;
  row.first = row.first ? std::min(*row.first, known.first) : known.first;
  const bool is_latest = !row.arrived || known.arrived > *row.arrived;
  if (is_latest) row.arrived = known.arrived;
  // Of several domains the busiest tells how often it reports.
  constexpr std::uint64_t enough = 3;
  if (known.reports < enough || known.last <= known.first) return;
  const seconds cadence = (known.last - known.first) / static_cast<long>(known.reports);
  if (row.cadence == seconds{0} || cadence < row.cadence) row.cadence = cadence;
}

}  // namespace

std::vector<ReporterRow> make_reporters(std::span<const store::ReporterCount> known,
                                        std::span<const DailyCount> counts,
                                        std::span<const store::ReceivedReport> reports,
                                        store::Instant now) {
  std::map<std::string, ReporterRow> rows;
  std::map<std::string, std::set<sys_days>> active;
  for (const store::ReporterCount& each : known) add_known(rows[each.reporter], each);
  for (const DailyCount& each : counts) {
    rows[each.reporter].reporter = each.reporter;
    rows[each.reporter].messages += each.messages;
    active[each.reporter].insert(each.day);
  }
  for (const store::ReceivedReport& each : reports) {
    ReporterRow& row = rows[each.head.reporter];
    row.reporter = each.head.reporter;
    for (const store::Remark& remark : each.remarks) ++row.faults[remark.code];
    if (each.standing == store::Standing::set_aside) ++row.faults["set aside: " + each.reason];
  }
  std::vector<ReporterRow> list;
  for (auto& [name, row] : rows) {
    row.days = active[name].size();
    const bool can_tell = row.cadence > seconds{0} && row.arrived;
    row.silent = can_tell &&
                 now - *row.arrived > std::max<seconds>(least_silence, silent_after * row.cadence);
    list.push_back(std::move(row));
  }
  detail::sort_largest_first(list, &ReporterRow::messages);
  return list;
}

void tell(std::span<const ReporterRow> reporters, Document& document) {
  Table table{.name = "reporters",
              .title = "Reporters",
              .columns = {{"reporter", "Reporter"},
                          {"org_name"},
                          {"messages", "Messages"},
                          {"share", "Share"},
                          {"days", "Days"},
                          {"reports", "Reports"},
                          {"set_aside", "Set aside"},
                          {"repaired", "Repaired"},
                          {"rfc9990", "RFC 9990"},
                          {"failure_reports", "Failure"},
                          {"tls_reports", "TLS"},
                          {"first"},
                          {"last_arrived", "Last came"},
                          {"cadence_hours"},
                          {"silent", "Silent"},
                          {"faults", "Faults"}},
              .empty = "Nobody has reported yet. assay show ladder DOMAIN says why."};
  std::uint64_t silent = 0;
  std::uint64_t largest = 0;
  for (const ReporterRow& each : reporters) {
    std::vector<std::string> faults;
    for (const auto& [code, times] : each.faults)
      faults.push_back(fmt::format("{} ({})", code, times));
    silent += each.silent ? 1 : 0;
    largest = std::max(largest, each.messages);
    table.rows.push_back(
        {each.reporter, each.org_name, each.messages, Share{each.messages, document.basis.messages},
         each.days, each.reports, each.set_aside, each.repaired, each.rfc9990, each.failure_reports,
         each.tls_reports, each.first, each.arrived,
         each.cadence > seconds{0}
             ? Cell(static_cast<std::uint64_t>(each.cadence / std::chrono::hours{1}))
             : Cell(),
         each.silent, faults});
  }
  document.facts = {
      {"reporter_count", "Reporters", reporters.size()},
      {"silent_count", "Silent ones", silent},
      {"largest_share", "Largest share of messages", Share{largest, document.basis.messages}}};
  bound_rows(table, document.basis);
  document.tables.push_back(std::move(table));
  document.basis.unknown.push_back({"coverage",
                                    "How much mail goes to receivers that send no reports: what is "
                                    "counted is the least that was sent"});
  if (silent > 0)
    document.next.emplace_back("See whether reports still reach you: assay show ladder " +
                               document.domain);
}

// ---- compare -----------------------------------------------------------------------------------

namespace {

using Changes = std::map<std::string, Comparison::Change>;

std::vector<Comparison::Change> in_order(Changes changes) {
  std::vector<Comparison::Change> list;
  for (auto& [name, change] : changes) {
    change.name = name;
    list.push_back(std::move(change));
  }
  detail::sort_largest_first(list, [](const Comparison::Change& change) {
    return change.now > change.then ? change.now - change.then : change.then - change.now;
  });
  return list;
}

Table change_table(std::string name, std::string title, std::string heading, bool with_class,
                   const std::vector<Comparison::Change>& changes) {
  Table table{.name = std::move(name),
              .title = std::move(title),
              .columns = {{"name", std::move(heading)},
                          {"class", with_class ? "Class" : ""},
                          {"then", "Then"},
                          {"now", "Now"},
                          {"change", "Change"},
                          {"then_failing", "Failing then"},
                          {"now_failing", "Failing now"}},
              .empty = "Nothing was reported in either period."};
  for (const Comparison::Change& each : changes) {
    const auto change = static_cast<std::int64_t>(each.now) - static_cast<std::int64_t>(each.then);
    table.rows.push_back({each.name, with_class ? Cell(to_text(each.what)) : Cell(), each.then,
                          each.now, change, each.then_failing, each.now_failing});
  }
  return table;
}

}  // namespace

Comparison make_comparison(std::span<const DailyCount> now, std::span<const DailyCount> then,
                           std::span<const Flow> flows_now, std::span<const Flow> flows_then) {
  Comparison comparison;
  Changes reporters;
  Changes sources;
  for (const DailyCount& each : now) {
    comparison.now_tally.add(each.cell, each.messages);
    reporters[each.reporter].now += each.messages;
    if (fails(each.cell)) reporters[each.reporter].now_failing += each.messages;
  }
  for (const DailyCount& each : then) {
    comparison.then_tally.add(each.cell, each.messages);
    reporters[each.reporter].then += each.messages;
    if (fails(each.cell)) reporters[each.reporter].then_failing += each.messages;
  }
  for (const Flow& each : flows_then) {
    Comparison::Change& change = sources[each.identity.service];
    change.what = each.what;
    change.then += each.source.messages;
    if (fails(each.source.cell)) change.then_failing += each.source.messages;
  }
  for (const Flow& each : flows_now) {
    Comparison::Change& change = sources[each.identity.service];
    change.what = each.what;
    change.now += each.source.messages;
    if (fails(each.source.cell)) change.now_failing += each.source.messages;
  }
  comparison.sources = in_order(std::move(sources));
  comparison.reporters = in_order(std::move(reporters));
  return comparison;
}

void tell(const Comparison& comparison, Document& document) {
  constexpr days day{1};
  const Tally& now = comparison.now_tally;
  const Tally& then = comparison.then_tally;
  document.facts = {{"then_from", "Compared with days from", comparison.then.from},
                    {"then_to", "  to", comparison.then.until - day}};
  Table table{.name = "totals",
              .title = "All mail",
              .columns = {{"what"},
                          {"heading", "Messages"},
                          {"then", "Then"},
                          {"now", "Now"},
                          {"change", "Change"}}};
  const auto add = [&](std::string_view name, std::string_view heading, std::uint64_t a,
                       std::uint64_t b) {
    table.rows.push_back(
        {name, heading, a, b, static_cast<std::int64_t>(b) - static_cast<std::int64_t>(a)});
  };
  add("messages", "All", then.messages(), now.messages());
  add("both", "Passed by both", then.both, now.both);
  add("only_spf", "Passed by SPF alone", then.only_spf, now.only_spf);
  add("only_dkim", "Passed by DKIM alone", then.only_dkim, now.only_dkim);
  add("none", "Passed by neither", then.none, now.none);
  add("delivered", "Delivered", then.delivered, now.delivered);
  add("quarantined", "Quarantined", then.quarantined, now.quarantined);
  add("rejected", "Rejected", then.rejected, now.rejected);
  Table sources = change_table("sources", "Sources, by how much they changed", "Source", true,
                               comparison.sources);
  Table reporters = change_table("reporters", "Reporters, by how much they changed", "Reporter",
                                 false, comparison.reporters);
  bound_rows(sources, document.basis);
  document.tables = {std::move(table), std::move(sources), std::move(reporters)};
  std::uint64_t one_sided = 0;
  for (const Comparison::Change& each : comparison.reporters)
    one_sided += (each.now == 0) != (each.then == 0) ? 1 : 0;
  if (one_sided > 0) {
    document.notes.push_back(
        count_of(one_sided, "reporter") +
        " told of one of the two periods alone: a change may be one of reporters, "
        "not of mail.");
  }
}

}  // namespace assay::analysis
