#include "assay/crypto/public_key.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>
#include <sodium/crypto_sign.h>

#include <bit>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "assay/base/try.h"
#include "assay/crypto/detail/algorithms.h"
#include "assay/crypto/detail/der.h"
#include "assay/crypto/detail/openssl.h"

namespace assay::crypto {
namespace {

using detail::Key;
using detail::KeyContext;
using detail::octets_of;
using detail::Owned;
using detail::QuietErrors;

using Number = Owned<BIGNUM, BN_free>;
using Builder = Owned<OSSL_PARAM_BLD, OSSL_PARAM_BLD_free>;
using Parameters = Owned<OSSL_PARAM, OSSL_PARAM_free>;

std::unexpected<Finding> bad(std::string what) {
  return std::unexpected(Finding{.code = "bad_key", .what = std::move(what), .at = 0});
}

std::size_t bits_of(std::string_view number) {
  if (number.empty()) return 0;
  const auto first = static_cast<unsigned char>(number.front());
  return (number.size() - 1) * 8 + static_cast<std::size_t>(std::bit_width(first));
}

bool is_odd(std::string_view number) {
  return (static_cast<unsigned char>(number.back()) & 1U) != 0;
}

std::expected<void, Finding> check_numbers(const detail::RsaNumbers& numbers) {
  const std::size_t bits = bits_of(numbers.modulus);
  if (bits < PublicKey::min_rsa_bits || bits > PublicKey::max_rsa_bits) {
    return bad("an RSA modulus of " + std::to_string(bits) + " bits");
  }
  if (!is_odd(numbers.modulus)) return bad("an even RSA modulus");
  if (!is_odd(numbers.exponent) || numbers.exponent == "\x01") {
    return bad("an RSA exponent that is even or 1");
  }
  if (bits_of(numbers.exponent) > PublicKey::max_exponent_bits) {
    return bad("an RSA exponent of more than 33 bits");
  }
  return {};
}

Number number_of(std::string_view octets) {
  return Number(BN_bin2bn(octets_of(octets), static_cast<int>(octets.size()), nullptr));
}

/// Much faster than OpenSSL's decoders, which try every format of every provider.
Key build_rsa(const detail::RsaNumbers& numbers) {
  const Number modulus = number_of(numbers.modulus);
  const Number exponent = number_of(numbers.exponent);
  const Builder builder(OSSL_PARAM_BLD_new());
  if (!modulus || !exponent || !builder) return nullptr;
  OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, modulus.get());
  OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, exponent.get());
  const Parameters parameters(OSSL_PARAM_BLD_to_param(builder.get()));
  const KeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, "RSA", nullptr));
  if (!parameters || !context || EVP_PKEY_fromdata_init(context.get()) <= 0) return nullptr;
  EVP_PKEY* key = nullptr;
  EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, parameters.get());
  return Key(key);
}

/// Initialised contexts of one key, lent out and given back: making one costs as much as a third of
/// an RSA verification, and takes locks that all threads share.
class Pool {
 public:
  /// One that was given back, or null.
  KeyContext take() {
    const std::lock_guard lock(mutex_);
    if (free_.empty()) return nullptr;
    KeyContext context = std::move(free_.back());
    free_.pop_back();
    return context;
  }
  void give_back(KeyContext context) {
    const std::lock_guard lock(mutex_);
    if (free_.size() < max_kept) free_.push_back(std::move(context));
  }

 private:
  static constexpr std::size_t max_kept = 16;
  std::mutex mutex_;
  std::vector<KeyContext> free_;
};

KeyContext new_rsa_context(EVP_PKEY* key, DigestKind kind) {
  KeyContext context(EVP_PKEY_CTX_new_from_pkey(nullptr, key, nullptr));
  if (!context || EVP_PKEY_verify_init(context.get()) <= 0) return nullptr;
  // RFC 6376 §3.3.2: PKCS#1 version 1.5.
  if (EVP_PKEY_CTX_set_rsa_padding(context.get(), RSA_PKCS1_PADDING) <= 0) return nullptr;
  if (EVP_PKEY_CTX_set_signature_md(context.get(), detail::implementation(kind)) <= 0) {
    return nullptr;
  }
  return context;
}

}  // namespace

struct PublicKey::State {
  Key key;
  unsigned bits = 0;
  std::string ed25519 = {};  // the raw key; empty for RSA
  Pool rsa_sha1 = {};
  Pool rsa_sha256 = {};

  bool verify_rsa(DigestKind kind, std::string_view digest, std::string_view signature);
  bool verify_ed25519(std::string_view digest, std::string_view signature) const;
};

bool PublicKey::State::verify_rsa(DigestKind kind, std::string_view digest,
                                  std::string_view signature) {
  Pool& pool = kind == DigestKind::sha1 ? rsa_sha1 : rsa_sha256;
  KeyContext context = pool.take();
  if (!context) context = new_rsa_context(key.get(), kind);
  if (!context) return false;
  const bool good = EVP_PKEY_verify(context.get(), octets_of(signature), signature.size(),
                                    octets_of(digest), digest.size()) == 1;
  pool.give_back(std::move(context));
  return good;
}

/// By libsodium, which takes half the time of OpenSSL 3.0 and refuses keys of small order.
bool PublicKey::State::verify_ed25519(std::string_view digest, std::string_view signature) const {
  if (signature.size() != crypto_sign_BYTES) return false;
  // RFC 8463 §3: the digest is the message that PureEdDSA signs.
  return crypto_sign_verify_detached(octets_of(signature), octets_of(digest), digest.size(),
                                     octets_of(ed25519)) == 0;
}

PublicKey::PublicKey(std::unique_ptr<State> state) : state_(std::move(state)) {}
PublicKey::~PublicKey() = default;
PublicKey::PublicKey(PublicKey&&) noexcept = default;
PublicKey& PublicKey::operator=(PublicKey&&) noexcept = default;

std::expected<PublicKey, Finding> PublicKey::rsa(std::string_view der) {
  const QuietErrors quiet;
  ASSAY_TRY(numbers, detail::read_rsa_key(der));
  if (auto checked = check_numbers(numbers); !checked) return std::unexpected(checked.error());
  Key key = build_rsa(numbers);
  if (!key) return bad("an RSA key that the library does not take");
  return PublicKey(std::unique_ptr<State>(
      new State{.key = std::move(key), .bits = static_cast<unsigned>(bits_of(numbers.modulus))}));
}

std::expected<PublicKey, Finding> PublicKey::ed25519(std::string_view raw) {
  if (raw.size() != crypto_sign_PUBLICKEYBYTES) {  // RFC 8463 §4.2
    return bad("an Ed25519 key of " + std::to_string(raw.size()) + " octets, not 32");
  }
  return PublicKey(
      std::unique_ptr<State>(new State{.key = nullptr, .bits = 256, .ed25519 = std::string(raw)}));
}

unsigned PublicKey::bits() const {
  return state_->bits;
}

bool PublicKey::verify(DigestKind kind, std::string_view digest, std::string_view signature) const {
  const QuietErrors quiet;
  if (digest.size() != digest_size(kind)) return false;
  return state_->ed25519.empty() ? state_->verify_rsa(kind, digest, signature)
                                 : state_->verify_ed25519(digest, signature);
}

}  // namespace assay::crypto
