#include "assay/crypto/private_key.h"

#include <openssl/bn.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include <utility>

#include "assay/crypto/detail/algorithms.h"
#include "assay/crypto/detail/openssl.h"

namespace assay::crypto {
namespace {

using detail::DigestContext;
using detail::Key;
using detail::KeyContext;
using detail::octets_of;
using detail::Owned;
using detail::QuietErrors;

using Number = Owned<BIGNUM, BN_free>;
using Source = Owned<BIO, BIO_free>;

constexpr unsigned least_new_bits = 1024;
constexpr unsigned most_new_bits = 16'384;

std::unexpected<Finding> bad(std::string what) {
  return std::unexpected(Finding{.code = "bad_key", .what = std::move(what), .at = 0});
}

std::unexpected<Finding> no_random() {
  return std::unexpected(
      Finding{.code = "no_random", .what = "the library could not make a key", .at = 0});
}

/// A key with a passphrase is refused instead of asking for it on the terminal.
int no_passphrase(char* /*buffer*/, int /*size*/, int /*writing*/, void* /*context*/) {
  return -1;
}

unsigned char* writable(std::string& octets) {
  return reinterpret_cast<unsigned char*>(octets.data());
}

/// RFC 6376 §3.3.2: PKCS#1 version 1.5.
bool sign_rsa(EVP_PKEY* key, DigestKind kind, std::string_view digest, std::string& signature) {
  const KeyContext context(EVP_PKEY_CTX_new_from_pkey(nullptr, key, nullptr));
  std::size_t size = signature.size();
  const bool good =
      context && EVP_PKEY_sign_init(context.get()) > 0 &&
      EVP_PKEY_CTX_set_rsa_padding(context.get(), RSA_PKCS1_PADDING) > 0 &&
      EVP_PKEY_CTX_set_signature_md(context.get(), detail::implementation(kind)) > 0 &&
      EVP_PKEY_sign(context.get(), writable(signature), &size, octets_of(digest), digest.size()) >
          0;
  signature.resize(good ? size : 0);
  return good;
}

/// RFC 8463 §3: the digest is the message that PureEdDSA signs.
bool sign_ed25519(EVP_PKEY* key, std::string_view digest, std::string& signature) {
  const DigestContext context(EVP_MD_CTX_new());
  std::size_t size = signature.size();
  const bool good = context &&
                    EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key) > 0 &&
                    EVP_DigestSign(context.get(), writable(signature), &size, octets_of(digest),
                                   digest.size()) > 0;
  signature.resize(good ? size : 0);
  return good;
}

}  // namespace

struct PrivateKey::State {
  Key key;
  bool rsa = true;
};

PrivateKey::PrivateKey(std::unique_ptr<State> state) : state_(std::move(state)) {}
PrivateKey::~PrivateKey() = default;
PrivateKey::PrivateKey(PrivateKey&&) noexcept = default;
PrivateKey& PrivateKey::operator=(PrivateKey&&) noexcept = default;

