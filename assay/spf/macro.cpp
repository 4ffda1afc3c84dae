#include "assay/spf/macro.h"

#include <algorithm>
#include <ranges>
#include <span>
#include <utility>

#include "assay/base/ascii.h"
#include "assay/base/overloaded.h"
#include "assay/base/try.h"

namespace assay::spf {
namespace {

constexpr std::size_t max_name_octets = 253;   // RFC 7208 §7.3
constexpr std::size_t max_value_octets = 512;  // a whole SMTP command (RFC 5321 §4.5.3.1.4)
constexpr unsigned max_parts = 999'999;        // RFC 7208 §7.3 wants 127; more cannot matter
constexpr std::size_t max_pieces = 1024;       // far more than a name or a sentence can show
constexpr std::string_view delimiter_octets = ".-+,/_=";

std::unexpected<Finding> bad_macro(std::string what, std::size_t at) {
  return std::unexpected(Finding{.code = "bad_macro", .what = std::move(what), .at = at});
}

/// Whether the letter may stand at this place.
bool is_letter(char letter, MacroPlace place) {
  constexpr std::string_view in_terms = "slodipvh";
  // RFC 7208 §7.2
  constexpr std::string_view in_explanations = "crt";
  if (in_terms.contains(letter)) return true;
  return place != MacroPlace::domain_spec && in_explanations.contains(letter);
}

/// Reads the digits of a transformer; what stands for too many parts is cut to max_parts.
std::expected<unsigned, Finding> read_parts(std::string_view text, std::size_t& at) {
  if (at == text.size() || !ascii::is_digit(text[at])) return 0U;
  const std::size_t begin = at;
  unsigned parts = 0;
  for (; at < text.size() && ascii::is_digit(text[at]); ++at) {
    parts = std::min(max_parts, parts * 10 + static_cast<unsigned>(text[at] - '0'));
  }
  // RFC 7208 §7.3
  if (parts == 0) return bad_macro("a macro keeps zero parts, which is not allowed", begin);
  return parts;
}

/// Reads from the octet behind "%{" to behind the "}" (RFC 7208 §7.1).
std::expected<Macro, Finding> read_macro(std::string_view text, std::size_t& at, MacroPlace place) {
  const std::size_t begin = at - 2;
  if (at == text.size()) return bad_macro("a macro without an end", begin);
  Macro macro;
  macro.letter = ascii::to_lower(text[at]);
  macro.url_escape = ascii::is_upper(text[at]);
  if (!is_letter(macro.letter, place)) {
    return bad_macro(
        "the macro letter " + ascii::printable(text.substr(at, 1)) +
            (place == MacroPlace::domain_spec ? " is not allowed in a term" : " does not exist"),
        at);
  }
  ++at;
  ASSAY_TRY(parts, read_parts(text, at));
  macro.parts = parts;
  if (at < text.size() && ascii::to_lower(text[at]) == 'r') {
    macro.reversed = true;
    ++at;
  }
  for (; at < text.size() && delimiter_octets.contains(text[at]); ++at) {
    macro.delimiters += text[at];
  }
  if (at == text.size() || text[at] != '}')
    return bad_macro("a macro without its closing }", begin);
  ++at;
  return macro;
}

/// Reads what begins with the `%` at `at` and goes behind it.
std::expected<Piece, Finding> read_percent(std::string_view text, std::size_t& at,
                                           MacroPlace place) {
  const char next = at + 1 < text.size() ? text[at + 1] : '\0';
  at += 2;
  switch (next) {
    case '{': {
      ASSAY_TRY(macro, read_macro(text, at, place));
      return Piece(std::move(macro));
    }
    case '%':
      return Piece(Escape::percent);
    case '_':
      return Piece(Escape::space);
    case '-':
      return Piece(Escape::url_space);
    default:
      // RFC 7208 §7.3
      return bad_macro("a % that begins no macro; a plain percent sign is written %%", at - 2);
  }
}

bool is_literal_octet(char c, MacroPlace place) {
  return ascii::is_graph(c) || (c == ' ' && place == MacroPlace::explanation);
}

std::string_view text_of(Escape escape) {
  switch (escape) {
    case Escape::percent:
      return "%";
    case Escape::space:
      return " ";
    case Escape::url_space:
      return "%20";
  }
  return {};
}

std::string write(const Macro& macro) {
  std::string text = "%{";
  text += macro.url_escape ? static_cast<char>(macro.letter - 'a' + 'A') : macro.letter;
  if (macro.parts > 0) text += std::to_string(macro.parts);
  if (macro.reversed) text += 'r';
  return text + macro.delimiters + "}";
}

/// %{i}: dotted quad, or the 32 nibbles of an IPv6 address with dots between (RFC 7208 §7.3).
/// Upper case, as the common test suites of SPF have it; names are compared without case.
std::string dotted(const IpAddress& address) {
  if (address.is_v4()) return to_text(address);
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string text;
  for (const std::uint8_t octet : address.octets()) {
    if (!text.empty()) text += '.';
    text += digits[octet >> 4U];
    text += '.';
    text += digits[octet & 15U];
  }
  return text;
}

/// What the letter stands for, before the transformers (RFC 7208 §7.2).
std::string value_of(char letter, const MacroValues& values) {
  switch (letter) {
    case 's':
      return std::string(values.local_part.substr(0, max_value_octets)) + "@" +
             std::string(values.sender_domain);
    case 'l':
      return std::string(values.local_part.substr(0, max_value_octets));
    case 'o':
      return std::string(values.sender_domain);
    case 'd':
      return std::string(values.domain);
    case 'i':
      return dotted(values.client);
    case 'p':
      return std::string(values.validated_name);
    case 'v':
      return values.client.is_v4() ? "in-addr" : "ip6";
    case 'h':
      return std::string(values.helo.substr(0, max_value_octets));
    case 'c':
      return to_text(values.client);
    case 'r':
      return std::string(values.receiver);
    case 't':
      return std::to_string(values.now.time_since_epoch().count());
    default:
      return {};
  }
}

/// Splits at each delimiter, keeps the right-hand parts after reversal, joins with dots
/// (RFC 7208 §7.3). Empty parts count: no delimiter is treated specially.
std::string transform(const std::string& value, const Macro& macro) {
  const std::string_view delimiters =
      macro.delimiters.empty() ? std::string_view(".") : std::string_view(macro.delimiters);
  std::vector<std::string_view> parts;
  std::size_t begin = 0;
  for (std::size_t at = 0; at <= value.size(); ++at) {
    if (at < value.size() && !delimiters.contains(value[at])) continue;
    parts.emplace_back(value.data() + begin, at - begin);
    begin = at + 1;
  }
  if (macro.reversed) std::ranges::reverse(parts);
  const std::size_t keep = macro.parts == 0 ? parts.size() : macro.parts;
  std::string joined;
  for (std::size_t i = parts.size() - std::min(keep, parts.size()); i < parts.size(); ++i) {
    joined += parts[i];
    if (i + 1 < parts.size()) joined += '.';
  }
  return joined;
}

/// Everything outside `unreserved` becomes %XX (RFC 7208 §7.3, RFC 3986 §2.3).
std::string url_escape(const std::string& text) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string escaped;
  for (const char c : text) {
    if (ascii::is_alnum(c) || c == '-' || c == '.' || c == '_' || c == '~') {
      escaped += c;
      continue;
    }
    const auto octet = static_cast<unsigned char>(c);
    escaped += '%';
    escaped += digits[octet >> 4U];
    escaped += digits[octet & 15U];
  }
  return escaped;
}

std::string expand(const Macro& macro, const MacroValues& values) {
  std::string value = value_of(macro.letter, values);
  if (macro.parts > 0 || macro.reversed || !macro.delimiters.empty()) {
    value = transform(value, macro);
  }
  return macro.url_escape ? url_escape(value) : value;
}

/// At most the last `max_octets` of a literal, or the whole of anything else.
std::string expand(const Piece& piece, const MacroValues& values, std::size_t max_octets) {
  return std::visit(
      overloaded{[&](const std::string& literal) {
                   return literal.substr(literal.size() - std::min(literal.size(), max_octets));
                 },
                 [](Escape escape) { return std::string(text_of(escape)); },
                 [&](const Macro& macro) { return expand(macro, values); }},
      piece);
}

}  // namespace

