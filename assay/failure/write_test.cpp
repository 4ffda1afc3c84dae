#include "assay/failure/write.h"

#include <algorithm>

#include "assay/base/ascii.h"
#include "assay/failure/read.h"
#include "assay/mail/header.h"

#include "testkit/cases.h"

namespace assay::failure {
namespace {

Report sample() {
  return {
      .user_agent = "Assay/1.0",
      .auth_failure = "dmarc",
      .authentication_results = {"mx.receiver.example; dmarc=fail header.from=example.com"},
      .identity_alignment = {"dkim", "spf"},
      .delivery_result = "reject",
      .arrival_date = "Fri, 01 May 2026 00:00:00 +0000",
      .source_ip = "2001:db8::1",
      .source_port = 12345,
      .reported_domain = {"example.com"},
      .original_envelope_id = "65E1A3F0A0",
      .original_mail_from = "<bounce@example.com>",
      .original_rcpt_to = {"<x@receiver.example>"},
      .dkim_domain = "example.com",
      .dkim_identity = "@example.com",
      .dkim_selector = "s1",
      .spf_dns = {{"txt", "example.com", "v=spf1 ip4:192.0.2.0/24 -all"}},
      .incidents = 3,
      .original = {OriginalForm::headers, "From: Boss <boss@example.com>\r\nSubject: invoice\r\n"}};
}

Envelope envelope() {
  return {.from_name = "Example Reports",
          .from_address = "dmarc@receiver.example",
          .to = {"ruf@example.com", "ruf@example.org"},
          .date = Instant{std::chrono::seconds{1777593600}},
          .id = "4AE9D403CC",
          .contact = "postmaster@receiver.example"};
}

std::string written(const Report& report) {
  return write(report, envelope());
}

std::size_t count(std::string_view text, std::string_view piece) {
  std::size_t found = 0;
  for (std::size_t at = text.find(piece); at != std::string_view::npos;
       at = text.find(piece, at + 1)) {
    ++found;
  }
  return found;
}

std::vector<std::string> codes(const Findings& findings) {
  std::vector<std::string> found;
  for (const Finding& finding : findings) found.emplace_back(finding.code);
  return found;
}

TEST(Write, IsTheMailOfTheRfc) {
  EXPECT_EQ(written(sample()),
            "From: \"Example Reports\"\r\n <dmarc@receiver.example>\r\n"
            "To: <ruf@example.com>,\r\n <ruf@example.org>\r\n"
            "Date: Fri, 01 May 2026 00:00:00 +0000\r\n"
            "Message-ID: <4AE9D403CC@receiver.example>\r\n"
            "Subject: FW: invoice\r\n"
            "MIME-Version: 1.0\r\n"
            "Auto-Submitted: auto-generated\r\n"
            "Content-Type: multipart/report; report-type=feedback-report;\r\n"
            " boundary=\"=_failure_1777593600_1258\"\r\n"
            "Content-Transfer-Encoding: 7bit\r\n"
            "\r\n"
            "--=_failure_1777593600_1258\r\n"
            "Content-Type: text/plain; charset=us-ascii\r\n"
            "Content-Transfer-Encoding: 7bit\r\n"
            "\r\n"
            "This is an authentication failure report (RFC 9991) for an email message\r\n"
            "received from IP 2001:db8::1 on Fri, 01 May 2026 00:00:00 +0000.\r\n"
            "\r\n"
            "Domain: example.com\r\n"
            "Failure: dmarc\r\n"
            "Failed to give an aligned pass: dkim, spf\r\n"
            "What became of the message: reject\r\n"
            "Messages that failed alike: 3\r\n"
            "Contact: postmaster@receiver.example\r\n"
            "\r\n"
            "What the message held may have been shortened, and addresses replaced, to\r\n"
            "keep private what is. Nobody reads answers to this mail unless a contact is\r\n"
            "named above.\r\n"
            "\r\n"
            "--=_failure_1777593600_1258\r\n"
            "Content-Type: message/feedback-report\r\n"
            "Content-Transfer-Encoding: 7bit\r\n"
            "\r\n"
            "Feedback-Type: auth-failure\r\n"
            "User-Agent: Assay/1.0\r\n"
            "Version: 1\r\n"
            "Auth-Failure: dmarc\r\n"
            "Authentication-Results: mx.receiver.example; dmarc=fail\r\n"
            " header.from=example.com\r\n"
            "Identity-Alignment: dkim, spf\r\n"
            "Delivery-Result: reject\r\n"
            "DKIM-Domain: example.com\r\n"
            "DKIM-Identity: @example.com\r\n"
            "DKIM-Selector: s1\r\n"
            "SPF-DNS: txt : example.com : \"v=spf1 ip4:192.0.2.0/24 -all\"\r\n"
            "Original-Envelope-Id: 65E1A3F0A0\r\n"
            "Original-Mail-From: <bounce@example.com>\r\n"
            "Original-Rcpt-To: <x@receiver.example>\r\n"
            "Arrival-Date: Fri, 01 May 2026 00:00:00 +0000\r\n"
            "Source-IP: IPv6:2001:db8::1\r\n"
            "Source-Port: 12345\r\n"
            "Reported-Domain: example.com\r\n"
            "Incidents: 3\r\n"
            "\r\n"
            "--=_failure_1777593600_1258\r\n"
            "Content-Type: text/rfc822-headers\r\n"
            "Content-Disposition: inline\r\n"
            "Content-Transfer-Encoding: 7bit\r\n"
            "\r\n"
            "From: Boss <boss@example.com>\r\n"
            "Subject: invoice\r\n"
            "\r\n"
            "--=_failure_1777593600_1258--\r\n");
}

TEST(Write, IsReadBack) {
  EXPECT_EQ(normalized(sample()), sample());
  const Read back = read(written(sample()));
  EXPECT_EQ(back.report, sample());
  EXPECT_EQ(codes(back.findings), (std::vector<std::string>{"ambiguous_alignment"}));
}

TEST(Write, IsReadBackWithEveryField) {
  Report report = sample();
  report.feedback_type = "abuse";
  report.reported_domain = {"example.com", "example.org"};
  report.authentication_results = {"a.example; spf=fail", "b.example; dkim=fail (a) x=\"y;z\""};
  report.reported_uri = {"https://example.com/(a)?b=c"};
  report.original_mail_from = "<>";
  report.original_rcpt_to = {"<\"a b\"@receiver.example>", "<y@receiver.example>"};
  report.dkim_selector_dns = "v=DKIM1; p=; n=\"quoted\\";
  report.dkim_adsp_dns = "dkim=all";
  report.dkim_canonicalized_header = "from:x\r\n" + std::string(300, 'h');
  report.dkim_canonicalized_body = std::string("\0\xff\r\n", 4);
  report.spf_dns.push_back({"spf", "_spf.example.com", "v=spf1 a:\"x\" -all"});
  report.reporting_mta = "dns; mx.receiver.example";
  report.other_fields = {{"X-Empty", ""}, {"X-Queue", "a (b) c"}};
  report.original = {OriginalForm::message, "From: a@example.com\r\n\r\nb\xc3\xa4\r\n--x\r\n"};
  EXPECT_EQ(normalized(report), report);
  EXPECT_EQ(read(written(report)).report, report);
}

TEST(Write, NamesEachFieldAsOftenAsItMayStand) {
  Report report = sample();
  report.version = "7";
  report.authentication_results.emplace_back("mx.receiver.example; spf=fail");
  report.reported_domain.emplace_back("example.org");
  report.identity_alignment = {"spf", "SPF", "none", "dmarc"};
  report.other_fields = {{"Version", "2"}, {"feedback-TYPE", "abuse"}, {"X-Own", "1"}};
  const std::string mail = written(report);
  for (const char* name :
       {"\r\nFeedback-Type: auth-failure\r\n", "\r\nUser-Agent:", "\r\nVersion: 1\r\n",
        "\r\nAuth-Failure:", "\r\nAuthentication-Results:", "\r\nIdentity-Alignment: spf\r\n",
        "\r\nDelivery-Result:", "\r\nReported-Domain:", "\r\nIncidents:", "\r\nX-Own: 1\r\n"}) {
    EXPECT_EQ(count(mail, name), 1U) << name;
  }
  EXPECT_EQ(count(mail, "\r\nVersion:"), 1U);
}

TEST(Write, HasWhatMustStandEvenForAnEmptyReport) {
  const std::string mail = written({});
  for (const char* line :
       {"\r\nFeedback-Type: auth-failure\r\n", "\r\nUser-Agent: Assay\r\n", "\r\nVersion: 1\r\n",
        "\r\nAuth-Failure: dmarc\r\n", "\r\nIdentity-Alignment: none\r\n"}) {
    EXPECT_EQ(count(mail, line), 1U) << line;
  }
}

TEST(Write, NoOctetsOfTheReportBeginAFieldOrAPart) {
  const std::string evil = "x\r\nX-Evil: 1\r\n\r\n--=_failure_1777593600_1\r\n\n.\rX-Evil: 2";
  Report report = sample();
  for (std::string* text :
       {&report.user_agent, &report.auth_failure, &report.delivery_result, &report.source_ip,
        &report.arrival_date, &report.original_envelope_id, &report.original_mail_from,
        &report.dkim_domain, &report.dkim_identity, &report.dkim_selector, &report.reporting_mta,
        &report.dkim_selector_dns, &report.dkim_adsp_dns}) {
    *text += evil;
  }
  report.authentication_results = report.reported_domain = report.original_rcpt_to =
      report.reported_uri = report.identity_alignment = {evil};
  report.spf_dns = {{evil, evil, evil}};
  report.other_fields = {{evil, evil}, {"--", evil}};
  report.original.octets = "Subject: a\r\n b\rX-Evil: 3\r\n--=_failure_1777593600_1\r\n";
  Envelope around = envelope();
  around.from_name = around.from_address = around.id = around.contact = evil;
  around.to = {evil, "a@example.com,b@example.com"};
  const std::string mail = write(report, around);
  const std::size_t third = mail.find("text/rfc822-headers");
  EXPECT_EQ(count(mail.substr(0, third), "\nX-Evil"), 0U);
  EXPECT_EQ(mail::parse_header(mail).fields.size(), 9U);
  EXPECT_EQ(count(mail, "a@example.comb@example.com"), 1U);
  EXPECT_EQ(read(mail).report, normalized(report));
}

TEST(Write, ChoosesABoundaryThatStandsNowhere) {
  Report report = sample();
  report.original.octets = "Subject: x\r\n";
  for (int number = 1'400; number < 60'000; ++number) {
    report.original.octets += "=_failure_1777593600_" + std::to_string(number) + "\r\n";
  }
  EXPECT_EQ(read(written(report)).report, normalized(report));
}

TEST(Write, LinesFitSmtpAndHeadersStayAscii) {
  Report report = sample();
  report.original.octets = "Subject: \xc3\xa4\r\nX-Long: " + std::string(5'000, 'x') + "\r\n";
  report.user_agent = std::string(3'000, 'y');
  report.spf_dns.front().record = std::string(3'000, '"');
  const std::string mail = written(report);
  for (const std::string_view line : ascii::Pieces(mail, '\n')) EXPECT_LT(line.size(), 999U);
  EXPECT_TRUE(ascii::is_ascii(mail));
  EXPECT_EQ(read(mail).report, normalized(report));
}

TEST(Write, AMessageThatNoLineHoldsIsCutDownToItsHeader) {
  Report report = sample();
  report.original = {OriginalForm::message, "From: a@example.com\n\n" + std::string(2'000, 'x')};
  const Original original = normalized(report).original;
  EXPECT_EQ(original, (Original{OriginalForm::headers, "From: a@example.com\r\n"}));
}

TEST(Write, SubjectIsThatOfTheOriginal) {
  EXPECT_EQ(subject("Subject: a\r\n b\tc\r\n", "example.com"), "FW: a b c");
  EXPECT_EQ(subject("subject: \x01\x1b[2J=?utf-8?Q?=0D=0A?=\r\n", ""), "FW: [2J=?utf-8?Q?=0D=0A?=");
  EXPECT_EQ(subject("Subject: \xc3\xa4\r\n", ""), "FW: =?UTF-8?B?w6Q=?=");
  EXPECT_EQ(subject("From: a\r\n", "example.com"), "FW: authentication failure for example.com");
  EXPECT_LT(subject("Subject: " + std::string(9'000, 'x'), "").size(), 410U);
}

TEST(Validate, AWholeReportIsPermitted) {
  EXPECT_EQ(codes(validate(sample())), std::vector<std::string>{});
}

TEST(Validate, SaysWhatIsMissing) {
  const std::vector<std::string> found = codes(validate({}));
  for (const char* code : {"no_authentication_results", "unknown_auth_failure",
                           "no_reported_domain", "no_original", "no_source_ip", "no_source_port",
                           "no_arrival_date", "no_original_mail_from", "no_original_rcpt_to"}) {
    EXPECT_EQ(std::ranges::count(found, code), 1) << code;
  }
}

TEST(Validate, NamesTheSignatureOfADkimFailure) {
  for (const char* type : {"signature", "bodyhash", "revoked"}) {
    Report report = sample();
    report.auth_failure = type;
    EXPECT_TRUE(validate(report).empty());
    report.dkim_selector.clear();
    EXPECT_EQ(codes(validate(report)), std::vector<std::string>{"no_dkim_fields"});
  }
}

TEST(Validate, NamesTheRecordsOfAnSpfFailure) {
  Report report = sample();
  report.auth_failure = "spf";
  report.spf_dns.clear();
  EXPECT_EQ(codes(validate(report)), std::vector<std::string>{"no_spf_dns"});
}

TEST(Validate, WantsTheResultOfOneMethod) {
  Report report = sample();
  report.authentication_results = {"mx.example; dmarc=fail (a; b); spf=fail"};
  EXPECT_EQ(codes(validate(report)), std::vector<std::string>{"several_results"});
}

TEST(Validate, RefusesWordsThatNoRfcKnows) {
  Report report = sample();
  report.delivery_result = "smg-policy-action";
  report.source_ip = "here";
  report.arrival_date = "now";
  report.auth_failure = "arc";
  EXPECT_EQ(codes(validate(report)),
            (std::vector<std::string>{"unknown_auth_failure", "unknown_delivery_result",
                                      "bad_source_ip", "bad_arrival_date"}));
}

}  // namespace
}  // namespace assay::failure
