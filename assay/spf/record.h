#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "assay/base/finding.h"
#include "assay/spf/macro.h"

/// SPF records (RFC 7208 §4.5, §4.6, §5, §6) as values. lint.h looks at them for people.
namespace assay::spf {

/// What a match means (RFC 7208 §4.6.2): + - ~ ?
enum class Qualifier : std::uint8_t { pass, fail, softfail, neutral };

/// An argument that names a domain, macros not yet expanded (RFC 7208 §4.8, §7.1).
struct DomainSpec {
  MacroString macros = {};
  friend bool operator==(const DomainSpec&, const DomainSpec&) = default;
};

/// Without a domain the one under evaluation is meant (RFC 7208 §4.8).
using OptionalDomain = std::optional<DomainSpec>;

/// Prefix lengths for the addresses that a name leads to (RFC 7208 §5.6).
struct DualPrefix {
  std::uint8_t ip4 = 32;
  std::uint8_t ip6 = 128;
  friend bool operator==(const DualPrefix&, const DualPrefix&) = default;
};

// One type per mechanism (RFC 7208 §5).
struct All {
  friend bool operator==(const All&, const All&) = default;
};
struct Include {
  DomainSpec domain = {};
  friend bool operator==(const Include&, const Include&) = default;
};
struct A {
  OptionalDomain domain = {};
  DualPrefix prefix = {};
  friend bool operator==(const A&, const A&) = default;
};
struct Mx {
  OptionalDomain domain = {};
  DualPrefix prefix = {};
  friend bool operator==(const Mx&, const Mx&) = default;
};
struct Ptr {
  OptionalDomain domain = {};
  friend bool operator==(const Ptr&, const Ptr&) = default;
};
struct Ip4 {
  std::array<std::uint8_t, 4> network = {};
  std::uint8_t prefix = 32;
  friend bool operator==(const Ip4&, const Ip4&) = default;
};
/// An IPv4-mapped network stays one of IPv6: it matches no client, since such clients are IPv4.
struct Ip6 {
  std::array<std::uint8_t, 16> network = {};
  std::uint8_t prefix = 128;
  friend bool operator==(const Ip6&, const Ip6&) = default;
};
struct Exists {
  DomainSpec domain = {};
  friend bool operator==(const Exists&, const Exists&) = default;
};
using Mechanism = std::variant<All, Include, A, Mx, Ptr, Ip4, Ip6, Exists>;

struct Directive {
  Qualifier qualifier = Qualifier::pass;
  Mechanism mechanism = {};
  friend bool operator==(const Directive&, const Directive&) = default;
};
struct Redirect {
  DomainSpec domain = {};
  friend bool operator==(const Redirect&, const Redirect&) = default;
};
struct Explanation {
  DomainSpec domain = {};
  friend bool operator==(const Explanation&, const Explanation&) = default;
};
/// Ignored, wherever and however often it stands (RFC 7208 §6).
struct UnknownModifier {
  std::string name = {};
  MacroString value = {};
  friend bool operator==(const UnknownModifier&, const UnknownModifier&) = default;
};

struct Term {
  std::variant<Directive, Redirect, Explanation, UnknownModifier> what = {};
  std::string written = {};  ///< as it stood in the record; of a made term empty, and not compared
  std::size_t at = 0;        ///< its offset; not compared
  friend bool operator==(const Term& a, const Term& b) { return a.what == b.what; }
};

/// A record that a receiver can use: its syntax is right everywhere, redirect= and exp= stand in it
/// at most once.
struct Record {
  std::vector<Term> terms = {};
  friend bool operator==(const Record&, const Record&) = default;
};

/// Whether a TXT record is an SPF record, good or bad: it begins with "v=spf1", in any case, and
/// then ends or goes on with a space (RFC 7208 §4.5).
bool is_spf_record(std::string_view text);

/// Reads one mechanism with its qualifier, or one modifier. `at` is the offset that `text` has in
/// its record.
/// Errors: `unknown_mechanism`, `bad_argument`, `bad_domain`, `bad_macro`, `bad_character`,
/// `bad_address`, `bad_prefix`, each with its offset in the record.
std::expected<Term, Finding> parse_term(std::string_view text, std::size_t at = 0);

/// Reads a record whole, as check_host does before it uses any of it (RFC 7208 §4.6).
/// Errors: the first of `not_spf`, `duplicate_modifier` and those of parse_term.
std::expected<Record, Finding> parse_record(std::string_view text);

/// A term in its shortest form: no "+", lower-case names, no prefix length that says nothing.
std::string to_text(const Term& term);

/// Twin of parse_record: the terms in order with one space between.
std::string to_text(const Record& record);

/// Whether the term uses one of the ten permitted lookups (RFC 7208 §4.6.4).
bool costs_lookup(const Term& term);

/// The argument that names a domain, or null where the term has none.
const DomainSpec* domain_of(const Term& term);

/// The directive's mechanism when it is an `all`.
bool is_all(const Term& term);

}  // namespace assay::spf
