#include <algorithm>

#include "assay/base/ascii.h"
#include "assay/dmarc/detail/place.h"
#include "assay/dmarc/detail/route.h"
#include "assay/dmarc/evaluate.h"

namespace assay::dmarc {
namespace {

/// RFC 9989 §4.10.1
void discover_by_walk(dns::Resolver& resolver, Facts& facts) {
  facts.author_walk = fetch_walk(facts.author, resolver);
  facts.organizational = organizational_domain(facts.author_walk);
  PolicyDiscovery found = discover_policy(facts.author_walk);
  facts.policy_domain = std::move(found.policy_domain);
  facts.record = std::move(found.record);
  facts.discovery_failed = found.failed;
}

/// RFC 7489 §6.6.3: at the author domain, then at its Organizational Domain by the list.
void discover_by_list(dns::Resolver& resolver, const GatherOptions& options, Facts& facts) {
  facts.organizational = options.psl_organizational_domain
                             ? options.psl_organizational_domain(facts.author)
                             : facts.author;
  std::vector<DomainName> targets = {facts.author};
  if (*facts.organizational != facts.author) targets.push_back(*facts.organizational);
  detail::Route route = detail::route_over(facts.author, std::move(targets));
  resolver.prefetch(route.questions);
  // RFC 7489 §6.6.3 steps 3 and 5: the second place counts where the first has no record at all;
  // several records end the search.
  facts.author_walk = detail::walk_along(
      std::move(route), resolver, [](const WalkStep& step) { return step.records_seen > 0; });
  facts.discovery_failed = facts.author_walk.failed;
  if (facts.author_walk.steps.empty()) return;
  const WalkStep& last = facts.author_walk.steps.back();
  if (last.record == nullptr) return;
  facts.record = last.record;
  facts.policy_domain = last.domain;
}

void note_discovery(Facts& facts) {
  for (const WalkStep& step : facts.author_walk.steps) {
    if (step.records_seen < 2) continue;
    facts.findings.push_back(
        {.code = "several_records",
         .what = std::to_string(step.records_seen) + " DMARC records stand at _dmarc." +
                 ascii::printable(step.domain.text(), step.domain.text().size()) +
                 ", so that none of them counts"});
  }
  if (facts.record == nullptr) return;
  // Advice is for the linter; what spoils the record is told in reports too (RFC 9990 §3.1.5).
  std::ranges::copy_if(facts.record->findings, std::back_inserter(facts.findings),
                       [](const Finding& finding) { return finding.level == Level::error; });
}

bool is_used(const Facts& facts) {
  return facts.record != nullptr &&
         (facts.standard == Standard::rfc7489 ? facts.record->usable_rfc7489()
                                              : facts.record->usable()) != Usable::not_at_all;
}

/// Whether np says another thing than what else would hold, or the record is that of a PSD, which
/// reports tell more of domains that do not exist (RFC 9990 §7.3).
bool existence_matters(const Facts& facts) {
  if (facts.standard != Standard::rfc9989 || facts.policy_domain == facts.author) return false;
  if (facts.record->psd == Psd::y) return true;
  return policy_for(*facts.record, Place::existing_subdomain) !=
         policy_for(*facts.record, Place::non_existent_subdomain);
}

/// RFC 9989 §A.4: the author domain itself is asked for; what is said of `_dmarc` below it proves
/// nothing. RFC 8020 §2: a name below one that does not exist is answered likewise.
void ask_existence(dns::Resolver& resolver, Facts& facts) {
  const auto answer = resolver.ask({.name = facts.author, .type = dns::Type::a});
  if (answer->outcome == dns::Outcome::temporary_failure) {
    facts.existence_unknown = true;
    return;
  }
  // RFC 9989 §3.2.13: NXDOMAIN alone says that a domain does not exist.
  facts.author_exists = answer->outcome != dns::Outcome::name_error;
}

}  // namespace

Facts gather(const DomainName& author, const std::vector<Identifier>& identifiers,
             dns::Resolver& resolver, const GatherOptions& options) {
  Facts facts{.standard = options.standard, .author = author};
  if (options.standard == Standard::rfc7489) {
    discover_by_list(resolver, options, facts);
  } else {
    discover_by_walk(resolver, facts);
  }
  note_discovery(facts);
  if (is_used(facts)) {
    if (existence_matters(facts)) ask_existence(resolver, facts);
    detail::place_identifiers(identifiers, resolver, options, facts);
  } else {  // RFC 9989 §4.10.2: no alignment is evaluated where no record applies.
    for (const Identifier& identifier : identifiers) facts.identifiers.push_back({identifier});
  }
  return facts;
}

}  // namespace assay::dmarc
