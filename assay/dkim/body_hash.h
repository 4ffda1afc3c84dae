#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace assay::dkim {

enum class Canonicalization : std::uint8_t { simple, relaxed };
enum class Hash : std::uint8_t { sha1, sha256 };

/// What one body hash is made of; signatures that agree in all of it share one computation.
struct BodyHashKind {
  Canonicalization canonicalization = Canonicalization::simple;
  Hash hash = Hash::sha256;
  std::optional<std::uint64_t> length = {};  ///< l=: octets of the canonical body that are hashed

  friend bool operator==(const BodyHashKind&, const BodyHashKind&) = default;
};

/// The hashes of one body, computed while it streams by; memory does not grow with the body
/// (RFC 6376 §3.4.3, §3.4.4, §3.7). First want(), then update() any number of times, then finish().
/// A line ends in CRLF only: a CR or LF alone and NUL are octets like others and are hashed as they
/// stand (RFC 6376 §5.3 has the signer convert them). Hashes that differ in l= alone are one
/// computation, so that a body is hashed four times at most.
class BodyHashes {
 public:
  BodyHashes();
  ~BodyHashes();
  BodyHashes(BodyHashes&&) noexcept;
  BodyHashes& operator=(BodyHashes&&) noexcept;

  /// Asks for a hash; equal kinds get the same handle. At most max_kinds distinct ones.
  /// Nothing beyond that.
  std::optional<std::size_t> want(const BodyHashKind& kind);

  /// Whether no hash is wanted, so that the body need not be fetched at all.
  bool empty() const;

  /// The next octets of the body; pieces may be cut anywhere, also inside CRLF.
  void update(std::string_view octets);
  /// No more octets come.
  void finish();

  /// After finish(): the digest, raw octets.
  std::string_view digest(std::size_t handle) const;
  /// After finish(): octets of the whole canonical body, whatever the length limit said.
  std::uint64_t canonical_length(std::size_t handle) const;

  static constexpr std::size_t max_kinds = 16;

 private:
  class State;
  std::unique_ptr<State> state_;
};

}  // namespace assay::dkim
