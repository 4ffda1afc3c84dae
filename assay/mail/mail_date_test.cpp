#include "assay/mail/mail_date.h"

#include "testkit/cases.h"

namespace assay::mail {
namespace {

std::string read_date(std::string_view text) {
  const auto at = parse_mail_date(text);
  return at ? to_rfc3339(*at) : "";
}

TEST(MailDate, IsReadInAllItsForms) {
  EXPECT_EQ(read_date("Tue, 19 Jul 2022 00:57:48 -0500 (CDT)"), "2022-07-19T05:57:48Z");
  EXPECT_EQ(read_date("1 Oct 2018 11:20:27 +0200"), "2018-10-01T09:20:27Z");
  EXPECT_EQ(read_date("Mon, 01 Oct 18 11:20 EDT"), "2018-10-01T15:20:00Z");
  EXPECT_EQ(read_date("Mon,01 Oct 1998 11:20:00 GMT"), "1998-10-01T11:20:00Z");
}

TEST(MailDate, IsNothingForOtherText) {
  for (const char* text : {"", "now", "Mon, 31 Feb 2022 00:00:00 +0000", "1 Oct 2018 25:00 +0000",
                           "1 Oct 2018 11:20:27 +02", "1 Okt 2018 11:20:27 +0200"}) {
    EXPECT_EQ(read_date(text), "") << text;
  }
}

TEST(MailDate, IsTheTwinOfItsText) {
  const Instant at{std::chrono::seconds{1777593600}};
  EXPECT_EQ(to_mail_date(at), "Fri, 01 May 2026 00:00:00 +0000");
  EXPECT_EQ(parse_mail_date(to_mail_date(at)), at);
}

}  // namespace
}  // namespace assay::mail
