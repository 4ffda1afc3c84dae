#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <string_view>

#include "assay/base/finding.h"
#include "assay/crypto/digest.h"

namespace assay::crypto {

/// A public key decoded once and used by several threads.
class PublicKey {
 public:
  /// What RSA keys are read, beyond what a policy may say of them. The bound of the exponent keeps
  /// the cost of a verification small, whatever a hostile key holds.
  static constexpr unsigned min_rsa_bits = 512;
  static constexpr unsigned max_rsa_bits = 16'384;
  static constexpr unsigned max_exponent_bits = 33;

  /// DER: SubjectPublicKeyInfo (deployed) or RSAPublicKey (the text of RFC 6376 §3.6.1).
  /// Errors: `bad_key` for other octets, a key of another kind, trailing octets, a modulus that is
  /// even or not of 512 to 16,384 bits, an exponent that is even, less than 3 or above 33 bits.
  static std::expected<PublicKey, Finding> rsa(std::string_view der);
  /// 32 raw octets (RFC 8463 §4.2). Errors: `bad_key`.
  static std::expected<PublicKey, Finding> ed25519(std::string_view raw);

  ~PublicKey();
  PublicKey(PublicKey&&) noexcept;
  PublicKey& operator=(PublicKey&&) noexcept;

  /// Bits of the RSA modulus; 256 for Ed25519.
  unsigned bits() const;

  /// Whether `signature` signs the message with this `digest` (raw octets): PKCS#1 v1.5 for RSA;
  /// for Ed25519 the digest itself is what was signed (RFC 8463 §3). Thread-safe.
  bool verify(DigestKind kind, std::string_view digest, std::string_view signature) const;

 private:
  struct State;
  explicit PublicKey(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace assay::crypto
