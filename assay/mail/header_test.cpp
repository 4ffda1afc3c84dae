#include "assay/mail/header.h"

#include <chrono>
#include <string>
#include <vector>

#include "assay/base/ascii.h"

#include "testkit/cases.h"

namespace assay::mail {
namespace {

std::vector<std::string> codes(const Findings& findings) {
  std::vector<std::string> texts;
  for (const Finding& finding : findings) texts.emplace_back(finding.code);
  return texts;
}

CASES(ParseHeader, "assay/mail/testdata/header.cases") {
  const std::string octets = c["octets"];
  const Header header = parse_header(octets);
  std::vector<std::string> fields;
  std::vector<std::string> left_out;
  for (const Field& field : header.fields) {
    fields.push_back(std::string(field.name) + "=" + ascii::printable(field.value));
    EXPECT_TRUE(field.raw.starts_with(field.name));
    EXPECT_TRUE(field.raw.ends_with(field.value));
  }
  for (const std::string_view piece : header.left_out) left_out.push_back(ascii::printable(piece));
  EXPECT_EQ(fields, c.all("field"));
  EXPECT_EQ(left_out, c.all("left out"));
  EXPECT_EQ(codes(header.findings), c.all("finding"));
  EXPECT_FALSE(header.truncated);
}

CASES(FindBody, "assay/mail/testdata/body.cases") {
  const std::string octets = c["octets"];
  const std::size_t body = find_body(octets);
  const bool none = body == std::string::npos;
  EXPECT_EQ(none ? "none" : ascii::printable(std::string_view(octets).substr(body)), c["body"]);
}

TEST(HeaderOctets, StandInTheFieldsUnaltered) {
  const std::vector<std::string> fields = {
      "Subject:no space", "SUBJECT :  two \t ", "A: folded\r\n\t once\r\n  twice ", "B:",
      "C: a\rb\x01\xff",  "D: x\r\n \r\n y"};
  std::string octets;
  for (const std::string& field : fields) octets += field + "\r\n";
  octets += "\r\n";
  const Header header = parse_header(octets);
  ASSERT_EQ(header.fields.size(), fields.size());
  for (std::size_t i = 0; i < fields.size(); ++i) EXPECT_EQ(header.fields[i].raw, fields[i]);
}

TEST(FieldsNamed, ComparesWithoutCaseAndKeepsTheOrder) {
  const Header header = parse_header("From: a\r\nTo: b\r\nFROM : c\r\nFromm: d\r\n");
  const std::vector<const Field*> from = fields_named(header, "from");
  ASSERT_EQ(from.size(), 2U);
  EXPECT_EQ(from[0]->value, " a");
  EXPECT_EQ(from[1]->value, " c");
}

TEST(HeaderLimits, MoreFieldsThanAllowedCutTheHeader) {
  const std::string two = "A: 1\r\nB: 2\r\n";
  EXPECT_FALSE(parse_header(two, {.fields = 2}).truncated);
  EXPECT_FALSE(parse_header(two + "\r\n", {.fields = 2}).truncated);
  const Header cut = parse_header(two + "C: 3\r\n", {.fields = 2});
  EXPECT_TRUE(cut.truncated);
  EXPECT_EQ(cut.fields.size(), 2U);
  EXPECT_EQ(codes(cut.findings), std::vector<std::string>{"header_too_large"});
}

TEST(HeaderLimits, MoreOctetsThanAllowedLeaveOutTheFieldTheyEndIn) {
  const std::string octets = "A: 1\r\nFrom: a@example.com\r\n\r\nbody";
  for (std::size_t limit = 0; limit < octets.size() - 4; ++limit) {
    const Header cut = parse_header(octets, {.octets = limit});
    EXPECT_TRUE(cut.truncated) << limit;
    EXPECT_EQ(cut.fields.size(), limit > 27 ? 2U : limit > 6 ? 1U : 0U) << limit;
  }
  EXPECT_FALSE(parse_header(octets, {.octets = octets.size() - 4}).truncated);
}

TEST(HeaderLimits, AMillionFieldsAndAFieldOfManyMegabytesAreCutInLinearTime) {
  std::string many;
  for (int i = 0; i < 1'000'000; ++i) many += "A:b\n";
  EXPECT_TRUE(parse_header(many).truncated);
  EXPECT_EQ(parse_header(many).fields.size(), HeaderLimits{}.fields);
  std::string folded = "A:";
  while (folded.size() < 40'000'000) folded += "\r\n \r\r";
  const Header header = parse_header(folded);
  EXPECT_TRUE(header.truncated);
  EXPECT_TRUE(header.fields.empty());
  EXPECT_LE(header.findings.size(), 100U);
}

TEST(HeaderLimits, FindingsAreBoundedAndTheCutIsAlwaysSaid) {
  std::string lines;
  for (int i = 0; i < 500; ++i) lines += "no field\r\n";
  const Header header = parse_header(lines, {.fields = 400});
  EXPECT_TRUE(header.truncated);
  EXPECT_EQ(header.left_out.size(), 400U);
  ASSERT_EQ(header.findings.size(), 100U);
  EXPECT_EQ(header.findings.back().code, "header_too_large");
}

}  // namespace
}  // namespace assay::mail
