#include "assay/dns/detail/master_file.h"

#include "assay/base/ascii.h"
#include "assay/base/try.h"

namespace assay::dns::detail {
namespace {

/// The octet of an escape whose backslash stands at `at`; moves `at` to its last octet.
std::expected<char, Finding> read_escape(const Token& token, std::size_t& at) {
  const std::string_view rest = token.raw.substr(at + 1);
  if (rest.empty()) return std::unexpected(zone_finding(token.place, "a backslash before nothing"));
  if (!ascii::is_digit(rest[0])) {
    at += 1;
    return rest[0];
  }
  // RFC 1035 §5.1
  const bool three = rest.size() >= 3 && ascii::is_digit(rest[1]) && ascii::is_digit(rest[2]);
  const int value = three ? (rest[0] - '0') * 100 + (rest[1] - '0') * 10 + (rest[2] - '0') : 256;
  if (value > 255) {
    return std::unexpected(
        zone_finding(token.place, "a backslash and digits that are not \\000 to \\255"));
  }
  at += 3;
  return static_cast<char>(value);
}

}  // namespace

Finding zone_finding(Place place, const std::string& what) {
  return {.code = "bad_zone",
          .what = "line " + std::to_string(place.line) + ": " + what,
          .at = place.at};
}

std::expected<bool, Finding> MasterFile::next(Entry& entry) {
  while (here_.at < text_.size()) {
    entry.tokens.clear();
    entry.place = here_;
    // RFC 1035 §5.1: a line that begins with a blank is owned by the last stated owner.
    entry.owner_given = !ascii::is_wsp(text_[here_.at]);
    if (auto read = read_entry(entry); !read) return std::unexpected(std::move(read).error());
    if (!entry.tokens.empty()) return true;
  }
  return false;
}

std::expected<void, Finding> MasterFile::read_entry(Entry& entry) {
  Place opened = {};
  while (here_.at < text_.size()) {
    const char c = text_[here_.at];
    std::expected<void, Finding> step = {};
    if (c == '\n') {
      ++here_.at;
      ++here_.line;
      // RFC 1035 §5.1: line ends inside parentheses do not end the entry.
      if (depth_ == 0) return {};
    } else if (ascii::is_fws(c)) {
      ++here_.at;
    } else if (c == ';') {
      skip_comment();
    } else if (c == '(' || c == ')') {
      if (c == '(' && depth_ == 0) opened = here_;
      step = take_parenthesis();
    } else {
      step = c == '"' ? read_quoted(entry) : read_plain(entry);
    }
    if (!step) return step;
  }
  if (depth_ > 0) return std::unexpected(zone_finding(opened, "a parenthesis is never closed"));
  return {};
}

std::expected<void, Finding> MasterFile::take_parenthesis() {
  if (text_[here_.at] == ')' && depth_ == 0) {
    return std::unexpected(zone_finding(here_, "a closing parenthesis without an opening one"));
  }
  depth_ = text_[here_.at] == '(' ? depth_ + 1 : depth_ - 1;
  ++here_.at;
  return {};
}

void MasterFile::skip_comment() {
  const std::size_t end = text_.find('\n', here_.at);
  here_.at = end == std::string_view::npos ? text_.size() : end;
}

std::expected<void, Finding> MasterFile::read_plain(Entry& entry) {
  constexpr std::string_view ends = " \t\r\n;()\"";
  const Place start = here_;
  std::size_t at = here_.at;
  while (at < text_.size() && ends.find(text_[at]) == std::string_view::npos) {
    if (text_[at] == '\\' && (at + 1 == text_.size() || text_[at + 1] == '\n')) {
      return std::unexpected(zone_finding(start, "a backslash at the end of a line"));
    }
    at += text_[at] == '\\' ? 2 : 1;
  }
  here_.at = at;
  entry.tokens.push_back({.raw = text_.substr(start.at, at - start.at), .place = start});
  return {};
}

std::expected<void, Finding> MasterFile::read_quoted(Entry& entry) {
  const Place start = here_;
  std::size_t at = here_.at + 1;
  // RFC 1035 §5.1: any octet but the quote may stand inside, line ends too.
  for (; at < text_.size() && text_[at] != '"'; ++at) {
    if (text_[at] == '\\' && at + 1 < text_.size()) ++at;
    if (text_[at] == '\n') ++here_.line;
  }
  if (at >= text_.size()) {
    return std::unexpected(zone_finding(start, "a quoted string is never closed"));
  }
  here_.at = at + 1;
  entry.tokens.push_back(
      {.raw = text_.substr(start.at + 1, at - start.at - 1), .quoted = true, .place = start});
  return {};
}

std::expected<std::string, Finding> unescape(const Token& token) {
  if (token.raw.find('\\') == std::string_view::npos) return std::string(token.raw);
  std::string octets;
  for (std::size_t at = 0; at < token.raw.size(); ++at) {
    if (token.raw[at] != '\\') {
      octets += token.raw[at];
      continue;
    }
    ASSAY_TRY(octet, read_escape(token, at));
    octets += octet;
  }
  return octets;
}

std::expected<DomainName, Finding> read_name(const Token& token, const DomainName& origin) {
  // RFC 1035 §5.1: a free-standing @ is the current origin.
  if (token.raw == "@" && !token.quoted) return origin;
  if (token.raw == ".") return DomainName();
  std::string text;
  bool absolute = false;
  for (std::size_t at = 0; at < token.raw.size(); ++at) {
    absolute = token.raw[at] == '.';
    if (token.raw[at] != '\\') {
      text += token.raw[at];
      continue;
    }
    ASSAY_TRY(octet, read_escape(token, at));
    if (octet == '.') {
      return std::unexpected(
          zone_finding(token.place, "a label that holds a dot is none that mail could ask for"));
    }
    text += octet;
  }
  // RFC 1035 §5.1: a name without a dot at its end is relative to the origin.
  if (!absolute && !text.empty() && !origin.is_root()) text += "." + origin.text();
  std::expected<DomainName, Finding> name = DomainName::parse(text);
  if (!name) return std::unexpected(zone_finding(token.place, name.error().what));
  return name;
}

}  // namespace assay::dns::detail
