#include "assay/dmarc/tree_walk.h"

#include <algorithm>

#include "assay/dmarc/detail/route.h"

namespace assay::dmarc {
namespace {

using detail::Route;

constexpr std::size_t labels_of_shortcut = 7;

/// What the TXT records of one name come to, kept with the answer.
struct Published {
  std::size_t records_seen = 0;
  std::optional<PolicyRecord> record = {};
};

Published read_published(const std::vector<std::string>& texts) {
  Published published;
  const std::string* last = nullptr;
  // RFC 9989 §4.5: the character-strings of each record are joined already (dns::Answer::texts).
  for (const std::string& text : texts) {
    // RFC 9989 §4.10 steps 2 and 6: what does not start with a v tag of this version is discarded.
    if (!is_dmarc_record(text)) continue;
    ++published.records_seen;
    last = &text;
  }
  // RFC 9989 §4.10 steps 2 and 6: several records are all discarded.
  if (published.records_seen != 1) return published;
  if (auto record = parse_record(*last)) published.record = std::move(*record);
  return published;
}

const WalkStep* step_of(const Walk& walk, const DomainName& domain) {
  const auto found = std::ranges::find(walk.steps, domain, &WalkStep::domain);
  return found == walk.steps.end() ? nullptr : &*found;
}

}  // namespace

namespace detail {

Route route_over(const DomainName& start, std::vector<DomainName> targets) {
  Route route{.start = start, .targets = std::move(targets)};
  route.questions.reserve(route.targets.size());
  for (const DomainName& target : route.targets) {
    // RFC 1035 §2.3.4: a name of more than 253 octets is none, and is not asked.
    if (auto name = target.child("_dmarc")) {
      route.questions.push_back({.name = std::move(*name), .type = dns::Type::txt});
    }
  }
  return route;
}

Route route_from(const DomainName& start) {
  return route_over(start, walk_targets(start));
}

WalkStep fetch_step(DomainName domain, const dns::Question* question, dns::Resolver& resolver) {
  WalkStep step{.domain = std::move(domain)};
  if (question == nullptr) {
    step.asked = false;
    return step;
  }
  const dns::AnswerPtr answer = resolver.ask(*question);
  step.outcome = answer->outcome;
  step.why = answer->why;
  if (answer->outcome != dns::Outcome::records) return step;
  const auto& published =
      answer->memo.get<Published>([&] { return read_published(answer->texts); });
  step.records_seen = published.records_seen;
  // Shares the life of the answer that keeps it.
  if (published.record) step.record = {answer, &*published.record};
  return step;
}

// RFC 9989 §4.10 steps 2 and 6: psd=y and psd=n end the walk, also at its start.
bool ends_tree_walk(const WalkStep& step) {
  return step.record != nullptr && step.record->psd != Psd::u;
}

Walk walk_along(Route route, dns::Resolver& resolver, EndsWalk ends) {
  Walk walk{.start = std::move(route.start)};
  walk.steps.reserve(route.targets.size());
  // Each target is shorter than the one before, so those that make no DNS name stand first.
  const std::size_t unasked = route.targets.size() - route.questions.size();
  for (std::size_t i = 0; i < route.targets.size(); ++i) {
    const dns::Question* question = i < unasked ? nullptr : &route.questions[i - unasked];
    walk.steps.push_back(fetch_step(std::move(route.targets[i]), question, resolver));
    const WalkStep& step = walk.steps.back();
    // RFC 9989 §4.10.1: an error is no indication that there is no record, so nothing above it can
    // be judged.
    walk.failed = step.outcome == dns::Outcome::temporary_failure;
    if (walk.failed || ends(step)) break;
  }
  return walk;
}

}  // namespace detail

std::vector<DomainName> walk_targets(const DomainName& start) {
  std::vector<DomainName> targets;
  if (start.is_root()) return targets;
  targets.reserve(max_walk_queries);
  targets.push_back(start);
  // RFC 9989 §4.10 steps 3 and 4: above 7 labels the walk goes on with the last 7.
  DomainName next =
      start.label_count() <= labels_of_shortcut ? start.parent() : start.suffix(labels_of_shortcut);
  // RFC 9989 §4.10 step 7: one label less each time, to the single label.
  for (; !next.is_root(); next = next.parent()) targets.push_back(next);
  return targets;
}

Walk fetch_walk(const DomainName& start, dns::Resolver& resolver) {
  Route route = detail::route_from(start);
  resolver.prefetch(route.questions);
  return detail::walk_along(std::move(route), resolver, detail::ends_tree_walk);
}

std::vector<dns::Question> walk_questions(const DomainName& start) {
  return detail::route_from(start).questions;
}

std::optional<DomainName> organizational_domain(const Walk& walk) {
  if (walk.failed) return std::nullopt;
  const DomainName* fewest_labels = nullptr;
  for (const WalkStep& step : walk.steps) {  // RFC 9989 §4.10.2: from the longest to the shortest
    if (step.record == nullptr) continue;
    // RFC 9989 §4.10.2 rule 1
    if (step.record->psd == Psd::n) return step.domain;
    // RFC 9989 §4.10.2 rule 2: one label below, which the walk may have skipped; not at the start.
    if (step.record->psd == Psd::y && step.domain != walk.start) {
      return walk.start.suffix(step.domain.label_count() + 1);
    }
    fewest_labels = &step.domain;  // RFC 9989 §4.10.2 rule 3
  }
  // RFC 9989 §4.10.2: without a record it is the domain where the walk started.
  return fewest_labels == nullptr ? walk.start : *fewest_labels;
}

PolicyDiscovery discover_policy(const Walk& walk) {
  if (walk.steps.empty()) return {};
  const WalkStep* step = &walk.steps.front();
  // RFC 9989 §4.10.1: the Author Domain's own record comes first, whatever stands above it.
  if (step->record == nullptr) {
    const auto organizational = organizational_domain(walk);
    if (!organizational) return {.failed = true};
    // RFC 9989 §4.10.1: then the Organizational Domain's; a record between the two is not used.
    step = step_of(walk, *organizational);
    // RFC 9989 §4.10.1: the public suffix's only where the Organizational Domain has none. Then the
    // walk ended at psd=y, or has found no record at all.
    if (step == nullptr || step->record == nullptr) step = &walk.steps.back();
  }
  if (step->record == nullptr) return {};
  return {.policy_domain = step->domain, .record = step->record};
}

}  // namespace assay::dmarc
