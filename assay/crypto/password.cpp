#include "assay/crypto/password.h"

#include <sodium.h>

#include <algorithm>
#include <array>
#include <cstdlib>

namespace assay::crypto {

std::optional<std::string> hash_password(std::string_view password, const PasswordCost& cost) {
  if (sodium_init() < 0) std::abort();
  std::array<char, crypto_pwhash_STRBYTES> kept = {};
  const int failed = crypto_pwhash_str_alg(kept.data(), password.data(), password.size(),
                                           cost.passes, cost.memory, crypto_pwhash_ALG_ARGON2ID13);
  if (failed != 0) return std::nullopt;
  return std::string(kept.data());
}

bool is_password(std::string_view kept, std::string_view password) {
  if (sodium_init() < 0) std::abort();
  std::array<char, crypto_pwhash_STRBYTES> text = {};
  if (kept.size() >= text.size() || kept.empty()) return false;
  std::ranges::copy(kept, text.begin());
  return crypto_pwhash_str_verify(text.data(), password.data(), password.size()) == 0;
}

}  // namespace assay::crypto
