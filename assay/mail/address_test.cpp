#include "assay/mail/address.h"

#include <string>
#include <string_view>
#include <vector>

#include "assay/base/ascii.h"
#include "assay/mail/encoded_word.h"

#include "testkit/cases.h"

namespace assay::mail {
namespace {

std::string shown(std::string_view octets) {
  std::string text;
  for (const char c : octets) {
    text += ascii::is_octet_above_127(c) ? std::string(1, c) : ascii::printable({&c, 1});
  }
  return text;
}

/// "display name | local-part | domain"
std::string describe(const Mailbox& mailbox) {
  return shown(mailbox.display_name) + " | " + shown(mailbox.local_part) + " | " +
         shown(mailbox.domain);
}

std::vector<std::string> described(const Findings& findings) {
  std::vector<std::string> texts;
  for (const Finding& finding : findings) {
    texts.push_back(std::string(finding.code) + " " + std::string(to_text(finding.level)));
  }
  return texts;
}

CASES(ParseAddresses, "assay/mail/testdata/address.cases") {
  const std::string value = c["value"];
  const AddressList list = parse_addresses(value);
  std::vector<std::string> mailboxes;
  for (const Mailbox& mailbox : list.mailboxes) mailboxes.push_back(describe(mailbox));
  EXPECT_EQ(mailboxes, c.all("mailbox"));
  EXPECT_EQ(described(list.findings), c.all("finding"));
  if (c.has("at")) {
    EXPECT_EQ(std::to_string(list.findings.at(0).at), c["at"]);
  }
}

CASES(MailboxToText, "assay/mail/testdata/mailbox.cases") {
  const Mailbox mailbox{
      .display_name = c["display name"], .local_part = c["local part"], .domain = c["domain"]};
  EXPECT_EQ(to_text(mailbox), c["text"]);
  const AddressList list = parse_addresses(c["text"]);
  ASSERT_EQ(list.mailboxes.size(), 1U);
  EXPECT_EQ(describe(list.mailboxes[0]), describe(mailbox));
}

CASES(DecodeEncodedWords, "assay/mail/testdata/encoded_word.cases") {
  EXPECT_EQ(shown(decode_encoded_words(c["text"])), c["decoded"]);
}

TEST(AddressLimits, TheTextIsCutAndTheCutIsAnError) {
  const AddressList list = parse_addresses("a@example.com, b@example.org", {.octets = 13});
  ASSERT_EQ(list.mailboxes.size(), 1U);
  EXPECT_EQ(list.mailboxes[0].domain, "example.com");
  EXPECT_EQ(described(list.findings), std::vector<std::string>{"too_many_octets error"});
}

TEST(AddressLimits, MailboxesBeyondTheLimitAreAnError) {
  const std::string two = "a@example.com, b@example.org";
  EXPECT_TRUE(parse_addresses(two, {.mailboxes = 2}).findings.empty());
  const AddressList list = parse_addresses(two + ", c@example.net", {.mailboxes = 2});
  EXPECT_EQ(list.mailboxes.size(), 2U);
  EXPECT_EQ(described(list.findings), std::vector<std::string>{"too_many_mailboxes error"});
}

TEST(AddressLimits, CommentsMayStandInEachOtherUpToTheLimit) {
  const auto nested = [](std::size_t depth) {
    return std::string(depth, '(') + std::string(depth, ')') + " a@example.com";
  };
  EXPECT_TRUE(parse_addresses(nested(100)).findings.empty());
  const AddressList deep = parse_addresses(nested(101));
  EXPECT_EQ(described(deep.findings), std::vector<std::string>{"deep_comment error"});
  ASSERT_EQ(deep.mailboxes.size(), 1U);
  EXPECT_EQ(deep.mailboxes[0].domain, "example.com");
}

TEST(AddressLimits, AnErrorIsNeverLostBehindManyWarnings) {
  std::string names;
  for (int i = 0; i < 200; ++i) names += "name, ";
  const AddressList list = parse_addresses(names + "a@b@example.com");
  ASSERT_EQ(list.findings.size(), 100U);
  EXPECT_EQ(list.findings.back().level, Level::error);
}

/// Openings that never close, and separators without end, at the size limit. Quadratic work would
/// take minutes here.
TEST(AddressLimits, HostileRepetitionIsReadInLinearTime) {
  const std::vector<std::string> patterns = {"(",    "<",    "@",  ",",   "\"",   "[",  "\\",
                                             "<@a,", "<@a:", "a@", "(\"", ".",    "a.", "<>",
                                             ":",    ";",    "a:", "@a",  "\"\"", "()", "a <b@c> "};
  for (const std::string& pattern : patterns) {
    std::string text;
    while (text.size() < AddressLimits{}.octets) text += pattern;
    const AddressList list = parse_addresses(text);
    EXPECT_LE(list.findings.size(), 100U) << pattern;
    EXPECT_LE(list.mailboxes.size(), AddressLimits{}.mailboxes) << pattern;
  }
}

}  // namespace
}  // namespace assay::mail
