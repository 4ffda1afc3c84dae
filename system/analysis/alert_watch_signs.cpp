/// Signs from what the DNS says, from who reports, and from what the intake takes.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "assay/base/ascii.h"
#include "assay/base/time.h"
#include "system/analysis/alerts.h"
#include "system/analysis/overview.h"

namespace assay::analysis {
namespace {

using std::chrono::days;
using std::chrono::seconds;
using std::chrono::sys_days;
using store::Severity;
using store::WatchedKind;

// ---- Records -----------------------------------------------------------------------------------

Severity severity_of(const store::RecordChange& change) {
  switch (change.kind) {
    case WatchedKind::dmarc: {
      const unsigned before = strength(policy_in_force(change.domain, change.before));
      const unsigned after = strength(policy_in_force(change.domain, change.after));
      return after < before || change.after.empty() ? Severity::high : Severity::medium;
    }
    case WatchedKind::spf:
      return change.after.empty() ? Severity::high : Severity::medium;
    case WatchedKind::spf_senders:
    case WatchedKind::dkim:
      return Severity::medium;
    default:
      return Severity::low;
  }
}

std::string advice_for(const store::RecordChange& change) {
  switch (change.kind) {
    case WatchedKind::dkim:
      return "If a key was changed on purpose, see that signers use the new one; if not, put the "
             "key back.";
    case WatchedKind::spf:
    case WatchedKind::spf_senders:
      return "See whether all your sources are still in it: assay show sources " + change.domain +
             ".";
    default:
      return "If nobody meant it, put back what stood there and see who may change the zone.";
  }
}

}  // namespace

std::vector<Sign> find_record_changes(const DomainFacts& facts, const Judging& judging) {
  const Thresholds limits = judging.thresholds(Rule::record_changed, facts.domain);
  if (!limits.enabled) return {};
  // What one look found changed was one change, as far as anybody can tell.
  std::map<Instant, Sign> looks;
  for (const store::RecordChange& each : facts.changes) {
    if (each.at + limits.after < judging.now || each.at > judging.now) continue;
    Sign& sign = looks[each.at];
    const std::string words = in_words(each);
    if (sign.what.empty()) {
      sign = {.rule = Rule::record_changed,
              .domain = facts.domain,
              .cause = "look of " + to_rfc3339(each.at),
              .what = fmt::format("{}: {}", facts.domain, words),
              .advice = advice_for(each),
              .severity = Severity::low,
              .since = each.at};
      sign.evidence = fmt::format("It was as before at {}, and so at {}", to_rfc3339(each.earliest),
                                  to_rfc3339(each.at));
    } else {
      sign.what += ". " + words;
    }
    sign.severity = std::max(sign.severity, severity_of(each));
  }
  std::vector<Sign> signs;
  for (auto& [at, sign] : looks) signs.push_back(std::move(sign));
  return signs;
}

namespace {

/// The policy that most mail of the last day with any was under, as reporters saw it.
std::optional<PolicyInForce> policy_reported(const DomainFacts& facts) {
  const std::vector<PolicySeen> seen = policy_by_day(facts.counts);
  if (seen.empty() || seen.back().policy == store::Asked::unknown) return std::nullopt;
  return PolicyInForce{.policy = static_cast<dmarc::Policy>(seen.back().policy),
                       .test_mode = seen.back().test_mode};
}

}  // namespace

std::vector<Sign> find_weaker_policy(const DomainFacts& facts, const Judging& judging) {
  const Thresholds limits = judging.thresholds(Rule::policy_weaker, facts.domain);
  if (!limits.enabled || !facts.planned) return {};
  std::optional<PolicyInForce> found;
  Instant since = judging.now;
  std::string evidence;
  if (facts.dmarc && facts.dmarc->known) {
    found = policy_in_force(facts.domain, facts.dmarc->value);
    since = facts.dmarc->since;
    const auto seen = parse_dmarc_seen(facts.dmarc->value);
    evidence = seen ? fmt::format("The record at _dmarc.{}: {}", seen->policy_domain, seen->text)
                    : "The DNS has no DMARC record for it";
  } else if (const auto reported = policy_reported(facts)) {
    found = reported;
    evidence = "As most reporters saw it lately; the record itself was not read yet";
  }
  if (!found || strength(*found) >= strength(*facts.planned)) return {};
  Sign sign{.rule = Rule::policy_weaker,
            .domain = facts.domain,
            .cause = "policy",
            .what = fmt::format("The policy of {} is weaker than planned: {} instead of {}",
                                facts.domain, to_text(*found), to_text(*facts.planned)),
            .evidence = std::move(evidence),
            .advice = fmt::format("Publish {} for {}, or change the plan in [alerts] policies.",
                                  to_text(*facts.planned), facts.domain),
            .severity = Severity::high,
            .since = since};
  return {std::move(sign)};
}

// ---- Reporters ---------------------------------------------------------------------------------

namespace {

/// Nobody waits for longer for one who went for good.
constexpr days reporter_gone{90};

/// What one reporter's days look like.
struct Rhythm {
  sys_days last = {};
  days longest{1};  ///< between two days with messages
  std::size_t seen = 0;
};

std::map<std::string, Rhythm> rhythms_of(std::span<const store::DailyCount> counts) {
  std::map<std::string, std::set<sys_days>> all;
  for (const store::DailyCount& each : counts) all[each.reporter].insert(each.day);
  std::map<std::string, Rhythm> rhythms;
  for (const auto& [reporter, on] : all) {
    Rhythm& rhythm = rhythms[reporter];
    rhythm.seen = on.size();
    for (const sys_days each : on) {
      if (rhythm.last != sys_days{}) rhythm.longest = std::max(rhythm.longest, each - rhythm.last);
      rhythm.last = each;
    }
  }
  return rhythms;
}

struct Silent {
  std::string reporter;
  Instant arrived = {};
  std::uint64_t reports = 0;
  seconds cadence{0};
};

Sign sign_of(const Silent& one, Instant now) {
  const std::string name = ascii::printable(one.reporter);
  return {.rule = Rule::reporter_silent,
          .domain = "",
          .cause = "reporter " + one.reporter,
          .what = fmt::format("{} sends no reports since {}", name, to_rfc3339(one.arrived)),
          .evidence = fmt::format(
              "{} came before, one in {:.1f} hours; none for {} now",
              count_of(one.reports, "report"), static_cast<double>(one.cadence.count()) / 3600,
              count_of(static_cast<std::uint64_t>((now - one.arrived) / days{1}), "day")),
          .advice = fmt::format("If you still write to people at {}, see whether its reports are "
                                "refused on the way: assay show ladder DOMAIN. If not, close this.",
                                name),
          .severity = Severity::low,
          .since = one.arrived};
}

Sign silence_of_all(std::span<const Silent> silent) {
  Instant last = {};
  std::uint64_t reports = 0;
  for (const Silent& each : silent) {
    last = std::max(last, each.arrived);
    reports += each.reports;
  }
  return {
      .rule = Rule::reporter_silent,
      .cause = "all reporters",
      .what = fmt::format("No reports come in any more: all of {} are silent since {}",
                          count_of(silent.size(), "reporter"), to_rfc3339(last)),
      .evidence = fmt::format("{} came from them before, such as {}", count_of(reports, "report"),
                              ascii::printable(silent.front().reporter)),
      .advice =
          "Look at the way reports come in: assay show ladder DOMAIN, and the mailbox or "
          "channel that they come by.",
      .severity = Severity::high,
      .since = last};
}

}  // namespace

std::vector<Sign> find_silent_reporters(const CommonFacts& facts, const Judging& judging) {
  const Thresholds limits = judging.thresholds(Rule::reporter_silent, "");
  if (!limits.enabled) return {};
  const auto rhythms = rhythms_of(facts.reporter_days);
  std::vector<Silent> silent;
  std::size_t regular = 0;
  for (const ReporterRow& each : make_reporters(facts.reporters, {}, {}, judging.now)) {
    if (each.reports < limits.minimum || each.cadence == seconds{0} || !each.arrived) continue;
    const seconds quiet = judging.now - *each.arrived;
    if (quiet >= reporter_gone) continue;
    ++regular;
    if (quiet <= std::max(limits.after, each.cadence * static_cast<int>(limits.factor))) continue;
    // One that pauses now and then does so again.
    const auto rhythm = rhythms.find(each.reporter);
    if (rhythm != rhythms.end() && rhythm->second.seen > 1) {
      const days since = std::chrono::floor<days>(judging.now) - rhythm->second.last;
      if (since <= 2 * rhythm->second.longest + days{2}) continue;
    }
    silent.push_back({each.reporter, *each.arrived, each.reports, each.cadence});
  }
  if (silent.size() > 1 && silent.size() == regular) return {silence_of_all(silent)};
  std::vector<Sign> signs;
  for (const Silent& each : silent) signs.push_back(sign_of(each, judging.now));
  return signs;
}

// ---- Intake ------------------------------------------------------------------------------------

namespace {

struct ChannelCounts {
  std::uint64_t good = 0;
  std::uint64_t refused = 0;
  std::uint64_t set_aside = 0;
  std::uint64_t failed = 0;
  Instant first_bad = {};
  Instant last_failed = {};
  std::string sample = {};
  std::string failure = {};

