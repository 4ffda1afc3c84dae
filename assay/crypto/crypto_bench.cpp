// What a verification costs beside the same with nothing around it: EVP_PKEY_verify in a loop.
#include <benchmark/benchmark.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include <string>

#include "assay/crypto/digest.h"
#include "assay/crypto/public_key.h"

namespace {

using assay::crypto::DigestKind;
using assay::crypto::PublicKey;

const std::string& message_digest() {
  static const std::string octets = assay::crypto::digest(DigestKind::sha256, "a message");
  return octets;
}

struct Signed {
  EVP_PKEY* key = nullptr;
  std::string public_key;
  std::string signature;
};

std::string sign(EVP_PKEY* key) {
  std::string signature(512, '\0');
  std::size_t size = signature.size();
  const auto* octets = reinterpret_cast<const unsigned char*>(message_digest().data());
  auto* out = reinterpret_cast<unsigned char*>(signature.data());
  if (EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA) {
    EVP_PKEY_CTX* context = EVP_PKEY_CTX_new(key, nullptr);
    EVP_PKEY_sign_init(context);
    EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING);
    EVP_PKEY_CTX_set_signature_md(context, EVP_sha256());
    EVP_PKEY_sign(context, out, &size, octets, message_digest().size());
    EVP_PKEY_CTX_free(context);
  } else {
    EVP_MD_CTX* context = EVP_MD_CTX_new();
    EVP_DigestSignInit(context, nullptr, nullptr, nullptr, key);
    EVP_DigestSign(context, out, &size, octets, message_digest().size());
    EVP_MD_CTX_free(context);
  }
  signature.resize(size);
  return signature;
}

const Signed& rsa(unsigned bits) {
  static const auto make = [](unsigned size) {
    Signed made;
    made.key = EVP_RSA_gen(size);
    unsigned char* der = nullptr;
    const int octets = i2d_PUBKEY(made.key, &der);
    made.public_key.assign(reinterpret_cast<char*>(der), static_cast<std::size_t>(octets));
    OPENSSL_free(der);
    made.signature = sign(made.key);
    return made;
  };
  static const Signed small = make(1024);
  static const Signed usual = make(2048);
  return bits == 1024 ? small : usual;
}

const Signed& ed25519() {
  static const Signed one = [] {
    Signed made;
    made.key = EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519");
    made.public_key.resize(32);
    std::size_t size = 32;
    EVP_PKEY_get_raw_public_key(made.key, reinterpret_cast<unsigned char*>(made.public_key.data()),
                                &size);
    made.signature = sign(made.key);
    return made;
  }();
  return one;
}

void raw_rsa_verify(benchmark::State& state) {
  const Signed& one = rsa(static_cast<unsigned>(state.range(0)));
  EVP_PKEY_CTX* context = EVP_PKEY_CTX_new(one.key, nullptr);
  EVP_PKEY_verify_init(context);
  EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING);
  EVP_PKEY_CTX_set_signature_md(context, EVP_sha256());
  for ([[maybe_unused]] auto _ : state) {
    const int good = EVP_PKEY_verify(
        context, reinterpret_cast<const unsigned char*>(one.signature.data()), one.signature.size(),
        reinterpret_cast<const unsigned char*>(message_digest().data()), 32);
    if (good != 1) state.SkipWithError("does not verify");
  }
  EVP_PKEY_CTX_free(context);
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(raw_rsa_verify)->Arg(1024)->Arg(2048)->ThreadRange(1, 2)->UseRealTime();

void verify(benchmark::State& state, const PublicKey& key, const Signed& one) {
  for ([[maybe_unused]] auto _ : state) {
    if (!key.verify(DigestKind::sha256, message_digest(), one.signature)) {
      state.SkipWithError("does not verify");
    }
  }
  state.SetItemsProcessed(state.iterations());
}

void rsa_verify(benchmark::State& state) {
  static const PublicKey small = *PublicKey::rsa(rsa(1024).public_key);
  static const PublicKey usual = *PublicKey::rsa(rsa(2048).public_key);
  verify(state, state.range(0) == 1024 ? small : usual, rsa(static_cast<unsigned>(state.range(0))));
}
BENCHMARK(rsa_verify)->Arg(1024)->Arg(2048)->ThreadRange(1, 2)->UseRealTime();

void raw_ed25519_verify(benchmark::State& state) {
  const Signed& one = ed25519();
  for ([[maybe_unused]] auto _ : state) {
    EVP_MD_CTX* context = EVP_MD_CTX_new();
    EVP_DigestVerifyInit(context, nullptr, nullptr, nullptr, one.key);
    const int good = EVP_DigestVerify(
        context, reinterpret_cast<const unsigned char*>(one.signature.data()), one.signature.size(),
        reinterpret_cast<const unsigned char*>(message_digest().data()), 32);
    if (good != 1) state.SkipWithError("does not verify");
    EVP_MD_CTX_free(context);
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(raw_ed25519_verify)->ThreadRange(1, 2)->UseRealTime();

void ed25519_verify(benchmark::State& state) {
  static const PublicKey key = *PublicKey::ed25519(ed25519().public_key);
  verify(state, key, ed25519());
}
BENCHMARK(ed25519_verify)->ThreadRange(1, 2)->UseRealTime();

void decode_rsa_key(benchmark::State& state) {
  for ([[maybe_unused]] auto _ : state)
    benchmark::DoNotOptimize(PublicKey::rsa(rsa(2048).public_key));
}
BENCHMARK(decode_rsa_key);

void sha256(benchmark::State& state) {
  const std::string octets(static_cast<std::size_t>(state.range(0)), 'x');
  for ([[maybe_unused]] auto _ : state) {
    benchmark::DoNotOptimize(assay::crypto::digest(DigestKind::sha256, octets));
  }
  state.SetBytesProcessed(state.iterations() * state.range(0));
}
BENCHMARK(sha256)->Arg(64)->Arg(2'048)->Arg(16'384)->Arg(262'144);

}  // namespace
