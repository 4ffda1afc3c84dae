#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace assay {

/// The secret of a table: who does not know it cannot choose what falls on one hash.
struct HashKey {
  std::uint64_t first = 0;
  std::uint64_t second = 0;
};

/// SipHash-1-3 (Aumasson, Bernstein: SipHash, a fast short-input PRF).
class SipHash {
 public:
  explicit SipHash(const HashKey& key)
      : v0_(0x736f6d6570736575U ^ key.first),
        v1_(0x646f72616e646f6dU ^ key.second),
        v2_(0x6c7967656e657261U ^ key.first),
        v3_(0x7465646279746573U ^ key.second) {}

  std::uint64_t operator()(std::string_view octets) && {
    std::size_t at = 0;
    for (; at + 8 <= octets.size(); at += 8) take(load(octets.data() + at, 8));
    take(load(octets.data() + at, octets.size() - at) | (std::uint64_t{octets.size()} << 56U));
    v2_ ^= 0xffU;
    for (int i = 0; i < 3; ++i) round();
    return v0_ ^ v1_ ^ v2_ ^ v3_;
  }

 private:
  /// Little-endian on every machine, so that a file may move.
  static std::uint64_t load(const char* from, std::size_t count) {
    std::uint64_t word = 0;
    if (std::endian::native == std::endian::little && count == 8) {
      std::memcpy(&word, from, sizeof word);
      return word;
    }
    for (std::size_t i = 0; i < count; ++i) {
      word |= std::uint64_t{static_cast<unsigned char>(from[i])} << (8 * i);
    }
    return word;
  }

  void take(std::uint64_t word) {
    v3_ ^= word;
    round();
    v0_ ^= word;
  }

  void round() {
    v0_ += v1_;
    v1_ = std::rotl(v1_, 13) ^ v0_;
    v0_ = std::rotl(v0_, 32);
    v2_ += v3_;
    v3_ = std::rotl(v3_, 16) ^ v2_;
    v0_ += v3_;
    v3_ = std::rotl(v3_, 21) ^ v0_;
    v2_ += v1_;
    v1_ = std::rotl(v1_, 17) ^ v2_;
    v2_ = std::rotl(v2_, 32);
  }

  std::uint64_t v0_, v1_, v2_, v3_;
};

}  // namespace assay
