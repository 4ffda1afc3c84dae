#include "assay/base/sip_hash.h"

#include <gtest/gtest.h>

#include <numeric>
#include <string>

namespace assay {
namespace {

TEST(SipHash, IsWhatItSays) {
  // SipHash-1-3 of 0x00 … 0x0e under the key 0x00 … 0x0f, and of nothing: as Rust's core has them.
  const HashKey key = {.first = 0x0706050403020100, .second = 0x0f0e0d0c0b0a0908};
  EXPECT_EQ(SipHash(key)(""), 0xabac0158050fc4dcU);
  EXPECT_EQ(SipHash(key)(std::string_view("\0", 1)), 0xc9f49bf37d57ca93U);
}

}  // namespace
}  // namespace assay
