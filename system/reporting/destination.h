#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "assay/base/ip_address.h"

/// Where reports go: a mail address, or the URI of a web server ("https://…").
namespace assay::reporting {

/// Whether a destination is no mail address but a URI of the scheme https.
bool is_https(std::string_view destination);

/// The domain of an address, the host of a URI; lower case.
std::string host_of(std::string_view destination);

/// Who may be posted to.
enum class Reach : std::uint8_t {
  internet,   ///< servers on the public internet, at port 443 or one of 1024 and above
  everybody,  ///< also private addresses and this host
};

/// Why nothing is posted to a URI, in words that follow it; empty: it may be. It must name a host,
/// and no user, and no port below 1024 but 443.
std::string why_not_posted(std::string_view uri, Reach reach);

/// Whether an address is one of the public internet: not of this host or a private network, not of
/// a link, not for documentation, not for groups. An IPv4 address within an IPv6 one is looked at
/// itself. RFC 6890 §2.2, and the
/// registries that follow it.
bool is_public(const IpAddress& address);

}  // namespace assay::reporting
