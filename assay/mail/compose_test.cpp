#include "assay/mail/compose.h"

#include <vector>

#include "assay/base/ascii.h"
#include "assay/mail/address.h"
#include "assay/mail/encoded_word.h"

#include "testkit/cases.h"

namespace assay::mail {
namespace {

TEST(Compose, NoTextBeginsALine) {
  EXPECT_EQ(one_line("a\r\nBcc: b\x01"), "a Bcc: b ");
  EXPECT_EQ(one_line("a\xff"), "a\xef\xbf\xbd");
  EXPECT_EQ(one_line("abcdef", 3), "abc");
  EXPECT_EQ(from_value("a\r\nBcc: <b@example.com>", "c@example.com"),
            "\"a Bcc: <b@example.com>\"\r\n <c@example.com>");
}

TEST(Compose, NoAddressAddsAnother) {
  const std::vector<std::string> to = {"a@example.com,b@example.com", "<c@example.com>;\r\nX: y"};
  EXPECT_EQ(to_value(to), "<a@example.comb@example.com>,\r\n <c@example.comX:y>");
  EXPECT_EQ(clean_address("a@example.com\r\n"), "a@example.com");
  EXPECT_EQ(clean_address(std::string(1'000, 'a')).size(), 400U);
}

TEST(Compose, ANameIsReadAsItWasGiven) {
  for (const char* name : {"Example", "a \"b\" \\c",
                           "Bl\xc3\xbcte \xe2\x82\xac und noch viel mehr "
                           "W\xc3\xb6rter, die in kein Wort passen"}) {
    const std::string value = from_value(name, "a@example.com");
    EXPECT_TRUE(ascii::is_ascii(value)) << value;
    const AddressList list = parse_addresses(value);
    ASSERT_EQ(list.mailboxes.size(), 1U) << value;
    EXPECT_EQ(decode_encoded_words(list.mailboxes[0].display_name), name);
  }
  EXPECT_EQ(from_value("", "a@example.com"), "<a@example.com>");
}

TEST(Compose, EncodedWordsDivideNoCharacter) {
  std::string text;
  for (int i = 0; i < 60; ++i) text += "\xe2\x82\xac";
  const std::string words = encode_words(text);
  EXPECT_EQ(decode_encoded_words(words), text);
  std::size_t line = 0;
  for (const char c : words) {
    line = c == '\n' ? 0 : line + 1;
    EXPECT_LT(line, 78U);
  }
}

TEST(Compose, Base64HasShortLines) {
  std::string out;
  append_base64(out, std::string(58, 'a'), " ");
  EXPECT_EQ(
      out, " " + [] {
        std::string line;
        for (int i = 0; i < 19; ++i) line += "YWFh";
        return line;
      }() + "\r\n YQ==\r\n");
}

}  // namespace
}  // namespace assay::mail
