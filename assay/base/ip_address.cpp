#include "assay/base/ip_address.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <iterator>
#include <span>

#include "assay/base/ascii.h"

namespace assay {

IpAddress IpAddress::from_v4(const std::array<std::uint8_t, 4>& octets) {
  IpAddress address;
  std::ranges::copy(octets, address.octets_.begin());
  return address;
}

IpAddress IpAddress::from_v6(const std::array<std::uint8_t, 16>& octets) {
  constexpr std::array<std::uint8_t, 12> mapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  if (std::equal(mapped.begin(), mapped.end(), octets.begin())) {
    return from_v4({octets[12], octets[13], octets[14], octets[15]});
  }
  IpAddress address;
  address.octets_ = octets;
  address.v4_ = false;
  return address;
}

std::optional<IpAddress> IpAddress::parse(std::string_view text) {
  char buffer[INET6_ADDRSTRLEN];
  const auto fits = [](char c) { return ascii::hex_value(c) >= 0 || c == '.' || c == ':'; };
  if (text.size() >= sizeof buffer || !std::ranges::all_of(text, fits)) return std::nullopt;
  buffer[text.copy(buffer, sizeof buffer - 1)] = '\0';
  std::array<std::uint8_t, 16> octets = {};
  if (text.contains(':')) {
    if (inet_pton(AF_INET6, buffer, octets.data()) == 1) return from_v6(octets);
  } else if (inet_pton(AF_INET, buffer, octets.data()) == 1) {
    return from_v4({octets[0], octets[1], octets[2], octets[3]});
  }
  return std::nullopt;
}

bool IpAddress::in_network(const IpAddress& network, unsigned prefix_bits) const {
  if (v4_ != network.v4_) return false;
  const unsigned length = std::min(prefix_bits, bits());
  const unsigned whole = length / 8;
  if (std::memcmp(octets_.data(), network.octets_.data(), whole) != 0) return false;
  if (length % 8 == 0) return true;
  const unsigned mask = 0xff00U >> (length % 8) & 0xffU;
  return ((octets_[whole] ^ network.octets_[whole]) & mask) == 0;
}

std::string to_text(const IpAddress& address) {
  char text[INET6_ADDRSTRLEN];
  if (!address.is_v4()) {
    inet_ntop(AF_INET6, address.octets().data(), text, sizeof text);
    return text;
  }
  char* end = text;  // inet_ntop goes by sprintf, which is slow
  for (const std::uint8_t octet : std::span(address.octets()).first(4)) {
    if (end != text) *end++ = '.';
    end = std::to_chars(end, std::end(text), octet).ptr;
  }
  return {text, end};
}

}  // namespace assay
