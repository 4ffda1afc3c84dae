#include <algorithm>
#include <array>
#include <map>
#include <tuple>

#include "assay/base/ascii.h"
#include "assay/base/time.h"
#include "assay/base/try.h"
#include "system/analysis/alerts.h"
#include "system/analysis/detail/own_sources.h"
#include "system/json/writer.h"

namespace assay::analysis {
namespace {

using std::chrono::days;
using store::Alert;
using store::AlertChange;
using store::AlertEvent;

template <class T = void>
using Expected = std::expected<T, Finding>;

bool concerns(const Sign& sign, const store::RecordChange& change) {
  return sign.since == change.at;
}

/// Whether a look found the DMARC record changed, and nothing else.
bool is_dmarc_alone(const Sign& sign, const DomainFacts& facts) {
  return std::ranges::all_of(facts.changes, [&](const store::RecordChange& each) {
    return !concerns(sign, each) || each.kind == store::WatchedKind::dmarc;
  });
}

/// A spike of own sources is their matter: one that is broken is told, with the spike as evidence;
/// one that works again was told.
void take_own_spike(const DomainFacts& facts, const Judging& judging, std::vector<Sign>& broken,
                    std::vector<Sign>& spike) {
  const auto today = std::chrono::floor<days>(judging.now);
  if (spike.empty() || !judging.thresholds(Rule::source_broken, facts.domain).enabled) return;
  const auto since = std::chrono::floor<days>(spike.front().since);
  if (!detail::fails_by_own(facts, since, today)) return;
  if (!broken.empty()) {
    broken.front().evidence += ". " + spike.front().what;
    spike.clear();
  } else if (!detail::is_any_broken(facts, judging)) {
    spike.clear();
  }
}

/// A change of the DMARC record that made the policy weaker than planned, or right again, is told
/// as that.
bool is_told_as_weaker(const Sign& sign, const DomainFacts& facts, const Judging& judging) {
  if (!facts.planned || !judging.thresholds(Rule::policy_weaker, facts.domain).enabled ||
      !is_dmarc_alone(sign, facts)) {
    return false;
  }
  const unsigned planned = strength(*facts.planned);
  return std::ranges::any_of(facts.changes, [&](const store::RecordChange& each) {
    return concerns(sign, each) &&
           (strength(policy_in_force(facts.domain, each.before)) < planned ||
            strength(policy_in_force(facts.domain, each.after)) < planned);
  });
}

/// A word of the file of alerts that this version does not know is of no rule.
Rule rule_of(const Alert& alert) {
  return parse_rule(alert.rule).value_or(Rule::record_changed);
}

/// What only grew old is not told as over; a reporter may be gone for good.
bool tells_end(Rule rule, const Alert& alert) {
  const bool is_lasting = rule != Rule::record_changed && rule != Rule::newcomer;
  return is_lasting && (rule != Rule::reporter_silent || alert.severity == store::Severity::high);
}

Alert alert_of(const Sign& sign, Instant now) {
  return {.rule = std::string(to_text(sign.rule)),
          .domain = sign.domain,
          .cause = sign.cause,
          .what = sign.what,
          .evidence = sign.evidence,
          .advice = sign.advice,
          .severity = sign.severity,
          .since = sign.since,
          .opened = now,
          .last_seen = now};
}

/// The words of an alert as a sign says them now; it began when it began.
void renew(Alert& alert, const Sign& sign, Instant now) {
  alert.what = sign.what;
  alert.evidence = sign.evidence;
  alert.advice = sign.advice;
  alert.severity = sign.severity;
  alert.since = std::min(alert.since, sign.since);
  alert.last_seen = now;
}

AlertChange meet(const Alert& known, const Sign& sign, const Judging& judging) {
  AlertChange change{.alert = known};
  Alert& alert = change.alert;
  const bool worse = sign.severity > known.severity;
  if (known.open()) {
    renew(alert, sign, judging.now);
    if (worse) change = {.alert = alert, .event = AlertEvent::worse, .tell = true};
    return change;
  }
  const auto cool_down = judging.thresholds(sign.rule, sign.domain).cool_down;
  const bool cooled = known.last_seen + cool_down < judging.now;
  if (cooled) {
    change = {.alert = alert_of(sign, judging.now), .event = AlertEvent::opened, .tell = true};
  } else if (!known.closed_by.empty()) {
    alert.last_seen = judging.now;  // somebody wants to hear no more of it
  } else {
    renew(alert, sign, judging.now);
    alert.until.reset();
    change.event = AlertEvent::again;
  }
  return change;
}

}  // namespace

std::vector<Sign> signs_of(const DomainFacts& facts, const Judging& judging) {
  std::vector<Sign> signs = find_broken_sources(facts, judging);
  std::vector<Sign> spike = find_spike(facts, judging);
  take_own_spike(facts, judging, signs, spike);
  std::ranges::move(spike, std::back_inserter(signs));
  std::ranges::move(find_newcomers(facts, judging), std::back_inserter(signs));
  std::ranges::move(find_weaker_policy(facts, judging), std::back_inserter(signs));
  for (Sign& each : find_record_changes(facts, judging)) {
    if (!is_told_as_weaker(each, facts, judging)) signs.push_back(std::move(each));
  }
  return signs;
}

std::vector<Sign> signs_of(const CommonFacts& facts, const Judging& judging) {
  std::vector<Sign> signs = find_refusals(facts, judging);
  const bool fails_now = std::ranges::any_of(
      signs, [](const Sign& each) { return each.severity == store::Severity::high; });
  for (Sign& each : find_silent_reporters(facts, judging)) {
    // While the way in is broken, all that follow are silent for that reason.
    if (each.cause == "all reporters" && fails_now && !judging.open(each)) continue;
    signs.push_back(std::move(each));
  }
  return signs;
}

std::vector<AlertChange> settle(std::span<const Alert> known, const Evaluated& evaluated,
                                const Judging& judging) {
  using Key = std::tuple<std::string_view, std::string_view, std::string_view>;
  std::map<Key, const Alert*> latest;  // an open one goes before those that are closed
  for (const Alert& each : known) {
    const Alert*& place = latest[{each.rule, each.domain, each.cause}];
    if (place == nullptr || !place->open()) place = &each;
  }
  std::vector<AlertChange> changes;
  for (const Sign& each : evaluated.signs) {
    const auto found = latest.find({to_text(each.rule), each.domain, each.cause});
    if (found == latest.end()) {
      changes.push_back(
          {.alert = alert_of(each, judging.now), .event = AlertEvent::opened, .tell = true});
      continue;
    }
    changes.push_back(meet(*found->second, each, judging));
    latest.erase(found);
  }
  for (const auto& [key, alert] : latest) {
    if (!alert->open() || !evaluated.domains.contains(alert->domain)) continue;
    AlertChange change{.alert = *alert, .event = AlertEvent::over};
    change.alert.until = judging.now;
    const Rule rule = rule_of(*alert);
    change.tell = tells_end(rule, *alert) && judging.thresholds(rule, alert->domain).enabled;
    changes.push_back(std::move(change));
  }
  return changes;
}

// ---- Gathering ---------------------------------------------------------------------------------

std::expected<DomainFacts, Finding> gather_domain(const AlertWorld& world,
                                                  const std::string& domain, Instant now) {
  const std::chrono::sys_days today = std::chrono::floor<days>(now);
  DomainFacts facts{.domain = domain};
  ASSAY_TRY(counts,
            world.reports->daily({.policy_domain = domain,
                                  .days = {.from = today - spike_history - days{7}, .until = today},
                                  .by_domain = false,
                                  .by_day = true,
                                  .by_reporter = true,
                                  .by_cell = true}));
  facts.counts = std::move(counts);
  ASSAY_TRY(sources,
            world.reports->sources(
                {.policy_domain = domain,
                 .days = {.from = today - newcomer_days - newcomer_history, .until = today},
                 .source = store::SourceLevel::network,
                 .by_day = true}));
  const View view{.domain = domain,
                  .catalogue = world.catalogue,
                  .marks = world.marks,
                  .organization = world.organization};
  facts.flows = sort_out(view, sources);
  constexpr days changes_seen{91};  // no rule keeps them open for longer
  ASSAY_TRY(changes, world.book->changes({.domain = domain, .from = now - changes_seen}));
  facts.changes = std::move(changes);
  ASSAY_TRY(records, world.book->records(domain));
  const auto dmarc =
      std::ranges::find(records, store::WatchedKind::dmarc, &store::RecordState::kind);
  if (dmarc != records.end()) facts.dmarc = *dmarc;
  if (const auto plan = world.planned.find(domain); plan != world.planned.end()) {
    facts.planned = plan->second;
  }
  return facts;
}

std::expected<CommonFacts, Finding> gather_common(const AlertWorld& world, Instant now) {
  const std::chrono::sys_days today = std::chrono::floor<days>(now);
  CommonFacts facts;
  ASSAY_TRY(reporters, world.reports->reporters(""));
  facts.reporters = std::move(reporters);
  ASSAY_TRY(counts, world.reports->daily(
                        {.days = {.from = today - spike_history - days{35}, .until = today},
                         .by_domain = false,
                         .by_day = true,
                         .by_reporter = true,
                         .by_cell = false}));
  facts.reporter_days = std::move(counts);
  ASSAY_TRY(intake, world.book->intake(now - days{1}));
  facts.intake = std::move(intake);
  return facts;
}

std::expected<std::vector<AlertChange>, Finding> evaluate_alerts(
    const AlertWorld& world, std::span<const std::string> domains,
    std::span<const RuleSetting> settings, Instant now, const store::WriteLetters& write) {
  ASSAY_TRY(open, world.book->alerts({.open = true, .limit = 100'000}));
  const auto is_open = [&](Rule rule, std::string_view domain, std::string_view cause) {
    return std::ranges::any_of(open, [&](const Alert& each) {
      return each.rule == to_text(rule) && each.domain == domain && each.cause == cause;
    });
  };
  const Judging judging{.settings = settings, .now = now, .is_open = is_open};
  Evaluated evaluated{.domains = {""}};
  ASSAY_TRY(common, gather_common(world, now));
  evaluated.signs = signs_of(common, judging);
  for (const std::string& each : domains) {
    ASSAY_TRY(facts, gather_domain(world, each, now));
    evaluated.domains.insert(each);
    std::ranges::move(signs_of(facts, judging), std::back_inserter(evaluated.signs));
  }
  // Of a domain that is not watched any longer nothing is known, and nothing is open.
  for (const Alert& each : open) evaluated.domains.insert(each.domain);
  const auto decide = [&](std::span<const Alert> known) {
    return settle(known, evaluated, judging);
  };
  return world.book->settle(now - longest_cool_down, now, decide, write);
}

std::string to_json(const Alert& alert) {
  json::Writer out;
  out.begin_object();
  out.member_number("id", static_cast<std::uint64_t>(alert.id));
  out.member("rule", alert.rule);
  out.member("domain", alert.domain);
  out.member("what", alert.what);
  out.member("evidence", alert.evidence);
  out.member("advice", alert.advice);
  out.member("severity", store::to_text(alert.severity));
  out.member("since", to_rfc3339(alert.since));
  out.member("opened", to_rfc3339(alert.opened));
  if (alert.until) out.member("until", to_rfc3339(*alert.until));
  out.member("closed_by", alert.closed_by);
  out.member_boolean("seen", alert.seen.has_value());
  out.end_object();
  return out.take();
}

}  // namespace assay::analysis
