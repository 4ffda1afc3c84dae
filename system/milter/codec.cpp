#include "system/milter/detail/codec.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "assay/base/ascii.h"

namespace assay::milter::detail {
namespace {

std::unexpected<Finding> broken(std::string what) {
  return std::unexpected(Finding{.code = "bad_packet", .what = std::move(what)});
}

std::uint32_t number_at(std::string_view octets, std::size_t at) {
  std::uint32_t number = 0;
  for (std::size_t i = at; i < at + 4; ++i) {
    number = number << 8 | static_cast<unsigned char>(octets[i]);
  }
  return number;
}

bool ends_with_nul(std::string_view data) {
  return !data.empty() && data.back() == '\0';
}

/// Sendmail writes IPv6 addresses as in an address literal (RFC 5321 §4.1.3), Postfix bare; a zone
/// means nothing on another host. Texts such as "unspecified" are no address.
std::optional<IpAddress> client_address(std::string_view text) {
  if (ascii::istarts_with(text, "IPv6:")) text.remove_prefix(5);
  return IpAddress::parse(text.substr(0, text.find('%')));
}

/// RFC 5321 §4.1.2: a Path stands in angle brackets; Sendmail also lets bare addresses pass.
std::string_view without_brackets(std::string_view path) {
  if (path.starts_with('<')) path.remove_prefix(1);
  if (path.ends_with('>')) path.remove_suffix(1);
  return path;
}

}  // namespace

std::string_view take_text(std::string_view& rest) {
  const std::size_t size = std::min(rest.find('\0'), rest.size());
  const std::string_view text = rest.substr(0, size);
  rest.remove_prefix(std::min(size + 1, rest.size()));
  return text;
}

std::expected<std::size_t, Finding> packet_size(std::string_view input, std::size_t max_packet) {
  if (input.size() < length_octets) return std::size_t{0};
  const std::size_t length = number_at(input, 0);
  if (length == 0) return broken("a packet has length 0");
  if (length > max_packet) {
    return broken("a packet of " + std::to_string(length) + " octets is longer than the " +
                  std::to_string(max_packet) + " allowed");
  }
  return length_octets + length;
}

std::expected<Offer, Finding> parse_offer(std::string_view data) {
  if (data.size() < 12) return broken("the option negotiation is cut off");
  return Offer{
      .version = number_at(data, 0), .actions = number_at(data, 4), .protocol = number_at(data, 8)};
}

std::expected<Connection, Finding> parse_connect(std::string_view data) {
  std::string_view rest = data;
  Connection connection{.host_name = std::string(take_text(rest))};
  if (rest.empty()) return broken("the connection information is cut off");
  const char family = rest.front();
  if (family == 'U') return connection;
  if (family != '4' && family != '6' && family != 'L') {
    return broken("the connection information names the unknown address family " +
                  ascii::printable(rest.substr(0, 1)));
  }
  if (rest.size() < 4 || !ends_with_nul(rest)) {
    return broken("the connection information is cut off");
  }
  connection.port = static_cast<std::uint16_t>(static_cast<unsigned char>(rest[1]) << 8 |
                                               static_cast<unsigned char>(rest[2]));
  rest.remove_prefix(3);
  const std::string_view address = take_text(rest);
  if (family == 'L') {
    connection.unix_path = address;
  } else {
    connection.client = client_address(address);
  }
  return connection;
}

std::expected<std::string_view, Finding> parse_helo(std::string_view data) {
  if (!ends_with_nul(data)) return broken("the HELO name has no NUL behind it");
  return take_text(data);
}

std::expected<Path, Finding> parse_path(std::string_view data) {
  if (!ends_with_nul(data)) return broken("a path or its arguments have no NUL behind them");
  Path path{.address = std::string(without_brackets(take_text(data)))};
  while (!data.empty()) {
    if (path.arguments.size() == max_arguments) return broken("a path has too many arguments");
    path.arguments.emplace_back(take_text(data));
  }
  return path;
}

std::expected<Field, Finding> parse_header(std::string_view data) {
  const std::size_t colon = data.find('\0');
  if (!ends_with_nul(data) || colon + 1 >= data.size()) {
    return broken("a header field has no NUL behind its name or value");
  }
  // RFC 6376 §3.4.1: the value goes to the hash as it stands, with any NUL inside.
  return Field{.name = data.substr(0, colon),
               .value = data.substr(colon + 1, data.size() - colon - 2)};
}

std::expected<MacroPacket, Finding> parse_macros(std::string_view data) {
  if (data.empty()) return broken("a macro packet names no stage");
  const MacroPacket packet{.stage = data.front(), .pairs = data.substr(1)};
  if (packet.pairs.empty()) return packet;
  if (!ends_with_nul(packet.pairs)) return broken("a macro has no NUL behind it");
  if (static_cast<std::size_t>(std::ranges::count(packet.pairs, '\0')) > 2 * max_macros) {
    return broken("a stage has too many macros");
  }
  return packet;
}

}  // namespace assay::milter::detail
