#include "system/analysis/digest.h"

#include <fmt/format.h>

#include <algorithm>

#include "assay/base/ascii.h"
#include "assay/base/try.h"

namespace assay::analysis {
namespace {

using std::chrono::days;
using std::chrono::sys_days;

template <class T = void>
using Expected = std::expected<T, Finding>;

constexpr days week_length{7};
constexpr days rollout_policies{800};
constexpr days rollout_sources{90};

bool opened_in(const store::Alert& alert, const store::Days& week, Instant now) {
  return alert.opened >= week.from && alert.opened <= std::max<Instant>(week.until, now);
}

/// How much there is to tell.
std::size_t weight(const DomainWeek& week) {
  constexpr std::size_t opened = 100;
  constexpr std::size_t other = 10;
  return opened * week.opened.size() +
         other * (week.open.size() + week.changes.size() + week.newcomers.size()) +
         week.over.size();
}

Tally tally_of(std::span<const store::DailyCount> counts) {
  Tally tally;
  for (const store::DailyCount& each : counts) tally.add(each.cell, each.messages);
  return tally;
}

Expected<std::vector<store::DailyCount>> counts_of(const AlertWorld& world,
                                                   const std::string& domain,
                                                   const store::Days& period) {
  return world.reports->daily({.policy_domain = domain,
                               .days = period,
                               .by_domain = false,
                               .by_day = true,
                               .by_reporter = false,
                               .by_cell = true});
}

/// What the rollout asks for next, judged as `assay show readiness` does.
Expected<std::optional<std::string>> next_step(const AlertWorld& world, const DomainWeek& week,
                                               std::span<const Flow> flows,
                                               std::chrono::sys_days until) {
  if (week.tally.messages() == 0) return std::optional<std::string>();
  ASSAY_TRY(counts,
            counts_of(world, week.domain, {.from = until - rollout_policies, .until = until}));
  ASSAY_TRY(by_reporter,
            world.reports->daily({.policy_domain = week.domain,
                                  .days = {.from = until - rollout_sources, .until = until},
                                  .by_domain = false,
                                  .by_day = false,
                                  .by_reporter = true,
                                  .by_cell = false}));
  Share largest;
  for (const store::DailyCount& each : by_reporter) {
    largest.whole += each.messages;
    largest.part = std::max(largest.part, each.messages);
  }
  std::set<sys_days> active;
  for (const store::DailyCount& each : counts) {
    if (each.day >= until - rollout_sources) active.insert(each.day);
  }
  const View view{.domain = week.domain,
                  .catalogue = world.catalogue,
                  .marks = world.marks,
                  .organization = world.organization};
  const Readiness found = judge_readiness({.domain = week.domain,
                                           .pile = guess_pile(view, flows, active.size()),
                                           .counts = counts,
                                           .flows = flows,
                                           .reporters = by_reporter.size(),
                                           .largest_reporter = largest,
                                           .today = until});
  if (!found.route.next) return std::optional<std::string>();
  const std::string_view stage = to_text(*found.route.next);
  if (found.ready == Ready::yes) {
    return std::optional(
        fmt::format("It is time for {}: assay show readiness {}", stage, week.domain));
  }
  const auto reason = std::ranges::find(found.criteria, Met::no, &Criterion::met);
  if (reason == found.criteria.end()) return std::optional<std::string>();
  return std::optional(fmt::format("Before {}: {}", stage, reason->what));
}

Expected<DomainWeek> gather_week(const AlertWorld& world, const std::string& domain,
                                 const store::Days& week, Instant now) {
  DomainWeek found{.domain = domain};
  const store::Days before{.from = week.from - week_length, .until = week.from};
  ASSAY_TRY(counts, counts_of(world, domain, week));
  ASSAY_TRY(counts_before, counts_of(world, domain, before));
  found.now = make_split(counts);
  found.before = make_split(counts_before);
  found.tally = tally_of(counts);
  found.tally_before = tally_of(counts_before);
  const auto sources = [&](const store::Days& period) {
    return world.reports->sources(
        {.policy_domain = domain, .days = period, .source = store::SourceLevel::network});
  };
  ASSAY_TRY(now_sources, sources(week));
  ASSAY_TRY(then_sources, sources({.from = week.from - rollout_sources, .until = week.from}));
  const View view{.domain = domain,
                  .catalogue = world.catalogue,
                  .marks = world.marks,
                  .organization = world.organization};
  const std::vector<Flow> flows = sort_out(view, now_sources, then_sources);
  std::vector<Flow> earlier = sort_out(view, then_sources, now_sources);
  for (const Newcomer& each : make_newcomers(flows, earlier).newcomers) {
    if (each.new_network) continue;
    found.newcomers.push_back(
        fmt::format("{} ({})", ascii::printable(each.service), count_of(each.messages, "message")));
  }
  ASSAY_TRY(alerts, world.book->alerts({.domain = domain, .since = Instant{week.from}}));
  for (const store::Alert& each : alerts) {
    if (opened_in(each, week, now)) {
      found.opened.push_back(each);
    } else if (each.opened < week.from && each.open()) {
      found.open.push_back(each);
    } else if (each.opened < week.from) {
      found.over.push_back(each);
    }
  }
  ASSAY_TRY(changes,
            world.book->changes(
                {.domain = domain, .from = Instant{week.from}, .until = Instant{week.until}}));
  found.changes = std::move(changes);
  earlier.insert(earlier.end(), flows.begin(), flows.end());
  ASSAY_TRY(next, next_step(world, found, earlier, week.until));
  found.next = std::move(next);
  return found;
}

}  // namespace

bool DomainWeek::quiet() const {
  return newcomers.empty() && opened.empty() && open.empty() && over.empty() && changes.empty();
}

bool WeekDigest::quiet() const {
  return common.empty() && std::ranges::all_of(domains, &DomainWeek::quiet);
}

sys_days monday_of(sys_days day) {
  return day - (std::chrono::weekday(day) - std::chrono::Monday);
}

sys_days week_due(Instant now, unsigned weekday, unsigned hour) {
  const sys_days monday = monday_of(std::chrono::floor<days>(now));
  const Instant at =
      monday + days{static_cast<int>(weekday) - 1} + std::chrono::hours{static_cast<int>(hour)};
  return now >= at ? monday - week_length : monday - 2 * week_length;
}

std::expected<WeekDigest, Finding> gather_digest(const AlertWorld& world,
                                                 std::span<const std::string> domains,
                                                 sys_days monday, Instant now) {
  WeekDigest digest{.week = {.from = monday, .until = monday + week_length}};
  for (const std::string& each : domains) {
    ASSAY_TRY(week, gather_week(world, each, digest.week, now));
    digest.domains.push_back(std::move(week));
  }
  std::ranges::sort(digest.domains, [](const DomainWeek& a, const DomainWeek& b) {
    return weight(a) != weight(b) ? weight(a) > weight(b) : a.domain < b.domain;
  });
  ASSAY_TRY(alerts, world.book->alerts({.since = Instant{monday}}));
  for (store::Alert& each : alerts) {
    if (each.domain.empty()) digest.common.push_back(std::move(each));
  }
  return digest_for(digest, {});
}

WeekDigest digest_for(const WeekDigest& digest, const std::set<std::string>& domains) {
  WeekDigest chosen{.week = digest.week, .common = digest.common};
  for (const DomainWeek& each : digest.domains) {
    if (!domains.empty() && !domains.contains(each.domain)) continue;
    chosen.messages += each.tally.messages();
    chosen.messages_before += each.tally_before.messages();
    chosen.domains.push_back(each);
  }
  return chosen;
}

}  // namespace assay::analysis
