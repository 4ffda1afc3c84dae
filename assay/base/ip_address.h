#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace assay {

/// An IPv4 or IPv6 address. An IPv4-mapped IPv6 address (::ffff:0:0/96) is the IPv4 address, since
/// SPF and reports treat it so (RFC 7208 §5).
class IpAddress {
 public:
  /// 0.0.0.0
  IpAddress() = default;

  static IpAddress from_v4(const std::array<std::uint8_t, 4>& octets);
  static IpAddress from_v6(const std::array<std::uint8_t, 16>& octets);
  /// Dotted quad without leading zeros, or RFC 4291 text without zone or brackets.
  static std::optional<IpAddress> parse(std::string_view text);

  bool is_v4() const { return v4_; }
  /// 4 or 16 octets count, in network order; an IPv4 address stands in the first four.
  const std::array<std::uint8_t, 16>& octets() const { return octets_; }
  unsigned bits() const { return v4_ ? 32 : 128; }

  /// Whether both are of one family and share their first prefix_bits bits (capped to the
  /// family's).
  bool in_network(const IpAddress& network, unsigned prefix_bits) const;

  friend auto operator<=>(const IpAddress&, const IpAddress&) = default;

 private:
  std::array<std::uint8_t, 16> octets_ = {};
  bool v4_ = true;
};

/// Dotted quad, or RFC 5952 text.
std::string to_text(const IpAddress& address);

}  // namespace assay
