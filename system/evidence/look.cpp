#include "system/evidence/detail/look.h"

#include <algorithm>

#include "assay/verify/explain.h"
#include "assay/verify/judge.h"
#include "system/evidence/detail/domains.h"
#include "system/evidence/thresholds.h"

namespace assay::evidence {

Look::Look(const Seen& seen_message, const Sources& the_sources, const Knowledge& the_knowledge,
           Instant at)
    : seen(seen_message), sources(the_sources), knowledge(the_knowledge), now(at) {
  for (const auto& one : verify::identifiers(verdict().spf, verdict().dkim)) {
    const bool known = std::ranges::find(authenticated_, one.domain) != authenticated_.end();
    if (one.check == dmarc::Check::passed && !known) authenticated_.push_back(one.domain);
  }
  if (const auto record = dmarc::parse_record(dmarc().record)) {
    adkim_ = record->adkim;
    aspf_ = record->aspf;
  }
  if (seen.client) client_key_ = client_key(*seen.client);
}

std::string Look::author_words() const {
  return author().is_root() ? "the author" : verify::for_people(author());
}

std::string Look::client_words() const {
  return seen.client ? to_text(*seen.client) : "the client";
}

bool Look::is_of_author(const DomainName& domain) const {
  const auto& organization = dmarc().organizational;
  return organization ? domain.equal_or_below(*organization) : related(domain, author());
}

bool Look::aligns(const DomainName& domain, dmarc::Method method) const {
  if (author().is_root()) return false;
  const auto mode = method == dmarc::Method::spf ? aspf_ : adkim_;
  return mode == dmarc::Alignment::strict ? domain == author() : is_of_author(domain);
}

/// Where the verdict had to find it out.
std::optional<DomainName> Look::organization_of(const DomainName& domain) const {
  for (const dmarc::Evaluation& evaluation : verdict().evaluations) {
    for (const dmarc::PlacedIdentifier& placed : evaluation.identifiers) {
      if (placed.identifier.domain == domain && placed.organizational) return placed.organizational;
    }
  }
  return std::nullopt;
}

/// A Tree Walk was made for the author and for the identifiers that could align with it, not for
/// any other name. So an identifier whose Organizational Domain is known is compared by that; of
/// another it is asked that one name is the other or stands below it, which takes fewer for one
/// organization (no siblings), and more only above a public suffix, where it says no more of the
/// message than its sender could have said with a name of his own.
const DomainName* Look::authenticated_with(const DomainName& domain) const {
  for (const DomainName& one : authenticated_) {
    const auto organization = organization_of(one);
    if (organization ? domain.equal_or_below(*organization) : related(domain, one)) return &one;
  }
  return nullptr;
}

bool Look::is_fresh(Instant at) const {
  return at + max_age >= now && knowledge.made + max_age >= now;
}

const ClientHistory* Look::client_history() const {
  const auto found = knowledge.clients.find(client_key_);
  const bool known = found != knowledge.clients.end() && is_fresh(found->second.last);
  return known ? &found->second : nullptr;
}

const AuthorHistory* Look::author_history() const {
  const auto found = knowledge.authors.find(author().text());
  const bool known = found != knowledge.authors.end() && is_fresh(found->second.last);
  return known ? &found->second : nullptr;
}

const PairHistory* Look::pair_history() const {
  const auto found = knowledge.pairs.find(pair_key(client_key_, author().text()));
  const bool known = found != knowledge.pairs.end() && is_fresh(found->second.last_passed);
  return known ? &found->second : nullptr;
}

}  // namespace assay::evidence
