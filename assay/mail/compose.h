#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

/// Pieces of mails that are written here: whatever the texts hold, they begin no other field and
/// add no other address. All total.
namespace assay::mail {

/// One line of harmless UTF-8 of about `most` octets at most: line breaks and control characters
/// are a space, octets that are no UTF-8 the replacement character.
std::string one_line(std::string_view octets, std::size_t most = std::string_view::npos);

/// A quoted string (RFC 5322 §3.2.4) of a line of text.
std::string quoted(std::string_view text);

/// Without what a bare address cannot hold: no comma adds another. At most 400 octets.
std::string clean_address(std::string_view text);

/// The value of a From field: the address in angle brackets behind the name (UTF-8, at most 200
/// octets of it), folded; of an empty name the address alone.
std::string from_value(std::string_view name, std::string_view address);
/// The value of a To field, an address a line.
std::string to_value(std::span<const std::string> addresses);

/// Appends base64 in lines of 76 octets (RFC 2045 §6.8), each begun by `prefix` and ended by CRLF.
void append_base64(std::string& out, std::string_view octets, std::string_view prefix = "");

}  // namespace assay::mail
