#include "system/intake/mail_trust.h"

#include <algorithm>
#include <utility>

#include "assay/base/ascii.h"
#include "assay/verify/verify.h"

namespace assay::intake {
namespace {

using store::Trust;

bool is_at_or_below(std::string_view name, std::string_view domain) {
  if (domain.empty()) return false;
  if (name == domain) return true;
  return name.size() > domain.size() && name.ends_with(domain) &&
         name[name.size() - domain.size() - 1] == '.';
}

/// Whether the failure means something: SPF was checked, or a signature is there and broken.
bool failed_for_good(const verify::Verdict& verdict) {
  if (!verdict.dmarc.unresolved.empty()) return false;
  const auto hidden = [](const dkim::Outcome& each) {
    return each.result == dkim::Result::temperror || each.result == dkim::Result::permerror ||
           each.result == dkim::Result::policy;
  };
  if (std::ranges::any_of(verdict.dkim, hidden)) return false;
  const auto broken = [](const dkim::Outcome& each) { return each.result == dkim::Result::fail; };
  return !verdict.spf.empty() || std::ranges::any_of(verdict.dkim, broken);
}

// RFC 9990 §3.5.2: the mail of a report passes DMARC.
Trust trust_of(const verify::Verdict& verdict) {
  const dmarc::Evaluation& found = verdict.dmarc;
  if (found.result == dmarc::Result::pass) return Trust::genuine;
  const bool asks = found.published_policy && *found.published_policy != dmarc::Policy::none;
  if (found.result == dmarc::Result::fail && asks && failed_for_good(verdict)) return Trust::forged;
  return Trust::unverified;
}

}  // namespace

Examined examine(std::string_view mail, const Session& session, dns::Resolver& resolver,
                 store::Instant now) {
  const verify::Verdict verdict = verify::verify(
      mail, {.client = session.client, .helo = session.helo, .mail_from = session.mail_from},
      resolver, now);
  Examined examined{.trust = trust_of(verdict),
                    .author_domain = verdict.dmarc.author.text(),
                    .reason = verdict.dmarc.reason};
  if (verdict.dmarc.organizational) {
    examined.organizational_domain = verdict.dmarc.organizational->text();
  }
  return examined;
}

store::Authenticity authenticity(const Examined& mail, std::string_view reporter_email) {
  store::Authenticity found{.trust = mail.trust,
                            .author_domain = mail.author_domain,
                            .reason = ascii::printable(mail.reason, 500)};
  if (mail.trust != Trust::genuine) return found;
  const std::string reporter =
      ascii::to_lower(ascii::trim_fws(reporter_email.substr(reporter_email.rfind('@') + 1)));
  if (reporter == mail.author_domain || is_at_or_below(reporter, mail.organizational_domain)) {
    return found;
  }
  found.trust = Trust::unverified;
  found.reason = "the mail is truly of " + mail.author_domain + ", but the report says that it is of " +
                 (reporter.empty() ? "nobody" : ascii::printable(reporter));
  return found;
}

}  // namespace assay::intake
