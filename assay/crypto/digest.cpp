#include "assay/crypto/digest.h"

#include <openssl/evp.h>

#include <new>
#include <utility>
#include <vector>

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

/// Contexts that were used before, one kind of hash each, for this thread to use again: OpenSSL 3
/// builds a context anew for ten times the price.
class Spare {
 public:
  Spare() = default;
  ~Spare() { gone = true; }
  Spare(const Spare&) = delete;
  Spare& operator=(const Spare&) = delete;

  Context take(DigestKind kind) {
    std::vector<Context>& kept = of(kind);
    if (kept.empty()) return new_context();
    Context context = std::move(kept.back());
    kept.pop_back();
    return context;
  }
  void keep(DigestKind kind, Context context) {
    if (of(kind).size() < max_kept) of(kind).push_back(std::move(context));
  }

  /// Set when this thread's is destroyed: static objects may live longer.
  static thread_local bool gone;

 private:
  static constexpr std::size_t max_kept = 8;
  std::vector<Context>& of(DigestKind kind) { return kind == DigestKind::sha1 ? sha1_ : sha256_; }
  std::vector<Context> sha1_ = {};
  std::vector<Context> sha256_ = {};
};
thread_local bool Spare::gone = false;
thread_local Spare spare;  // NOLINT(cppcoreguidelines-avoid-non-const-global-variables)

std::string result_of(EVP_MD_CTX* context) {
  unsigned char octets[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  EVP_DigestFinal_ex(context, octets, &size);
  return {reinterpret_cast<const char*>(octets), size};
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
  explicit State(DigestKind hash)
      : kind(hash), context(Spare::gone ? new_context() : spare.take(hash)) {}
  ~State() {
    if (!Spare::gone) spare.keep(kind, std::move(context));
  }
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  DigestKind kind;
  Context context;
};

Digest::Digest(DigestKind kind) : state_(std::make_unique<State>(kind)) {
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
