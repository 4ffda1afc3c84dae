#pragma once

#include <cstdint>
#include <string_view>

#include "assay/xml/reader.h"

namespace assay::xml::detail {

enum class Encoding : std::uint8_t { utf8, utf16_little, utf16_big, windows_1252 };

/// What the first octets of a document say, and how many of them are a byte order mark.
struct Detected {
  Encoding encoding = Encoding::utf8;
  std::size_t mark = 0;
};
Detected detect(std::string_view beginning);

/// What the declaration at the beginning of a document names, where that is one read octet by
/// octet.
Encoding declared(std::string_view beginning);

/// The code point of an octet above 127.
std::uint32_t from_windows_1252(unsigned char octet);

/// UTF-8 of what `source` gives in UTF-16, behind `head`, which was read before. Half pairs become
/// U+FFFD.
Source from_utf16(Source source, std::string head, Encoding encoding);

}  // namespace assay::xml::detail
