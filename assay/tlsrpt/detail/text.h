#pragma once

#include <string>
#include <string_view>

/// The text of a document, before it is read as JSON.
namespace assay::tlsrpt::detail {

/// UTF-16, by its mark or by the zeros about the first character, as UTF-8; empty where it is none.
std::string from_utf16(std::string_view document);

/// Octets that are no UTF-8 read as ISO 8859-1; empty where all of it is UTF-8.
std::string from_latin1(std::string_view document);

/// Without what JSON forbids and writers were seen to write: control characters in texts become
/// spaces, escapes that are none stand for themselves, halves of surrogate pairs become U+FFFD, and
/// commas behind the last value go. Of JSON it is that JSON. Linear.
std::string mended(std::string_view json);

}  // namespace assay::tlsrpt::detail
