#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace assay::crypto {

enum class DigestKind : std::uint8_t { sha1, sha256 };

/// Octets of a raw digest: 20 or 32.
constexpr std::size_t digest_size(DigestKind kind) {
  return kind == DigestKind::sha1 ? 20 : 32;
}

/// A hash computed piece by piece. Feed it large pieces: each call has a fixed cost.
class Digest {
 public:
  explicit Digest(DigestKind kind);
  ~Digest();
  Digest(Digest&&) noexcept;
  Digest& operator=(Digest&&) noexcept;

  void update(std::string_view octets);
  /// The raw digest of what came so far; the object goes on.
  std::string peek() const;
  /// The raw digest; the object is spent afterwards.
  std::string finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// The raw digest of octets that are all there.
std::string digest(DigestKind kind, std::string_view octets);

}  // namespace assay::crypto
