#include "assay/spf/lint.h"

#include <algorithm>
#include <array>
#include <span>
#include <string>
#include <tuple>
#include <unordered_set>
#include <utility>

#include "assay/base/ascii.h"
#include "assay/base/domain_name.h"
#include "assay/base/overloaded.h"
#include "assay/spf/detail/terms.h"

namespace assay::spf {
namespace {

constexpr std::size_t max_findings = 100;
constexpr unsigned max_lookups = 10;          // RFC 7208 §4.6.4
constexpr std::size_t fits_udp_octets = 450;  // RFC 7208 §3.4
constexpr std::size_t max_record_octets = 4096;

class Linter {
 public:
  explicit Linter(std::string_view text) : text_(text) {}
  Lint run();

 private:
  void add(Level level, std::string_view code, std::string what, std::size_t at);
  void warn(std::string_view code, std::string what, std::size_t at) {
    add(Level::warning, code, std::move(what), at);
  }
  void advise(std::string_view code, std::string what, std::size_t at) {
    add(Level::info, code, std::move(what), at);
  }

  void look_at_version();
  void look_at_terms();
  void look_at_term(const Term& term);
  void look_at(const Directive& directive, const Term& term);
  void look_at(const UnknownModifier& modifier, const Term& term);
  void look_at_network(std::span<const std::uint8_t> network, unsigned prefix, const Term& term);
  void look_at_prefix(const DualPrefix& prefix, const Term& term);
  void look_at_domain(const DomainSpec& domain, const Term& term);
  void look_at_spelling(const Term& term);
  void look_at_order();
  void look_at_ending();
  void look_at_lookups();
  void look_at_size();

