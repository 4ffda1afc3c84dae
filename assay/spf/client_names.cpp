#include <algorithm>
#include <ranges>

#include "assay/spf/detail/evaluation.h"

namespace assay::spf::detail {

/// For the client's name in the reverse tree (RFC 7208 §5.5).
dns::Question Evaluation::client_question() const {
  const MacroString macros{
      .pieces = {Macro{.letter = 'i', .reversed = true}, ".", Macro{.letter = 'v'}, ".arpa"}};
  const std::string text = expand_name(macros, {.client = request_.client});
  return {.name = DomainName::parse(text).value_or(DomainName()), .type = dns::Type::ptr};
}

dns::Type Evaluation::address_type() const {
  return request_.client.is_v4() ? dns::Type::a : dns::Type::aaaa;  // RFC 7208 §5
}

/// Asks for the addresses of all names together, where there are several.
void Evaluation::prefetch_addresses(std::span<const DomainName> names) {
  if (names.size() < 2) return;
  std::vector<dns::Question> questions;
  questions.reserve(names.size());
  for (const DomainName& name : names) questions.push_back({.name = name, .type = address_type()});
  resolver_.prefetch(questions);
}

/// The names that the client's address points to, asked once for the whole evaluation.
dns::Outcome Evaluation::fetch_client_names() {
  if (client_names_outcome_) return *client_names_outcome_;
  const dns::AnswerPtr answer = ask(client_question());
  client_names_outcome_ = answer->outcome;
  // RFC 7208 §4.6.4: all but the first ten are ignored.
  for (const DomainName& name : answer->names | std::views::take(limits_.ptr_names)) {
    if (!name.is_root()) client_names_.push_back({.name = name});
  }
  return *client_names_outcome_;
}

/// Whether the name leads back to the client (RFC 7208 §5.5). Finding nothing does not count as a
/// void lookup, since not the domain but the client chose the name.
bool Evaluation::is_validated(ClientName& name) {
  if (!name.validated) {
    // RFC 7208 §5.5: a name whose lookup fails is skipped.
    const dns::AnswerPtr answer = ask({.name = name.name, .type = address_type()});
    name.validated =
        std::ranges::find(answer->addresses, request_.client) != answer->addresses.end();
  }
  return *name.validated;
}

/// %{p}: the domain itself, else a name below it, else any validated name (RFC 7208 §7.3).
std::string Evaluation::validated_name(const DomainName& domain) {
  fetch_client_names();
  std::vector<DomainName> names;
  for (const ClientName& name : client_names_) {
    if (!name.validated) names.push_back(name.name);
  }
  prefetch_addresses(names);
  const auto find = [&](auto wanted) -> const ClientName* {
    for (ClientName& name : client_names_) {
      if (wanted(name.name) && is_validated(name)) return &name;
    }
    return nullptr;
  };
  const ClientName* found = find([&](const DomainName& name) { return name == domain; });
  if (found == nullptr) {
    found = find([&](const DomainName& name) { return name.equal_or_below(domain); });
  }
  if (found == nullptr) found = find([](const DomainName&) { return true; });
  return found == nullptr ? "unknown" : found->name.text();
}

}  // namespace assay::spf::detail
