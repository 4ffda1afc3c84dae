#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace assay::smtp {

/// What stands behind "MAIL FROM:" or "RCPT TO:".
struct PathArgument {
  std::string address = {};  ///< without brackets and source route; empty for <>
  /// Parameters (RFC 5321 §4.1.2): keywords in lower case, values as written.
  std::vector<std::pair<std::string, std::string>> parameters = {};
};

/// Reads `<local@domain> KEYWORD=value …`, with `prefix` ("FROM:", "TO:") in front of it, in any
/// case and with the space behind the colon that many send. Takes an address without brackets too.
/// Nothing for what is no path, or holds controls, or is longer than RFC 5321 §4.5.3.1 permits a
/// path (256 octets; 320 are taken).
std::optional<PathArgument> parse_path(std::string_view argument, std::string_view prefix);

}  // namespace assay::smtp
