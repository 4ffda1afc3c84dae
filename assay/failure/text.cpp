#include "assay/failure/detail/text.h"

#include <algorithm>

#include "assay/base/ascii.h"
#include "assay/base/uri.h"
#include "assay/mail/header.h"
#include "assay/mail/line_ends.h"

namespace assay::failure::detail {
namespace {

constexpr std::size_t line_octets = 76;
constexpr std::size_t longest_word = 400;

/// Calls `take` for each octet that stands in no comment; quoted strings are copied whole.
template <class Take>
void for_each_outside_comments(std::string_view text, Take take) {
  int depth = 0;
  bool in_quotes = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const bool escaped = c == '\\' && i + 1 < text.size() && (in_quotes || depth > 0);
    if (escaped) {
      if (depth == 0) take(c, true);
      ++i;
      if (depth == 0) take(text[i], true);
      continue;
    }
    if (depth == 0 && c == '"') in_quotes = !in_quotes;
    if (!in_quotes && c == '(') ++depth;
    if (depth == 0) take(c, in_quotes);
    if (!in_quotes && c == ')' && depth > 0) --depth;
  }
}

/// Whether a token of MIME may hold it (RFC 2045 §5.1).
bool is_token(char c) {
  return ascii::is_graph(c) && !std::string_view("()<>@,;:\\\"/[]?=").contains(c);
}

std::string only_ascii(std::string_view text, bool (*permitted)(char), std::size_t most) {
  std::string clean;
  for (const char c : ascii::trim_fws(text).substr(0, most)) clean += permitted(c) ? c : '?';
  return clean;
}

}  // namespace

std::string clean_text(std::string_view text, std::size_t most) {
  std::string clean;
  std::size_t word = 0;
  for (const char c : text) {
    if (clean.size() >= most) break;
    const bool space = ascii::is_fws(c) || (!ascii::is_graph(c) && !ascii::is_octet_above_127(c));
    if ((space || word == longest_word) && !clean.empty() && clean.back() != ' ') clean += ' ';
    if (space || word == longest_word) word = 0;
    if (space) continue;
    clean += ascii::is_graph(c) ? c : '?';
    ++word;
  }
  clean.resize(std::min(clean.size(), most));
  if (clean.ends_with(' ')) clean.pop_back();
  return clean;
}

std::string clean_token(std::string_view text) {
  std::string clean;
  for (const char c : text.substr(0, 100)) {
    if (is_token(c)) clean += ascii::to_lower(c);
  }
  return clean;
}

std::string clean_domain(std::string_view text) {
  return only_ascii(
      text, [](char c) { return ascii::is_alnum(c) || c == '.' || c == '-' || c == '_'; }, 255);
}

std::string clean_path(std::string_view text) {
  std::string inner;
  for (const char c : clean_text(text, 400)) {
    if (c != '<' && c != '>') inner += c;
  }
  if (inner.empty() && text.empty()) return {};
  inner.resize(std::min<std::size_t>(inner.size(), 390));
  return "<" + clean_text(inner) + ">";
}

std::string clean_identity(std::string_view text) {
  return only_ascii(
      text, [](char c) { return ascii::is_graph(c) && !std::string_view("()\"\\").contains(c); },
      320);
}

std::string clean_uri(std::string_view text) {
  const std::string_view uri = ascii::trim_fws(text);
  if (uri.size() > 900 || !std::ranges::all_of(uri, ascii::is_graph) || !parse_uri(uri)) return {};
  return std::string(uri);
}

std::string unfolded(std::string_view value) {
  std::string text;
  for (std::size_t i = 0; i < value.size(); ++i) {
    if (value[i] == '\n') continue;
    if (value[i] == '\r' && i + 1 < value.size() && value[i + 1] == '\n') continue;
    text += value[i];
  }
  return std::string(ascii::trim_fws(text));
}

std::string without_comments(std::string_view value) {
  std::string text;
  for_each_outside_comments(value, [&](char c, bool) { text += c; });
  return std::string(ascii::trim_fws(text));
}

std::vector<std::string> split_outside(std::string_view text, char separator) {
  std::vector<std::string> pieces(1);
  for_each_outside_comments(text, [&](char c, bool in_quotes) {
    if (c == separator && !in_quotes) {
      pieces.emplace_back();
    } else {
      pieces.back() += c;
    }
  });
  for (std::string& piece : pieces) piece = std::string(ascii::trim_fws(piece));
  return pieces;
}

std::string unquoted(std::string_view text) {
  if (!text.starts_with('"')) return std::string(text);
  std::string out;
  for (std::size_t i = 1; i < text.size() && text[i] != '"'; ++i) {
    if (text[i] == '\\' && i + 1 < text.size()) ++i;
    out += text[i];
  }
  return out;
}

void append_field(std::string& out, std::string_view name, std::string_view value) {
  std::string line(name);
  line += ':';
  bool first = true;
  for (const std::string_view word : ascii::Pieces(value, ' ')) {
    if (word.empty() && first) break;
    // The first word stays with the name, since a line of white space alone would be obsolete.
    if (!first && line.size() + 1 + word.size() > line_octets) {
      out += line + "\r\n";
      line.clear();
    }
    line += ' ';
    line += word;
    first = false;
  }
  out += line + "\r\n";
}

void append_wrapped(std::string& out, std::string_view text) {
  std::string line;
  const auto end_line = [&] {
    if (line.starts_with("--")) out += ' ';  // no boundary of parts, whatever it holds
    out += line + "\r\n";
    line.clear();
  };
  for (const std::string_view word : ascii::Pieces(text, ' ')) {
    if (!line.empty() && line.size() + 1 + word.size() > line_octets) end_line();
    if (!line.empty()) line += ' ';
    line += word;
  }
  end_line();
}

std::string header_section(std::string_view octets) {
  std::string header = mail::to_crlf(octets);
  if (header.starts_with("\r\n")) return {};
  const std::size_t body = mail::find_body(header);
  if (body != std::string::npos) header.resize(body - 2);
  if (!header.empty() && !header.ends_with("\r\n")) header += "\r\n";
  return header;
}

}  // namespace assay::failure::detail
