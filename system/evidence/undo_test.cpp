#include "system/evidence/detail/undo.h"

#include <gtest/gtest.h>

#include <string>

#include "testkit/cases.h"

namespace assay::evidence {
namespace {

CASES(SubjectTag, "system/evidence/testdata/subject_tag.cases") {
  EXPECT_EQ(without_subject_tag(c["subject"]), c.all("was"));
}

CASES(FooterLines, "system/evidence/testdata/footer_lines.cases") {
  const std::string whole = c["text"];
  std::vector<std::string> texts;
  for (const std::string_view text : without_footer_lines(whole)) texts.emplace_back(text);
  EXPECT_EQ(texts, c.all("was"));
}

CASES(ContentTypes, "system/evidence/testdata/content_type.cases") {
  const auto type = parse_content_type(c["value"]);
  EXPECT_EQ(type ? type->type : "no", c["type"]);
  EXPECT_EQ(type ? type->boundary : "", c.get("boundary", ""));
}

TEST(TransferEncoding, TextSurvives) {
  for (const std::string text : {"", "a", "a\r\n", "a \r\n", "=\r\n\xc3\xbc", " \t\r\n \r\n"}) {
    using enum TransferEncoding;
    EXPECT_EQ(decode(encode_quoted_printable(text), quoted_printable), text);
    EXPECT_EQ(decode(encode_base64_lines(text), base64), text);
    EXPECT_EQ(decode(text, identity), text);
  }
  const std::string line(500, '\xc3');
  for (const std::string& encoded : {encode_quoted_printable(line), encode_base64_lines(line)}) {
    for (std::size_t at = 0; at < encoded.size();) {
      const std::size_t end = std::min(encoded.find("\r\n", at), encoded.size());
      EXPECT_LE(end - at, 76U);
      at = end + 2;
    }
  }
}

TEST(TransferEncoding, WhatIsNoneIsRefused) {
  using enum TransferEncoding;
  for (const std::string text : {"=", "=4", "=GG", "a=4\r\n"}) {
    const bool soft = text == "=";
    EXPECT_EQ(decode(text, quoted_printable).has_value(), soft) << text;
  }
  EXPECT_FALSE(decode("a*", base64));
  EXPECT_FALSE(decode("AA==", base64));  // a NUL
  EXPECT_FALSE(parse_transfer_encoding("x-uuencode"));
}

TEST(KeepsEnough, CountsWhatIsShown) {
  EXPECT_EQ(lines_shown("\r\n \r\na\r\nb"), 2U);
  EXPECT_EQ(lines_shown(std::string(81, 'x')), 2U);
  EXPECT_TRUE(keeps_enough("a\r\nb\r\n", "c\r\nd\r\n"));
  EXPECT_FALSE(keeps_enough("a\r\nb\r\n", "c\r\nd\r\ne\r\n"));
  EXPECT_TRUE(keeps_enough("", "\r\n"));
  std::string many;
  for (std::size_t i = 0; i < max_footer_lines; ++i) many += "x\r\n";
  EXPECT_TRUE(keeps_enough(many + many, many));
  EXPECT_FALSE(keeps_enough(many + many, many + "x\r\n"));
}

}  // namespace
}  // namespace assay::evidence
