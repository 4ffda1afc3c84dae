#pragma once

#include <string>
#include <string_view>

#include "assay/base/ascii.h"

/// The character classes of RFC 8601 §2.2 and the texts built of them.
namespace assay::authres::detail {

/// Letters, digits and hyphens: what a Keyword is made of (RFC 5321 §4.1.2).
constexpr bool is_keyword(char c) {
  return ascii::is_alnum(c) || c == '-';
}

/// What a token is made of (RFC 2045 §5.1).
constexpr bool is_token(char c) {
  constexpr std::string_view tspecials = "()<>@,;:\\\"/[]?=";
  return ascii::is_graph(c) && tspecials.find(c) == std::string_view::npos;
}

/// What an unquoted local-part is made of besides dots (RFC 5322 §3.2.3, RFC 6531 §3.3).
constexpr bool is_atext(char c) {
  constexpr std::string_view others = "!#$%&'*+-/=?^_`{|}~";
  return ascii::is_alnum(c) || ascii::is_octet_above_127(c) ||
         others.find(c) != std::string_view::npos;
}

/// A control character other than those of folding.
constexpr bool is_control(char c) {
  return (c >= '\0' && c < ' ' && !ascii::is_fws(c)) || c == '\x7f';
}

/// A Keyword: does not end in a hyphen.
bool is_keyword_text(std::string_view text);
bool is_token_text(std::string_view text);
/// [ [ local-part ] "@" ] domain-name with an "@", the local-part a dot-atom or a quoted string as
/// quote() writes it (RFC 8601 §2.2).
bool is_address(std::string_view text);

/// As a quoted-string; of its octets only quotes and backslashes are escaped.
std::string quote(std::string_view text);

}  // namespace assay::authres::detail