  void add(const store::IntakeCount& count);
};

void ChannelCounts::add(const store::IntakeCount& count) {
  const bool is_failure = count.outcome == "failed";
  const bool is_bad = is_failure || count.outcome == "refused" || count.outcome == "set_aside";
  if (is_failure) {
    failed += count.count;
    last_failed = std::max(last_failed, count.hour);
    failure = count.sample;
  } else if (count.outcome == "refused") {
    refused += count.count;
  } else if (count.outcome == "set_aside") {
    set_aside += count.count;
  } else {
    good += count.count;
  }
  if (!is_bad) return;
  if (first_bad == Instant{}) first_bad = count.hour;
  if (!is_failure && !count.sample.empty()) sample = count.sample;
}

/// A channel that failed in this hour or the one before fails now.
constexpr std::chrono::hours still_failing{2};

}  // namespace

std::vector<Sign> find_refusals(const CommonFacts& facts, const Judging& judging) {
  const Thresholds limits = judging.thresholds(Rule::intake_refusing, "");
  if (!limits.enabled) return {};
  std::map<std::string, ChannelCounts> channels;
  for (const store::IntakeCount& each : facts.intake) channels[each.channel].add(each);
  std::vector<Sign> signs;
  constexpr std::uint64_t hundred = 100;
  for (const auto& [channel, counts] : channels) {
    Sign sign{
        .rule = Rule::intake_refusing, .cause = "channel " + channel, .since = counts.first_bad};
    const std::uint64_t bad = counts.refused + counts.set_aside;
    const std::uint64_t all = bad + counts.good;
    const bool many = bad >= limits.minimum && bad * hundred >= all * limits.share;
    if (counts.failed > 0 && counts.last_failed + still_failing > judging.now) {
      sign.what = fmt::format("The intake by {} fails", ascii::printable(channel));
      sign.evidence = ascii::printable(counts.failure, 500);
      sign.advice =
          "Repair what it says; reports wait with their senders for some days, not for "
          "ever. assay receive says more in its log.";
      sign.severity = Severity::high;
    } else if (many) {
      sign.what = fmt::format("Of {} that came by {} in a day {} were refused and {} set aside",
                              count_of(all, "report"), ascii::printable(channel), counts.refused,
                              counts.set_aside);
      sign.evidence = "For example: " + ascii::printable(counts.sample, 500);
      sign.advice = "See why: assay intake list --set-aside, and the log of assay receive.";
      sign.severity = Severity::medium;
    } else {
      continue;
    }
    signs.push_back(std::move(sign));
  }
  return signs;
}

}  // namespace assay::analysis
