#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

/// Text as fields hold it. Each `clean_` function is idempotent, gives one line of ASCII, and what
/// it gives is read back as it is: so no octets of an attacker begin a field or a part.
namespace assay::failure::detail {

/// Words of printable ASCII with one space between, `?` for other octets; words are cut every 400
/// octets, the whole at `most`.
std::string clean_text(std::string_view text, std::size_t most = 8'000);
/// A token (RFC 2045 §5.1) in lower case, without octets that none may hold.
std::string clean_token(std::string_view text);
/// Letters, digits, `.`, `-`, `_`; `?` for others, so that no other name comes of them.
std::string clean_domain(std::string_view text);
/// A path in angle brackets; empty text stays empty.
std::string clean_path(std::string_view text);
/// "[local-part]@domain" without spaces and comments.
std::string clean_identity(std::string_view text);
/// A URI, or empty text for what is none or longer than a line may be.
std::string clean_uri(std::string_view text);

/// The value of a field with folding undone (RFC 5322 §2.2.3), trimmed.
std::string unfolded(std::string_view value);
/// The same without comments (RFC 5322 §3.2.2) outside of quoted strings.
std::string without_comments(std::string_view value);
/// The pieces between separators that stand outside of quoted strings and comments, trimmed.
std::vector<std::string> split_outside(std::string_view text, char separator);
/// The content of a quoted string, escapes undone; other text as it is.
std::string unquoted(std::string_view text);

/// Appends "name: value" and a line end, folded at spaces so that lines stay below 78 octets where
/// words allow it.
void append_field(std::string& out, std::string_view name, std::string_view value);
/// Appends text for people in lines of at most 76 octets.
void append_wrapped(std::string& out, std::string_view text);

/// The header section at the beginning of a message, with CRLF and without the empty line.
std::string header_section(std::string_view octets);

}  // namespace assay::failure::detail
