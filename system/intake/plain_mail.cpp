#include "system/intake/plain_mail.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "assay/base/ascii.h"
#include "assay/base/base64.h"

namespace assay::intake {
namespace {

/// The fields of MIME of one header (RFC 2045 §3), as they stand, and where its body begins.
struct Header {
  std::optional<std::string_view> type = {};
  std::optional<std::string_view> encoding = {};
  std::optional<std::string_view> disposition = {};
  std::size_t octets = 0;  ///< with the empty line
};

/// One value and its parameters.
struct Value {
  std::string text = {};  ///< lower case
  std::vector<std::pair<std::string, std::string>> parameters = {};

  std::string_view operator[](std::string_view name) const {
    for (const auto& [known, value] : parameters) {
      if (known == name) return value;
    }
    return {};
  }
};

bool is_token(char c) {
  return ascii::is_graph(c) && !std::string_view("()<>@,;:\\\"/[]?=*'%").contains(c);
}

/// The line at `at` with its line end; empty at the end.
std::string_view line_at(std::string_view text, std::size_t at) {
  const std::size_t end = text.find('\n', at);
  return text.substr(at, end == std::string_view::npos ? end : end + 1 - at);
}

/// Puts a field where it belongs; false where it stands twice, or is one that changes what parts
/// are.
bool keep(Header& header, std::string_view field) {
  const std::size_t colon = field.find(':');
  if (colon == std::string_view::npos || colon == 0) return false;
  const std::string_view name = field.substr(0, colon);
  if (!std::ranges::all_of(name, [](char c) { return ascii::is_alnum(c) || c == '-'; })) {
    return false;
  }
  if (!ascii::istarts_with(name, "Content-")) return true;
  const std::array<std::pair<std::string_view, std::optional<std::string_view>*>, 3> known = {
      {{"Content-Type", &header.type},
       {"Content-Transfer-Encoding", &header.encoding},
       {"Content-Disposition", &header.disposition}}};
  for (const auto& [word, place] : known) {
    if (!ascii::iequals(word, name)) continue;
    if (*place) return false;
    *place = field.substr(colon + 1);
  }
  return true;
}

std::optional<Header> read_header(std::string_view text) {
  Header header;
  std::size_t field = 0;
  std::size_t at = 0;
  while (true) {
    const std::string_view line = line_at(text, at);
    if (!line.ends_with('\n')) return std::nullopt;
    const bool ends = line == "\n" || line == "\r\n";
    const bool folded = !ends && ascii::is_wsp(line.front());
    if (folded && at == 0) return std::nullopt;
    if (!folded && at > field && !keep(header, text.substr(field, at - field))) return std::nullopt;
    if (!folded) field = at;
    at += line.size();
    if (!ends) continue;
    header.octets = at;
    return header;
  }
}

/// "type/subtype; name=value; name="value"", and nothing that could be read otherwise.
std::optional<Value> read_value(std::string_view field) {
  Value value;
  std::string_view rest = ascii::trim_fws(field);
  std::size_t size = 0;
  while (size < rest.size() && (is_token(rest[size]) || rest[size] == '/')) ++size;
  if (size == 0) return std::nullopt;
  value.text = ascii::to_lower(rest.substr(0, size));
  rest = ascii::trim_fws(rest.substr(size));
  while (!rest.empty()) {
    if (rest.front() != ';') return std::nullopt;
    rest = ascii::trim_fws(rest.substr(1));
    if (rest.empty()) break;
    size = 0;
    while (size < rest.size() && is_token(rest[size])) ++size;
    if (size == 0 || size >= rest.size() || rest[size] != '=') return std::nullopt;
    std::string name = ascii::to_lower(rest.substr(0, size));
    rest.remove_prefix(size + 1);
    const bool quoted = rest.starts_with('"');
    if (quoted) rest.remove_prefix(1);
    size = 0;
    while (size < rest.size() &&
           (quoted ? rest[size] != '"' : is_token(rest[size]) || rest[size] == '/')) {
      const char c = rest[size];
      if (c == '\\' || (!ascii::is_graph(c) && c != ' ')) return std::nullopt;
      ++size;
    }
    if (size == 0 || (quoted && size == rest.size())) return std::nullopt;
    const std::string_view text = rest.substr(0, size);
    if (text.contains("=?") || text.front() == ' ' || text.back() == ' ' || !value[name].empty()) {
      return std::nullopt;
    }
    value.parameters.emplace_back(std::move(name), std::string(text));
    rest = ascii::trim_fws(rest.substr(size + (quoted ? 1 : 0)));
  }
  return value;
}

/// Whole groups of base64 in lines, and nothing else but white space at the end.
std::optional<std::string> decode(std::string_view encoding, std::string_view body) {
  if (encoding == "base64") {
    auto octets = base64::decode(body);
    if (!octets) return std::nullopt;
    return std::move(*octets);
  }
  const bool identity = encoding == "7bit" || encoding == "8bit" || encoding == "binary";
  if (!identity && !encoding.empty()) return std::nullopt;
  return std::string(body);
}

std::optional<MailPart> read_part(const Header& header, const Value& type, std::string_view body) {
  const bool leaf = !type.text.starts_with("multipart/") && !type.text.starts_with("message/") &&
                    std::ranges::count(type.text, '/') == 1 && !type.text.starts_with('/') &&
                    !type.text.ends_with('/');
  if (!leaf) return std::nullopt;
  const std::string encoding = ascii::to_lower(ascii::trim_fws(header.encoding.value_or("")));
  auto octets = decode(encoding, body);
  if (!octets) return std::nullopt;
  MailPart part{.media_type = type.text, .octets = std::move(*octets)};
  part.name = type["name"];
  if (header.disposition) {
    const auto disposition = read_value(*header.disposition);
    if (!disposition) return std::nullopt;
    if (const auto name = (*disposition)["filename"]; !name.empty()) part.name = name;
  }
  return part;
}

std::optional<Value> type_of(const Header& header) {
  return header.type ? read_value(*header.type) : Value{.text = "text/plain"};
}

/// Where the next line begins that is the boundary; npos where there is none.
std::size_t find_delimiter(std::string_view text, std::string_view delimiter, std::size_t at) {
  while (true) {
    at = text.find(delimiter, at);
    if (at == std::string_view::npos || at == 0 || text[at - 1] == '\n') return at;
    at += delimiter.size();
  }
}

/// Without the line end that belongs to the boundary behind (RFC 2046 §5.1.1).
std::string_view before_delimiter(std::string_view text) {
  if (text.ends_with('\n')) text.remove_suffix(1);
  if (text.ends_with('\r')) text.remove_suffix(1);
  return text;
}

std::optional<MailParts> read_multipart(const Value& type, std::string_view body,
                                        const MailLimits& limits) {
  constexpr std::size_t longest = 70;  // RFC 2046 §5.1.1
  const std::string delimiter = "--" + std::string(type["boundary"]);
  if (delimiter.size() == 2 || delimiter.size() > longest + 2) return std::nullopt;
  MailParts found{.report_type = ascii::to_lower(type["report-type"])};
  std::size_t at = find_delimiter(body, delimiter, 0);
  while (at != std::string_view::npos) {
    const std::string_view line = line_at(body, at);
    const std::string_view behind = ascii::trim_fws(line.substr(delimiter.size()));
    if (behind == "--" && !found.parts.empty()) return found;
    if (!behind.empty() || !line.ends_with('\n')) return std::nullopt;
    const std::size_t begin = at + line.size();
    at = find_delimiter(body, delimiter, begin);
    if (at == std::string_view::npos || found.parts.size() >= limits.parts) return std::nullopt;
    const std::string_view part = body.substr(begin, at - begin);
    const auto header = read_header(part);
    const auto part_type = header ? type_of(*header) : std::nullopt;
    if (!part_type) return std::nullopt;
    auto read = read_part(*header, *part_type, before_delimiter(part.substr(header->octets)));
    if (!read) return std::nullopt;
    found.parts.push_back(std::move(*read));
  }
  return std::nullopt;
}

}  // namespace

std::optional<MailParts> read_plain_mail(std::string_view octets, const MailLimits& limits) {
  if (octets.size() > limits.octets || limits.depth == 0) return std::nullopt;
  const auto header = read_header(octets);
  const auto type = header ? type_of(*header) : std::nullopt;
  if (!type) return std::nullopt;
  const std::string_view body = octets.substr(header->octets);
  if (!type->text.starts_with("multipart/")) {
    auto part = read_part(*header, *type, body);
    if (!part || limits.parts == 0) return std::nullopt;
    MailParts found;
    found.parts.push_back(std::move(*part));
    return found;
  }
  const bool known = type->text == "multipart/mixed" || type->text == "multipart/report" ||
                     type->text == "multipart/alternative" || type->text == "multipart/related";
  if (!known || header->encoding) return std::nullopt;
  return read_multipart(*type, body, limits);
}

}  // namespace assay::intake
