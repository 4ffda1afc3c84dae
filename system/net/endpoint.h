#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

#include "assay/base/finding.h"
#include "assay/base/ip_address.h"

namespace assay::net {

/// Where to listen or to connect to.
struct Endpoint {
  std::string unix_path = {};  ///< empty: TCP
  IpAddress address = {};
  std::uint16_t port = 0;  ///< 0: one that is free
};

/// "127.0.0.1:8891", "[::1]:8891", "localhost:8891" (that is 127.0.0.1) or "unix:/path".
/// Errors: `endpoint` with the reason.
std::expected<Endpoint, Finding> parse_endpoint(std::string_view text);
std::string to_text(const Endpoint& endpoint);

}  // namespace assay::net
