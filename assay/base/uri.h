#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "assay/base/finding.h"

namespace assay {

/// A URI in its parts (RFC 3986 §3), as views into the text it was read from; nothing is decoded.
struct Uri {
  std::string_view scheme;                         ///< as written; compare without case
  std::optional<std::string_view> authority = {};  ///< with userinfo and port
  std::string_view host = {};                      ///< of the authority, an IP literal in brackets
  std::string_view path = {};
  std::optional<std::string_view> query = {};
  std::optional<std::string_view> fragment = {};
};

/// Reads a whole URI, with a scheme and without white space around it. Linear.
/// Errors: `bad_uri`, with the offset of the first octet that does not belong.
std::expected<Uri, Finding> parse_uri(std::string_view text);

/// Undoes %HH (RFC 3986 §2.1). Nothing when a percent sign stands without two hexadecimal digits.
std::optional<std::string> percent_decode(std::string_view text);

/// The address of a `mailto` URI, percent-decoded, without header fields (RFC 6068 §2): one
/// dot-atom or quoted-string at a domain of letters, digits, `-` and `_`, all ASCII.
/// Nothing for other schemes, several addresses, none, or one that is no such address.
std::optional<std::string> mailto_address(const Uri& uri);

}  // namespace assay
