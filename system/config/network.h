#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "system/config/settings.h"

namespace assay::config {

/// "192.0.2.0/24", "2001:db8::/32", or an address alone, which is a network of one.
/// Errors, as words to follow "must be a network:": no address, no prefix length, a prefix length
/// beyond the family's, an address with bits set beyond the prefix.
std::expected<Network, std::string> parse_network(std::string_view text);
/// Twin of parse_network; an address alone where the network holds no other.
std::string to_text(const Network& network);

}  // namespace assay::config
