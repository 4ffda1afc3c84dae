#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "assay/base/finding.h"
#include "assay/base/ip_address.h"
#include "assay/base/time.h"

/// Macros of SPF (RFC 7208 §7): parsed once into pieces, expanded as often as needed.
namespace assay::spf {

/// Where a macro-string stands: which letters and octets it may hold (RFC 7208 §7.1, §7.2).
enum class MacroPlace : std::uint8_t {
  domain_spec,       ///< argument of a term: no c, r, t
  unknown_modifier,  ///< any letter, since nothing says what it will be used for
  explanation,       ///< the text that exp= leads to: any letter, and spaces
};

/// "%%", "%_" and "%-".
enum class Escape : std::uint8_t { percent, space, url_space };

/// "%{…}".
struct Macro {
  char letter = 'd';        ///< lower case
  bool url_escape = false;  ///< the letter was written in upper case (RFC 7208 §7.3)
  bool reversed = false;
  unsigned parts = 0;           ///< right-hand parts to keep; 0 for all
  std::string delimiters = {};  ///< empty stands for "."
  friend bool operator==(const Macro&, const Macro&) = default;
};

using Piece = std::variant<std::string, Escape, Macro>;

struct MacroString {
  std::vector<Piece> pieces = {};

  /// Whether it expands to the same text for every message.
  bool is_literal() const;
  /// Whether one of the (lower case) letters stands in it.
  bool uses(std::string_view letters) const;
  friend bool operator==(const MacroString&, const MacroString&) = default;
};

/// Linear in the length of `text`.
/// Errors: `bad_macro` for what follows a `%` wrongly, a letter that is not allowed here or a zero
/// digit; `bad_character` for an octet that the grammar does not know.
std::expected<MacroString, Finding> parse_macro_string(std::string_view text, MacroPlace place);

/// As it was written, but for leading zeros and the case of `r`.
std::string to_text(const MacroString& macros);

/// What the letters stand for (RFC 7208 §7.2). The views must outlive the expansion. Of a local
/// part or HELO of more than 512 octets, which no SMTP command holds, only the first 512 are used.
struct MacroValues {
  IpAddress client = {};                        ///< i, c, v
  std::string_view local_part = "postmaster";   ///< l, s
  std::string_view sender_domain = {};          ///< o, s
  std::string_view domain = {};                 ///< d
  std::string_view helo = {};                   ///< h
  std::string_view validated_name = "unknown";  ///< p
  std::string_view receiver = "unknown";        ///< r
  Instant now = {};                             ///< t
};

/// The name that a domain-spec leads to: without a trailing dot, and cut from the left by whole
/// labels to 253 octets (RFC 7208 §7.3). Not checked to be a domain name: one without dots may be
/// longer. Made from the right, and only as much as can stay: of more than 1024 pieces the
/// right-most 1024 count, so that a hostile record costs little.
std::string expand_name(const MacroString& macros, const MacroValues& values);

/// The text of an explanation, cut behind max_octets and behind 1024 pieces.
std::string expand_text(const MacroString& macros, const MacroValues& values,
                        std::size_t max_octets);

}  // namespace assay::spf
