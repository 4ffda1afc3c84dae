#include "assay/aggregate/compose.h"

#include "assay/archive/gzip.h"
#include "assay/base/ascii.h"
#include "assay/base/base64.h"
#include "assay/mail/header.h"

#include "testkit/cases.h"

namespace assay::aggregate {
namespace {

ReportMail sample() {
  ReportMail mail;
  mail.from_name = "Example \"Reports\"";
  mail.from_address = "dmarc@receiver.example";
  mail.to = {"a@example.com", "b@example.org"};
  mail.date = Instant{std::chrono::seconds{1777593600}};
  mail.name = {.receiver = "receiver.example",
               .policy_domain = "example.com",
               .begin = Instant{std::chrono::seconds{1777507200}},
               .end = Instant{std::chrono::seconds{1777593599}},
               .unique_id = "20260430abc"};
  mail.records = 2;
  mail.messages = 123;
  mail.contact = "postmaster@receiver.example";
  mail.attachment = "octets";
  return mail;
}

std::string field(const std::string& mail, std::string_view name) {
  const mail::Header header = mail::parse_header(mail);
  const auto fields = mail::fields_named(header, name);
  return fields.size() == 1 ? std::string(fields[0]->value) : "(not once)";
}

TEST(Compose, IsTheMailOfTheRfc) {
  EXPECT_EQ(
      compose(sample()),
      "From: \"Example \\\"Reports\\\"\"\r\n"
      " <dmarc@receiver.example>\r\n"
      "To: <a@example.com>,\r\n"
      " <b@example.org>\r\n"
      "Date: Fri, 01 May 2026 00:00:00 +0000\r\n"
      "Message-ID: <20260430abc@receiver.example>\r\n"
      "Subject: Report Domain: example.com\r\n"
      " Submitter: receiver.example\r\n"
      " Report-ID: <20260430abc>\r\n"
      "MIME-Version: 1.0\r\n"
      "Auto-Submitted: auto-generated\r\n"
      "Content-Type: multipart/mixed;\r\n"
      " boundary=\"=_report_1777593600_6\"\r\n"
      "\r\n"
      "--=_report_1777593600_6\r\n"
      "Content-Type: text/plain; charset=utf-8\r\n"
      "Content-Transfer-Encoding: 7bit\r\n"
      "\r\n"
      "This is a DMARC aggregate report (RFC 9990) about mail that says it comes\r\n"
      "from example.com.\r\n"
      "\r\n"
      "Reported by: receiver.example\r\n"
      "Period: 2026-04-30T00:00:00Z to 2026-04-30T23:59:59Z\r\n"
      "Report-ID: 20260430abc\r\n"
      "Messages: 123, in 2 records\r\n"
      "Contact: postmaster@receiver.example\r\n"
      "\r\n"
      "The report itself is attached. It is meant for programs to read. Nobody\r\n"
      "reads answers to this mail unless a contact is named above.\r\n"
      "\r\n"
      "--=_report_1777593600_6\r\n"
      "Content-Type: application/gzip;\r\n"
      " name=\"receiver.example!example.com!1777507200!1777593599!20260430abc.xml.gz\"\r\n"
      "Content-Transfer-Encoding: base64\r\n"
      "Content-Disposition: attachment;\r\n"
      " filename=\"receiver.example!example.com!1777507200!1777593599!20260430abc.xml.gz\"\r\n"
      "\r\n"
      "b2N0ZXRz\r\n"
      "\r\n"
      "--=_report_1777593600_6--\r\n");
}

TEST(Compose, TextsCannotBeginAFieldOrAPart) {
  ReportMail mail = sample();
  mail.from_name = "x\r\nBcc: all@example.net";
  mail.from_address = "a@b>\r\nBcc: c";
  mail.to = {"a@example.com,\r\n evil@example.net"};
  mail.name.receiver = "r\r\nBcc: c";
  mail.name.policy_domain = "d\r\n\r\nbody";
  mail.notes = {"note\r\n--=_report_1777593600_6--\r\nmore",
                std::string(75, 'a') + " --=_report_1777593600_6--"};
  const std::string text = compose(mail);
  EXPECT_EQ(field(text, "Bcc"), "(not once)");
  EXPECT_EQ(field(text, "To").find(','), std::string::npos);
  constexpr std::string_view end = "\r\n--=_report_1777593600_6--\r\n";
  EXPECT_EQ(text.find(end), text.size() - end.size());
  for (const std::string_view line : ascii::Pieces(text, '\n')) {
    EXPECT_TRUE(line.empty() || line.ends_with('\r')) << line;
    EXPECT_LE(line.size(), 998U);
  }
}

TEST(Compose, NotesAndNamesMayBeOfAnyScript) {
  ReportMail mail = sample();
  mail.from_name = "K\xc3\xb6lner Empf\xc3\xa4nger mit einem recht langen Namen";
  mail.notes = {"Der Eintrag von k\xc3\xb6ln.example ist ung\xc3\xbcltig."};
  const std::string text = compose(mail);
  EXPECT_TRUE(field(text, "From").starts_with(" =?UTF-8?B?S8O2bG5lciBFbXB")) << field(text, "From");
  EXPECT_EQ(text.find('\xc3'), std::string::npos);
  const std::size_t start = text.find("base64\r\n\r\n") + 10;
  const auto part = base64::decode(text.substr(start, text.find("\r\n--", start) - start));
  ASSERT_TRUE(part);
  EXPECT_NE(part->find("* Der Eintrag von k\xc3\xb6ln.example ist"), std::string::npos);
}

TEST(Compose, AttachmentComesBackFromLinesOf76) {
  std::string octets;
  for (int i = 0; i < 300'000; ++i) octets += static_cast<char>(i * 31 / 7);
  ReportMail mail = sample();
  mail.attachment = octets;
  const std::string text = compose(mail);
  const std::size_t start = text.find("\r\n\r\n", text.find("filename=")) + 4;
  const std::string body = text.substr(start, text.find("\r\n--", start) - start);
  for (const std::string_view line : ascii::Pieces(body, '\n')) EXPECT_LE(line.size(), 77U);
  EXPECT_EQ(base64::decode(body), octets);
}

TEST(Compose, PlainXmlHasItsOwnTypeAndName) {
  ReportMail mail = sample();
  mail.name.packing = Packing::xml;
  const std::string text = compose(mail);
  EXPECT_NE(
      text.find("Content-Type: text/xml; charset=utf-8;\r\n name=\"receiver.example!example.com!"
                "1777507200!1777593599!20260430abc.xml\""),
      std::string::npos);
}

}  // namespace
}  // namespace assay::aggregate
