#pragma once

#include <cstddef>
#include <expected>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "assay/aggregate/report.h"
#include "assay/dns/resolver.h"
#include "system/config/settings.h"
#include "system/store/store.h"

namespace assay::reporting {

/// Who gets a report.
struct Target {
  std::string address;  ///< of mail, or a URI of the scheme https; as written
  aggregate::Schema schema = aggregate::Schema::rfc9990;
};

/// Where the reports of a configuration go, and for every other URI why not.
struct Targets {
  std::vector<Target> targets = {};
  std::vector<std::string> refused = {};  ///< sentences
  bool ask_again = false;                 ///< the DNS did not answer for one: not now
  /// Where nobody gets one: what becomes of the evaluations.
  store::Outcome otherwise = store::Outcome::no_destination;
};

/// How often each host was named in this period, so that many policy domains that point at one
/// stranger cost him, and the DNS, no more than a cap.
class HostCounts {
 public:
  /// Counts one more for the host; false where it has had enough.
  bool take(const std::string& host, unsigned most) { return ++counts_[host] <= most; }

 private:
  std::map<std::string, unsigned, std::less<>> counts_ = {};
};

/// What is asked on the way; all outlive the call.
struct Surroundings {
  store::Store& store;
  dns::Resolver& resolver;
  HostCounts& hosts;
  store::Instant now = {};
};

/// Whether a destination is one of a list of "address" and "@domain".
bool is_listed(const std::string& address, const std::vector<std::string>& list);

/// Every URI of rua in its order (RFC 9990 §3.5), confirmed by the DNS (RFC 9990 §4). Errors: those
/// of the store.
std::expected<Targets, Finding> find_targets(const store::Configuration& configuration,
                                             const config::Reports& settings,
                                             const Surroundings& surroundings);

/// Every URI of ruf (RFC 9991 §2), confirmed by the DNS (RFC 9991 §5), for failure reports of a
/// policy domain by its record. `hosts` counts as above. Errors: those of the store.
std::expected<Targets, Finding> find_failure_targets(const std::string& policy_domain,
                                                     const std::string& record,
                                                     const config::Reports& settings,
                                                     const Surroundings& surroundings);

}  // namespace assay::reporting
