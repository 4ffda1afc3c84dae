#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "assay/base/ip_address.h"

namespace assay::smtp::detail {

/// What an MTA tells of the client it had (Postfix's XFORWARD_README). Absent: nothing was said of
/// it; an absent address within `client`, or an empty `helo`: it says that it does not know.
struct Forwarded {
  std::optional<std::optional<IpAddress>> client = {};
  std::optional<std::string> helo = {};
};

/// Reads "ADDR=192.0.2.1 HELO=mx.example.com …". Nothing for what is not of that form.
std::optional<Forwarded> read_xforward(std::string_view argument);

}  // namespace assay::smtp::detail
