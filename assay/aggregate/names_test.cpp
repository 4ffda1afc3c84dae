#include "assay/aggregate/names.h"

#include "testkit/cases.h"

namespace assay::aggregate {
namespace {

Instant at(std::int64_t seconds) {
  return Instant{std::chrono::seconds{seconds}};
}

TEST(ReportId, IsADotAtomWithOrWithoutADomain) {
  for (const char* id : {"1721054318-example.com@example.org", "2024-03-27_example.com@example.org",
                         "<a@b>", "a", "a.b", "!#$"}) {
    EXPECT_TRUE(is_report_id(id)) << id;
  }
  for (const char* id :
       {"", "<>", "a b", "a@", "@b", "a@b@c", "a..b", ".a", "<a", "a\r\n", "a\xc3\xb6"}) {
    EXPECT_FALSE(is_report_id(id)) << id;
  }
}

TEST(ReportId, IsMadeOfLettersAndDigits) {
  std::array<std::uint8_t, 16> chance{};
  chance[0] = 0xab;
  chance[15] = 0x01;
  const std::string id = make_report_id(at(1777593600), chance);
  EXPECT_EQ(id, "20260501ab000000000000000000000000000001");
  EXPECT_TRUE(is_unique_id(id));
  EXPECT_TRUE(is_report_id(id));
  EXPECT_FALSE(is_unique_id(""));
  EXPECT_FALSE(is_unique_id("a-b"));
}

TEST(FileName, IsThatOfTheRfc) {
  ReportName name{.receiver = "mail.receiver.example",
                  .policy_domain = "example.com",
                  .begin = at(1013662812),
                  .end = at(1013749130)};
  EXPECT_EQ(file_name(name), "mail.receiver.example!example.com!1013662812!1013749130.xml.gz");
  name.unique_id = "20260501ab";
  name.packing = Packing::xml;
  EXPECT_EQ(file_name(name),
            "mail.receiver.example!example.com!1013662812!1013749130!20260501ab.xml");
  EXPECT_EQ(parse_file_name(file_name(name)), name);
}

TEST(FileName, HoldsNoPathAndNoQuote) {
  const ReportName name{.receiver = "../a\"b\r\nc!d", .policy_domain = "", .unique_id = "../x"};
  EXPECT_EQ(file_name(name), "..-a-b--c-d!-!0!0.xml.gz");
}

TEST(FileName, IsReadAsReportersWriteIt) {
  const auto name = parse_file_name("Google.com!Example.com!1!2.zip");
  ASSERT_TRUE(name);
  EXPECT_EQ(name->receiver, "google.com");
  EXPECT_EQ(name->policy_domain, "example.com");
  EXPECT_EQ(name->end, at(2));
  EXPECT_TRUE(parse_file_name("a!b!1!2!id-3.xml.zip"));
  for (const char* text : {"report.xml", "a!b!c!d.xml", "a!b!1!2", "a!b!1!2!3!4.xml", ""}) {
    EXPECT_FALSE(parse_file_name(text)) << text;
  }
}

TEST(Subject, IsThatOfTheRfc) {
  EXPECT_EQ(subject("example.com", "mail.receiver.example", "<sample-ridtxt@example.com>"),
            "Report Domain: example.com Submitter: mail.receiver.example "
            "Report-ID: <sample-ridtxt@example.com>");
  EXPECT_EQ(subject("example.com", "a.example", "no id"),
            "Report Domain: example.com Submitter: a.example");
}

TEST(Subject, IsReadBack) {
  const SubjectParts parts{"example.com", "mail.receiver.example", "id@example.com"};
  EXPECT_EQ(parse_subject(subject(parts.policy_domain, parts.submitter, parts.report_id)), parts);
  EXPECT_EQ(parse_subject("report domain: Example.com\r\n  Submitter:mail.receiver.example\r\n "
                          "Report-ID:<id@example.com>"),
            parts);
  const auto without_id = parse_subject("Report Domain: a.example Submitter: b.example");
  ASSERT_TRUE(without_id);
  EXPECT_EQ(without_id->report_id, "");
  for (const char* text : {"", "Report", "Report Domain:", "Re: Report Domain: a Submitter: b",
                           "Report Domain: a Report-ID: b"}) {
    EXPECT_FALSE(parse_subject(text)) << text;
  }
}

TEST(Disagreement, OfANameIsSaidAndTheReportCounts) {
  Report report{.metadata = {.begin = Instant{std::chrono::seconds{1013662812}}},
                .policy = {.domain = "example.com"}};
  const std::string name = "in/mail.receiver.example!example.com!1013662812!1013749130.xml";
  EXPECT_FALSE(disagreement(report, name));
  EXPECT_FALSE(disagreement(report, "report.xml"));
  report.policy.domain = "example.org";
  ASSERT_TRUE(disagreement(report, name));
  EXPECT_EQ(disagreement(report, name)->code, "name");
  report.policy.domain = "example.com";
  report.metadata.begin += std::chrono::days{1};
  EXPECT_TRUE(disagreement(report, name));
}

}  // namespace
}  // namespace assay::aggregate
