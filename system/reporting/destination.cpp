#include "system/reporting/destination.h"

#include <algorithm>
#include <array>
#include <optional>
#include <span>

#include "assay/base/ascii.h"
#include "assay/base/uri.h"

namespace assay::reporting {
namespace {

constexpr std::size_t longest_uri = 2'000;
constexpr unsigned https_port = 443;
constexpr unsigned first_free_port = 1'024;

struct Block {
  std::string_view network;
  unsigned prefix;
};

// What the registries of special addresses call not globally reachable, and what leads to others.
constexpr std::array<Block, 16> special_v4 = {{{"0.0.0.0", 8},
                                               {"10.0.0.0", 8},
                                               {"100.64.0.0", 10},
                                               {"127.0.0.0", 8},
                                               {"169.254.0.0", 16},
                                               {"172.16.0.0", 12},
                                               {"192.0.0.0", 24},
                                               {"192.0.2.0", 24},
                                               {"192.31.196.0", 24},
                                               {"192.52.193.0", 24},
                                               {"192.88.99.0", 24},
                                               {"192.168.0.0", 16},
                                               {"198.18.0.0", 15},
                                               {"198.51.100.0", 24},
                                               {"203.0.113.0", 24},
                                               {"224.0.0.0", 3}}};
constexpr std::array<Block, 5> special_v6 = {
    {{"2001::", 23}, {"2001:db8::", 32}, {"2002::", 16}, {"2620:4f:8000::", 48}, {"3fff::", 20}}};

bool is_in(const IpAddress& address, const Block& block) {
  const auto network = IpAddress::parse(block.network);
  return network && address.in_network(*network, block.prefix);
}

bool is_in_any(const IpAddress& address, std::span<const Block> blocks) {
  return std::ranges::any_of(blocks, [&](const Block& one) { return is_in(address, one); });
}

/// The IPv4 address that a translator makes of it (RFC 6052 §2.1).
std::optional<IpAddress> translated(const IpAddress& address) {
  if (!is_in(address, {"64:ff9b::", 96})) return std::nullopt;
  const auto& octets = address.octets();
  return IpAddress::from_v4({octets[12], octets[13], octets[14], octets[15]});
}

/// What stands behind the host, without the colon: empty, or a port.
std::string_view port_of(const Uri& uri) {
  const std::string_view authority = *uri.authority;
  const std::size_t end =
      static_cast<std::size_t>(uri.host.data() - authority.data()) + uri.host.size();
  return end < authority.size() ? authority.substr(end + 1) : std::string_view();
}

bool is_port(std::string_view text, Reach reach) {
  if (text.empty()) return true;
  const auto port = ascii::parse_number(text);
  if (!port || *port == 0 || *port > 65'535) return false;
  return reach == Reach::everybody || *port == https_port || *port >= first_free_port;
}

}  // namespace

bool is_https(std::string_view destination) {
  return ascii::istarts_with(destination, "https:");
}

std::string host_of(std::string_view destination) {
  if (!is_https(destination)) {
    return ascii::to_lower(destination.substr(destination.rfind('@') + 1));
  }
  const auto uri = parse_uri(destination);
  return uri ? ascii::to_lower(uri->host) : std::string();
}

std::string why_not_posted(std::string_view text, Reach reach) {
  const auto uri = parse_uri(text);
  if (!uri || !ascii::iequals(uri->scheme, "https")) return "is no URI of the scheme https";
  if (text.size() > longest_uri) return "is longer than 2000 octets";
  if (!uri->authority || uri->host.empty()) return "names no host";
  if (uri->host.starts_with('[') || IpAddress::parse(uri->host)) {
    return "names an address, and not a host";
  }
  if (uri->authority->contains('@')) return "names a user";
  if (!is_port(port_of(*uri), reach)) return "names a port that is not for web servers";
  return "";
}

bool is_public(const IpAddress& address) {
  if (address.is_v4()) return !is_in_any(address, special_v4);
  if (const auto v4 = translated(address)) return is_public(*v4);
  return is_in(address, {"2000::", 3}) && !is_in_any(address, special_v6);
}

}  // namespace assay::reporting
