#pragma once

#include <expected>
#include <memory>
#include <string>
#include <string_view>

#include "assay/base/finding.h"
#include "assay/crypto/digest.h"

namespace assay::crypto {

/// A private key, RSA or Ed25519, for signing.
class PrivateKey {
 public:
  /// PEM text of PKCS#8 or, for RSA, PKCS#1, without a passphrase.
  /// Errors: `bad_key`.
  static std::expected<PrivateKey, Finding> from_pem(std::string_view pem);
  /// 32 raw octets (RFC 8032 §5.1.5). Errors: `bad_key`.
  static std::expected<PrivateKey, Finding> ed25519(std::string_view seed);

  /// A new RSA key with the exponent 65537 (RFC 6376 §3.3.2), by the random numbers of OpenSSL.
  /// Errors: `bad_key` for fewer than 1024 or more than 16,384 bits; `no_random`.
  static std::expected<PrivateKey, Finding> generate_rsa(unsigned bits);
  /// A new Ed25519 key. Errors: `no_random`.
  static std::expected<PrivateKey, Finding> generate_ed25519();

  ~PrivateKey();
  PrivateKey(PrivateKey&&) noexcept;
  PrivateKey& operator=(PrivateKey&&) noexcept;

  /// Whether it is RSA; else Ed25519.
  bool is_rsa() const;
  /// What a key record publishes in p=, before base64: SubjectPublicKeyInfo for RSA, 32 raw octets
  /// for Ed25519 (RFC 8463 §4.2).
  std::string public_key() const;
  /// PEM text of PKCS#8, not encrypted; from_pem reads it.
  std::string to_pem() const;

  /// The signature over the message with this `digest` (raw octets), as PublicKey::verify has it.
  /// Thread-safe. Errors: `bad_key` when the key is too short for the hash.
  std::expected<std::string, Finding> sign(DigestKind kind, std::string_view digest) const;

 private:
  struct State;
  explicit PrivateKey(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace assay::crypto
