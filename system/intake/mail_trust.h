#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "assay/base/ip_address.h"
#include "assay/dns/resolver.h"
#include "system/store/received_values.h"

/// Whether the mail that carries a report is what it says (RFC 9990 §3.5.2, §8.2).
namespace assay::intake {

/// What the SMTP session said, where there was one.
struct Session {
  std::optional<IpAddress> client = {};
  std::string helo = {};
  std::string mail_from = {};
};

/// What was found out about a mail, whatever report is in it.
struct Examined {
  store::Trust trust = store::Trust::unchecked;  ///< genuine: it passed DMARC
  std::string author_domain = {};
  std::string organizational_domain = {};  ///< of the author domain
  std::string reason = {};                 ///< a sentence
  friend bool operator==(const Examined&, const Examined&) = default;
};

/// Verifies a mail: DMARC by its signatures, and by SPF where the client is known. It is forged
/// when its author domain asks to quarantine or reject what fails, and it failed: with the client
/// known, or by a signature that is broken. A signature whose key is gone, as keys go with the
/// years, leaves it unverified.
Examined examine(std::string_view mail, const Session& session, dns::Resolver& resolver,
                 store::Instant now);

/// What that says of a report in it, whose reporter has this address: genuine only when the author
/// domain or its organizational domain is that of the reporter.
store::Authenticity authenticity(const Examined& mail, std::string_view reporter_email);

}  // namespace assay::intake
