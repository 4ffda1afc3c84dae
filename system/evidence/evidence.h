#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "assay/base/domain_name.h"
#include "assay/base/ip_address.h"
#include "assay/verify/verify.h"
#include "system/evidence/knowledge.h"
#include "system/evidence/recovery.h"

/// What a receiver knows beside the policy, and what it decides with it (RFC 9989 §7.4, §8; the
/// table of findings stands in docs/evidence.md). gather looks, judge decides; both are pure.
namespace assay::evidence {

enum class Kind : std::uint8_t {
  author_signature_recovered,  ///< the author's signature verifies once list changes are undone
  mailing_list,                ///< List-Id or List-Post of an authenticated domain
  trusted_arc,                 ///< a trusted sealer saw the author's domain pass
  known_forwarder,             ///< the client has passed on much mail whose signatures survived
  listed,                      ///< the operator lists the client, a domain, the list, a recipient
  passed_lately,               ///< this client passed for this author domain in the last weeks
  always_passes,               ///< the domain's mail practically always passes here, by DKIM
  only_failing_client,         ///< the client has only ever brought failing mail
  no_relay,                    ///< nothing of a relay in the message
  non_existent_author,         ///< np applies, or SPF is -all and no mail was seen passing
  misleading_from,             ///< several From, an address in the display name, …
};
std::string_view to_text(Kind kind);

enum class Leans : std::uint8_t { indirect, abuse };
std::string_view to_text(Leans leans);

struct Finding {
  Kind kind = Kind::listed;
  Leans leans = Leans::indirect;
  std::string what = {};           ///< a sentence, fit to be shown
  std::string override_type = {};  ///< indirect: what a report says (RFC 9990 §3.1.6)
  std::string override_comment = {};
};

/// One line of the operator's allow list.
struct Listed {
  enum class Of : std::uint8_t { client, domain, list, recipient };
  Of of = Of::client;
  std::string value;  ///< network, authenticated domain (and below it), List-Id, address or @domain
  std::string override_type = "local_policy";
  std::string comment = {};
};

/// What the operator says of evidence.
struct Sources {
  std::vector<DomainName> trusted_sealers = {};
  std::vector<Listed> listed = {};
};

/// One message after its verdict.
struct Seen {
  const verify::Verdict& verdict;
  const mail::Header& header;
  std::optional<IpAddress> client = {};
  std::string client_name = {};  ///< verified by the MTA; empty when it could not
  std::vector<std::string> recipients = {};
  /// What undoing list changes found (recovery.h); nothing when it was not tried.
  std::optional<Recovered> recovered = {};
  /// Received fields at the top that the receiver's own relays wrote; they tell of no other relay.
  std::size_t own_received = 0;
};

/// All that can be found, in the order of the table. Asked for messages that fail, and harmless for
/// others.
std::vector<Finding> gather(const Seen& seen, const Sources& sources, const Knowledge& knowledge,
                            Instant now);

enum class Mode : std::uint8_t { monitor, rfc9989, published };
std::string_view to_text(Mode mode);

/// How a verdict is turned into an action.
struct Rules {
  Mode mode = Mode::rfc9989;
  /// What this message's author domain is held to at least (one's own domains); nothing: what it
  /// publishes.
  std::optional<dmarc::Policy> stricter = {};
  bool enforced = true;               ///< false: this message is outside what is enforced (monitor)
  bool defer_on_dns_failure = false;  ///< temperror: defer instead of accept
  verify::Action no_author = verify::Action::accept;  ///< without a usable From field
  /// "%d" stands for the author domain. Printable ASCII, one line.
  std::string reject_text = "550 5.7.1 DMARC policy of %d";
  std::string defer_text = "451 4.7.1 DMARC policy of %d cannot be told now, try again later";
};

/// Verdict and findings to a decision; pure (evidence.md, "Modes").
verify::Decision judge(const verify::Verdict& verdict, std::span<const Finding> findings,
                       const Rules& rules);

}  // namespace assay::evidence
