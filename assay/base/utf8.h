#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

/// UTF-8 (RFC 3629) octet by octet, for texts that may be anything.
namespace assay::utf8 {

/// One code point at the beginning of a text.
struct CodePoint {
  std::uint32_t value = 0;
  std::size_t octets = 0;  ///< 0: no UTF-8 stands there
};

/// The code point at the beginning of `text`: no surrogates, no overlong forms, nothing above
/// U+10FFFF.
CodePoint decode(std::string_view text);

/// Appends a code point, which must be a Unicode scalar value.
void append(std::string& out, std::uint32_t code_point);

/// What stands for octets that are no UTF-8 (U+FFFD).
constexpr std::uint32_t replacement = 0xfffd;

/// Appends a code point as a JSON string holds it (RFC 8259 §7): a harmless one as it is, others as
/// an escape.
void append_json(std::string& out, std::uint32_t code_point);

/// Whether a terminal may show the code point as it is: no control character, none that is
/// invisible or turns the direction of writing, so that text cannot pretend to be other text.
bool is_harmless(std::uint32_t code_point);
/// Whether all of it is UTF-8 of harmless code points.
bool is_harmless(std::string_view text);

}  // namespace assay::utf8
