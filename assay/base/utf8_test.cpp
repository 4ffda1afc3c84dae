#include "assay/base/utf8.h"

#include <gtest/gtest.h>

#include "testkit/cases.h"

namespace assay {
namespace {

CASES(Utf8, "assay/base/testdata/utf8.cases") {
  const std::string octets = c["octets"];
  const utf8::CodePoint first = utf8::decode(octets);
  EXPECT_EQ(std::to_string(first.octets), c["length"]);
  EXPECT_EQ(utf8::is_harmless(octets) ? "yes" : "no", c["harmless"]);
  if (first.octets == 0) return;
  std::string again;
  utf8::append(again, first.value);
  EXPECT_EQ(again, octets.substr(0, first.octets));
}

TEST(Utf8Twins, EveryScalarValueSurvives) {
  for (std::uint32_t value = 0; value <= 0x10ffff; ++value) {
    if (value >= 0xd800 && value <= 0xdfff) continue;
    std::string text;
    utf8::append(text, value);
    const utf8::CodePoint read = utf8::decode(text);
    ASSERT_EQ(read.value, value);
    ASSERT_EQ(read.octets, text.size());
  }
}

}  // namespace
}  // namespace assay
