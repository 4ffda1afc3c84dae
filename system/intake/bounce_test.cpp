#include "system/intake/bounce.h"

#include "testkit/cases.h"

namespace assay::intake {
namespace {

/// A line with a single dot is an empty one; one that begins with a bar is folded.
std::string mail_of(std::string text) {
  text += '\n';
  for (std::size_t at = 0; (at = text.find("\n|", at)) != std::string::npos;) text[++at] = ' ';
  for (std::size_t at = 0; (at = text.find("\n.\n", at)) != std::string::npos;) text.erase(++at, 1);
  return text;
}

std::string or_dash(const std::string& text) {
  return text.empty() ? "-" : text;
}

// RFC 3464 §2.3
CASES(ReadBounce, "system/intake/testdata/bounce.cases") {
  const Bounce bounce = read_bounce(mail_of(c["mail"]));
  std::vector<std::string> recipients;
  std::vector<std::string> originals;
  for (const BouncedRecipient& one : bounce.recipients) {
    recipients.push_back(or_dash(one.final_recipient) + " " + or_dash(one.action) + " " +
                         or_dash(one.status) + " " + std::string(to_text(fate_of(one))));
    if (!one.original_recipient.empty()) originals.push_back(one.original_recipient);
  }
  EXPECT_EQ(recipients, c.all("recipient"));
  EXPECT_EQ(originals, c.all("original"));
  EXPECT_EQ(bounce.is_notification, !recipients.empty());
  EXPECT_EQ(bounce.report_ids, c.all("report"));
  if (c.has("to")) {
    ASSERT_FALSE(bounce.addressed_to.empty());
    EXPECT_EQ(bounce.addressed_to.front(), c["to"]);
  }
  if (c.has("says")) {
    EXPECT_EQ(bounce.recipients.at(0).diagnostic, c["says"]);
  }
}

TEST(Bounce, HoldsItsLimits) {
  std::string status = "From: MAILER-DAEMON@example.com\nTo:";
  for (int i = 0; i < 5'000; ++i) status += " a" + std::to_string(i) + "@example.com,\n";
  status += "Content-Type: message/delivery-status\n\n";
  for (int i = 0; i < 5'000; ++i) {
    status += "Final-Recipient: rfc822; a@example.com\nAction: failed\nStatus: 5.1.1\n\n";
  }
  const Bounce bounce = read_bounce(status);
  EXPECT_EQ(bounce.recipients.size(), 100U);
  EXPECT_EQ(bounce.addressed_to.size(), 50U);
  const Bounce large = read_bounce(status, {.octets = 1'000});
  EXPECT_FALSE(large.is_notification);
  EXPECT_EQ(large.findings.at(0).code, "mail_too_large");
}

}  // namespace
}  // namespace assay::intake
