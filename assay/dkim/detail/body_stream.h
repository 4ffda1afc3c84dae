#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "assay/crypto/digest.h"
#include "assay/dkim/body_hash.h"
#include "assay/dkim/detail/white_space.h"

namespace assay::dkim::detail {

/// One hash of canonical octets, and its value at each length that some signature names: they all
/// begin alike, so that they cost one computation together.
class RunningHash {
 public:
  static constexpr std::uint64_t whole = std::numeric_limits<std::uint64_t>::max();

  explicit RunningHash(Hash hash);
  Hash kind() const { return kind_; }

  /// Asks for the value after `length` octets, or at the end. Before the first update.
  void want(std::uint64_t length);
  void update(std::string_view octets);
  void finish();
  /// After finish(). For a length beyond the octets: that of them all.
  std::string_view value(std::uint64_t length) const;

 private:
  struct Mark {
    std::uint64_t length;
    std::string value = {};
  };
  void take_marks();

  Hash kind_;
  crypto::Digest digest_;
  std::vector<Mark> marks_ = {};  // in order of length
  std::size_t taken_ = 0;
  std::uint64_t size_ = 0;
};

/// A body in one canonical form, while it streams by, and the hashes of it.
class BodyStream {
 public:
  BodyStream(Canonicalization how, const WhiteSpaceReducer& reducer)
      : how_(how), reducer_(&reducer) {}

  Canonicalization how() const { return how_; }
  /// The hash of that kind, made where there is none yet. Before the first update.
  RunningHash& hash(Hash kind);
  const RunningHash& hash(Hash kind) const;

  void update(std::string_view octets);
  void finish();
  /// After finish(): octets of the whole canonical body.
  std::uint64_t size() const { return size_; }

 private:
  void update_simple(std::string_view octets);
  void update_relaxed(std::string_view octets);
  std::string_view resume(std::string_view octets);
  void take_octet(char octet);
  void gather(std::string_view octets);
  void flush();

  void pass(std::string_view octets);
  void emit_lines();
  void emit(std::string_view octets);

  Canonicalization how_;
  const WhiteSpaceReducer* reducer_;
  std::vector<RunningHash> hashes_ = {};
  std::unique_ptr<char[]> buffer_ = {};
  std::size_t used_ = 0;

  // What the relaxed form holds back: white space that a line end may swallow, and a CR behind it.
  bool white_space_ = false;
  bool cr_behind_white_space_ = false;
  // What both hold back: line ends that may be the last ones, and a CR that may begin another.
  std::uint64_t lines_ = 0;
  bool cr_ = false;
  std::uint64_t size_ = 0;
};

}  // namespace assay::dkim::detail
