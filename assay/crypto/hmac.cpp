#include "assay/crypto/hmac.h"

#include "assay/crypto/digest.h"

namespace assay::crypto {
namespace {

std::string sha256(std::string_view octets) {
  return crypto::digest(DigestKind::sha256, octets);
}

}  // namespace

std::string hmac_sha256(std::string_view key, std::string_view octets) {
  constexpr std::size_t block = 64;  // of SHA-256
  std::string padded(key.size() > block ? sha256(key) : std::string(key));
  padded.resize(block, '\0');
  std::string inner = padded;
  std::string outer = padded;
  for (char& c : inner) c = static_cast<char>(c ^ 0x36);
  for (char& c : outer) c = static_cast<char>(c ^ 0x5c);
  return sha256(outer + sha256(inner + std::string(octets)));
}

}  // namespace assay::crypto
