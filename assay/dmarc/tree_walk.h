#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "assay/base/domain_name.h"
#include "assay/dmarc/record.h"
#include "assay/dns/resolver.h"

namespace assay::dmarc {

/// No walk asks more (RFC 9989 §4.10).
constexpr std::size_t max_walk_queries = 8;

/// The domains whose `_dmarc` names a Tree Walk asks, the start first: at most 8 (RFC 9989 §4.10).
std::vector<DomainName> walk_targets(const DomainName& start);

/// One query of a walk.
struct WalkStep {
  DomainName domain;  ///< without the `_dmarc` label
  dns::Outcome outcome = dns::Outcome::no_data;
  std::size_t records_seen = 0;  ///< DMARC records there; more than one are all discarded
  std::shared_ptr<const PolicyRecord> record = {};  ///< the single valid one
  /// False where `_dmarc` before the domain makes no DNS name (above 253 octets), so that no record
  /// can stand there and no question was asked.
  bool asked = true;
  std::string why = {};  ///< outcome temporary_failure: servfail, timeout, …
};

struct Walk {
  DomainName start;
  std::vector<WalkStep> steps = {};
  /// The last query ended in a DNS error, where the walk ends too: what stands there is unknown.
  bool failed = false;
};

/// Walks from `start` to the single label or a psd tag (RFC 9989 §4.10). Prefetches all names
/// first. A record that the resolver has kept is not parsed again.
Walk fetch_walk(const DomainName& start, dns::Resolver& resolver);

/// The questions that fetch_walk may ask.
std::vector<dns::Question> walk_questions(const DomainName& start);

/// RFC 9989 §4.10.2; the start itself where no record was found. Nothing when the walk failed.
std::optional<DomainName> organizational_domain(const Walk& walk);

/// Which record applies to the start of a walk (RFC 9989 §4.10.1).
struct PolicyDiscovery {
  std::optional<DomainName> policy_domain = {};     ///< where it stands
  std::shared_ptr<const PolicyRecord> record = {};  ///< as found: usable or not
  bool failed = false;                              ///< a DNS error hides it
};

/// The record of the start, else of its Organizational Domain, else of the public suffix above.
PolicyDiscovery discover_policy(const Walk& walk);

}  // namespace assay::dmarc
