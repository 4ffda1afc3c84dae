#include "assay/crypto/digest.h"

#include <openssl/evp.h>

#include <new>
#include <utility>

#include "assay/crypto/detail/algorithms.h"
#include "assay/crypto/detail/openssl.h"

namespace assay::crypto {
namespace {

using Context = detail::DigestContext;

Context new_context() {
  Context context(EVP_MD_CTX_new());
  if (context == nullptr) throw std::bad_alloc();
  return context;
}

std::string result_of(EVP_MD_CTX* context) {
  std::string octets(EVP_MAX_MD_SIZE, '\0');
  unsigned size = 0;
  EVP_DigestFinal_ex(context, reinterpret_cast<unsigned char*>(octets.data()), &size);
  octets.resize(size);
  return octets;
}

}  // namespace

namespace detail {

const EVP_MD* implementation(DigestKind kind) {
  // Immutable after their first use. EVP_sha256() stands in where no provider answers, so that the
  // pointer is never null.
  static const EVP_MD* const sha1 = EVP_MD_fetch(nullptr, "SHA1", nullptr);
  static const EVP_MD* const sha256 = EVP_MD_fetch(nullptr, "SHA2-256", nullptr);
  if (kind == DigestKind::sha1) return sha1 != nullptr ? sha1 : EVP_sha1();
  return sha256 != nullptr ? sha256 : EVP_sha256();
}

}  // namespace detail

struct Digest::State {
  Context context = new_context();
};

Digest::Digest(DigestKind kind) : state_(std::make_unique<State>()) {
  EVP_DigestInit_ex(state_->context.get(), detail::implementation(kind), nullptr);
}
Digest::~Digest() = default;
Digest::Digest(Digest&&) noexcept = default;
Digest& Digest::operator=(Digest&&) noexcept = default;

void Digest::update(std::string_view octets) {
  EVP_DigestUpdate(state_->context.get(), octets.data(), octets.size());
}

std::string Digest::peek() const {
  const Context copy = new_context();
  EVP_MD_CTX_copy_ex(copy.get(), state_->context.get());
  return result_of(copy.get());
}

std::string Digest::finish() {
  return result_of(state_->context.get());
}

std::string digest(DigestKind kind, std::string_view octets) {
  Digest running(kind);
  running.update(octets);
  return running.finish();
}

}  // namespace assay::crypto
