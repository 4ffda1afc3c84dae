#include "assay/spf/record.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <type_traits>
#include <utility>

#include "assay/base/ascii.h"
#include "assay/base/ip_address.h"
#include "assay/base/overloaded.h"
#include "assay/base/try.h"
#include "assay/spf/detail/terms.h"

namespace assay::spf {
namespace {

std::unexpected<Finding> bad(std::string_view code, std::string what, std::size_t at) {
  return std::unexpected(Finding{.code = code, .what = std::move(what), .at = at});
}

/// A mechanism cut behind its name; the argument begins with its ":" or "/", or is empty.
struct MechanismText {
  std::string_view name;
  std::string_view argument;
  std::size_t argument_at = 0;

  /// The offset in the record of a part of the argument.
  std::size_t offset_of(std::string_view part) const {
    return argument_at + static_cast<std::size_t>(part.data() - argument.data());
  }
  bool has_colon() const { return argument.starts_with(':'); }
};

/// A name's last label as hosts have it (RFC 7208 §7.1): letters, digits and inner hyphens, and not
/// digits alone.
bool is_toplabel(std::string_view label) {
  const auto inside = [](char c) { return ascii::is_alnum(c) || c == '-'; };
  if (label.empty() || label.front() == '-' || label.back() == '-') return false;
  return std::ranges::all_of(label, inside) && !std::ranges::all_of(label, ascii::is_digit);
}

/// domain-end: "." toplabel, or a macro (RFC 7208 §7.1).
bool has_domain_end(const MacroString& macros) {
  if (macros.pieces.empty()) return false;
  const auto* literal = std::get_if<std::string>(&macros.pieces.back());
  if (literal == nullptr) return true;
  std::string_view text = *literal;
  if (text.ends_with('.')) text.remove_suffix(1);
  const std::size_t dot = text.rfind('.');
  return dot != std::string_view::npos && is_toplabel(text.substr(dot + 1));
}

std::expected<MacroString, Finding> parse_macros(std::string_view text, std::size_t at,
                                                 MacroPlace place) {
  auto macros = parse_macro_string(text, place);
  if (!macros) macros.error().at += at;
  return macros;
}

std::expected<DomainSpec, Finding> parse_domain(std::string_view text, std::size_t at) {
  if (text.empty()) return bad("bad_domain", "a domain is missing here", at);
  ASSAY_TRY(macros, parse_macros(text, at, MacroPlace::domain_spec));
  if (has_domain_end(macros)) return DomainSpec{std::move(macros)};
  if (IpAddress::parse(text)) {
    return bad("bad_domain",
               "an address where a domain belongs; addresses go into ip4: or ip6:", at);
  }
  return bad("bad_domain",
             ascii::printable(text) +
                 " is no full domain name: it must end in a dot and a top label, or in a macro",
             at);
}

/// A number as the grammar writes prefix lengths: no leading zero (RFC 7208 §5.6).
std::expected<std::uint8_t, Finding> parse_prefix(std::string_view digits, unsigned most,
                                                  std::size_t at) {
  const auto number = ascii::parse_number(digits);
  const bool leading_zero = digits.size() > 1 && digits.front() == '0';
  if (!number || *number > most || leading_zero) {
    return bad("bad_prefix",
               "the prefix length /" + ascii::printable(digits, 20) + " is no number from 0 to " +
                   std::to_string(most) + " without leading zeros",
               at);
  }
  return static_cast<std::uint8_t>(*number);
}

/// Takes `slashes` and digits off the end of the argument, and gives the digits; nothing where the
/// argument does not end so.
std::optional<std::string_view> take_prefix(MechanismText& term, std::string_view slashes) {
  const std::size_t behind = term.argument.find_last_not_of("0123456789");
  if (behind == std::string_view::npos || behind + 1 == term.argument.size()) return std::nullopt;
  const std::string_view before = term.argument.substr(0, behind + 1);
  if (!before.ends_with(slashes)) return std::nullopt;
  const std::string_view digits = term.argument.substr(behind + 1);
  term.argument = before.substr(0, before.size() - slashes.size());
  return digits;
}

/// Takes a dual-cidr-length off the end (RFC 7208 §5.6). A domain-spec cannot end in a slash and
/// digits, so there is no doubt where it begins.
std::expected<DualPrefix, Finding> take_dual_prefix(MechanismText& term) {
  DualPrefix prefix;
  if (const auto digits = take_prefix(term, "//")) {
    ASSAY_TRY(length, parse_prefix(*digits, 128, term.offset_of(*digits)));
    prefix.ip6 = length;
  }
  if (const auto digits = take_prefix(term, "/")) {
    ASSAY_TRY(length, parse_prefix(*digits, 32, term.offset_of(*digits)));
    prefix.ip4 = length;
  }
  return prefix;
}

/// ":" domain-spec (RFC 7208 §5.2, §5.7).
std::expected<DomainSpec, Finding> parse_required_domain(const MechanismText& term) {
  if (!term.has_colon()) {
    return bad("bad_argument", ascii::to_lower(term.name) + " needs a colon and a domain",
               term.argument_at);
  }
  return parse_domain(term.argument.substr(1), term.argument_at + 1);
}

/// [ ":" domain-spec ] (RFC 7208 §5.3, §5.4, §5.5).
std::expected<OptionalDomain, Finding> parse_optional_domain(const MechanismText& term) {
  if (term.argument.empty()) return OptionalDomain();
  if (!term.has_colon()) {
    return bad(
        "bad_argument",
        ascii::printable(term.argument, 40) + " cannot stand behind " + ascii::to_lower(term.name),
        term.argument_at);
  }
  ASSAY_TRY(domain, parse_required_domain(term));
  return OptionalDomain(std::move(domain));
}

/// Four decimal numbers without leading zeros (RFC 7208 §5.6).
std::optional<std::array<std::uint8_t, 4>> parse_ip4(std::string_view text) {
  const auto address = text.contains(':') ? std::nullopt : IpAddress::parse(text);
  if (!address) return std::nullopt;
  const auto& octets = address->octets();
  return std::array<std::uint8_t, 4>{octets[0], octets[1], octets[2], octets[3]};
}

/// RFC 4291 §2.2. Unlike IpAddress, it keeps an IPv4-mapped address as it is.
std::optional<std::array<std::uint8_t, 16>> parse_ip6(std::string_view text) {
  char buffer[INET6_ADDRSTRLEN];
  if (text.size() >= sizeof buffer || text.contains('\0')) return std::nullopt;
  buffer[text.copy(buffer, sizeof buffer - 1)] = '\0';
  std::array<std::uint8_t, 16> octets = {};
  if (inet_pton(AF_INET6, buffer, octets.data()) != 1) return std::nullopt;
  return octets;
}

/// ":" network [ "/" prefix ] (RFC 7208 §5.6).
template <class Network>
std::expected<Mechanism, Finding> parse_network(MechanismText term) {
  constexpr bool is_ip4 = std::is_same_v<Network, Ip4>;
  Network network;
  if (!term.has_colon()) {
    return bad("bad_argument", ascii::to_lower(term.name) + " needs a colon and an address",
               term.argument_at);
  }
  const auto digits = take_prefix(term, "/");
  const std::string_view text = term.argument.substr(1);
  const auto octets = [&] {
    if constexpr (is_ip4) {
      return parse_ip4(text);
    } else {
      return parse_ip6(text);
    }
  }();
  if (!octets) {
    return bad("bad_address",
               ascii::printable(text, 60) + " is no " + (is_ip4 ? "IPv4" : "IPv6") + " address",
               term.argument_at + 1);
  }
  network.network = *octets;
  if (digits) {
    ASSAY_TRY(length, parse_prefix(*digits, is_ip4 ? 32 : 128, term.offset_of(*digits)));
    network.prefix = length;
  }
  return network;
}

/// a and mx (RFC 7208 §5.3, §5.4).
template <class Addresses>
std::expected<Mechanism, Finding> parse_addresses(MechanismText term) {
  ASSAY_TRY(prefix, take_dual_prefix(term));
  ASSAY_TRY(domain, parse_optional_domain(term));
  return Addresses{.domain = std::move(domain), .prefix = prefix};
}

std::expected<Mechanism, Finding> parse_ptr(const MechanismText& term) {
  ASSAY_TRY(domain, parse_optional_domain(term));
  return Ptr{std::move(domain)};
}

std::expected<Mechanism, Finding> parse_include(const MechanismText& term) {
  ASSAY_TRY(domain, parse_required_domain(term));
  return Include{std::move(domain)};
}

std::expected<Mechanism, Finding> parse_exists(const MechanismText& term) {
  ASSAY_TRY(domain, parse_required_domain(term));
  return Exists{std::move(domain)};
}

std::expected<Mechanism, Finding> parse_all(const MechanismText& term) {
  if (term.argument.empty()) return All{};
  return bad("bad_argument", "all takes no argument", term.argument_at);
}

std::expected<Mechanism, Finding> parse_mechanism(std::string_view text, std::size_t at) {
  const std::size_t end = std::min(text.find_first_of(":/"), text.size());
  const MechanismText term{
      .name = text.substr(0, end), .argument = text.substr(end), .argument_at = at + end};
  const auto is = [&](std::string_view name) { return ascii::iequals(term.name, name); };
  // RFC 7208 §4.6.1
  if (is("ip4")) return parse_network<Ip4>(term);
  if (is("include")) return parse_include(term);
  if (is("all")) return parse_all(term);
  if (is("a")) return parse_addresses<A>(term);
  if (is("mx")) return parse_addresses<Mx>(term);
  if (is("ip6")) return parse_network<Ip6>(term);
  if (is("exists")) return parse_exists(term);
  if (is("ptr")) return parse_ptr(term);
  return bad("unknown_mechanism",
             text.empty() ? std::string("a qualifier without a mechanism")
                          : "there is no mechanism " + ascii::printable(term.name, 60),
             at);
}

Qualifier qualifier_of(char c) {
  switch (c) {
    case '-':
      return Qualifier::fail;
    case '~':
      return Qualifier::softfail;
    case '?':
      return Qualifier::neutral;
    default:
      return Qualifier::pass;
  }
}

std::expected<Directive, Finding> parse_directive(std::string_view text, std::size_t at) {
  // RFC 7208 §4.6.2
  const std::size_t qualifier = text.find_first_of("+-~?") == 0 ? 1 : 0;
  ASSAY_TRY(mechanism, parse_mechanism(text.substr(qualifier), at + qualifier));
  return Directive{.qualifier = qualifier == 0 ? Qualifier::pass : qualifier_of(text.front()),
                   .mechanism = std::move(mechanism)};
}

using Modifier = decltype(Term::what);

/// `name` "=" value (RFC 7208 §6).
std::expected<Modifier, Finding> parse_modifier(std::string_view name, std::string_view value,
                                                std::size_t value_at) {
  const bool redirect = ascii::iequals(name, "redirect");
  if (redirect || ascii::iequals(name, "exp")) {
    ASSAY_TRY(domain, parse_domain(value, value_at));
    if (redirect) return Redirect{std::move(domain)};
    return Explanation{std::move(domain)};
  }
  // RFC 7208 §6: an unknown modifier is ignored, but its value must be a macro-string.
  ASSAY_TRY(macros, parse_macros(value, value_at, MacroPlace::unknown_modifier));
  return UnknownModifier{.name = ascii::to_lower(name), .value = std::move(macros)};
}

/// The length of a modifier's name when `text` begins with one and its "=" (RFC 7208 §4.6.1).
std::optional<std::size_t> modifier_name(std::string_view text) {
  if (text.empty() || !ascii::is_alpha(text.front())) return std::nullopt;
  const auto in_name = [](char c) {
    return ascii::is_alnum(c) || c == '-' || c == '_' || c == '.';
  };
  const auto end = std::ranges::find_if_not(text, in_name);
  if (end == text.end() || *end != '=') return std::nullopt;
  return static_cast<std::size_t>(end - text.begin());
}

}  // namespace

bool is_spf_record(std::string_view text) {
  // RFC 7208 §4.5
  constexpr std::string_view version = "v=spf1";
  if (!ascii::istarts_with(text, version)) return false;
  return text.size() == version.size() || text[version.size()] == ' ';
}

std::expected<Term, Finding> parse_term(std::string_view text, std::size_t at) {
  Term term{.written = std::string(text), .at = at};
  if (const auto name = modifier_name(text)) {
    ASSAY_TRY(modifier,
              parse_modifier(text.substr(0, *name), text.substr(*name + 1), at + *name + 1));
    term.what = std::move(modifier);
  } else {
    ASSAY_TRY(directive, parse_directive(text, at));
    term.what = std::move(directive);
  }
  return term;
}

std::expected<Record, Finding> parse_record(std::string_view text) {
  if (!is_spf_record(text)) {
    return bad("not_spf", "the text does not begin with v=spf1 and a space", 0);
  }
  Record record;
  detail::TermTracker tracker;
  // RFC 7208 §4.6: an error anywhere spoils the whole record.
  for (const detail::TermText& piece : detail::split_terms(text)) {
    ASSAY_TRY(term, parse_term(piece.text, piece.at));
    if (auto repeated = tracker.repeated(term)) return std::unexpected(std::move(*repeated));
    record.terms.push_back(std::move(term));
  }
  return record;
}

bool costs_lookup(const Term& term) {
  // RFC 7208 §4.6.4
  if (std::holds_alternative<Redirect>(term.what)) return true;
  const auto* directive = std::get_if<Directive>(&term.what);
  if (directive == nullptr) return false;
  return std::visit(
      overloaded{[](const All&) { return false; }, [](const Ip4&) { return false; },
                 [](const Ip6&) { return false; }, [](const Include&) { return true; },
                 [](const A&) { return true; }, [](const Mx&) { return true; },
                 [](const Ptr&) { return true; }, [](const Exists&) { return true; }},
      directive->mechanism);
}

const DomainSpec* domain_of(const Term& term) {
  const auto optional = [](const OptionalDomain& domain) -> const DomainSpec* {
    return domain ? &*domain : nullptr;
  };
  const auto of_mechanism = overloaded{
      [](const All&) -> const DomainSpec* { return nullptr; },
      [](const Ip4&) -> const DomainSpec* { return nullptr; },
      [](const Ip6&) -> const DomainSpec* { return nullptr; },
      [](const Include& include) { return &include.domain; },
      [](const Exists& exists) { return &exists.domain; },
      [&](const A& a) { return optional(a.domain); },
      [&](const Mx& mx) { return optional(mx.domain); },
      [&](const Ptr& ptr) { return optional(ptr.domain); },
  };
  return std::visit(
      overloaded{[&](const Directive& directive) -> const DomainSpec* {
                   return std::visit(of_mechanism, directive.mechanism);
                 },
                 [](const Redirect& redirect) -> const DomainSpec* { return &redirect.domain; },
                 [](const Explanation& exp) -> const DomainSpec* { return &exp.domain; },
                 [](const UnknownModifier&) -> const DomainSpec* { return nullptr; }},
      term.what);
}

bool is_all(const Term& term) {
  const auto* directive = std::get_if<Directive>(&term.what);
  return directive != nullptr && std::holds_alternative<All>(directive->mechanism);
}

}  // namespace assay::spf
