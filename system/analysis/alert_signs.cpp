/// Signs from what reports count: newcomers, spikes, broken sources.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "assay/base/ascii.h"
#include "system/analysis/alerts.h"
#include "system/analysis/detail/own_sources.h"

namespace assay::analysis {
namespace {

using std::chrono::days;
using std::chrono::sys_days;
using store::Severity;

constexpr std::size_t max_signs = 20;

sys_days today_of(Instant now) {
  return std::chrono::floor<days>(now);
}

// ---- Newcomers ---------------------------------------------------------------------------------

Sign sign_of(const Newcomer& newcomer, const std::string& domain) {
  const std::string service = ascii::printable(newcomer.service);
  Sign sign{.rule = Rule::newcomer,
            .domain = domain,
            .cause = "service " + newcomer.service,
            .what = fmt::format("{} passes as {} and was not seen before", service, domain),
            .severity = Severity::medium,
            .since = newcomer.first};
  sign.evidence =
      fmt::format("{} since {}", count_of(newcomer.messages, "message"), to_text(newcomer.first));
  if (!newcomer.by.empty()) {
    sign.evidence += fmt::format(", let in by {}", ascii::printable(newcomer.by));
  }
  if (!newcomer.address.empty()) {
    sign.evidence += fmt::format(", for example from {}", ascii::printable(newcomer.address));
  }
  sign.advice = fmt::format(
      "Find out who set it up. If it is yours: assay mark {} \"{}\" approved. If not: take its key "
      "or its term out of the DNS, and mark it blocked.",
      domain, service);
  return sign;
}

}  // namespace

std::vector<Sign> find_newcomers(const DomainFacts& facts, const Judging& judging) {
  const Thresholds limits = judging.thresholds(Rule::newcomer, facts.domain);
  if (!limits.enabled) return {};
  const sys_days from = today_of(judging.now) - newcomer_days;
  std::vector<Flow> now;
  std::vector<Flow> before;
  std::set<std::string> confirmed;
  for (const Flow& each : facts.flows) {
    (each.source.first >= from ? now : before).push_back(each);
    if (each.confirmed) confirmed.insert(each.identity.service);
  }
  const Newcomers found = make_newcomers(now, before);
  // What is seen for the first time in a short past is not new.
  if (!found.knows_before || found.known_from > from - newcomer_days) return {};
  std::vector<Sign> signs;
  for (const Newcomer& each : found.newcomers) {
    if (each.new_network || each.messages < limits.minimum || confirmed.contains(each.service))
      continue;
    if (signs.size() < max_signs) signs.push_back(sign_of(each, facts.domain));
  }
  return signs;
}

// ---- Spikes ------------------------------------------------------------------------------------

namespace {

constexpr days spike_seen{3};  ///< so many of the last days are looked at
constexpr std::size_t least_days = 14;

/// The middle one; of an even number the greater of the two in the middle.
double median(std::vector<double> values) {
  if (values.empty()) return 0;
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::ranges::nth_element(values, middle);
  return *middle;
}

/// Failing messages by day, of reporters that are known for long enough to compare.
struct Series {
  std::map<sys_days, double> failing = {};  ///< each day with messages of them

