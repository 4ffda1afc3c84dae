// Networks, and addresses with ports.
#include <algorithm>
#include <array>
#include <optional>

#include "assay/base/ascii.h"
#include "system/config/detail/values.h"
#include "system/config/network.h"

namespace assay::config {

namespace {

constexpr std::size_t max_unix_path = 107;  // what sockaddr_un holds beside its NUL

std::optional<unsigned> parse_below(std::string_view digits, unsigned greatest) {
  const auto number = digits.size() <= 5 ? ascii::parse_number(digits) : std::nullopt;
  if (!number || *number > greatest) return std::nullopt;
  return static_cast<unsigned>(*number);
}

/// The address with all bits beyond the prefix 0.
IpAddress masked(const IpAddress& address, unsigned prefix) {
  auto octets = address.octets();
  for (std::size_t i = 0; i < octets.size(); ++i) {
    const unsigned kept = std::clamp<unsigned>(prefix, static_cast<unsigned>(i) * 8,
                                               static_cast<unsigned>(i) * 8 + 8) -
                          static_cast<unsigned>(i) * 8;
    octets[i] = static_cast<std::uint8_t>(octets[i] & (0xFF00U >> kept));
  }
  if (!address.is_v4()) return IpAddress::from_v6(octets);
  return IpAddress::from_v4({octets[0], octets[1], octets[2], octets[3]});
}

struct HostPort {
  std::string_view host = {};  ///< without brackets
  bool bracketed = false;
};

/// Splits host:port and [v6]:port. Errors: as a complaint.
std::expected<HostPort, std::string> split_host_port(std::string_view text) {
  HostPort parts;
  std::string_view port;
  const std::size_t colon = text.rfind(':');
  const bool is_bare_v6 = IpAddress::parse(text).has_value() && text.contains(':');
  if (is_bare_v6)
    return std::unexpected(
        "must have brackets around an IPv6 address and a port: \"[2001:db8::1]:8891\"");
  if (colon == std::string_view::npos || text.ends_with(']')) {
    return std::unexpected("must have a port: \"127.0.0.1:8891\"");
  }
  parts.host = text.substr(0, colon);
  port = text.substr(colon + 1);
  if (!parse_below(port, 65535)) return std::unexpected("must have a port from 0 to 65535");
  if (parts.host.starts_with('[') && parts.host.ends_with(']')) {
    parts.bracketed = true;
    parts.host = parts.host.substr(1, parts.host.size() - 2);
  }
  return parts;
}

/// The IP address of the parts, which is in brackets exactly when it has colons.
std::optional<IpAddress> ip_of(const HostPort& parts) {
  if (parts.host.contains(':') != parts.bracketed) return std::nullopt;
  return IpAddress::parse(parts.host);
}

Complaint check_unix_path(std::string_view path) {
  if (!path.starts_with('/'))
    return "must name a unix socket by its whole path: \"unix:/run/assay/milter.sock\"";
  if (path.size() > max_unix_path) return "must have a path of at most 107 octets";
  return check_text(path);
}

}  // namespace

std::expected<Network, std::string> parse_network(std::string_view text) {
  const std::size_t slash = text.find('/');
  const std::string_view written = text.substr(0, slash);
  const auto address = IpAddress::parse(written);
  if (!address) return std::unexpected("no IP address");
  Network network{.address = *address, .prefix = address->bits()};
  if (slash == std::string_view::npos) return network;
  // ::ffff:192.0.2.0/120 is 192.0.2.0/24.
  const unsigned mapped = address->is_v4() && written.contains(':') ? 96 : 0;
  const auto prefix = parse_below(text.substr(slash + 1), address->bits() + mapped);
  if (!prefix || *prefix < mapped) {
    return std::unexpected("the prefix length must be from " + std::to_string(mapped) + " to " +
                           std::to_string(address->bits() + mapped));
  }
  network.prefix = *prefix - mapped;
  const IpAddress first = masked(*address, network.prefix);
  if (first != *address) {
    network.address = first;
    return std::unexpected("bits stand beyond the prefix, was " + to_text(network) + " meant?");
  }
  return network;
}

std::string to_text(const Network& network) {
  std::string text = assay::to_text(network.address);
  if (network.prefix < network.address.bits()) text += '/' + std::to_string(network.prefix);
  return text;
}

Complaint check_listener_address(std::string_view text) {
  if (text.starts_with("unix:")) return check_unix_path(text.substr(5));
  const auto parts = split_host_port(text);
  if (!parts) return parts.error();
  if (ip_of(*parts) || parts->host == "localhost") return std::nullopt;
  return "must be an IP address and a port, or unix:/path";
}

Complaint check_receiver_address(std::string_view text) {
  return text.empty() ? std::nullopt : check_listener_address(text);
}

Complaint check_metrics_address(std::string_view text) {
  if (text.empty()) return std::nullopt;
  const auto parts = split_host_port(text);
  if (!parts) return parts.error();
  if (ip_of(*parts) || parts->host == "localhost") return std::nullopt;
  return "must be an IP address and a port, or empty";
}

bool is_loopback(std::string_view metrics_address) {
  const auto parts = split_host_port(metrics_address);
  if (!parts) return metrics_address.empty();
  if (parts->host == "localhost") return true;
  const auto address = ip_of(*parts);
  if (!address) return false;
  if (address->is_v4()) return address->octets()[0] == 127;
  return *address == *IpAddress::parse("::1");
}

Complaint check_dns_server(std::string_view text) {
  const std::size_t at = text.find('@');
  const bool good_port =
      at == std::string_view::npos || parse_below(text.substr(at + 1), 65535).value_or(0) > 0;
  if (good_port && IpAddress::parse(text.substr(0, at))) return std::nullopt;
  return "must be IP addresses, with @port where it is not 53";
}

}  // namespace assay::config