bool MacroString::is_literal() const {
  return std::ranges::none_of(
      pieces, [](const Piece& piece) { return std::holds_alternative<Macro>(piece); });
}

bool MacroString::uses(std::string_view letters) const {
  return std::ranges::any_of(pieces, [&](const Piece& piece) {
    const Macro* macro = std::get_if<Macro>(&piece);
    return macro != nullptr && letters.contains(macro->letter);
  });
}

std::expected<MacroString, Finding> parse_macro_string(std::string_view text, MacroPlace place) {
  MacroString macros;
  std::string literal;
  for (std::size_t at = 0; at < text.size();) {
    if (text[at] != '%') {
      if (!is_literal_octet(text[at], place)) {
        return std::unexpected(Finding{
            .code = "bad_character",
            .what = "an octet that is not printable ASCII: " + ascii::printable(text.substr(at, 1)),
            .at = at});
      }
      literal += text[at++];
      continue;
    }
    if (!literal.empty()) macros.pieces.emplace_back(std::exchange(literal, {}));
    ASSAY_TRY(piece, read_percent(text, at, place));
    macros.pieces.push_back(std::move(piece));
  }
  if (!literal.empty()) macros.pieces.emplace_back(std::move(literal));
  return macros;
}

std::string to_text(const MacroString& macros) {
  std::string text;
  for (const Piece& piece : macros.pieces) {
    std::visit(overloaded{[&](const std::string& literal) { text += literal; },
                          [&](Escape escape) {
                            text += escape == Escape::percent ? "%%"
                                    : escape == Escape::space ? "%_"
                                                              : "%-";
                          },
                          [&](const Macro& macro) { text += write(macro); }},
               piece);
  }
  return text;
}

std::string expand_name(const MacroString& macros, const MacroValues& values) {
  // Only the last octets can stay, so it is put together from the right and stops when no more can
  // matter: a record of 64 KiB of macros costs no more than its length.
  constexpr std::size_t enough = max_name_octets + 2;  // a trailing dot, and the octet before
  std::string name;
  const std::size_t pieces = std::min(macros.pieces.size(), max_pieces);
  for (const Piece& piece : std::span(macros.pieces).last(pieces) | std::views::reverse) {
    if (name.size() >= enough) break;
    name.insert(0, expand(piece, values, enough));
  }
  if (name.ends_with('.')) name.pop_back();  // RFC 7208 §7.3
  if (name.size() <= max_name_octets) return name;
  const std::size_t dot = name.find('.', name.size() - max_name_octets - 1);
  return dot == std::string::npos ? name : name.substr(dot + 1);
}

std::string expand_text(const MacroString& macros, const MacroValues& values,
                        std::size_t max_octets) {
  std::string text;
  for (const Piece& piece : macros.pieces | std::views::take(max_pieces)) {
    text += expand(piece, values, std::string::npos);
    if (text.size() > max_octets) break;
  }
  return text.substr(0, max_octets);
}

}  // namespace assay::spf
