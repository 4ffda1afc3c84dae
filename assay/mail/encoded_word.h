#pragma once

#include <string>
#include <string_view>

namespace assay::mail {

/// The text with its encoded words (RFC 2047 §2) replaced by the octets they stand for, white space
/// between two of them dropped (§6.2). Charsets are not converted: ASCII shows through in nearly
/// all. For looking only: the result must never be parsed as a header field. Lenient: a word with
/// spaces inside, or in quotes, is decoded too, as mail readers do. Total and linear.
std::string decode_encoded_words(std::string_view text);

/// Encoded words (RFC 2047 §2) of UTF-8 text, of at most 75 octets each, folded between; none
/// divides a character.
std::string encode_words(std::string_view text);

}  // namespace assay::mail
