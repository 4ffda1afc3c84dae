#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "assay/base/ip_address.h"
#include "assay/mail/header.h"
#include "system/config/settings.h"

namespace assay::filter {

/// Who handed the message over to us, or to the outermost of our own relays.
struct Client {
  std::optional<IpAddress> address = {};  ///< nothing: it cannot be told, and SPF is not checked
  std::string helo = {};
  std::string name = {};   ///< as the MTA verified it; empty behind a relay, whose word it is not
  std::uint16_t port = 0;  ///< 0: not known
  std::size_t relays = 0;  ///< of our own, between the client and us
};

/// Behind gateways and backup MXs: walks back over the Received fields that trusted relays wrote,
/// from the top, at most ten, to the first client that is none of them. A field whose "from" part
/// names no address ends the walk without a client. `peer` itself where it is no trusted relay.
Client find_client(const Client& peer, const mail::Header& header,
                   std::span<const config::Network> trusted_relays);

}  // namespace assay::filter
