#include "system/smtp/detail/xforward.h"

#include <algorithm>
#include <cstddef>

#include "assay/base/ascii.h"

namespace assay::smtp::detail {
namespace {

int hex(char digit) {
  if (digit >= '0' && digit <= '9') return digit - '0';
  if (digit >= 'A' && digit <= 'F') return digit - 'A' + 10;
  return -1;
}

/// xtext (RFC 3461 §4): "+" and two hexadecimal digits stand for an octet.
std::optional<std::string> read_xtext(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '+') {
      out += text[at];
      continue;
    }
    if (at + 2 >= text.size()) return std::nullopt;
    const int high = hex(text[at + 1]);
    const int low = hex(text[at + 2]);
    if (high < 0 || low < 0) return std::nullopt;
    out += static_cast<char>(high * 16 + low);
    at += 2;
  }
  return out;
}

bool unknown(std::string_view value) {
  return value == "[UNAVAILABLE]" || value == "[TEMPUNAVAIL]";
}

std::optional<IpAddress> read_address(std::string_view value) {
  constexpr std::string_view v6 = "ipv6:";
  if (ascii::iequals(value.substr(0, v6.size()), v6)) value.remove_prefix(v6.size());
  return IpAddress::parse(value);
}

}  // namespace

std::optional<Forwarded> read_xforward(std::string_view argument) {
  Forwarded told;
  if (argument.empty()) return std::nullopt;
  while (!argument.empty()) {
    const std::string_view one = argument.substr(0, argument.find(' '));
    argument.remove_prefix(std::min(one.size() + 1, argument.size()));
    if (one.empty()) continue;
    const std::size_t equals = one.find('=');
    if (equals == std::string_view::npos) return std::nullopt;
    const std::string_view name = one.substr(0, equals);
    const auto value = read_xtext(one.substr(equals + 1));
    if (!value) return std::nullopt;
    if (ascii::iequals(name, "addr")) {
      told.client = unknown(*value) ? std::nullopt : read_address(*value);
    } else if (ascii::iequals(name, "helo")) {
      told.helo = unknown(*value) ? std::string() : *value;
    }
  }
  return told;
}

}  // namespace assay::smtp::detail
