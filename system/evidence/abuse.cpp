#include <algorithm>

#include "assay/base/ascii.h"
#include "system/evidence/detail/domains.h"
#include "system/evidence/detail/look.h"
#include "system/evidence/thresholds.h"

/// What speaks for an abuse of the author's domain (docs/evidence.md).
namespace assay::evidence {
namespace {

constexpr std::size_t max_received = 100;
constexpr std::size_t max_received_octets = 4'000;

Finding abuse(Kind kind, std::string what) {
  return {.kind = kind, .leans = Leans::abuse, .what = std::move(what)};
}

/// The host behind "by" in a Received field (RFC 5321 §4.4); empty where none stands. Words in
/// comments are passed over.
std::string_view receiving_host(std::string_view value) {
  value = value.substr(0, max_received_octets);
  int depth = 0;
  bool by = false;
  for (std::size_t at = 0; at < value.size();) {
    const char c = value[at];
    if (c == '(' || c == ')') depth = std::max(0, depth + (c == '(' ? 1 : -1));
    if (c == ';' && depth == 0) return {};
    if (c == '(' || c == ')' || ascii::is_fws(c)) {
      ++at;
      continue;
    }
    const std::size_t end = std::min(value.find_first_of(" \t\r\n();", at), value.size());
    const std::string_view word = value.substr(at, std::max<std::size_t>(end - at, 1));
    if (depth == 0 && by) return word;
    by = depth == 0 && ascii::iequals(word, "by");
    at += word.size();
  }
  return {};
}

/// Whether a Received field tells of a host that is not the author's own. What names no domain (a
/// bare host name, an address) could be anybody's, and counts for another.
bool tells_of_relay(const Look& look, const mail::Field& field) {
  const std::string_view host = receiving_host(field.value);
  if (host.empty() || ascii::istarts_with(host, "localhost")) return false;
  const auto domain = domain_of(host);
  return !domain || !look.is_of_author(*domain);
}

bool holds_relay_field(const mail::Header& header) {
  return std::ranges::any_of(header.fields, [](const mail::Field& field) {
    for (const std::string_view prefix :
         {"List-", "Resent-", "ARC-", "X-Forwarded-", "X-Original-"}) {
      if (ascii::istarts_with(field.name, prefix)) return true;
    }
    return ascii::iequals(field.name, "Delivered-To") ||
           ascii::iequals(field.name, "Mailing-List") || ascii::iequals(field.name, "X-BeenThere");
  });
}

bool holds_foreign_received(const Look& look) {
  const auto fields = mail::fields_named(look.seen.header, "Received");
  const std::size_t end = std::min(fields.size(), max_received);
  for (std::size_t i = look.seen.own_received; i < end; ++i) {
    if (tells_of_relay(look, *fields[i])) return true;
  }
  return fields.size() > max_received;
}

bool is_authenticated_elsewhere(const Look& look) {
  return std::ranges::any_of(look.authenticated(),
                             [&](const DomainName& one) { return !look.is_of_author(one); });
}

/// Whether the policy that holds is the one for names that do not exist: of another place in the
/// record it would be another one (RFC 9989 §4.10.1).
bool np_applies(const dmarc::Evaluation& evaluation) {
  if (!evaluation.policy_domain || *evaluation.policy_domain == evaluation.author) return false;
  const auto record = dmarc::parse_record(evaluation.record);
  if (!record || !evaluation.published_policy) return false;
  const auto existing = dmarc::policy_for(*record, dmarc::Place::existing_subdomain);
  const auto other = dmarc::policy_for(*record, dmarc::Place::non_existent_subdomain);
  return existing != other && evaluation.published_policy == other;
}

/// Whether a record allows nobody to send: "v=spf1 -all".
bool allows_nobody(std::string_view record) {
  std::vector<std::string_view> terms;
  for (const std::string_view term : ascii::Pieces(record, ' ')) {
    if (!term.empty() && terms.size() < 3) terms.push_back(term);
  }
  return terms.size() == 2 && ascii::iequals(terms[0], "v=spf1") &&
         ascii::iequals(terms[1], "-all");
}

/// Whether the author's own SPF record, seen when the envelope sender was checked, allows nobody.
bool never_sends(const Look& look) {
  const AuthorHistory* history = look.author_history();
  if (history != nullptr && history->passed > 0) return false;
  return std::ranges::any_of(look.verdict().spf, [&](const spf::Outcome& outcome) {
    return outcome.result == spf::Result::fail && !outcome.records.empty() &&
           outcome.records.front().domain == look.author() &&
           allows_nobody(outcome.records.front().text);
  });
}

}  // namespace

std::optional<Finding> find_always_passes(const Look& look) {
  const AuthorHistory* history = look.author_history();
  // Not to be told of a client that is not known.
  if (history == nullptr || !look.seen.client || look.pair_history() != nullptr)
    return std::nullopt;
  if (!always_passes(*history)) return std::nullopt;
  return abuse(Kind::always_passes, "the mail of " + look.author_words() +
                                        " practically always passes here by DKIM (" +
                                        std::to_string(history->by_dkim) + " messages), and " +
                                        look.client_words() + " never brought any of it");
}

std::optional<Finding> find_only_failing_client(const Look& look) {
  const ClientHistory* history = look.client_history();
  if (history == nullptr || !brings_only_failures(*history)) return std::nullopt;
  return abuse(Kind::only_failing_client,
               look.client_words() + " has brought nothing but failing mail, " +
                   std::to_string(history->failed) + " messages for " +
                   std::to_string(history->failed_authors) + " organizations");
}

/// Whatever a relay leaves, a sender can forge; then nothing is found, and nothing is rejected for
/// it. An impostor who does not bother is.
std::optional<Finding> find_no_relay(const Look& look) {
  if (look.author().is_root() || look.verdict().dmarc.result == dmarc::Result::pass) {
    return std::nullopt;
  }
  if (holds_relay_field(look.seen.header) || holds_foreign_received(look) ||
      is_authenticated_elsewhere(look)) {
    return std::nullopt;
  }
  return abuse(Kind::no_relay,
               "nothing in the message tells of a list or a forwarder: no such header field, no "
               "other host, no other authenticated domain");
}

std::optional<Finding> find_non_existent_author(const Look& look) {
  if (look.author().is_root()) return std::nullopt;
  if (np_applies(look.dmarc())) {
    return abuse(Kind::non_existent_author, look.author_words() + " does not exist");
  }
  if (!never_sends(look)) return std::nullopt;
  return abuse(Kind::non_existent_author,
               look.author_words() + " says that it sends no mail (SPF -all), and none was seen");
}

std::optional<Finding> find_misleading_from(const Look& look) {
  struct Misleading {
    std::string_view code;
    std::string_view words;
  };
  constexpr Misleading all[] = {
      {"several_from_fields", "the message has several From fields"},
      {"hidden_from", "the message hides a second From field"},
      {"address_in_display_name", "the From field shows an address of another domain as a name"}};
  for (const Misleading& one : all) {
    const auto& findings = look.verdict().authors.findings;
    if (std::ranges::find(findings, one.code, &assay::Finding::code) == findings.end()) continue;
    return abuse(Kind::misleading_from, std::string(one.words));
  }
  return std::nullopt;
}

}  // namespace assay::evidence
