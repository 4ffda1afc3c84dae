#include "system/intake/detail/pasted.h"

#include <algorithm>
#include <array>

#include "assay/archive/unpack.h"
#include "assay/base/ascii.h"
#include "assay/base/base64.h"
#include "system/intake/documents.h"

namespace assay::intake::detail {
namespace {

/// The beginnings of base64 of gzip, zip, XML with its declaration or without, with or without a
/// mark, and JSON.
constexpr std::array<std::string_view, 10> base64_beginnings = {
    "H4sI", "UEsDB", "PD94bWw", "77u/PD94bWw", "PGZlZWRiYWNr",
    "//48", "eyJ",   "ew0K",    "ewog",        "ewo"};

bool is_base64(char c) {
  return ascii::is_alnum(c) || c == '+' || c == '/' || c == '=' || c == '-' || c == '_';
}

/// A line of nothing else; "--" begins a boundary.
bool is_base64_line(std::string_view line) {
  return !line.empty() && !line.starts_with("--") && std::ranges::all_of(line, is_base64);
}

bool begins_line(std::string_view line) {
  return std::ranges::any_of(base64_beginnings,
                             [&](std::string_view begin) { return line.starts_with(begin); });
}

std::string_view without_quotes(std::string_view line) {
  line = ascii::trim_fws(line);
  while (line.starts_with('>')) line = ascii::trim_fws(line.substr(1));
  return line;
}

/// Digits of any alphabet and without padding, as far as they are whole octets.
std::string decoded(std::string digits) {
  std::ranges::replace(digits, '-', '+');
  std::ranges::replace(digits, '_', '/');
  if (digits.size() % 4 == 1) digits.pop_back();
  if (digits.size() % 4 == 2) digits += "==";
  if (digits.size() % 4 == 3) digits += '=';
  return base64::decode(digits).value_or(std::string());
}

bool is_promising(std::string_view octets) {
  return archive::detect(octets) != archive::Format::plain || kind_of(octets) != Kind::none;
}

/// JSON of a TLS report, from its first brace on.
std::string_view pasted_json(std::string_view text) {
  const std::size_t name = text.find("\"organization-name\"");
  if (name == std::string_view::npos) return {};
  const std::size_t brace = text.rfind('{', name);
  return brace == std::string_view::npos ? std::string_view() : text.substr(brace);
}

}  // namespace

bool begins_as_base64(std::string_view text) {
  text = ascii::trim_fws(text);
  const std::string_view line = ascii::trim_fws(text.substr(0, text.find('\n')));
  return begins_line(line) && is_base64_line(line);
}

std::string pasted_base64(std::string_view text) {
  std::string digits;
  for (std::string_view line : ascii::Pieces(text, '\n')) {
    line = without_quotes(line);
    if (digits.empty() && (!begins_line(line) || line.size() < 4)) continue;
    if (!is_base64_line(line)) break;
    digits += line.substr(0, line.find('='));
    if (line.contains('=')) break;  // what stands behind the end is no longer data
  }
  if (digits.empty()) return {};
  std::string octets = decoded(std::move(digits));
  if (!is_promising(octets)) octets.clear();
  return octets;
}

std::size_t find_report(std::string_view octets) {
  constexpr std::string_view tag = "<feedback";
  std::size_t begin = octets.find("<?xml");
  if (begin == std::string_view::npos) begin = octets.find(tag);
  const bool there =
      begin != std::string_view::npos && octets.find(tag, begin) != std::string_view::npos;
  return there ? begin : std::string_view::npos;
}

std::string pasted_report(std::string_view text) {
  if (is_promising(text)) return {};
  if (const std::size_t begin = find_report(text); begin != std::string_view::npos) {
    return std::string(text.substr(begin));
  }
  if (const std::string_view json = pasted_json(text); !json.empty()) return std::string(json);
  return pasted_base64(text);
}

}  // namespace assay::intake::detail
