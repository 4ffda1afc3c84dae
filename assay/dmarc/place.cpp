#include "assay/dmarc/detail/place.h"

#include <algorithm>
#include <string>
#include <utility>

#include "assay/base/ascii.h"
#include "assay/dmarc/detail/route.h"

namespace assay::dmarc::detail {
namespace {

/// The Organizational Domain of a later name of a walk: what a walk from there would ask is the
/// rest of this one. Nothing when the walk did not come there.
std::optional<DomainName> organizational_of_step(const Walk& walk, const DomainName& domain) {
  const auto found = std::ranges::find(walk.steps, domain, &WalkStep::domain);
  if (found == walk.steps.end() || walk.failed) return std::nullopt;
  return organizational_domain({.start = domain, .steps = {found, walk.steps.end()}});
}

bool passed_aligned(const PlacedIdentifier& placed) {
  return placed.identifier.check == Check::passed && placed.aligned == true;
}

/// Places one message's identifiers beside its author domain.
class Placement {
 public:
  Placement(dns::Resolver& resolver, const GatherOptions& options, Facts& facts)
      : resolver_(resolver), options_(options), facts_(facts) {}

  /// By what is known already; false when it takes a walk.
  bool place_by_facts(PlacedIdentifier& placed) const {
    // RFC 9989 §4.10.2: the same domain as an Author Domain with a record takes no walk. Where the
    // record is inherited, the walk would be the author's own.
    if (placed.identifier.domain == facts_.author) {
      placed.organizational = facts_.organizational;
      placed.aligned = true;
    } else if (cannot_align(placed.identifier)) {
      placed.aligned = false;
    } else if (facts_.standard == Standard::rfc7489) {
      place_by_list(placed);
    } else if (facts_.organizational) {
      return place_on_author_walk(placed, *facts_.organizational);
    } else {
      placed.unresolved = failed_lookup(facts_.author_walk);
    }
    return true;
  }

  /// RFC 9989 §4.10.2: by their own walks, all of which the resolver knows before one of them
  /// waits.
  void place_by_walks(const std::vector<PlacedIdentifier*>& open) {
    std::vector<Route> routes;
    std::vector<dns::Question> questions;
    for (const PlacedIdentifier* placed : open) {
      const DomainName& domain = placed->identifier.domain;
      if (walk_of(domain) != nullptr) continue;
      if (std::ranges::find(routes, domain, &Route::start) != routes.end()) continue;
      // RFC 9989 §11.5: what one message can make a receiver ask is limited.
      if (walks_.size() + routes.size() >= options_.max_identifier_walks) continue;
      routes.push_back(route_from(domain));
      questions.insert(questions.end(), routes.back().questions.begin(),
                       routes.back().questions.end());
    }
    if (!questions.empty()) resolver_.prefetch(questions);
    for (Route& route : routes) {
      walks_.push_back(walk_along(std::move(route), resolver_, ends_tree_walk));
    }
    for (PlacedIdentifier* placed : open) settle(*placed, walk_of(placed->identifier.domain));
  }

 private:
  /// Of an identifier that is not the author domain itself.
  bool cannot_align(const Identifier& identifier) const {
    // RFC 9989 §3.2.10.2: strict is identical or not at all.
    if (alignment_of(identifier.method, *facts_.record) == Alignment::strict) return true;
    if (facts_.standard == Standard::rfc7489) return false;
    // An Organizational Domain is the name itself or an ancestor of it (RFC 9989 §4.10.2), so a
    // name that is neither the author's one nor below it cannot have the same.
    if (facts_.organizational) return !identifier.domain.equal_or_below(*facts_.organizational);
    // The author's walk failed above a record of its own, so that any name above may be its
    // organization; who shares none of them is certainly another's.
    return identifier.domain.suffix(1) != facts_.author.suffix(1);
  }

  // RFC 7489 §3.1.1: relaxed is the same Organizational Domain, here by a public suffix list.
  void place_by_list(PlacedIdentifier& placed) const {
    const DomainName& domain = placed.identifier.domain;
    placed.organizational =
        options_.psl_organizational_domain ? options_.psl_organizational_domain(domain) : domain;
    placed.aligned = placed.organizational == facts_.organizational;
  }

  /// For a name at or below the author's Organizational Domain: that one itself, or one that the
  /// author's walk went through.
  bool place_on_author_walk(PlacedIdentifier& placed, const DomainName& organizational) const {
    const DomainName& domain = placed.identifier.domain;
    // From an Organizational Domain each rule of RFC 9989 §4.10.2 leads to itself: psd=n stands
    // there, or psd=y right above, or no record above.
    placed.organizational = domain == organizational
                                ? organizational
                                : organizational_of_step(facts_.author_walk, domain);
    if (!placed.organizational) return false;
    placed.aligned = placed.organizational == organizational;
    return true;
  }

  const Walk* walk_of(const DomainName& domain) const {
    const auto found = std::ranges::find(walks_, domain, &Walk::start);
    return found == walks_.end() ? nullptr : &*found;
  }

  void settle(PlacedIdentifier& placed, const Walk* walk) {
    if (walk == nullptr) {
      placed.aligned = false;
      note_limit();
      return;
    }
    placed.organizational = organizational_domain(*walk);
    if (!placed.organizational) {
      placed.unresolved = failed_lookup(*walk);
      return;
    }
    placed.aligned = placed.organizational == facts_.organizational;
  }

  void note_limit() {
    if (std::exchange(limit_noted_, true)) return;
    facts_.findings.push_back({.code = "identifier_limit",
                               .what = "more than " +
                                       std::to_string(options_.max_identifier_walks) +
                                       " domains to look up for alignment; those beyond do not "
                                       "count",
                               .level = Level::warning});
  }

  dns::Resolver& resolver_;
  const GatherOptions& options_;
  Facts& facts_;
  std::vector<Walk> walks_ = {};
  bool limit_noted_ = false;
};

}  // namespace

Alignment alignment_of(Method method, const PolicyRecord& record) {
  // RFC 9989 §4.7: of the record that applies, also when it is inherited.
  return method == Method::spf ? record.aspf : record.adkim;
}

std::string failed_lookup(const Walk& walk) {
  const WalkStep& step = walk.steps.back();
  return "TXT _dmarc." + ascii::printable(step.domain.text(), step.domain.text().size()) +
         (step.why.empty() ? "" : " (" + step.why + ")");
}

void place_identifiers(const std::vector<Identifier>& identifiers, dns::Resolver& resolver,
                       const GatherOptions& options, Facts& facts) {
  Placement placement(resolver, options, facts);
  std::vector<PlacedIdentifier*> passed;
  std::vector<PlacedIdentifier*> unresolved;
  facts.identifiers.reserve(identifiers.size());
  for (const Identifier& identifier : identifiers) {
    PlacedIdentifier& placed = facts.identifiers.emplace_back(PlacedIdentifier{identifier});
    // A failed check changes no verdict, so that no question is asked for its sake.
    if (placement.place_by_facts(placed) || identifier.check == Check::failed) continue;
    (identifier.check == Check::passed ? passed : unresolved).push_back(&placed);
  }
  placement.place_by_walks(passed);
  // RFC 9989 §5.3.6: what could not be checked matters only where nothing else aligned.
  if (std::ranges::none_of(facts.identifiers, passed_aligned)) placement.place_by_walks(unresolved);
}

}  // namespace assay::dmarc::detail
