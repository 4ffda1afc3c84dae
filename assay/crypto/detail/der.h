#pragma once

#include <expected>
#include <string_view>

#include "assay/base/finding.h"

namespace assay::crypto::detail {

/// The numbers of an RSA public key as big-endian octets without leading zeros; views into the DER.
struct RsaNumbers {
  std::string_view modulus;
  std::string_view exponent;
};

/// Reads SubjectPublicKeyInfo (RFC 3279 §2.3.1) with the algorithm rsaEncryption, or RSAPublicKey
/// (RFC 8017 §A.1.1). Strict DER: definite and shortest lengths, positive and shortest integers,
/// nothing behind. Says nothing about the size of the numbers.
/// Errors: `bad_key` with the offset in `der`.
std::expected<RsaNumbers, Finding> read_rsa_key(std::string_view der);

}  // namespace assay::crypto::detail
