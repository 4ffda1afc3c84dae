#include "assay/crypto/hmac.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <new>

namespace assay::crypto {

std::string hmac_sha256(std::string_view key, std::string_view octets) {
  std::string code(32, '\0');
  unsigned size = 0;
  const auto* const data = reinterpret_cast<const unsigned char*>(octets.data());
  auto* const out = reinterpret_cast<unsigned char*>(code.data());
  // A null key would mean the key of the call before.
  const void* const secret = key.empty() ? "" : key.data();
  if (HMAC(EVP_sha256(), secret, static_cast<int>(key.size()), data, octets.size(), out, &size) ==
      nullptr) {
    throw std::bad_alloc();
  }
  return code;
}

}  // namespace assay::crypto
