#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

#include "assay/base/ascii.h"

/// The character classes of RFC 8601 §2.2 and the texts built of them.
namespace assay::authres::detail {

/// Letters, digits and hyphens: what a Keyword is made of (RFC 5321 §4.1.2).
constexpr bool is_keyword(char c) {
  return ascii::is_alnum(c) || c == '-';
}

/// A set of octets that is looked up in one step.
class OctetSet {
 public:
  template <class Predicate>
  explicit constexpr OctetSet(Predicate holds) {
    for (std::size_t i = 0; i < in_.size(); ++i) in_[i] = holds(static_cast<char>(i));
  }
  constexpr bool holds(char c) const { return in_[static_cast<unsigned char>(c)]; }

 private:
  std::array<bool, 256> in_ = {};
};

inline constexpr OctetSet token_octets([](char c) {
  constexpr std::string_view tspecials = "()<>@,;:\\\"/[]?=";
  return ascii::is_graph(c) && tspecials.find(c) == std::string_view::npos;
});
inline constexpr OctetSet atext_octets([](char c) {
  constexpr std::string_view others = "!#$%&'*+-/=?^_`{|}~";
  return ascii::is_alnum(c) || ascii::is_octet_above_127(c) ||
         others.find(c) != std::string_view::npos;
});

inline constexpr OctetSet clean_keyword_octets([](char c) {
  return is_keyword(c) && !ascii::is_upper(c);
});
/// Of a Keyword in lower case.
constexpr bool is_clean_keyword(char c) {
  return clean_keyword_octets.holds(c);
}

/// What a token is made of (RFC 2045 §5.1).
constexpr bool is_token(char c) {
  return token_octets.holds(c);
}

/// What an unquoted local-part is made of besides dots (RFC 5322 §3.2.3, RFC 6531 §3.3).
constexpr bool is_atext(char c) {
  return atext_octets.holds(c);
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
