#include "system/evidence/detail/undo.h"

#include <algorithm>

#include "assay/base/ascii.h"
#include "assay/base/base64.h"

namespace assay::evidence {
namespace {

constexpr std::size_t npos = std::string_view::npos;
constexpr std::size_t octets_of_a_line = 80;
constexpr std::size_t max_encoded_line = 76;  // RFC 2045 §6.7, §6.8
constexpr std::size_t max_tags = 2;
constexpr std::size_t max_separators = 4;
constexpr std::size_t max_paragraphs = 6;
constexpr std::size_t least_of_a_separator = 3;

/// The lines of a text, each with its line end.
std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::size_t feed = text.find('\n');
    lines.push_back(text.substr(0, feed == npos ? npos : feed + 1));
    text.remove_prefix(lines.back().size());
  }
  return lines;
}

bool is_blank(std::string_view line) {
  return ascii::trim_fws(line).empty();
}

/// A line of one character again and again, or the "-- " before a signature (RFC 3676 §4.3).
bool is_separator(std::string_view line) {
  const std::string_view text = ascii::trim_fws(line);
  if (text == "--") return true;
  return text.size() >= least_of_a_separator &&
         std::string_view("_-=*#~+").find(text.front()) != npos &&
         text.find_first_not_of(text.front()) == npos;
}

// ---- subject tags ----

constexpr std::string_view reply_words[] = {"re", "aw", "fwd", "fw", "wg", "antw", "sv", "vs"};

/// How many octets of the text are "Re:" and the like with the white space around it.
std::size_t reply_prefix(std::string_view text) {
  std::size_t size = 0;
  for (;;) {
    std::size_t at = text.find_first_not_of(" \t\r\n", size);
    if (at == npos) return size;
    const auto* const word = std::ranges::find_if(reply_words, [&](std::string_view one) {
      return ascii::istarts_with(text.substr(at), one) &&
             text.substr(at + one.size()).starts_with(':');
    });
    if (word == std::end(reply_words)) return size;
    size = at + word->size() + 1;
  }
}

/// Where the tag that begins at `at` ends; npos where none does.
std::size_t end_of_tag(std::string_view text, std::size_t at) {
  if (at >= text.size() || text[at] != '[') return npos;
  const std::size_t end = text.find(']', at);
  if (end == npos || end == at + 1 || end - at > max_tag_octets) return npos;
  const std::string_view tag = text.substr(at + 1, end - at - 1);
  if (tag.find_first_of("[\r\n") != npos) return npos;
  return end + 1;
}

void add_distinct(std::vector<std::string>& to, std::string text) {
  if (std::ranges::find(to, text) == to.end()) to.push_back(std::move(text));
}

/// The forms that stood before a tag was put between `before` and `rest`, white space stripped off
/// both.
void add_subjects(std::vector<std::string>& to, std::string_view before, std::string_view rest) {
  const std::string_view begin = ascii::trim_fws(before);
  if (begin.empty()) return add_distinct(to, " " + std::string(rest));
  add_distinct(to, " " + std::string(begin) + " " + std::string(rest));
  add_distinct(to, " " + std::string(begin) + std::string(rest));
  // Some lists write "Re:" themselves, once, in front of their tag.
  add_distinct(to, " " + std::string(rest));
}

// ---- transfer encodings ----

std::optional<std::string> decode_quoted_printable(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const std::string_view line : lines_of(text)) {
    const bool ends = line.ends_with('\n');
    std::string_view rest = line.substr(0, line.find_last_not_of(" \t\r\n") + 1);
    const bool soft = rest.ends_with('=');
    if (soft) rest.remove_suffix(1);
    for (std::size_t i = 0; i < rest.size(); ++i) {
      if (rest[i] != '=') {
        out += rest[i];
        continue;
      }
      const bool whole = i + 2 < rest.size();
      const int high = whole ? ascii::hex_value(rest[i + 1]) : -1;
      const int low = whole ? ascii::hex_value(rest[i + 2]) : -1;
      if (high < 0 || low < 0) return std::nullopt;
      out += static_cast<char>(high * 16 + low);
      i += 2;
    }
    if (ends && !soft) out += "\r\n";
  }
  return out;
}

constexpr std::string_view hex_digits = "0123456789ABCDEF";

/// One octet of quoted-printable text; `last` of its line.
std::string quoted(char c, bool last) {
  const bool plain = (ascii::is_graph(c) && c != '=') || (ascii::is_wsp(c) && !last);
  if (plain) return {c};
  const auto octet = static_cast<unsigned char>(c);
  return {'=', hex_digits[octet >> 4U], hex_digits[octet & 15U]};
}

}  // namespace

