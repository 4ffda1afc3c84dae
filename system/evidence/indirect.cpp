#include <algorithm>

#include "assay/arc/arc.h"
#include "assay/authres/authres.h"
#include "assay/base/ascii.h"
#include "assay/verify/explain.h"
#include "system/evidence/detail/domains.h"
#include "system/evidence/detail/look.h"
#include "system/evidence/thresholds.h"

/// What speaks for an indirect but honest flow (docs/evidence.md).
namespace assay::evidence {
namespace {

using verify::for_people;

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

/// What a result of a sealer is about: the value of the first property of that name, as a domain.
std::optional<DomainName> domain_in(const authres::MethodResult& result, std::string_view ptype,
                                    std::string_view property) {
  for (const authres::Property& one : result.properties) {
    if (one.ptype == ptype && one.property == property) return domain_of(one.value);
  }
  return std::nullopt;
}

/// Whether a sealer's result says that the author's domain passed.
bool vouches(const Look& look, const authres::MethodResult& result) {
  if (result.result != "pass") return false;
  if (result.method == "dmarc") {
    const auto author = domain_in(result, "header", "from");
    return author && *author == look.author();
  }
  if (result.method == "dkim") {
    const auto signer = domain_in(result, "header", "d");
    return signer && look.aligns(*signer, dmarc::Method::dkim);
  }
  if (result.method != "spf") return false;
  const auto sender = domain_in(result, "smtp", "mailfrom");
  return sender && look.aligns(*sender, dmarc::Method::spf);
}

/// Whether the results of a set say that the author's domain passed.
bool saw_author_pass(const Look& look, const arc::Set& set) {
  const auto results = authres::parse(set.authentication_results);
  return results && std::ranges::any_of(results->results, [&](const authres::MethodResult& one) {
           return vouches(look, one);
         });
}

// ---- the operator's list ----

bool lists_client(const Look& look, std::string_view network) {
  const std::size_t slash = network.find('/');
  const auto address = IpAddress::parse(network.substr(0, slash));
  if (!address || !look.seen.client) return false;
  if (slash == std::string_view::npos) return *look.seen.client == *address;
  const auto bits = ascii::parse_number(network.substr(slash + 1));
  return bits && *bits <= address->bits() &&
         look.seen.client->in_network(*address, static_cast<unsigned>(*bits));
}

bool lists_domain(const Look& look, std::string_view value) {
  const auto listed = domain_of(value);
  return listed && std::ranges::any_of(look.authenticated(), [&](const DomainName& one) {
           return one.equal_or_below(*listed);
         });
}

/// Anybody can write a List-Id; it counts where the list's domain is authenticated.
bool lists_list(const Look& look, std::string_view value) {
  const std::string id = list_id(look.seen.header);
  if (id.empty() || !ascii::iequals(id, value)) return false;
  const auto domain = domain_of(id);
  return domain && look.authenticated_with(*domain) != nullptr;
}

/// An address, or @domain.
bool is_recipient(std::string_view recipient, std::string_view value) {
  if (!value.starts_with('@')) return ascii::iequals(recipient, value);
  const std::size_t at = recipient.rfind('@');
  return at != std::string_view::npos && ascii::iequals(recipient.substr(at), value);
}

/// All recipients: one that is listed must not open the door to others.
bool lists_recipients(const Look& look, std::string_view value) {
  const auto& recipients = look.seen.recipients;
  return !recipients.empty() && std::ranges::all_of(recipients, [&](const std::string& one) {
    return is_recipient(one, value);
  });
}

bool matches(const Look& look, const Listed& listed) {
  switch (listed.of) {
    case Listed::Of::client:
      return lists_client(look, listed.value);
    case Listed::Of::domain:
      return lists_domain(look, listed.value);
    case Listed::Of::list:
      return lists_list(look, listed.value);
    case Listed::Of::recipient:
      return lists_recipients(look, listed.value);
  }
  return false;
}

std::string_view words_for(Listed::Of of) {
  switch (of) {
    case Listed::Of::client:
      return "the operator lists the client";
    case Listed::Of::domain:
      return "the operator lists an authenticated domain";
    case Listed::Of::list:
      return "the operator lists the mailing list";
    case Listed::Of::recipient:
      return "the operator lists the recipient";
  }
  return "";
}

}  // namespace

std::optional<Finding> find_recovered(const Look& look) {
  const auto& recovered = look.seen.recovered;
  if (!recovered || !look.aligns(recovered->domain, dmarc::Method::dkim)) return std::nullopt;
  const std::string undone = joined(recovered->undone);
  return Finding{.kind = Kind::author_signature_recovered,
                 .what = "the signature of " + for_people(recovered->domain) +
                         " verifies once the changes of a list are undone: " + undone,
                 .override_type = "mailing_list",
                 .override_comment = "author signature d=" + recovered->domain.text() +
                                     " verifies once changes are undone: " + undone};
}

std::optional<Finding> find_mailing_list(const Look& look) {
  for (const DomainName& list : list_domains(look.seen.header)) {
    const DomainName* by = look.authenticated_with(list);
    if (by == nullptr || look.is_of_author(*by)) continue;
    return Finding{
        .kind = Kind::mailing_list,
        .what = "a mailing list of " + for_people(list) + " sent it, and " + for_people(*by) +
                " is authenticated",
        .override_type = "mailing_list",
        .override_comment = "list of " + list.text() + ", authenticated as " + by->text()};
  }
  return std::nullopt;
}

/// A sealer can be believed about a message only if everybody who handled it afterwards can: each
/// of them could have changed it and sealed it again (RFC 8617 §9). What stands before is what the
/// believed sealer itself validated.
std::optional<Finding> find_trusted_arc(const Look& look) {
  const arc::Outcome& chain = look.verdict().arc;
  if (chain.result != arc::Result::pass || look.author().is_root()) return std::nullopt;
  for (std::size_t i = chain.sets.size(); i > 0; --i) {
    const arc::Set& set = chain.sets[i - 1];
    const auto& trusted = look.sources.trusted_sealers;
    if (std::ranges::find(trusted, set.sealer, &DomainName::text) == trusted.end()) break;
    if (!saw_author_pass(look, set)) continue;
    return Finding{.kind = Kind::trusted_arc,
                   .what = "the trusted sealer " + ascii::printable(set.sealer) + " saw " +
                           look.author_words() + " pass (ARC)",
                   .override_type = "local_policy",
                   .override_comment = arc::override_comment(chain)};
  }
  return std::nullopt;
}

std::optional<Finding> find_known_forwarder(const Look& look) {
  const ClientHistory* history = look.client_history();
  if (history == nullptr || !is_known_forwarder(*history)) return std::nullopt;
  const std::string seen = std::to_string(history->relayed) + " messages of " +
                           std::to_string(history->relayed_authors) +
                           " organizations whose signatures survived";
  return Finding{.kind = Kind::known_forwarder,
                 .what = look.client_words() + " has lately passed on " + seen,
                 .override_type = "trusted_forwarder",
                 .override_comment = "this client has lately passed on " + seen};
}

std::optional<Finding> find_listed(const Look& look) {
  for (const Listed& listed : look.sources.listed) {
    if (!matches(look, listed)) continue;
    return Finding{
        .kind = Kind::listed,
        .what = std::string(words_for(listed.of)) + " (" + ascii::printable(listed.value) + ")",
        .override_type = listed.override_type,
        .override_comment = listed.comment};
  }
  return std::nullopt;
}

std::optional<Finding> find_passed_lately(const Look& look) {
  const PairHistory* history = look.pair_history();
  if (history == nullptr || !has_passed_lately(*history)) return std::nullopt;
  return Finding{.kind = Kind::passed_lately,
                 .what = look.client_words() + " passed for " + look.author_words() + " " +
                         std::to_string(history->passed) + " times lately, last " +
                         to_rfc3339(history->last_passed),
                 .override_type = "local_policy",
                 .override_comment =
                     "this client passed for the domain until " + to_rfc3339(history->last_passed)};
}

}  // namespace assay::evidence
