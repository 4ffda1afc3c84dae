#pragma once

#include <vector>

#include "assay/dmarc/tree_walk.h"

namespace assay::dmarc::detail {

/// The way of a walk before it is walked.
struct Route {
  DomainName start;
  std::vector<DomainName> targets = {};
  /// Of the targets that make a DNS name, in order; those that make none are the first.
  std::vector<dns::Question> questions = {};
};

/// The Tree Walk's (RFC 9989 §4.10).
Route route_from(const DomainName& start);

/// The route over these very targets, each an ancestor of the one before.
Route route_over(const DomainName& start, std::vector<DomainName> targets);

/// The `_dmarc` record of one domain, asked now. `question` is null where there is no such name.
WalkStep fetch_step(DomainName domain, const dns::Question* question, dns::Resolver& resolver);

/// Whether a walk needs no name beyond this one.
using EndsWalk = bool (*)(const WalkStep&);
bool ends_tree_walk(const WalkStep& step);

/// Asks one name of the route after the other, until `ends` or a DNS error.
Walk walk_along(Route route, dns::Resolver& resolver, EndsWalk ends);

}  // namespace assay::dmarc::detail
