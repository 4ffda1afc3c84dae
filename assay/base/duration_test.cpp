#include "assay/base/duration.h"

#include <gtest/gtest.h>

namespace {

using assay::parse_duration;
using std::chrono::milliseconds;

TEST(Duration, IsANumberAndAUnit) {
  EXPECT_EQ(parse_duration("500ms"), milliseconds(500));
  EXPECT_EQ(parse_duration("60s"), milliseconds(60'000));
  EXPECT_EQ(parse_duration("5m"), milliseconds(300'000));
  EXPECT_EQ(parse_duration("2h"), milliseconds(7'200'000));
  EXPECT_EQ(parse_duration("007d"), milliseconds(604'800'000));
  EXPECT_EQ(parse_duration("9223372036854775807ms"), milliseconds(9'223'372'036'854'775'807));
}

TEST(Duration, IsNothingElse) {
  for (const char* text : {"", "7", "d", "7 d", "-7d", "7w", "7D", "1.5h", "7dd", "1h30m",
                           "9223372036854775808ms", "106751991168d", "18446744073709551616s"}) {
    EXPECT_FALSE(parse_duration(text)) << text;
  }
}

}  // namespace
