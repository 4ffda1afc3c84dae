#include <algorithm>

#include "assay/base/ascii.h"
#include "system/evidence/detail/undo.h"

namespace assay::evidence {
namespace {

constexpr std::size_t npos = std::string_view::npos;
constexpr std::size_t max_boundary = 200;
constexpr std::size_t max_content_type = 2'000;
constexpr std::size_t max_preamble_lines = 3;
constexpr std::size_t max_parts = 100;
constexpr unsigned max_depth = 3;

bool is_token_octet(char c) {
  return ascii::is_graph(c) && std::string_view("()<>@,;:\\\"/[]?=").find(c) == npos;
}

std::string_view take_token(std::string_view& rest) {
  rest = ascii::trim_fws(rest);
  std::size_t size = 0;
  while (size < rest.size() && is_token_octet(rest[size])) ++size;
  const std::string_view token = rest.substr(0, size);
  rest.remove_prefix(size);
  return token;
}

bool take(std::string_view& rest, char c) {
  rest = ascii::trim_fws(rest);
  if (!rest.starts_with(c)) return false;
  rest.remove_prefix(1);
  return true;
}

/// A token, or a quoted string without escapes and line ends, which no boundary needs.
std::optional<std::string_view> take_value(std::string_view& rest) {
  rest = ascii::trim_fws(rest);
  if (!rest.starts_with('"')) {
    const std::string_view token = take_token(rest);
    if (token.empty()) return std::nullopt;
    return token;
  }
  const std::size_t end = rest.find('"', 1);
  if (end == npos) return std::nullopt;
  const std::string_view value = rest.substr(1, end - 1);
  if (value.find_first_of("\\\r\n") != npos) return std::nullopt;
  rest.remove_prefix(end + 1);
  return value;
}

/// Reads "; name=value"; false where something else stands there.
bool take_parameter(std::string_view& rest, std::vector<std::string>& names, ContentType& into) {
  if (!take(rest, ';')) return false;
  if (ascii::trim_fws(rest).empty()) return take_token(rest).empty();  // a last semicolon
  const std::string name = ascii::to_lower(take_token(rest));
  if (name.empty() || name.find('*') != npos || !take(rest, '=')) return false;
  if (std::ranges::find(names, name) != names.end()) return false;
  const auto value = take_value(rest);
  if (!value) return false;
  if (name == "boundary") into.boundary = std::string(*value);
  names.push_back(name);
  return true;
}

/// Where a line that begins with the delimiter stands, and what kind of line it is.
struct Delimiter {
  std::size_t at = 0;    // of its "--"
  std::size_t next = 0;  // behind its line end
  bool closes = false;
};

/// Every delimiter of a body. Nothing where a line begins like one and is none, since readers
/// differ in what they take for a delimiter (RFC 2046 §5.1.1).
std::optional<std::vector<Delimiter>> find_delimiters(std::string_view body,
                                                      std::string_view boundary) {
  std::vector<Delimiter> found;
  const std::string begin = "--" + std::string(boundary);
  for (std::size_t at = 0; at < body.size();) {
    const std::size_t feed = body.find('\n', at);
    const std::size_t next = feed == npos ? body.size() : feed + 1;
    std::string_view line = body.substr(at, next - at);
    if (line.starts_with(begin)) {
      line = ascii::trim_fws(line.substr(begin.size()));
      if (!line.empty() && line != "--") return std::nullopt;
      if (found.size() == max_parts) return std::nullopt;
      found.push_back({.at = at, .next = next, .closes = line == "--"});
    }
    at = next;
  }
  return found;
}

/// The parts of a multipart and where they stand; only of one whose form leaves no doubt.
struct Parts {
  std::vector<std::string_view> parts = {};  ///< with their headers
  std::vector<Delimiter> delimiters = {};    ///< one more than parts
};

std::optional<Parts> split(std::string_view body, std::string_view boundary) {
  auto delimiters = find_delimiters(body, boundary);
  if (!delimiters || delimiters->size() < 2) return std::nullopt;
  // The last closes and no other does; nothing is hidden before the first and behind the last.
  for (std::size_t i = 0; i < delimiters->size(); ++i) {
    if ((*delimiters)[i].closes != (i + 1 == delimiters->size())) return std::nullopt;
  }
  if (lines_shown(body.substr(0, delimiters->front().at)) > max_preamble_lines) return std::nullopt;
  if (lines_shown(body.substr(delimiters->back().next)) > 0) return std::nullopt;
  Parts parts;
  for (std::size_t i = 0; i + 1 < delimiters->size(); ++i) {
    const std::size_t begin = (*delimiters)[i].next;
    std::string_view part = body.substr(begin, (*delimiters)[i + 1].at - begin);
    // RFC 2046 §5.1.1: the line end before a delimiter belongs to it.
    if (!part.ends_with("\r\n")) return std::nullopt;
    part.remove_suffix(2);
    parts.parts.push_back(part);
  }
  parts.delimiters = std::move(*delimiters);
  return parts;
}

/// The only value of a field; an empty one where it is absent; nothing where it stands twice.
std::optional<std::optional<std::string>> only_value(const mail::Header& header,
                                                     std::string_view name) {
  const auto fields = mail::fields_named(header, name);
  if (fields.size() > 1) return std::nullopt;
  if (fields.empty()) return std::optional<std::string>();
  return std::optional<std::string>(fields.front()->value);
}

/// A part that is shown in its place: no attachment.
std::optional<Part> read_part(std::string_view octets) {
  Part part;
  if (octets.starts_with("\r\n")) {
    part.body = octets.substr(2);
    return part;
  }
  const std::size_t body = mail::find_body(octets);
  const std::size_t header_size = body == npos ? octets.size() : body;
  const mail::Header header =
      mail::parse_header(octets.substr(0, header_size), {.octets = 16U << 10, .fields = 50});
  if (header.truncated || !header.left_out.empty()) return std::nullopt;
  const auto type = only_value(header, "Content-Type");
  const auto encoding = only_value(header, "Content-Transfer-Encoding");
  const auto disposition = only_value(header, "Content-Disposition");
  if (!type || !encoding || !disposition) return std::nullopt;
  if (*disposition && !ascii::iequals(ascii::trim_fws(**disposition), "inline"))
    return std::nullopt;
  part.content_type = *type;
  part.transfer_encoding = *encoding;
  if (body != npos) part.body = octets.substr(body);
  return part;
}

std::optional<ContentType> type_of(const Part& part) {
  return part.content_type ? parse_content_type(*part.content_type)
                           : ContentType{.type = "text/plain"};
}

/// The text of a part; nothing where it cannot be decoded.
std::optional<std::string> text_of(const Part& part) {
  const auto encoding = parse_transfer_encoding(part.transfer_encoding.value_or("7bit"));
  return encoding ? decode(part.body, *encoding) : std::nullopt;
}

/// The text of a footer. Plain text only: another type could cover what stands above it.
std::optional<std::string> footer_text(std::string_view octets) {
  const auto part = read_part(octets);
  const auto type = part ? type_of(*part) : std::nullopt;
  if (!type || type->type != "text/plain") return std::nullopt;
  return text_of(*part);
}

/// Whether the body ends with the closing delimiter, so that its boundary is the one that was
/// signed with it.
bool is_closed(std::string_view body, std::string_view boundary) {
  const std::string close = "--" + std::string(boundary) + "--";
  return ascii::trim_fws(body).ends_with("\n" + close);
}

/// The text that a reader sees first of a part: its own, or that of the first part within it.
/// Nothing for what is shown as an attachment, or in no way that is certain.
std::optional<std::string> first_text(const Part& part, unsigned depth = 0) {
  const auto type = type_of(part);
  if (!type || depth > max_depth) return std::nullopt;
  if (type->type == "text/plain" || type->type == "text/html") return text_of(part);
  const bool known = type->type == "multipart/alternative" || type->type == "multipart/mixed" ||
                     type->type == "multipart/related";
  if (!known || !is_closed(part.body, type->boundary)) return std::nullopt;
  const auto parts = split(part.body, type->boundary);
  const auto first = parts ? read_part(parts->parts.front()) : std::nullopt;
  return first ? first_text(*first, depth + 1) : std::nullopt;
}

}  // namespace

std::optional<ContentType> parse_content_type(std::string_view value) {
  if (value.size() > max_content_type) return std::nullopt;
  ContentType type;
  std::string_view rest = value;
  const std::string_view main = take_token(rest);
  if (main.empty() || !take(rest, '/')) return std::nullopt;
  const std::string_view sub = take_token(rest);
  if (sub.empty()) return std::nullopt;
  type.type = ascii::to_lower(main) + "/" + ascii::to_lower(sub);
  std::vector<std::string> names;
  while (!ascii::trim_fws(rest).empty()) {
    if (!take_parameter(rest, names, type)) return std::nullopt;
  }
  if (!type.type.starts_with("multipart/")) return type;
  const std::string& boundary = type.boundary;
  const bool good =
      !boundary.empty() && boundary.size() <= max_boundary &&
      ascii::trim_fws(boundary) == boundary &&
      std::ranges::all_of(boundary, [](char c) { return c == ' ' || ascii::is_graph(c); });
  if (!good) return std::nullopt;
  return type;
}

std::optional<Part> without_wrapper(std::string_view body, std::string_view boundary) {
  const auto parts = split(body, boundary);
  if (!parts || parts->parts.size() != 2) return std::nullopt;
  auto original = read_part(parts->parts.front());
  const auto footer = footer_text(parts->parts.back());
  const auto text = original ? first_text(*original) : std::nullopt;
  if (!footer || !text || !keeps_enough(*text, *footer)) return std::nullopt;
  return original;
}

std::optional<std::string> without_last_part(std::string_view body, std::string_view boundary) {
  const auto parts = split(body, boundary);
  if (!parts || parts->parts.size() < 2) return std::nullopt;
  const auto first = read_part(parts->parts.front());
  const auto footer = footer_text(parts->parts.back());
  const auto text = first ? first_text(*first) : std::nullopt;
  if (!footer || !text || !keeps_enough(*text, *footer)) return std::nullopt;
  const std::size_t end = parts->delimiters[parts->parts.size() - 1].at;
  return std::string(body.substr(0, end)) + "--" + std::string(boundary) + "--\r\n";
}

}  // namespace assay::evidence
