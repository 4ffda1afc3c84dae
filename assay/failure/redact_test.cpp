#include "assay/failure/redact.h"

#include <algorithm>

#include "assay/base/ascii.h"
#include "assay/failure/detail/parts.h"
#include "assay/failure/read.h"
#include "assay/failure/write.h"
#include "assay/mail/header.h"

#include "testkit/cases.h"

namespace assay::failure {
namespace {

const Redactor& redactor() {
  static const Redactor one("0123456789abcdef", "example.com");
  return one;
}

/// What stands for alice@example.com.
std::string alice() {
  return redactor().local_part("alice", "example.com");
}

TEST(Redactor, SameAddressAndKeyGiveTheSameWord) {
  EXPECT_EQ(alice(), redactor().local_part("ALICE", "Example.Com"));
  EXPECT_EQ(alice(), redactor().local_part("\"alice\"", "example.com"));
  EXPECT_EQ(alice(),
            Redactor("0123456789abcdef", "EXAMPLE.com").local_part("alice", "example.com"));
  EXPECT_EQ(alice().size(), 16U);
  EXPECT_TRUE(std::ranges::all_of(alice(), ascii::is_alnum));
}

TEST(Redactor, OtherAddressesKeysAndScopesGiveOthers) {
  EXPECT_NE(alice(), redactor().local_part("bob", "example.com"));
  EXPECT_NE(alice(), redactor().local_part("alice", "example.org"));
  EXPECT_NE(alice(),
            Redactor("0123456789abcdeF", "example.com").local_part("alice", "example.com"));
  EXPECT_NE(alice(),
            Redactor("0123456789abcdef", "example.org").local_part("alice", "example.com"));
}

CASES(RedactText, "assay/failure/testdata/redact_text.cases") {
  std::string expected = c["expect"];
  for (std::size_t at = expected.find('#'); at != std::string::npos; at = expected.find('#')) {
    expected.replace(at, 1, alice());
  }
  const std::string& text = c["text"];
  const std::string result = c.get("as", "text") == "addresses" ? redactor().addresses(text)
                             : c.get("as", "text") == "links"   ? without_links(text)
                                                                : redactor().text(text);
  EXPECT_EQ(result, expected);
}

Report sample() {
  return {.auth_failure = "dmarc",
          .authentication_results = {"mx.example; spf=fail smtp.mailfrom=alice@example.com"},
          .original_mail_from = "<alice@example.com>",
          .original_rcpt_to = {"<alice@example.com>"},
          .dkim_domain = "example.com",
          .dkim_identity = "alice@example.com",
          .dkim_canonicalized_header = "from:alice@example.com",
          .dkim_canonicalized_body = "Dear Alice",
          .other_fields = {{"X-For", "alice@example.com"}},
          .original = {
              OriginalForm::message,
              "Received: from a by b for <alice@example.com>; Fri, 1 May 2026 00:00:00 +0000\r\n"
              "DKIM-Signature: v=1; d=example.com; i=alice@example.com;\r\n"
              " z=Subject:for=20alice=40example.com; b=abc\r\n"
              "From: \"Alice Secret\" <alice@example.com>\r\n"
              "To: Alice Secret\r\n <alice@example.com>, alice@example.com (Secret)\r\n"
              "X-Secret: alice\r\n"
              "Subject: to alice@example.com: http://a.example/\r\n"
              "Message-ID: <1@example.com>\r\n"
              "Content-Type: multipart/mixed; boundary=b; name=secret.txt\r\n"
              "\r\n"
              "--b\r\n\r\nDear alice@example.com, see https://a.example/x\r\n"
              "--b\r\nContent-Type: text/html\r\n\r\n<a href=secret>\r\n"
              "--b\r\nContent-Type: text/plain\r\nContent-Disposition: attachment; "
              "filename=secret.txt\r\n\r\nsecret\r\n"
              "--b--\r\n"}};
}

TEST(Redact, ShowsTheHeaderAloneAndFewFieldsOfIt) {
  const Report report = redact(sample(), redactor());
  EXPECT_EQ(report.original.form, OriginalForm::headers);
  EXPECT_EQ(report.original.octets, "Received: from a by b for <" + alice() +
                                        "@example.com>; Fri, 1 May 2026\r\n 00:00:00 +0000\r\n"
                                        "DKIM-Signature: v=1; d=example.com; i=" +
                                        alice() +
                                        "@example.com; b=abc\r\n"
                                        "From: <" +
                                        alice() +
                                        "@example.com>\r\n"
                                        "To: <" +
                                        alice() + "@example.com>, <" + alice() +
                                        "@example.com>\r\n"
                                        "Subject: to " +
                                        alice() +
                                        "@example.com: hxxp://a.example/\r\n"
                                        "Message-ID: <1@example.com>\r\n"
                                        "Content-Type: multipart/mixed\r\n");
}

TEST(Redact, LeavesNoLocalPartInTheFields) {
  const Report report = redact(sample(), redactor());
  EXPECT_EQ(report.original_mail_from, "<" + alice() + "@example.com>");
  EXPECT_EQ(report.original_rcpt_to[0], "<" + alice() + "@example.com>");
  EXPECT_EQ(report.dkim_identity, alice() + "@example.com");
  EXPECT_EQ(report.authentication_results[0],
            "mx.example; spf=fail smtp.mailfrom=" + alice() + "@example.com");
  EXPECT_EQ(report.other_fields[0].value, alice() + "@example.com");
  const std::string mail = ascii::to_lower(write(report, {}));
  EXPECT_FALSE(mail.contains("alice"));
  EXPECT_FALSE(mail.contains("secret"));
}

TEST(Redact, TakesOutWhatIsCanonicalized) {
  const Report report = redact(sample(), redactor());
  EXPECT_EQ(report.dkim_canonicalized_header, "");
  EXPECT_EQ(report.dkim_canonicalized_body, "");
}

TEST(Redact, ShowsTextWithoutLinksAndAttachmentsWhereAsked) {
  const Report report = redact(sample(), redactor(), {.bodies = Bodies::text});
  EXPECT_EQ(report.original.form, OriginalForm::message);
  EXPECT_TRUE(report.original.octets.contains("charset=us-ascii\r\n"));
  const std::string text = detail::split_parts(report.original.octets).leaves.at(0).decoded();
  EXPECT_EQ(text, "Dear " + alice() +
                      "@example.com, see hxxps://a.example/x\r\n"
                      "[left out: text/html, 15 octets]\r\n[left out: text/plain, 6 octets]\r\n");
  EXPECT_EQ(read(write(report, {})).report->original, report.original);
  const Report cut = redact(sample(), redactor(), {.bodies = Bodies::text, .body_octets = 4});
  EXPECT_EQ(detail::split_parts(cut.original.octets).leaves.at(0).decoded(), "Dear");
}

TEST(Redact, ShowsFieldsThatTheOperatorNames) {
  const Report report = redact(sample(), redactor(), {.also = {"x-secret"}});
  EXPECT_TRUE(report.original.octets.contains("X-Secret: alice\r\n"));
  EXPECT_TRUE(is_shown_field("FROM"));
  EXPECT_FALSE(is_shown_field("X-Secret"));
  EXPECT_FALSE(is_shown_field("Bcc"));
}

TEST(Redact, AddressesDoNotHideInEncodedWords) {
  Report report = sample();
  report.original.octets =
      "Subject: =?utf-8?B?YWxpY2VAZXhhbXBsZS5jb20=?=\r\n"
      "Subject: =?utf-8?Q?alice=40example.com?=\r\n"
      "Subject: =?utf-8?Q?gr=C3=BC=C3=9Fe?=\r\n"
      "Subject: gr\xc3\xbc\xc3\x9f"
      "e\r\n";
  const std::string shown = redact(report, redactor()).original.octets;
  EXPECT_FALSE(shown.contains("alice"));
  EXPECT_FALSE(shown.contains("YWxpY2U"));
  EXPECT_TRUE(shown.contains("(redacted)"));
  EXPECT_TRUE(shown.contains("=?utf-8?Q?gr=C3=BC=C3=9Fe?="));
  EXPECT_TRUE(shown.contains("=?UTF-8?B?Z3LDvMOfZQ==?="));
}

TEST(Canonicalized, BodyIsNoLongerThanTheHashCovers) {
  Report report;
  add_canonicalized(report, "from:a\r\n", "0123456789", 4);
  EXPECT_EQ(report.dkim_canonicalized_header, "from:a\r\n");
  EXPECT_EQ(report.dkim_canonicalized_body, "0123");
  add_canonicalized(report, "", "0123456789", std::nullopt);
  EXPECT_EQ(report.dkim_canonicalized_body, "0123456789");
}

}  // namespace
}  // namespace assay::failure
