#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "assay/base/domain_name.h"
#include "assay/dmarc/record.h"
#include "assay/dns/resolver.h"

namespace assay::dmarc {

/// The domains whose `_dmarc` names a Tree Walk asks, the start first: at most 8 (RFC 9989 §4.10).
std::vector<DomainName> walk_targets(const DomainName& start);

/// One query of a walk.
struct WalkStep {
  DomainName domain;  ///< without the `_dmarc` label
  dns::Outcome outcome = dns::Outcome::no_data;
  std::size_t records_seen = 0;  ///< DMARC records there; more than one are all discarded
  std::shared_ptr<const PolicyRecord> record = {};  ///< the single valid one
};

struct Walk {
  DomainName start;
  std::vector<WalkStep> steps = {};
  bool failed = false;  ///< a query ended in a DNS error: what stands there is unknown
};

/// Walks from `start` to the single label or a psd tag (RFC 9989 §4.10). Prefetches all names
/// first.
Walk fetch_walk(const DomainName& start, dns::Resolver& resolver);

/// The questions that fetch_walk may ask.
std::vector<dns::Question> walk_questions(const DomainName& start);

/// RFC 9989 §4.10.2; the start itself where no record was found. Nothing when the walk failed.
std::optional<DomainName> organizational_domain(const Walk& walk);

}  // namespace assay::dmarc
