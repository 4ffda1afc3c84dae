#include "testkit/cases.h"

#include <fstream>

namespace testkit {
namespace {

std::string to_hex(const std::string& octets) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  for (const char c : octets) {
    const auto octet = static_cast<unsigned char>(c);
    text += {digits[octet >> 4], digits[octet & 15]};
  }
  return text;
}

CASES(Unquote, "testkit/testdata/unquote.cases") {
  std::string expected = c["octets"];
  std::erase(expected, ' ');
  EXPECT_EQ(to_hex(c["value"]), expected);
}

/// A case file with this text, as read_cases gives it.
std::vector<Case> read(const std::string& text) {
  const std::string path = testing::TempDir() + "assay_reader_" +
                           std::to_string(std::hash<std::string>{}(text)) + ".cases";
  std::ofstream(path, std::ios::binary) << text;
  std::vector<Case> cases = read_cases(path);
  std::remove(path.c_str());
  return cases;
}

TEST(CaseReader, StanzasCarryNameAndLine) {
  const auto cases = read("# comment\n\ncase: one\nkey: a\n\n\ncase: two: with a colon\nkey: b\n");
  ASSERT_EQ(cases.size(), 2U);
  EXPECT_EQ(cases[0].name, "one");
  EXPECT_EQ(cases[0].line, 3);
  EXPECT_EQ(cases[1].name, "two: with a colon");
  EXPECT_EQ(cases[1].line, 7);
}

TEST(CaseReader, KeysRepeatInOrder) {
  const auto cases = read("case: x\nkey: a\nother: o\nkey: b: c\nempty:\n");
  EXPECT_EQ(cases[0].all("key"), (std::vector<std::string>{"a", "b: c"}));
  EXPECT_EQ(cases[0]["key"], "a");
  EXPECT_EQ(cases[0]["empty"], "");
  EXPECT_TRUE(cases[0].has("other"));
  EXPECT_FALSE(cases[0].has("none"));
  EXPECT_EQ(cases[0].get("none", "otherwise"), "otherwise");
  EXPECT_EQ(cases[0].get("other", "otherwise"), "o");
}

TEST(CaseReader, IndentedLinesContinue) {
  const auto cases = read("case: x\nzone: a\n  b\n\tc\n  \nkey: d\n");
  EXPECT_EQ(cases[0]["zone"], "a\nb\nc");
  EXPECT_EQ(cases[0]["key"], "d");
}

TEST(CaseReader, CommentsMayStandInsideAStanza) {
  const auto cases = read("case: x\n# why\nkey: a # no comment\n");
  EXPECT_EQ(cases[0]["key"], "a # no comment");
}

/// What the reader writes before it ends the program, for text that is no case file.
// NOLINTNEXTLINE(readability-function-size): the nesting is that of EXPECT_EXIT.
void expect_stop(const std::string& text, const std::string& message) {
  EXPECT_EXIT(read(text), testing::ExitedWithCode(65), message);
}

TEST(CaseReaderDeathTest, RefusesWhatIsNoCaseFile) {
  expect_stop("", "holds no case");
  expect_stop("# only a comment\n", "holds no case");
  expect_stop("key: a\n", ":1: a stanza begins with 'case:'");
  expect_stop("case: x\nno colon\n", ":2: not of the form key: value");
  expect_stop("  continued\n", ":1: continues nothing");
  expect_stop("case: x\n  continued\n", ":2: continues nothing");
}

TEST(CaseReaderDeathTest, RefusesAFileThatIsNotThere) {
  EXPECT_EXIT(read_cases("testkit/testdata/none.cases"), testing::ExitedWithCode(65),
              "none.cases:0: cannot be read");
}

}  // namespace
}  // namespace testkit
