#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "assay/base/finding.h"

namespace assay::base64 {

/// Standard alphabet, padded, in one line (RFC 4648 §4).
std::string encode(std::string_view octets);

/// Strict apart from folding white space, which may stand anywhere (RFC 6376 §3.2): a foreign
/// character, wrong padding, or set bits behind the last octet are errors.
/// Errors: `base64` with the offset of the first octet that does not belong.
std::expected<std::string, Finding> decode(std::string_view text);

}  // namespace assay::base64
