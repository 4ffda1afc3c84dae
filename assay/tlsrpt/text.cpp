#include "assay/tlsrpt/detail/text.h"

#include <algorithm>
#include <cstdint>

#include "assay/base/ascii.h"
#include "assay/base/utf8.h"

namespace assay::tlsrpt::detail {
namespace {

bool is_high(std::uint32_t unit) {
  return unit >= 0xd800 && unit <= 0xdbff;
}
bool is_low(std::uint32_t unit) {
  return unit >= 0xdc00 && unit <= 0xdfff;
}

/// Four hexadecimal digits at `at`; above 16 bits where they are none.
std::uint32_t unit_at(std::string_view json, std::size_t at) {
  constexpr std::uint32_t none = 0x10000;
  if (at > json.size() || json.size() - at < 4) return none;
  std::uint32_t unit = 0;
  for (const char c : json.substr(at, 4)) {
    const int digit = ascii::hex_value(c);
    if (digit < 0) return none;
    unit = unit * 16 + static_cast<std::uint32_t>(digit);
  }
  return unit;
}

/// Appends the escape that begins at `at` and says how many octets of `json` it is.
std::size_t take_escape(std::string_view json, std::size_t at, std::string& out) {
  const char what = at + 1 < json.size() ? json[at + 1] : '\0';
  if (what != 0 && std::string_view("\"\\/bfnrt").contains(what)) {
    out += json.substr(at, 2);
    return 2;
  }
  const std::uint32_t unit = what == 'u' ? unit_at(json, at + 2) : 0x10000;
  if (unit >= 0x10000) {
    out += "\\\\";
    return 1;
  }
  const bool pair =
      is_high(unit) && json.substr(at + 6).starts_with("\\u") && is_low(unit_at(json, at + 8));
  if (!pair && (is_high(unit) || is_low(unit))) {
    out += "\\ufffd";
    return 6;
  }
  out += json.substr(at, pair ? 12 : 6);
  return pair ? 12 : 6;
}

bool is_last_comma(std::string_view json, std::size_t at) {
  const std::size_t next = json.find_first_not_of(" \t\r\n", at + 1);
  return next != std::string_view::npos && (json[next] == '}' || json[next] == ']');
}

}  // namespace

std::string from_utf16(std::string_view document) {
  const auto octet = [&](std::size_t at) { return static_cast<unsigned char>(document[at]); };
  if (document.size() < 2) return {};
  const bool marked =
      (octet(0) == 0xff && octet(1) == 0xfe) || (octet(0) == 0xfe && octet(1) == 0xff);
  if (!marked && (octet(0) == 0) == (octet(1) == 0)) return {};
  const bool big = marked ? octet(0) == 0xfe : octet(0) == 0;
  const auto unit = [&](std::size_t at) {
    return big ? (std::uint32_t{octet(at)} << 8U) + octet(at + 1)
               : (std::uint32_t{octet(at + 1)} << 8U) + octet(at);
  };
  std::string text;
  for (std::size_t at = marked ? 2 : 0; at + 1 < document.size(); at += 2) {
    const std::uint32_t first = unit(at);
    if (is_high(first) && at + 3 < document.size() && is_low(unit(at + 2))) {
      utf8::append(text, 0x10000 + ((first - 0xd800) << 10U) + (unit(at + 2) - 0xdc00));
      at += 2;
    } else {
      utf8::append(text, is_high(first) || is_low(first) ? utf8::replacement : first);
    }
  }
  return text;
}

std::string from_latin1(std::string_view document) {
  std::string text;
  std::size_t taken = 0;
  for (std::size_t at = 0; at < document.size();) {
    if (!ascii::is_octet_above_127(document[at])) {
      ++at;
      continue;
    }
    const utf8::CodePoint next = utf8::decode(document.substr(at));
    if (next.octets > 0) {
      at += next.octets;
      continue;
    }
    text += document.substr(taken, at - taken);
    utf8::append(text, static_cast<unsigned char>(document[at]));
    taken = ++at;
  }
  if (taken > 0) text += document.substr(taken);
  return text;
}

std::string mended(std::string_view json) {
  std::string out;
  out.reserve(json.size());
  bool in_text = false;
  for (std::size_t at = 0; at < json.size();) {
    const char c = json[at];
    if (in_text && c == '\\') {
      at += take_escape(json, at, out);
      continue;
    }
    if (c == '"') in_text = !in_text;
    ++at;
    if (in_text && static_cast<unsigned char>(c) < 0x20) {
      out += ' ';
    } else if (in_text || c != ',' || !is_last_comma(json, at - 1)) {
      out += c;
    }
  }
  return out;
}

}  // namespace assay::tlsrpt::detail
