#pragma once

#include <string>
#include <string_view>

namespace assay::crypto {

/// HMAC with SHA-256 (RFC 2104 §2): 32 raw octets.
std::string hmac_sha256(std::string_view key, std::string_view octets);

}  // namespace assay::crypto
