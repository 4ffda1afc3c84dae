#include "assay/dns_unbound/detail/rdata.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>

#include "assay/base/ascii.h"

namespace assay::dns::detail {
namespace {

constexpr std::size_t max_label = 63;       // RFC 1035 §2.3.4
constexpr std::size_t max_wire_name = 255;  // RFC 1035 §2.3.4

std::size_t octet(std::string_view wire, std::size_t at) {
  return static_cast<unsigned char>(wire[at]);
}

template <std::size_t count>
std::optional<std::array<std::uint8_t, count>> address_octets(std::string_view rdata) {
  if (rdata.size() != count) return std::nullopt;
  std::array<std::uint8_t, count> octets = {};
  std::ranges::transform(rdata, octets.begin(),
                         [](char c) { return static_cast<std::uint8_t>(c); });
  return octets;
}

bool add_a(std::string_view rdata, Answer& answer) {
  const auto octets = address_octets<4>(rdata);  // RFC 1035 §3.4.1
  if (octets) answer.addresses.push_back(IpAddress::from_v4(*octets));
  return octets.has_value();
}

bool add_aaaa(std::string_view rdata, Answer& answer) {
  const auto octets = address_octets<16>(rdata);  // RFC 3596 §2.2
  if (octets) answer.addresses.push_back(IpAddress::from_v6(*octets));
  return octets.has_value();
}

// RFC 1035 §3.3.9
bool add_mx(std::string_view rdata, Answer& answer) {
  if (rdata.size() < 3) return false;
  const auto host = read_wire_name(rdata.substr(2));
  if (!host || host->octets != rdata.size() - 2) return false;
  const auto preference = static_cast<std::uint16_t>(octet(rdata, 0) * 256 + octet(rdata, 1));
  if (host->name) answer.exchanges.push_back({.preference = preference, .host = *host->name});
  return true;
}

// RFC 1035 §3.3.12
bool add_ptr(std::string_view rdata, Answer& answer) {
  const auto host = read_wire_name(rdata);
  if (!host || host->octets != rdata.size()) return false;
  if (host->name) answer.names.push_back(*host->name);
  return true;
}

// RFC 1035 §3.3.14: one or more strings, here joined without spaces (RFC 7208 §3.3).
bool add_txt(std::string_view rdata, Answer& answer) {
  if (rdata.empty()) return false;
  std::string joined;
  joined.reserve(rdata.size());
  for (std::size_t at = 0; at < rdata.size();) {
    const std::size_t length = octet(rdata, at);
    if (length > rdata.size() - at - 1) return false;
    joined += rdata.substr(at + 1, length);
    at += 1 + length;
  }
  answer.texts.push_back(std::move(joined));
  return true;
}

}  // namespace

std::optional<WireName> read_wire_name(std::string_view wire) {
  std::string text;
  bool dot_inside = false;
  for (std::size_t at = 0; at < std::min(wire.size(), max_wire_name);) {
    const std::size_t length = octet(wire, at);
    if (length == 0) {
      WireName result = {.name = DomainName(), .octets = at + 1};
      if (dot_inside) result.name.reset();
      if (!text.empty() && !dot_inside) result.name = DomainName::parse(text).value();
      return result;
    }
    // Two high bits would be a pointer (RFC 1035 §4.1.4), which stands in whole messages alone.
    if (length > max_label || length > wire.size() - at - 1) return std::nullopt;
    const std::string_view label = wire.substr(at + 1, length);
    dot_inside = dot_inside || label.find('.') != std::string_view::npos;
    if (!text.empty()) text += '.';
    text += label;
    at += 1 + length;
  }
  return std::nullopt;
}

// RFC 6376 §8.8: what a server sends may be malformed on purpose; here ends what is not
// well-formed.
bool add_record(Type type, std::string_view rdata, Answer& answer) {
  switch (type) {
    case Type::a:
      return add_a(rdata, answer);
    case Type::aaaa:
      return add_aaaa(rdata, answer);
    case Type::mx:
      return add_mx(rdata, answer);
    case Type::ptr:
      return add_ptr(rdata, answer);
    case Type::txt:
      return add_txt(rdata, answer);
  }
  return false;
}

std::string escaped(const DomainName& name) {
  if (name.is_root()) return ".";
  std::string text;
  for (const char c : name.text()) {
    if (ascii::is_alnum(c) || c == '-' || c == '_' || c == '.') {
      text += c;
      continue;
    }
    const unsigned value = static_cast<unsigned char>(c);
    text += '\\';
    for (const unsigned unit : {100U, 10U, 1U}) text += static_cast<char>('0' + value / unit % 10);
  }
  return text + '.';
}

}  // namespace assay::dns::detail
