#include "bench/verify/floor.h"

#include <openssl/evp.h>
#include <openssl/rsa.h>

#include <algorithm>
#include <array>
#include <cstring>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace bench {
namespace {

bool is_wsp(char c) {
  return c == ' ' || c == '\t';
}

/// Copies a run of WSP as RFC 6376 §3.4.4 wants it and returns what is left.
const char* copy_wsp(const char* in, const char* end, char*& out) {
  while (in < end && is_wsp(*in)) ++in;
  if (in < end && *in != '\r') *out++ = ' ';
  return in;
}

#if defined(__x86_64__)
/// Blocks of 32 octets go through untouched unless a tab, two blanks in a row or a blank before CR
/// stands in them.
__attribute__((target("avx2"))) const char* copy_blocks(const char* in, const char* end,
                                                        char*& out) {
  const __m256i space = _mm256_set1_epi8(' ');
  const __m256i tab = _mm256_set1_epi8('\t');
  const __m256i cr = _mm256_set1_epi8('\r');
  while (end - in > 33) {
    const __m256i here = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(in));
    const __m256i next = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(in + 1));
    const __m256i ends = _mm256_or_si256(
        _mm256_or_si256(_mm256_cmpeq_epi8(next, space), _mm256_cmpeq_epi8(next, tab)),
        _mm256_cmpeq_epi8(next, cr));
    const auto trouble = static_cast<unsigned>(_mm256_movemask_epi8(_mm256_or_si256(
        _mm256_cmpeq_epi8(here, tab), _mm256_and_si256(_mm256_cmpeq_epi8(here, space), ends))));
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(out), here);
    const int good = trouble == 0 ? 32 : __builtin_ctz(trouble);
    in += good;
    out += good;
    if (trouble != 0) in = copy_wsp(in, end, out);
  }
  return in;
}
#else
const char* copy_blocks(const char* in, const char*, char*&) {
  return in;
}
#endif

std::size_t relaxed_body(const char* in, const char* end, char* begin) {
  char* out = begin;
  in = copy_blocks(in, end, out);
  while (in < end) {
    if (is_wsp(*in)) {
      in = copy_wsp(in, end, out);
    } else {
      *out++ = *in++;
    }
  }
  while (out - begin >= 4 && std::memcmp(out - 4, "\r\n\r\n", 4) == 0) out -= 2;
  return static_cast<std::size_t>(out - begin);
}

std::size_t split_header(const char* in, const char* end) {
  std::size_t fields = 0;
  while (in < end) {
    const void* line_end = std::memchr(in, '\n', static_cast<std::size_t>(end - in));
    if (line_end == nullptr) break;
    const char* stop = static_cast<const char*>(line_end);
    fields += std::memchr(in, ':', static_cast<std::size_t>(stop - in)) != nullptr ? 1U : 0U;
    in = stop + 1;
  }
  return fields;
}

}  // namespace

struct Floor::State {
  EVP_PKEY* key = EVP_RSA_gen(2048);
  EVP_PKEY_CTX* verify = nullptr;
  std::array<unsigned char, 256> signature{};
  std::size_t signature_length = signature.size();
  std::array<unsigned char, 32> signed_digest{1};
  std::vector<char> canonical;
  std::size_t sink = 0;
};

Floor::Floor() : state_(std::make_unique<State>()) {
  State& s = *state_;
  EVP_PKEY_CTX* sign = EVP_PKEY_CTX_new(s.key, nullptr);
  EVP_PKEY_sign_init(sign);
  EVP_PKEY_CTX_set_signature_md(sign, EVP_sha256());
  EVP_PKEY_sign(sign, s.signature.data(), &s.signature_length, s.signed_digest.data(), 32);
  EVP_PKEY_CTX_free(sign);
  s.verify = EVP_PKEY_CTX_new(s.key, nullptr);
  EVP_PKEY_verify_init(s.verify);
  EVP_PKEY_CTX_set_signature_md(s.verify, EVP_sha256());
}

Floor::~Floor() {
  EVP_PKEY_CTX_free(state_->verify);
  EVP_PKEY_free(state_->key);
}

void Floor::run(const Sample& sample) {
  State& s = *state_;
  const char* begin = sample.octets.data();
  const char* body = begin + std::min(sample.body, sample.octets.size());
  const char* end = begin + sample.octets.size();
  s.canonical.resize(std::max(s.canonical.size(), sample.octets.size() + 64));
  s.sink += split_header(begin, body);
  const std::size_t length = relaxed_body(body, end, s.canonical.data());
  std::array<unsigned char, 32> digest{};
  EVP_Digest(s.canonical.data(), length, digest.data(), nullptr, EVP_sha256(), nullptr);
  EVP_Digest(begin, std::min<std::size_t>(static_cast<std::size_t>(body - begin), 2048),
             digest.data(), nullptr, EVP_sha256(), nullptr);
  s.sink += static_cast<std::size_t>(EVP_PKEY_verify(
      s.verify, s.signature.data(), s.signature_length, s.signed_digest.data(), 32));
}

}  // namespace bench