std::size_t lines_shown(std::string_view text) {
  std::size_t lines = 0;
  for (const std::string_view line : lines_of(text)) {
    const std::size_t size = ascii::trim_fws(line).size();
    lines += (size + octets_of_a_line - 1) / octets_of_a_line;
  }
  return lines;
}

bool keeps_enough(std::string_view kept, std::string_view added) {
  const std::size_t more = lines_shown(added);
  return more <= max_footer_lines && lines_shown(kept) >= more;
}

std::optional<TransferEncoding> parse_transfer_encoding(std::string_view value) {
  const std::string word = ascii::to_lower(ascii::trim_fws(value));
  if (word == "base64") return TransferEncoding::base64;
  if (word == "quoted-printable") return TransferEncoding::quoted_printable;
  if (word == "7bit" || word == "8bit" || word == "binary") return TransferEncoding::identity;
  return std::nullopt;
}

std::optional<std::string> decode(std::string_view text, TransferEncoding encoding) {
  std::optional<std::string> out;
  if (encoding == TransferEncoding::identity) out = std::string(text);
  if (encoding == TransferEncoding::quoted_printable) out = decode_quoted_printable(text);
  if (encoding == TransferEncoding::base64) {
    if (auto octets = base64::decode(text)) out = std::move(*octets);
  }
  if (out && out->find('\0') != npos) return std::nullopt;
  return out;
}

std::string with_crlf(std::string_view text) {
  std::string out;
  out.reserve(text.size() + text.size() / 16);
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\n' && (i == 0 || text[i - 1] != '\r')) out += '\r';
    out += text[i];
  }
  return out;
}

// RFC 2045 §6.7
std::string encode_quoted_printable(std::string_view text) {
  std::string out;
  for (const std::string_view line : lines_of(text)) {
    const bool ends = line.ends_with("\r\n");
    const std::string_view words = ends ? line.substr(0, line.size() - 2) : line;
    std::size_t column = 0;
    for (std::size_t i = 0; i < words.size(); ++i) {
      const bool last = i + 1 == words.size();
      const std::string piece = quoted(words[i], last);
      if (column + piece.size() + (last ? 0 : 1) > max_encoded_line) {
        out += "=\r\n";
        column = 0;
      }
      out += piece;
      column += piece.size();
    }
    if (ends) out += "\r\n";
  }
  return out;
}

// RFC 2045 §6.8
std::string encode_base64_lines(std::string_view text) {
  const std::string octets = base64::encode(text);
  std::string out;
  for (std::size_t at = 0; at < octets.size(); at += max_encoded_line) {
    out += octets.substr(at, max_encoded_line) + "\r\n";
  }
  return out;
}

std::vector<std::string> without_subject_tag(std::string_view subject_value) {
  std::vector<std::string> subjects;
  const std::size_t prefix = reply_prefix(subject_value);
  std::size_t at = prefix;
  for (std::size_t tags = 0; tags < max_tags; ++tags) {
    const std::size_t begin = subject_value.find_first_not_of(" \t\r\n", at);
    at = begin == npos ? npos : end_of_tag(subject_value, begin);
    if (at == npos) break;
    const std::size_t rest =
        std::min(subject_value.find_first_not_of(" \t\r\n", at), subject_value.size());
    add_subjects(subjects, subject_value.substr(0, prefix), subject_value.substr(rest));
  }
  return subjects;
}

std::vector<std::string_view> without_footer_lines(std::string_view text) {
  const std::vector<std::string_view> lines = lines_of(text);
  std::vector<std::string_view> cuts;
  std::size_t end = text.size();
  std::size_t separators = 0;
  std::size_t paragraphs = 0;
  std::size_t shown = 0;
  for (std::size_t i = lines.size(); i > 0 && shown <= max_footer_lines; --i) {
    const std::string_view line = lines[i - 1];
    end -= line.size();
    shown += lines_shown(line);
    const bool separator = is_separator(line) && separators < max_separators;
    const bool begins = !is_blank(line) && (i == 1 || is_blank(lines[i - 2]));
    const bool paragraph = begins && paragraphs < max_paragraphs;
    if (!separator && !paragraph) continue;
    separators += separator ? 1 : 0;
    paragraphs += paragraph ? 1 : 0;
    if (keeps_enough(text.substr(0, end), text.substr(end))) cuts.push_back(text.substr(0, end));
  }
  return cuts;
}

}  // namespace assay::evidence