std::expected<PrivateKey, Finding> PrivateKey::from_pem(std::string_view pem) {
  const QuietErrors quiet;
  constexpr std::size_t max_octets = 1U << 20;
  if (pem.size() > max_octets) return bad("a private key of more than 1 MiB");
  const Source source(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  Key key(PEM_read_bio_PrivateKey(source.get(), nullptr, no_passphrase, nullptr));
  if (!key) return bad("no private key in PEM without a passphrase");
  const bool rsa = EVP_PKEY_is_a(key.get(), "RSA") == 1;
  if (!rsa && EVP_PKEY_is_a(key.get(), "ED25519") != 1) return bad("neither RSA nor Ed25519");
  return PrivateKey(std::make_unique<State>(State{.key = std::move(key), .rsa = rsa}));
}

std::expected<PrivateKey, Finding> PrivateKey::ed25519(std::string_view seed) {
  const QuietErrors quiet;
  if (seed.size() != 32) return bad("an Ed25519 seed that has not 32 octets");
  Key key(
      EVP_PKEY_new_raw_private_key_ex(nullptr, "ED25519", nullptr, octets_of(seed), seed.size()));
  if (!key) return bad("an Ed25519 seed that the library does not take");
  return PrivateKey(std::make_unique<State>(State{.key = std::move(key), .rsa = false}));
}

std::expected<PrivateKey, Finding> PrivateKey::generate_rsa(unsigned bits) {
  const QuietErrors quiet;
  if (bits < least_new_bits || bits > most_new_bits) {
    return bad("an RSA key of " + std::to_string(bits) + " bits; it has 1024 to 16384");
  }
  const KeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, "RSA", nullptr));
  // RFC 6376 §3.3.1, §3.3.2: the exponent is 65537.
  const Number exponent(BN_new());
  EVP_PKEY* made = nullptr;
  const bool good = context && exponent && BN_set_word(exponent.get(), RSA_F4) == 1 &&
                    EVP_PKEY_keygen_init(context.get()) > 0 &&
                    EVP_PKEY_CTX_set_rsa_keygen_bits(context.get(), static_cast<int>(bits)) > 0 &&
                    EVP_PKEY_CTX_set1_rsa_keygen_pubexp(context.get(), exponent.get()) > 0 &&
                    EVP_PKEY_generate(context.get(), &made) > 0;
  Key key(made);
  if (!good) return no_random();
  return PrivateKey(std::make_unique<State>(State{.key = std::move(key), .rsa = true}));
}

std::expected<PrivateKey, Finding> PrivateKey::generate_ed25519() {
  const QuietErrors quiet;
  const KeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, "ED25519", nullptr));
  EVP_PKEY* made = nullptr;
  const bool good = context && EVP_PKEY_keygen_init(context.get()) > 0 &&
                    EVP_PKEY_generate(context.get(), &made) > 0;
  Key key(made);
  if (!good) return no_random();
  return PrivateKey(std::make_unique<State>(State{.key = std::move(key), .rsa = false}));
}

bool PrivateKey::is_rsa() const {
  return state_->rsa;
}

std::string PrivateKey::public_key() const {
  const QuietErrors quiet;
  if (!state_->rsa) {
    std::string raw(32, '\0');
    std::size_t size = raw.size();
    EVP_PKEY_get_raw_public_key(state_->key.get(), writable(raw), &size);
    return raw;
  }
  const int size = i2d_PUBKEY(state_->key.get(), nullptr);
  std::string der(size > 0 ? static_cast<std::size_t>(size) : 0, '\0');
  unsigned char* out = writable(der);
  if (size > 0) i2d_PUBKEY(state_->key.get(), &out);
  return der;
}

std::string PrivateKey::to_pem() const {
  const QuietErrors quiet;
  const Source sink(BIO_new(BIO_s_secmem()));
  char* text = nullptr;
  if (!sink || PEM_write_bio_PKCS8PrivateKey(sink.get(), state_->key.get(), nullptr, nullptr, 0,
                                             nullptr, nullptr) != 1) {
    return {};
  }
  const long size = BIO_get_mem_data(sink.get(), &text);
  return size > 0 ? std::string(text, static_cast<std::size_t>(size)) : std::string();
}

std::expected<std::string, Finding> PrivateKey::sign(DigestKind kind,
                                                     std::string_view digest) const {
  const QuietErrors quiet;
  if (digest.size() != digest_size(kind)) return bad("a digest that is not of this hash");
  EVP_PKEY* key = state_->key.get();
  std::string signature(static_cast<std::size_t>(EVP_PKEY_get_size(key)), '\0');
  const bool good =
      state_->rsa ? sign_rsa(key, kind, digest, signature) : sign_ed25519(key, digest, signature);
  if (!good) return bad("the key cannot sign with this hash");
  return signature;
}

}  // namespace assay::crypto
