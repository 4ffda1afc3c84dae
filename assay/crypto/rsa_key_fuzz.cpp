// What the reader takes has sound numbers, is the same as SubjectPublicKeyInfo and as RSAPublicKey,
// and verifies nothing by chance.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "assay/crypto/detail/der.h"
#include "assay/crypto/public_key.h"

namespace {

using namespace assay::crypto;

void expect(bool holds) {
  if (!holds) std::abort();
}

std::string value(char tag, const std::string& content) {
  std::string length;
  for (std::size_t left = content.size(); left > 0; left >>= 8) {
    length.insert(length.begin(), static_cast<char>(left & 0xffU));
  }
  if (content.size() < 0x80) {
    length = std::string(1, static_cast<char>(content.size()));
  } else {
    length.insert(length.begin(), static_cast<char>(0x80U | length.size()));
  }
  return tag + length + content;
}

std::string number(std::string_view octets) {
  const bool sign = (static_cast<unsigned char>(octets.front()) & 0x80U) != 0;
  return value('\x02', (sign ? std::string(1, '\0') : std::string()) + std::string(octets));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view der(reinterpret_cast<const char*>(data), size);
  const auto key = PublicKey::rsa(der);
  const auto numbers = detail::read_rsa_key(der);
  if (!numbers) {
    expect(!key);
    return 0;
  }
  // Strict DER: writing the numbers gives the octets that were read.
  const std::string bare = value('\x30', number(numbers->modulus) + number(numbers->exponent));
  expect(der.ends_with(bare));
  expect(detail::read_rsa_key(bare)->modulus == numbers->modulus);
  if (!key) return 0;
  expect(key->bits() >= PublicKey::min_rsa_bits && key->bits() <= PublicKey::max_rsa_bits);
  const std::string signature(key->bits() / 8, '\x01');
  expect(!key->verify(DigestKind::sha256, std::string(32, 'd'), signature));
  return 0;
}
