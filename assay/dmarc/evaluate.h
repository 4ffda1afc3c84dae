#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "assay/base/domain_name.h"
#include "assay/base/finding.h"
#include "assay/dmarc/record.h"
#include "assay/dmarc/tree_walk.h"
#include "assay/dns/resolver.h"

namespace assay::dmarc {

/// RFC 9989 §9.2.
enum class Result : std::uint8_t { none, pass, fail, temperror, permerror };
std::string_view to_text(Result result);

enum class Method : std::uint8_t { spf, dkim };
std::string_view to_text(Method method);

/// What the check of an identifier came to, as far as DMARC cares. `unresolved`: a DNS error kept
/// the check from an end, so that it might have been a pass (RFC 9989 §5.3.6).
enum class Check : std::uint8_t { passed, failed, unresolved };

/// A domain that SPF (MAIL FROM) or DKIM (d=) tested (RFC 9989 §3.2.3, §3.2.4).
struct Identifier {
  Method method = Method::dkim;
  DomainName domain;
  Check check = Check::passed;
  std::string selector = {};  ///< DKIM
};

enum class Standard : std::uint8_t { rfc9989, rfc7489 };
enum class Discovery : std::uint8_t { treewalk, psl };
std::string_view to_text(Discovery discovery);

struct GatherOptions {
  Standard standard = Standard::rfc9989;
  /// The Organizational Domain by a public suffix list; asked for rfc7489 only, which needs it:
  /// without it each name is its own.
  std::function<DomainName(const DomainName&)> psl_organizational_domain = {};
  std::size_t max_identifier_walks =
      10;  ///< distinct domains walked for one message (RFC 9989 §11.5)
};

/// An identifier and where the DNS places it.
struct PlacedIdentifier {
  Identifier identifier;
  /// Whether it aligns with the author domain; nothing when the DNS did not say, when no policy
  /// applies, or when it was not asked since the check had failed.
  std::optional<bool> aligned = {};
  std::optional<DomainName> organizational = {};  ///< where it had to be found
  std::string unresolved = {};  ///< the lookup that failed, where that left aligned open
};

/// All that evaluate needs to know about the world.
struct Facts {
  Standard standard = Standard::rfc9989;
  DomainName author;
  Walk author_walk = {};  ///< names asked, records found; two steps at most for rfc7489
  std::optional<DomainName> organizational =
      {};  ///< of the author domain; nothing when the DNS did not say
  std::optional<DomainName> policy_domain = {};     ///< where the applied record stands
  std::shared_ptr<const PolicyRecord> record = {};  ///< the applied record
  bool discovery_failed = false;                    ///< a DNS error hides the policy
  /// Asked only when an inherited record makes it matter (RFC 9989 §3.2.13); an unanswered question
  /// counts as existing.
  std::optional<bool> author_exists = {};
  bool existence_unknown = false;  ///< asked, but a DNS error hides it
  std::vector<PlacedIdentifier> identifiers = {};
  Findings findings = {};
};

/// Asks the DNS for what the verdict of one author domain depends on (RFC 9989 §4.10.1, §4.10.2).
/// Identifiers beyond max_identifier_walks count as not aligned and become a finding.
Facts gather(const DomainName& author, const std::vector<Identifier>& identifiers,
             dns::Resolver& resolver, const GatherOptions& options = {});

/// To whom a policy record is applied (RFC 9989 §4.10.1).
enum class Place : std::uint8_t { own_domain, existing_subdomain, non_existent_subdomain };

/// The policy that a record has for such a domain, before t: none for a record that is used as
/// p=none, nothing for one that is not used at all.
std::optional<Policy> policy_for(const PolicyRecord& record, Place place);

struct EvaluateOptions {
  /// RFC 7489's pct: 0 to 99, drawn from the message; a message whose number is below pct is in the
  /// sample.
  unsigned sample = 0;
};

/// What DMARC says of one author domain. Absent strings are empty.
struct Evaluation {
  Standard standard = Standard::rfc9989;
  Result result = Result::none;
  DomainName author;
  std::optional<DomainName> policy_domain = {};
  std::optional<DomainName> organizational = {};
  std::string record = {};  ///< as published; if not all of printable ASCII and tabs, with \xHH
  std::optional<Policy> published_policy =
      {};                             ///< of p, sp or np, whichever holds, before t (or pct)
  std::optional<Policy> policy = {};  ///< after all options: what policy.dmarc says (RFC 9989 §9.1)
  bool test_mode = false;             ///< t=y
  bool author_nonexistent = false;    ///< NXDOMAIN, where that was asked (Facts::author_exists)
  bool sampled_out = false;           ///< RFC 7489: pct lowered the policy of this message
  Discovery discovery = Discovery::treewalk;
  bool spf_aligned = false;   ///< an aligned pass by SPF
  bool dkim_aligned = false;  ///< an aligned pass by DKIM
  std::vector<PlacedIdentifier> identifiers = {};
  std::vector<std::string> unresolved = {};  ///< lookups that could have changed the verdict
  std::string reason = {};  ///< one sentence: what was found, and what would have made it pass
  Findings findings = {};
};

/// The verdict; pure (RFC 9989 §5.3.4 to §5.3.6).
Evaluation evaluate(const Facts& facts, const EvaluateOptions& options = {});

}  // namespace assay::dmarc
