#include "assay/failure/detail/hmac.h"

#include "assay/crypto/digest.h"

namespace assay::failure::detail {
namespace {

std::string digest(std::string_view octets) {
  return crypto::digest(crypto::DigestKind::sha256, octets);
}

}  // namespace

std::string hmac_sha256(std::string_view key, std::string_view octets) {
  constexpr std::size_t block = 64;  // of SHA-256
  std::string padded(key.size() > block ? digest(key) : std::string(key));
  padded.resize(block, '\0');
  std::string inner = padded;
  std::string outer = padded;
  for (char& c : inner) c = static_cast<char>(c ^ 0x36);
  for (char& c : outer) c = static_cast<char>(c ^ 0x5c);
  return digest(outer + digest(inner + std::string(octets)));
}

}  // namespace assay::failure::detail
