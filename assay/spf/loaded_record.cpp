#include "assay/spf/detail/loaded_record.h"

#include <algorithm>
#include <utility>

#include "assay/base/overloaded.h"

namespace assay::spf::detail {
namespace {

/// The name a term leads to, when that is the same for every message.
std::optional<DomainName> fixed_target(const Term& term, const DomainName& owner) {
  const DomainSpec* domain = domain_of(term);
  if (domain == nullptr) return owner;  // RFC 7208 §4.8
  if (!domain->macros.is_literal()) return std::nullopt;
  auto name = DomainName::parse(expand_name(domain->macros, {}));
  if (!name) return std::nullopt;
  return std::move(*name);
}

bool is_ptr(const Term& term) {
  const auto* directive = std::get_if<Directive>(&term.what);
  return directive != nullptr && std::holds_alternative<Ptr>(directive->mechanism);
}

void add_question(LoadedRecord& loaded, std::size_t index) {
  const Term& term = loaded.record.terms[index];
  // ptr asks about the client first, not about its target.
  if (!costs_lookup(term) || is_ptr(term)) return;
  const auto target = fixed_target(term, loaded.owner);
  if (!target) return;
  loaded.question_of[index] = loaded.questions[0].size();
  loaded.questions[0].push_back({.name = *target, .type = first_type(term, true)});
  loaded.questions[1].push_back({.name = *target, .type = first_type(term, false)});
}

void prepare(LoadedRecord& loaded) {
  const std::vector<Term>& terms = loaded.record.terms;
  loaded.question_of.resize(terms.size());
  for (std::size_t i = 0; i < terms.size(); ++i) {
    if (std::holds_alternative<Redirect>(terms[i].what)) {
      loaded.redirect = i;
    } else if (std::holds_alternative<Explanation>(terms[i].what)) {
      loaded.explanation = i;
    } else {
      add_question(loaded, i);
    }
  }
  // RFC 7208 §5.1: with `all` anywhere, redirect= is ignored.
  if (std::ranges::any_of(terms, is_all)) loaded.redirect.reset();
  if (loaded.redirect) add_question(loaded, *loaded.redirect);
}

}  // namespace

dns::Type first_type(const Term& term, bool client_is_v4) {
  const auto* directive = std::get_if<Directive>(&term.what);
  if (directive == nullptr) return dns::Type::txt;
  const dns::Type address = client_is_v4 ? dns::Type::a : dns::Type::aaaa;  // RFC 7208 §5
  return std::visit(
      overloaded{[&](const A&) { return address; }, [](const Mx&) { return dns::Type::mx; },
                 [](const Exists&) { return dns::Type::a; },  // RFC 7208 §5.7
                 [](const Ptr&) { return dns::Type::ptr; },
                 [](const auto&) { return dns::Type::txt; }},
      directive->mechanism);
}

LoadedRecord load_record(std::span<const std::string> texts, const DomainName& owner) {
  LoadedRecord loaded;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    if (!is_spf_record(texts[i])) continue;  // RFC 7208 §4.5
    if (loaded.state != LoadedRecord::State::none) {
      loaded.state = LoadedRecord::State::several;
      return loaded;
    }
    loaded.state = LoadedRecord::State::usable;
    loaded.text_at = i;
  }
  if (loaded.state == LoadedRecord::State::none) return loaded;
  auto record = parse_record(texts[loaded.text_at]);
  if (!record) {
    loaded.state = LoadedRecord::State::broken;
    loaded.error = std::move(record).error();
    return loaded;
  }
  loaded.record = std::move(*record);
  loaded.owner = owner;
  prepare(loaded);
  return loaded;
}

}  // namespace assay::spf::detail
