#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "assay/dns/resolver.h"

namespace assay::dns::detail {

/// A domain name on the wire, without compression.
struct WireName {
  /// Nothing where a label holds a dot, which DomainName cannot say: no host that mail knows.
  std::optional<DomainName> name;
  std::size_t octets = 0;  ///< that it took
};

/// Reads the name at the beginning of `wire` (RFC 1035 §3.1). Octets that are not printable are
/// kept. Nothing for a label above 63 octets, a name above 255, a compression pointer, or an end
/// inside the name.
std::optional<WireName> read_wire_name(std::string_view wire);

/// Adds what one record's rdata says to the list of its type. False where the rdata is not exactly
/// one record of the type; the answer is then as before. A PTR or MX record whose name DomainName
/// cannot say is left out.
[[nodiscard]] bool add_record(Type type, std::string_view rdata, Answer& answer);

/// The name as master-file text with a final dot (RFC 1035 §5.1): octets that are not letter,
/// digit, hyphen or underscore stand as \DDD.
std::string escaped(const DomainName& name);

}  // namespace assay::dns::detail
