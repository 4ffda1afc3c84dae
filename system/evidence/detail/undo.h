#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "assay/mail/header.h"

/// One function for each thing that mailing lists do to messages, and that can be undone. All are
/// pure and linear. What they take away stands at the end of what is shown, or is the tag of the
/// subject; the message that remains is at least half of what was delivered (keeps_enough), so that
/// nobody can pass other text off as the author's.
namespace assay::evidence {

/// What is taken away from the end is at most so long, in lines as lines_shown counts.
constexpr std::size_t max_footer_lines = 25;
constexpr std::size_t max_tag_octets = 64;

/// Lines that a reader sees: those that are not blank, a long one counted for each 80 octets.
std::size_t lines_shown(std::string_view text);
/// Whether `kept` may stand for a message to which `added` was appended.
bool keeps_enough(std::string_view kept, std::string_view added);

/// The value of Content-Type as far as it is needed. Strict: readers differ in odd ones.
struct ContentType {
  std::string type = {};      ///< "text/plain", lower case
  std::string boundary = {};  ///< of a multipart
};
/// Nothing for a value with comments, repeated or extended (RFC 2231) parameters, a multipart
/// without a boundary.
std::optional<ContentType> parse_content_type(std::string_view value);

enum class TransferEncoding { identity, base64, quoted_printable };
/// Nothing for an unknown word.
std::optional<TransferEncoding> parse_transfer_encoding(std::string_view value);
/// Nothing where the text is not of that encoding, or holds NUL.
std::optional<std::string> decode(std::string_view text, TransferEncoding encoding);
/// With CRLF, lines of 76 (RFC 2045 §6.7, §6.8).
std::string encode_quoted_printable(std::string_view text);
std::string encode_base64_lines(std::string_view text);
std::string with_crlf(std::string_view text);

// ---- the header ----

/// What a subject may have been before a list put its tag there; without the field's name, with the
/// leading space. Empty where it has no tag.
std::vector<std::string> without_subject_tag(std::string_view subject_value);

// ---- the body ----

/// What text may have been before a footer was appended: cut before a line of dashes or the like,
/// or before one of the last paragraphs. Views of `text`, the longest first, each once.
std::vector<std::string_view> without_footer_lines(std::string_view text);

/// One part of a multipart, or a whole body, with the fields that describe it.
struct Part {
  std::optional<std::string> content_type = {};  ///< values, as written
  std::optional<std::string> transfer_encoding = {};
  std::string_view body = {};
};

/// The message that a list wrapped, with a footer as a part behind it, in a multipart/mixed of its
/// own (RFC 2046 §5.1.3); `boundary` of that.
std::optional<Part> without_wrapper(std::string_view body, std::string_view boundary);

/// The body without the footer that a list appended as the last part of the author's own
/// multipart/mixed.
std::optional<std::string> without_last_part(std::string_view body, std::string_view boundary);

}  // namespace assay::evidence
