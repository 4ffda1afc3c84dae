#include "system/smtp/path.h"

#include <algorithm>
#include <cstddef>

#include "assay/base/ascii.h"

namespace assay::smtp {
namespace {

constexpr std::size_t longest_path = 320;
constexpr std::size_t most_parameters = 20;

bool is_control(char octet) {
  const auto value = static_cast<unsigned char>(octet);
  return value < 0x20 || value == 0x7F;
}

std::string_view skip_spaces(std::string_view text) {
  return text.substr(std::min(text.find_first_not_of(' '), text.size()));
}

/// The octets up to the closing bracket; a quoted string may hold one. npos: there is none.
std::size_t end_of_brackets(std::string_view text) {
  bool quoted = false;
  for (std::size_t at = 1; at < text.size(); ++at) {
    if (quoted && text[at] == '\\') {
      ++at;
    } else if (text[at] == '"') {
      quoted = !quoted;
    } else if (text[at] == '>' && !quoted) {
      return at;
    }
  }
  return std::string_view::npos;
}

/// "@a.example,@b.example:local@domain": the route is of no use (RFC 5321 §4.1.1.3).
std::string_view without_route(std::string_view path) {
  if (!path.starts_with('@')) return path;
  const std::size_t colon = path.find(':');
  return colon == std::string_view::npos ? path : path.substr(colon + 1);
}

bool read_parameters(std::string_view text, PathArgument& into) {
  for (text = skip_spaces(text); !text.empty(); text = skip_spaces(text)) {
    const std::string_view one = text.substr(0, text.find(' '));
    text.remove_prefix(one.size());
    const std::size_t equals = one.find('=');
    const std::string_view value =
        equals == std::string_view::npos ? std::string_view() : one.substr(equals + 1);
    if (into.parameters.size() == most_parameters) return false;
    into.parameters.emplace_back(ascii::to_lower(one.substr(0, equals)), value);
  }
  return true;
}

}  // namespace

std::optional<PathArgument> parse_path(std::string_view argument, std::string_view prefix) {
  if (!ascii::iequals(argument.substr(0, prefix.size()), prefix)) return std::nullopt;
  const std::string_view text = skip_spaces(argument.substr(prefix.size()));
  if (text.empty() || std::ranges::any_of(text, is_control)) return std::nullopt;
  PathArgument path;
  std::string_view rest;
  if (text.front() == '<') {
    const std::size_t end = end_of_brackets(text);
    if (end == std::string_view::npos) return std::nullopt;
    path.address = without_route(text.substr(1, end - 1));
    rest = text.substr(end + 1);
    if (!rest.empty() && rest.front() != ' ') return std::nullopt;
  } else {
    path.address = text.substr(0, text.find(' '));
    rest = text.substr(path.address.size());
  }
  if (path.address.size() > longest_path || !read_parameters(rest, path)) return std::nullopt;
  return path;
}

}  // namespace assay::smtp
