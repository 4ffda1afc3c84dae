#include "assay/mail/header.h"

#include <algorithm>
#include <string>
#include <utility>

#include "assay/base/ascii.h"

namespace assay::mail {
namespace {

constexpr std::size_t npos = std::string_view::npos;

/// Where a line ends and where the next one begins.
struct LineEnd {
  std::size_t end = 0;
  std::size_t next = 0;
};

LineEnd line_end(std::string_view octets, std::size_t begin) {
  const std::size_t feed = octets.find('\n', begin);
  if (feed == npos) return {octets.size(), octets.size()};
  const bool crlf = feed > begin && octets[feed - 1] == '\r';
  return {crlf ? feed - 1 : feed, feed + 1};
}

/// RFC 5322 §2.2: printable ASCII other than the colon.
bool is_field_name(std::string_view name) {
  return !name.empty() && std::ranges::all_of(name, ascii::is_graph);
}

class Splitter {
 public:
  Splitter(std::string_view octets, const HeaderLimits& limits)
      : octets_(octets.substr(0, limits.octets)),
        whole_size_(octets.size()),
        field_limit_(limits.fields) {}

  Header split();

 private:
  LineEnd unfold(std::size_t begin);
  void take(std::size_t begin, std::string_view raw);
  void leave_out(std::size_t begin, std::string_view raw);
  void look_inside(std::size_t begin, std::string_view raw);
  void cut(std::size_t at);
  void find(std::string_view code, const char* what, std::size_t at, Level level);

  std::string_view octets_;
  std::size_t whole_size_;
  std::size_t field_limit_;
  Header header_;
};

Header Splitter::split() {
  header_.fields.reserve(32);
  for (std::size_t at = 0; at < octets_.size();) {
    const LineEnd line = unfold(at);
    if (line.end == at) return std::move(header_);  // RFC 5322 §2.1: the empty line
    const bool incomplete = line.next == octets_.size() && octets_.size() < whole_size_;
    if (incomplete || header_.fields.size() + header_.left_out.size() == field_limit_) {
      cut(at);
      return std::move(header_);
    }
    take(at, octets_.substr(at, line.end - at));
    at = line.next;
  }
  if (octets_.size() < whole_size_) cut(octets_.size());
  return std::move(header_);
}

/// The end of the line at `begin` with all folded lines behind it. RFC 5322 §2.2.3
LineEnd Splitter::unfold(std::size_t begin) {
  LineEnd line = line_end(octets_, begin);
  if (line.end == begin) return line;
  while (line.next < octets_.size() && ascii::is_wsp(octets_[line.next])) {
    const LineEnd folded = line_end(octets_, line.next);
    // RFC 5322 §4.2: a folded line of white space alone is obsolete syntax and ends nothing.
    if (std::ranges::all_of(octets_.substr(line.next, folded.end - line.next), ascii::is_wsp)) {
      find("blank_folding",
           "a folded line holds white space alone; some readers end the header here", line.next,
           Level::warning);
    }
    line = folded;
  }
  return line;
}

void Splitter::take(std::size_t begin, std::string_view raw) {
  look_inside(begin, raw);
  const std::size_t colon = raw.find(':');
  if (colon == npos) return leave_out(begin, raw);
  std::string_view name = raw.substr(0, colon);
  while (!name.empty() && ascii::is_wsp(name.back())) name.remove_suffix(1);
  if (!is_field_name(name)) return leave_out(begin, raw);
  if (name.size() != colon) {
    // RFC 5322 §4.5: obsolete, but a field all the same.
    find("space_before_colon", "white space stands before the colon", begin + name.size(),
         Level::info);
  }
  // RFC 6376 §3.4.1: views of what stands there; "simple" signatures cover every octet.
  header_.fields.push_back({.raw = raw, .name = name, .value = raw.substr(colon + 1)});
}

void Splitter::leave_out(std::size_t begin, std::string_view raw) {
  header_.left_out.push_back(raw);
  const bool mbox = raw.starts_with("From ") || raw.starts_with(">From ");
  if (mbox && header_.fields.empty()) {
    find("mbox_line", "the separator line of an mbox file stands above the header", begin,
         Level::info);
    return;
  }
  find("not_a_field", "the line is no header field and continues none", begin, Level::warning);
}

/// Octets that other readers take for a line end or for the end of the text. RFC 5322 §4.1
void Splitter::look_inside(std::size_t begin, std::string_view raw) {
  std::size_t cr = raw.find('\r');
  while (cr != npos && cr + 1 < raw.size() && raw[cr + 1] == '\n') cr = raw.find('\r', cr + 1);
  if (cr != npos) {
    find("bare_cr", "a CR without LF; some readers end the line here", begin + cr, Level::warning);
  }
  const std::size_t nul = raw.find('\0');
  if (nul != npos) {
    find("nul", "a NUL octet; some readers end the text here", begin + nul, Level::warning);
  }
}

void Splitter::cut(std::size_t at) {
  header_.truncated = true;
  find("header_too_large", "the header exceeds the limits; what follows was not read", at,
       Level::error);
}

void Splitter::find(std::string_view code, const char* what, std::size_t at, Level level) {
  add_bounded(header_.findings, {.code = code, .what = what, .at = at, .level = level});
}

}  // namespace

Header parse_header(std::string_view octets, const HeaderLimits& limits) {
  return Splitter(octets, limits).split();
}

std::size_t find_body(std::string_view octets) {
  for (std::size_t at = 0; at < octets.size();) {
    if (octets[at] == '\n') return at + 1;
    if (octets.substr(at, 2) == "\r\n") return at + 2;
    const std::size_t feed = octets.find('\n', at);
    if (feed == npos) return npos;
    at = feed + 1;
  }
  return npos;
}

std::vector<const Field*> fields_named(const Header& header, std::string_view name) {
  std::vector<const Field*> found;
  for (const Field& field : header.fields) {
    if (ascii::iequals(field.name, name)) found.push_back(&field);
  }
  return found;
}

}  // namespace assay::mail
