#include "system/filter/client.h"

#include <algorithm>
#include <string_view>

#include "assay/base/ascii.h"

namespace assay::filter {
namespace {

constexpr std::size_t max_relays = 10;
constexpr std::size_t max_received = 2048;  // octets looked at of one field

bool is_in(const std::optional<IpAddress>& address, std::span<const config::Network> networks) {
  return address && std::ranges::any_of(
                        networks, [&](const config::Network& one) { return one.holds(*address); });
}

/// The first address in square brackets: "[192.0.2.1]", "[IPv6:2001:db8::1]".
std::optional<IpAddress> bracketed_address(std::string_view text) {
  for (std::size_t open = text.find('['); open != std::string_view::npos;
       open = text.find('[', open + 1)) {
    std::string_view inside = text.substr(open + 1, text.find(']', open) - open - 1);
    if (ascii::istarts_with(inside, "IPv6:")) inside.remove_prefix(5);
    if (const auto address = IpAddress::parse(inside)) return address;
  }
  return std::nullopt;
}

/// What RFC 5321 §4.4 calls the From-domain clause: from behind "from" up to "by".
std::string_view from_clause(std::string_view value) {
  value = ascii::trim_fws(value.substr(0, max_received));
  if (!ascii::istarts_with(value, "from") || value.size() < 5 || !ascii::is_fws(value[4]))
    return {};
  value = ascii::trim_fws(value.substr(4));
  for (std::size_t at = 0; at + 4 <= value.size(); ++at) {
    const bool word = ascii::is_fws(value[at]) && ascii::is_fws(value[at + 3]);
    if (word && ascii::iequals(value.substr(at + 1, 2), "by")) return value.substr(0, at);
  }
  return value;
}

std::string first_word(std::string_view text) {
  const auto end = std::ranges::find_if(text, [](char c) { return ascii::is_fws(c) || c == '('; });
  return std::string(text.begin(), end);
}

}  // namespace

Client find_client(const Client& peer, const mail::Header& header,
                   std::span<const config::Network> trusted_relays) {
  Client client = peer;
  if (!is_in(peer.address, trusted_relays)) return client;
  client.name.clear();
  client.port = 0;
  for (const mail::Field* field : mail::fields_named(header, "Received")) {
    const std::string_view clause = from_clause(field->value);
    ++client.relays;  // who wrote this field
    client.address = bracketed_address(clause);
    client.helo = first_word(clause);
    if (!client.address || !is_in(client.address, trusted_relays)) return client;
    if (client.relays == max_relays) break;
  }
  // Nothing but relays: the mail began on one of them.
  client.address.reset();
  return client;
}

}  // namespace assay::filter
