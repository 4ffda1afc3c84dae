#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace assay::crypto {

/// What hashing a password costs whoever does it.
struct PasswordCost {
  std::size_t memory = std::size_t{64} << 20;  ///< octets; at least 8 KiB
  unsigned passes = 2;                         ///< at least 1
};

/// A password as it is kept: Argon2id (RFC 9106) with a salt of its own, as text that names its
/// cost. Nothing where there is not so much memory.
std::optional<std::string> hash_password(std::string_view password, const PasswordCost& cost = {});

/// Whether a kept text is of this password. Costs what the text says; false for a text that is
/// none.
bool is_password(std::string_view kept, std::string_view password);

}  // namespace assay::crypto