  std::string_view text_;
  Lint lint_;
  detail::TermTracker tracker_;
  std::unordered_set<std::string> seen_;
};

void Linter::add(Level level, std::string_view code, std::string what, std::size_t at) {
  lint_.findings.push_back({.code = code, .what = std::move(what), .at = at, .level = level});
}

/// Why a text that is no SPF record may be meant as one.
std::string why_no_record(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t\"");
  if (begin != std::string_view::npos && begin > 0 &&
      ascii::istarts_with(text.substr(begin), "v=spf1")) {
    const std::string_view what = text.front() == '"' ? "a quotation mark" : "white space";
    return "the record begins with " + std::string(what) +
           " and not with v=spf1, so that receivers do not see it";
  }
  if (ascii::istarts_with(text, "v=spf1")) {
    return "v=spf1 must be followed by a space or the end of the record";
  }
  if (ascii::istarts_with(text, "spf2.0/") || ascii::istarts_with(text, "v=spf2.0/")) {
    return "a Sender ID record, which SPF does not read";
  }
  return "the text does not begin with v=spf1 and a space";
}

void Linter::look_at_version() {
  const std::string_view version = text_.substr(0, 6);
  if (version != "v=spf1") advise("case", "v=spf1 is usually written in lower case", 0);
}

void Linter::look_at_terms() {
  for (const detail::TermText& piece : detail::split_terms(text_)) {
    LintedTerm linted{.written = ascii::printable(piece.text),
                      .at = piece.at,
                      .term = parse_term(piece.text, piece.at)};
    if (!linted.term) {
      lint_.findings.push_back(linted.term.error());
    } else if (auto repeated = tracker_.repeated(*linted.term)) {
      lint_.findings.push_back(std::move(*repeated));
    } else {
      look_at_term(*linted.term);
    }
    lint_.terms.push_back(std::move(linted));
  }
}

void Linter::look_at_term(const Term& term) {
  std::visit(overloaded{[&](const Directive& directive) { look_at(directive, term); },
                        [&](const UnknownModifier& modifier) { look_at(modifier, term); },
                        [](const Redirect&) {}, [](const Explanation&) {}},
             term.what);
  if (const DomainSpec* domain = domain_of(term)) look_at_domain(*domain, term);
  look_at_spelling(term);
  if (!seen_.insert(to_text(term)).second) {
    warn("duplicate_term", ascii::printable(term.written, 60) + " stands here a second time",
         term.at);
  }
}

void Linter::look_at(const Directive& directive, const Term& term) {
  std::visit(
      overloaded{
          [&](const All&) {
            if (directive.qualifier == Qualifier::pass) {
              warn("all_pass", "authorizes every address of the Internet", term.at);
            } else if (directive.qualifier == Qualifier::neutral) {
              advise("all_neutral", "says nothing about other hosts; ~all or -all would", term.at);
            }
          },
          [&](const Ptr&) {
            // RFC 7208 §5.5
            warn("ptr", "the ptr mechanism should not be used: it is slow and unreliable", term.at);
          },
          [&](const Ip4& ip4) { look_at_network(ip4.network, ip4.prefix, term); },
          [&](const Ip6& ip6) { look_at_network(ip6.network, ip6.prefix, term); },
          [&](const A& a) { look_at_prefix(a.prefix, term); },
          [&](const Mx& mx) { look_at_prefix(mx.prefix, term); }, [](const Include&) {},
          [](const Exists&) {}},
      directive.mechanism);
}

void Linter::look_at(const UnknownModifier& modifier, const Term& term) {
  constexpr std::array<std::string_view, 8> mechanisms = {"all", "include", "a",   "mx",
                                                          "ptr", "ip4",     "ip6", "exists"};
  if (std::ranges::find(mechanisms, modifier.name) != mechanisms.end()) {
    warn(
        "no_effect",
        modifier.name + "= is a modifier that nobody knows and is ignored; a mechanism has a colon",
        term.at);
    return;
  }
  // RFC 7208 §6
  warn("unknown_modifier",
       "the modifier " + ascii::printable(modifier.name, 60) + "= is unknown and ignored", term.at);
}

/// Whether a bit behind the prefix is set.
bool has_host_bits(std::span<const std::uint8_t> network, unsigned prefix) {
  for (std::size_t i = prefix / 8; i < network.size(); ++i) {
    const unsigned mask = i == prefix / 8 ? 0xffU >> (prefix % 8) : 0xffU;
    if ((network[i] & mask) != 0) return true;
  }
  return false;
}

void Linter::look_at_network(std::span<const std::uint8_t> network, unsigned prefix,
                             const Term& term) {
  constexpr std::array<std::uint8_t, 12> mapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  if (prefix == 0) {
    warn("any_address", "a network of prefix length 0 holds every address", term.at);
  } else if (network.size() == 16 && std::ranges::equal(network.first(12), mapped)) {
    // RFC 7208 §5
    warn("no_effect",
         "an IPv4-mapped network matches nobody: such clients are matched by ip4:", term.at);
  } else if (has_host_bits(network, prefix)) {
    advise("host_bits", "bits behind the prefix are set and have no meaning", term.at);
  }
}

void Linter::look_at_prefix(const DualPrefix& prefix, const Term& term) {
  if (prefix.ip4 > 0 && prefix.ip6 > 0) return;
  warn("any_address", "a prefix length of 0 holds every address as soon as the name has one",
       term.at);
}

void Linter::look_at_domain(const DomainSpec& domain, const Term& term) {
  const std::string text = to_text(domain.macros);
  // RFC 7208 §7.3
  if (text.ends_with('.')) advise("trailing_dot", "a trailing dot should be left out", term.at);
  if (domain.macros.uses("p")) {
    // RFC 7208 §7.2
    warn("validated_name_macro", "the macro p should not be used: it is slow and unreliable",
         term.at);
  }
  if (domain.macros.uses("sloh") && costs_lookup(term)) {
    // RFC 7208 §7.3
    advise("sender_macro", "the macros s, l, o and h keep receivers from caching", term.at);
  }
  if (!domain.macros.is_literal()) return;
  if (const auto name = DomainName::parse(expand_name(domain.macros, {})); !name) {
    warn("bad_label", "leads to no domain name: " + name.error().what, term.at);
  }
}

void Linter::look_at_spelling(const Term& term) {
  const std::string_view written = term.written;
  const std::string_view name = written.substr(0, written.find_first_of(":/="));
  if (std::ranges::any_of(name, ascii::is_upper)) {
    advise("case", "names of mechanisms and modifiers are usually written in lower case", term.at);
  }
}

/// What follows `all`, and modifiers before directives.
void Linter::look_at_order() {
  const LintedTerm* all = nullptr;
  const LintedTerm* modifier = nullptr;
  for (const LintedTerm& linted : lint_.terms) {
    if (!linted.term) continue;
    const Term& term = *linted.term;
    const bool directive = std::holds_alternative<Directive>(term.what);
    if (directive && all != nullptr) {
      // RFC 7208 §5.1
      warn("dead_term", linted.written + " stands behind all and is never looked at", term.at);
    }
    if (directive && modifier != nullptr) {
      // RFC 7208 §6
      advise("modifier_order", modifier->written + " should stand behind the mechanisms",
             modifier->at);
      modifier = nullptr;
    }
    if (all == nullptr && is_all(term)) all = &linted;
    if (!directive && !std::holds_alternative<UnknownModifier>(term.what)) modifier = &linted;
  }
}

/// How the record ends for hosts that nothing names.
void Linter::look_at_ending() {
  const Term* redirect = nullptr;
  const Term* explanation = nullptr;
  bool all = false;
  bool fails = false;
  for (const LintedTerm& linted : lint_.terms) {
    if (!linted.term) continue;
    const Term& term = *linted.term;
    if (std::holds_alternative<Redirect>(term.what)) redirect = &term;
    if (std::holds_alternative<Explanation>(term.what)) explanation = &term;
    const auto* directive = std::get_if<Directive>(&term.what);
    all = all || is_all(term);
    fails = fails || (directive != nullptr && directive->qualifier == Qualifier::fail);
  }
  if (all && redirect != nullptr) {
    // RFC 7208 §5.1
    warn("dead_redirect", "redirect= is ignored in a record with all", redirect->at);
  }
  if (!all && redirect == nullptr) {
    // RFC 7208 §4.7
    advise("no_default", "neither all nor redirect= ends the record: other hosts are neutral",
           text_.size());
  }
  if (explanation != nullptr && !fails) {
    advise("useless_explanation", "exp= is used only where a term with - matches", explanation->at);
  }
}

void Linter::look_at_lookups() {
  bool all = false;
  const LintedTerm* eleventh = nullptr;
  const auto count = [&](const LintedTerm& linted) {
    if (++lint_.lookups == max_lookups + 1) eleventh = &linted;
  };
  const LintedTerm* redirect = nullptr;
  for (const LintedTerm& linted : lint_.terms) {
    if (!linted.term) continue;
    if (std::holds_alternative<Redirect>(linted.term->what)) {
      redirect = &linted;
    } else if (!all && costs_lookup(*linted.term)) {
      count(linted);
    }
    all = all || is_all(*linted.term);
  }
  if (!all && redirect != nullptr) count(*redirect);
  if (eleventh == nullptr) return;
  // RFC 7208 §4.6.4
  warn("too_many_lookups",
       std::to_string(lint_.lookups) +
           " terms need the DNS; receivers stop with permerror at the eleventh, which is " +
           eleventh->written,
       eleventh->at);
}

void Linter::look_at_size() {
  if (text_.size() > max_record_octets) {
    warn("too_long_record", "more than 4096 octets do not arrive everywhere", max_record_octets);
  } else if (text_.size() > fits_udp_octets) {
    // RFC 7208 §3.4
    warn("long_record", "more than 450 octets may not fit into one UDP answer", fits_udp_octets);
  }
  const std::size_t twice = text_.find("  ");
  if (twice != std::string_view::npos || text_.ends_with(' ')) {
    advise("spaces", "more spaces than are needed", std::min(twice, text_.size() - 1));
  }
}

/// Leaves the first hundred, but no advice where that would leave out an error.
void cut(Findings& findings) {
  if (findings.size() <= max_findings) return;
  Findings kept;
  for (const bool errors : {true, false}) {
    for (Finding& finding : findings) {
      if (kept.size() == max_findings) break;
      if ((finding.level == Level::error) == errors) kept.push_back(std::move(finding));
    }
  }
  findings = std::move(kept);
}

Lint Linter::run() {
  if (!is_spf_record(text_)) {
    add(Level::error, "not_spf", why_no_record(text_), 0);
    return std::move(lint_);
  }
  look_at_version();
  look_at_terms();
  look_at_order();
  look_at_ending();
  look_at_lookups();
  look_at_size();
  const auto is_error = [](const Finding& finding) { return finding.level == Level::error; };
  lint_.valid = std::ranges::none_of(lint_.findings, is_error);
  cut(lint_.findings);
  std::ranges::sort(lint_.findings, {}, [](const Finding& finding) {
    return std::tuple(finding.at, finding.level, finding.code);
  });
  return std::move(lint_);
}

}  // namespace

Lint lint_record(std::string_view text) {
  return Linter(text).run();
}

}  // namespace assay::spf
