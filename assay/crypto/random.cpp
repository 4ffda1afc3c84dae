#include "assay/crypto/random.h"

#include <sodium.h>

#include <cstdlib>

namespace assay::crypto {

std::string random_octets(std::size_t count) {
  if (sodium_init() < 0) std::abort();
  std::string octets(count, '\0');
  randombytes_buf(octets.data(), octets.size());
  return octets;
}

std::string random_hex(std::size_t octets) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  for (const char octet : random_octets(octets)) {
    const auto value = static_cast<unsigned char>(octet);
    text += digits[value >> 4U];
    text += digits[value & 15U];
  }
  return text;
}

bool equal_secrets(std::string_view a, std::string_view b) {
  return a.size() == b.size() && sodium_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace assay::crypto
