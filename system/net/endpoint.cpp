#include "system/net/endpoint.h"

#include "assay/base/ascii.h"

namespace assay::net {
namespace {

/// What sockaddr_un has room for, with the NUL behind it.
constexpr std::size_t max_unix_path = 107;

std::unexpected<Finding> bad(std::string what) {
  return std::unexpected(Finding{.code = "endpoint", .what = std::move(what), .at = 0});
}

std::expected<Endpoint, Finding> parse_unix(std::string_view path) {
  if (path.empty()) return bad("unix: is followed by no path");
  if (path.size() > max_unix_path)
    return bad("the path of the unix socket is longer than 107 octets");
  if (path.find('\0') != std::string_view::npos)
    return bad("the path of the unix socket holds a NUL");
  return Endpoint{.unix_path = std::string(path)};
}

}  // namespace

std::expected<Endpoint, Finding> parse_endpoint(std::string_view text) {
  if (text.starts_with("unix:")) return parse_unix(text.substr(5));
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) {
    return bad("neither address:port nor unix:/path: " + ascii::printable(text, 60));
  }
  std::string_view host = text.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  const auto address = IpAddress::parse(host == "localhost" ? "127.0.0.1" : host);
  if (!address) return bad("no address stands before the port: " + ascii::printable(text, 60));
  const auto port = ascii::parse_number(text.substr(colon + 1));
  if (!port || *port > 65'535) return bad("no port from 0 to 65535: " + ascii::printable(text, 60));
  return Endpoint{.address = *address, .port = static_cast<std::uint16_t>(*port)};
}

std::string to_text(const Endpoint& endpoint) {
  if (!endpoint.unix_path.empty()) return "unix:" + endpoint.unix_path;
  const std::string host = assay::to_text(endpoint.address);
  return (endpoint.address.is_v4() ? host : "[" + host + "]") + ":" + std::to_string(endpoint.port);
}

}  // namespace assay::net
