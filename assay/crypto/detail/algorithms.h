#pragma once

#include <openssl/evp.h>

#include "assay/crypto/digest.h"

namespace assay::crypto::detail {

/// The implementation of a hash, looked up once and then held: OpenSSL 3 searches its providers
/// under locks each time it is asked by name. Thread-safe; never null.
const EVP_MD* implementation(DigestKind kind);

}  // namespace assay::crypto::detail
