#pragma once

#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "system/analysis/digest.h"
#include "system/config/settings.h"
#include "system/store/alert_values.h"

/// What is told, as letters for the outbox of the AlertBook. Pure: the same alerts give the same
/// octets. Texts of reports and of the DNS may stand in them; they begin no other field, part or
/// element.
namespace assay::telling {

using store::Instant;

/// Who tells, and whom.
struct Telling {
  std::string from;  ///< mail address
  std::vector<config::Scoped> mails = {};
  std::vector<config::Scoped> webhooks = {};
};

/// Who is told of a domain: those for it or one above it, and those for all; each once. Of no
/// domain: those for all, or everybody where there are none.
std::vector<std::string> recipients_for(std::span<const config::Scoped> all,
                                        std::string_view domain);

/// One letter for each recipient, with all that concerns him.
std::vector<store::Letter> write_alerts(const Telling& telling,
                                        std::span<const store::AlertChange> told, Instant now);

/// The digest of a week for one recipient.
store::Letter write_digest(const Telling& telling, const std::string& to,
                           const analysis::WeekDigest& digest, Instant now);

/// The domains that a recipient of digests gets; empty: all.
std::set<std::string> domains_for(std::span<const config::Scoped> all, std::string_view recipient,
                                  std::span<const std::string> domains);

/// A mail of words, in two forms where there is HTML (RFC 2046 §5.1.4).
struct WordsMail {
  std::string from;
  std::string to;
  std::string subject;
  Instant date = {};
  std::string text;
  std::string html = {};
};
std::string compose(const WordsMail& mail);

/// "t=1779969600,v1=<hex>": HMAC-SHA-256 (RFC 2104) of "1779969600." and the body.
std::string signature_of(std::string_view secret, std::string_view body, Instant now);

}  // namespace assay::telling
