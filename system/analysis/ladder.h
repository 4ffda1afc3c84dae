#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "assay/base/domain_name.h"
#include "assay/dns/resolver.h"
#include "system/analysis/document.h"
#include "system/analysis/flows.h"
#include "system/analysis/overview.h"

/// Why no reports come: each step on the way from a record to a report that is counted.
namespace assay::analysis {

enum class Rung : std::uint8_t { ok, broken, unknown, waiting };
std::string_view to_text(Rung rung);

struct Step {
  std::string code;
  Rung state = Rung::unknown;
  std::string what;      ///< what was found
  std::string fix = {};  ///< where it is broken
};

/// What the ladder knows beside the DNS.
struct LadderFacts {
  std::span<const ReporterRow> reporters = {};  ///< of the domain
  std::uint64_t counted = 0;                    ///< aggregate reports of the domain, ever
  std::uint64_t set_aside = 0;
  std::optional<store::Instant> last_arrived = {};
  std::uint64_t of_others =
      0;  ///< reports of other domains that came in, which shows that intake works
  std::optional<store::Instant> last_of_others = {};
  std::vector<std::string> set_aside_reasons = {};
  std::optional<store::Instant> last_told = {};  ///< end of the latest report with messages
  /// The same of the domain of the same organization that was told of last.
  std::optional<store::Instant> last_related = {};
  std::string related_domain = {};
  const OwnMail* own = nullptr;  ///< of the domain; nothing: there is no journal here
  std::optional<std::uint64_t> intake_limit = {};  ///< octets of a mail that this host takes
  std::vector<std::string> intake_refuses = {};    ///< what it refuses, such as "forged"
  store::Instant now = {};
};

/// Every step that can be known, in the order of a report's way; later steps stay when an earlier
/// one is broken. Asks the DNS.
std::vector<Step> climb(const DomainName& domain, const LadderFacts& facts,
                        dns::Resolver& resolver);
void tell(std::span<const Step> steps, Document& document);

/// Reverse names of addresses, each looked up and asked back (forward-confirmed). Asks the DNS:
/// fifty addresses together where the resolver can, and the next when these are answered, so that a
/// name server is not flooded. What was asked lately is in the resolver's cache, which is bounded
/// and goes by TTL.
std::map<std::string, ReverseName, std::less<>> ask_names(std::span<const std::string> addresses,
                                                          dns::Resolver& resolver);

/// The addresses of the hosts that journalled own mail, each with its host. Asks the DNS.
std::map<std::string, std::string, std::less<>> ask_hosts(const OwnMail& own,
                                                          dns::Resolver& resolver);

/// The name under which an address has its PTR record (RFC 1035 §3.5, RFC 3596 §2.5).
std::optional<DomainName> reverse_name(std::string_view address);

}  // namespace assay::analysis