  /// The least that is a spike on that day; nothing where too little is known.
  std::optional<double> limit_of(sys_days day, const Thresholds& limits, double& usual) const;
};

std::optional<double> Series::limit_of(sys_days day, const Thresholds& limits,
                                       double& usual) const {
  std::vector<double> all;
  std::vector<double> alike;  // the same day of the week: mail has its weekly rhythm
  for (const auto& [when, messages] : failing) {
    if (when >= day || when < day - spike_history) continue;
    all.push_back(messages);
    if ((day - when).count() % 7 == 0) alike.push_back(messages);
  }
  if (all.size() < least_days) return std::nullopt;
  constexpr std::size_t enough = 4;
  const double of_all = median(all);
  const double of_alike = alike.size() >= enough ? median(alike) : of_all;
  usual = std::max(of_all, of_alike);
  std::vector<double> apart;
  apart.reserve(all.size());
  for (const double each : all) apart.push_back(std::abs(each - of_all));
  // The median of distances stands for a standard deviation when multiplied so (normal
  // distribution); the root for the noise of counting, which small numbers have most of.
  constexpr double normal = 1.4826;
  constexpr double far = 6;
  const double noise = far * (normal * median(apart) + std::sqrt(usual + 1));
  return std::max({static_cast<double>(limits.minimum), usual * limits.factor, usual + noise});
}

Series series_of(const DomainFacts& facts, sys_days today) {
  // One who began lately would look like a spike.
  std::map<std::string, std::set<sys_days>> known;
  for (const store::DailyCount& each : facts.counts) {
    if (each.day < today - spike_seen) known[each.reporter].insert(each.day);
  }
  Series series;
  for (const store::DailyCount& each : facts.counts) {
    if (each.day >= today || known[each.reporter].size() < least_days) continue;
    series.failing[each.day] += fails(each.cell) ? static_cast<double>(each.messages) : 0;
  }
  return series;
}

std::string largest_failing(const DomainFacts& facts, sys_days from) {
  std::map<std::string, std::uint64_t> sources;
  for (const Flow& each : facts.flows) {
    if (each.source.last >= from && fails(each.source.cell)) {
      sources[each.identity.service] += each.source.messages;
    }
  }
  std::vector<std::pair<std::uint64_t, std::string>> order;
  for (const auto& [name, messages] : sources) order.emplace_back(messages, name);
  std::ranges::sort(order, std::greater());
  std::string text;
  constexpr std::size_t shown = 3;
  for (std::size_t i = 0; i < order.size() && i < shown; ++i) {
    text += fmt::format("{}{} ({})", text.empty() ? "" : ", ", ascii::printable(order[i].second),
                        order[i].first);
  }
  return text;
}

}  // namespace

std::vector<Sign> find_spike(const DomainFacts& facts, const Judging& judging) {
  const Thresholds limits = judging.thresholds(Rule::spike, facts.domain);
  if (!limits.enabled) return {};
  const sys_days today = today_of(judging.now);
  const Series series = series_of(facts, today);
  std::optional<sys_days> first;
  double most = 0;
  double usual_then = 0;
  std::string told;
  for (sys_days day = today - spike_seen; day < today; day += days{1}) {
    const auto value = series.failing.find(day);
    if (value == series.failing.end()) continue;
    double usual = 0;
    const auto limit = series.limit_of(day, limits, usual);
    if (!limit || value->second < *limit) continue;
    if (!first) first = day;
    told += fmt::format("{}{} on {}", told.empty() ? "" : ", ", value->second, to_text(day));
    if (value->second <= most) continue;
    most = value->second;
    usual_then = usual;
  }
  if (!first) return {};
  Sign sign{.rule = Rule::spike,
            .domain = facts.domain,
            .cause = "unauthenticated",
            .what = fmt::format("Far more mail than usual fails SPF and DKIM as {}: {} messages "
                                "where {} are usual on such a day",
                                facts.domain, most, usual_then),
            .evidence = "Failing messages: " + told,
            .severity = Severity::medium,
            .since = *first};
  if (const std::string sources = largest_failing(facts, *first); !sources.empty()) {
    sign.evidence += ". Largest sources: " + sources;
  }
  sign.advice = fmt::format(
      "See who sends it: assay show unauthenticated {} --from {}. If it is abuse, an enforcing "
      "policy stops it; if it is your own, repair the source.",
      facts.domain, to_text(*first));
  return {std::move(sign)};
}

// ---- Broken sources ----------------------------------------------------------------------------

namespace {

struct DayOfSource {
  std::uint64_t passing = 0;
  std::uint64_t failing = 0;
  std::uint64_t all() const { return passing + failing; }
};

struct SourceDays {
  std::map<sys_days, DayOfSource> days = {};
  bool confirmed = false;
};

constexpr days source_gone{14};  ///< one that does not send says nothing of whether it works
constexpr std::size_t least_good_days = 7;
constexpr unsigned good_share = 90;  ///< percent that passed before

/// The run of bad days at the end, and what was before it.
struct Break {
  sys_days first = {};
  DayOfSource bad = {};
  DayOfSource good = {};
  std::size_t good_days = 0;
};

std::optional<Break> find_break(const SourceDays& source, const Thresholds& limits,
                                sys_days today) {
  constexpr std::uint64_t hundred = 100;
  const auto is_bad = [&](const DayOfSource& day) {
    return day.failing > 0 && day.failing * hundred >= day.all() * limits.share;
  };
  Break found;
  auto day = source.days.rbegin();
  if (day == source.days.rend() || day->first < today - source_gone) return std::nullopt;
  for (; day != source.days.rend() && is_bad(day->second); ++day) {
    found.first = day->first;
    found.bad.passing += day->second.passing;
    found.bad.failing += day->second.failing;
  }
  for (; day != source.days.rend() && day->first >= found.first - newcomer_days; ++day) {
    found.good.passing += day->second.passing;
    found.good.failing += day->second.failing;
    ++found.good_days;
  }
  if (found.bad.failing == 0) return std::nullopt;
  return found;
}

/// Which networks own and approved sources pass from: messages by network and service.
using Homes = std::map<std::string, std::map<std::string, std::uint64_t>>;

Homes homes_of(const DomainFacts& facts) {
  Homes homes;
  for (const Flow& each : facts.flows) {
    const bool is_ours = each.what == Class::own || each.what == Class::approved;
    if (is_ours && each.passes())
      homes[each.network][each.identity.service] += each.source.messages;
  }
  return homes;
}

/// Whose mail a flow is, passing or not. What fails may bear less than what passed: mail without
/// any identity is of the source that passes most from its network. Nothing for mail of others.
std::optional<std::string> owner_of(const Flow& flow, const Homes& homes) {
  const auto home = homes.find(flow.network);
  const bool is_marked =
      flow.confirmed && (flow.what == Class::own || flow.what == Class::approved);
  if (is_marked || (home != homes.end() && home->second.contains(flow.identity.service))) {
    return flow.identity.service;
  }
  if (home == homes.end() || flow.passes()) return std::nullopt;
  if (flow.identity.by != By::nothing && !flow.identity.own) return std::nullopt;
  const auto largest = std::ranges::max_element(home->second, {},
                                                [](const auto& service) { return service.second; });
  return largest->first;
}

std::map<std::string, SourceDays> own_sources(const DomainFacts& facts, sys_days today) {
  const Homes homes = homes_of(facts);
  std::map<std::string, SourceDays> sources;
  for (const Flow& each : facts.flows) {
    if (each.source.last >= today) continue;
    const auto owner = owner_of(each, homes);
    if (!owner) continue;
    SourceDays& source = sources[*owner];
    DayOfSource& day = source.days[each.source.last];
    if (each.passes()) day.passing += each.source.messages;
    if (fails(each.source.cell)) day.failing += each.source.messages;
    source.confirmed = source.confirmed || each.confirmed;
  }
  return sources;
}

/// A change of what lets a source pass, found around the day of the break.
const store::RecordChange* change_behind(const DomainFacts& facts, sys_days first) {
  for (const store::RecordChange& each : facts.changes) {
    const bool lets_pass = each.kind == store::WatchedKind::spf ||
                           each.kind == store::WatchedKind::spf_senders ||
                           each.kind == store::WatchedKind::dkim;
    const bool in_time =
        std::chrono::floor<days>(each.earliest) <= first + days{1} && each.at >= first - days{2};
    if (lets_pass && in_time) return &each;
  }
  return nullptr;
}

Sign sign_of(const std::string& name, const SourceDays& source, const Break& broken,
             const DomainFacts& facts) {
  const std::string service = ascii::printable(name);
  Sign sign{.rule = Rule::source_broken,
            .domain = facts.domain,
            .cause = "source " + name,
            .what = fmt::format("{} fails as {} since {}, and passed before", service, facts.domain,
                                to_text(broken.first)),
            .severity = source.confirmed ? Severity::high : Severity::medium,
            .since = broken.first};
  sign.evidence = fmt::format("{} of {} failed since then", broken.bad.failing,
                              count_of(broken.bad.all(), "message"));
  if (broken.good.all() > 0) {
    sign.evidence +=
        fmt::format("; {} passed in {} before", percent({broken.good.passing, broken.good.all()}),
                    count_of(broken.good_days, "day"));
  }
  if (const store::RecordChange* change = change_behind(facts, broken.first)) {
    sign.evidence += fmt::format(". {} between {} and {}", in_words(*change),
                                 to_rfc3339(change->earliest), to_rfc3339(change->at));
    sign.advice = "The change of the record is the likely cause: put back what the source needs. ";
  }
  sign.advice += fmt::format(
      "See what it lacks: assay show unaligned {}; then repair its key, its "
      "SPF term or its envelope domain.",
      facts.domain);
  return sign;
}

}  // namespace

std::vector<Sign> find_broken_sources(const DomainFacts& facts, const Judging& judging) {
  const Thresholds limits = judging.thresholds(Rule::source_broken, facts.domain);
  if (!limits.enabled) return {};
  const sys_days today = today_of(judging.now);
  constexpr std::uint64_t hundred = 100;
  std::vector<Sign> signs;
  for (const auto& [name, source] : own_sources(facts, today)) {
    const auto broken = find_break(source, limits, today);
    if (!broken || signs.size() == max_signs) continue;
    Sign sign = sign_of(name, source, *broken, facts);
    const bool was_good = broken->good_days >= least_good_days &&
                          broken->good.all() >= limits.minimum &&
                          broken->good.passing * hundred >= broken->good.all() * good_share;
    const bool is_bad = broken->bad.failing >= limits.minimum;
    if ((was_good && is_bad) || judging.open(sign)) signs.push_back(std::move(sign));
  }
  return signs;
}

namespace detail {

bool fails_by_own(const DomainFacts& facts, sys_days since, sys_days today) {
  const Homes homes = homes_of(facts);
  std::uint64_t own = 0;
  std::uint64_t all = 0;
  for (const Flow& each : facts.flows) {
    if (each.source.last < since || each.source.last >= today || !fails(each.source.cell)) continue;
    all += each.source.messages;
    if (owner_of(each, homes)) own += each.source.messages;
  }
  return all > 0 && own * 2 >= all;
}

bool is_any_broken(const DomainFacts& facts, const Judging& judging) {
  const Thresholds limits = judging.thresholds(Rule::source_broken, facts.domain);
  const sys_days today = today_of(judging.now);
  return std::ranges::any_of(own_sources(facts, today), [&](const auto& source) {
    return find_break(source.second, limits, today).has_value();
  });
}

}  // namespace detail

}  // namespace assay::analysis
