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

// RFC 8259 §7
TEST(Utf8InJson, EscapesWhatIsNotHarmless) {
  std::string text;
  for (const char32_t value : std::u32string_view(U"a\"\\\n\r\t\x7f\u00e9\u202e\U000e0001\ufffd")) {
    utf8::append_json(text, value);
  }
  EXPECT_EQ(text, "a\\\"\\\\\\n\\r\\t\\u007f\xc3\xa9\\u202e\\udb40\\udc01\xef\xbf\xbd");
}

}  // namespace
}  // namespace assay
