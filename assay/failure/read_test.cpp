#include "assay/failure/read.h"

#include "assay/base/ascii.h"
#include "assay/failure/write.h"

#include "testkit/cases.h"
#include "testkit/suites.h"

namespace assay::failure {
namespace {

std::string joined(const std::vector<std::string>& texts) {
  std::string all;
  for (const std::string& text : texts) all += (all.empty() ? "" : " ") + text;
  return all;
}

std::vector<std::string> complaints(const Findings& findings) {
  std::vector<std::string> codes;
  for (const Finding& finding : findings) {
    if (finding.level != Level::info) codes.emplace_back(finding.code);
  }
  return codes;
}

std::string form_of(const Original& original) {
  if (original.form == OriginalForm::none) return "";
  return original.form == OriginalForm::headers ? "headers" : "message";
}

/// A member of the report as the case files name it.
std::string member(const Report& report, const std::string& name) {
  std::string others;
  for (const OtherField& field : report.other_fields) others += field.name + "=" + field.value;
  std::string spf_dns;
  for (const SpfDns& record : report.spf_dns) {
    spf_dns += record.type + "|" + record.domain + "|" + record.record;
  }
  const std::vector<std::pair<std::string, std::string>> members = {
      {"feedback_type", report.feedback_type},
      {"version", report.version},
      {"user_agent", report.user_agent},
      {"auth_failure", report.auth_failure},
      {"authentication_results", joined(report.authentication_results)},
      {"identity_alignment", joined(report.identity_alignment)},
      {"delivery_result", report.delivery_result},
      {"arrival_date", report.arrival_date},
      {"source_ip", report.source_ip},
      {"source_port", report.source_port ? std::to_string(*report.source_port) : ""},
      {"reported_domain", joined(report.reported_domain)},
      {"original_envelope_id", report.original_envelope_id},
      {"original_mail_from", report.original_mail_from},
      {"original_rcpt_to", joined(report.original_rcpt_to)},
      {"dkim_domain", report.dkim_domain},
      {"dkim_identity", report.dkim_identity},
      {"dkim_selector", report.dkim_selector},
      {"dkim_canonicalized_body", report.dkim_canonicalized_body},
      {"spf_dns", spf_dns},
      {"incidents", std::to_string(report.incidents)},
      {"other_fields", others},
      {"original", form_of(report.original)},
      {"subject", original_facts(report.original).subject},
      {"message_id", original_facts(report.original).message_id},
  };
  for (const auto& [key, value] : members) {
    if (key == name) return value;
  }
  ADD_FAILURE() << "no member " << name;
  return {};
}

CASES(Samples, "assay/failure/testdata/samples.cases") {
  if (!testkit::suites_folder()) GTEST_SKIP() << "the public samples are not here (ASSAY_SUITES)";
  const Read read = failure::read(testkit::read_suite_file("failure/" + c["file"]));
  EXPECT_EQ(complaints(read.findings), c.all("finding"));
  if (has_error(read.findings)) {
    EXPECT_FALSE(read.report);
    return;
  }
  ASSERT_TRUE(read.report);
  for (const char* name : {"feedback_type",
                           "version",
                           "user_agent",
                           "auth_failure",
                           "authentication_results",
                           "identity_alignment",
                           "delivery_result",
                           "arrival_date",
                           "source_ip",
                           "source_port",
                           "reported_domain",
                           "original_envelope_id",
                           "original_mail_from",
                           "original_rcpt_to",
                           "dkim_domain",
                           "dkim_identity",
                           "dkim_selector",
                           "original",
                           "subject",
                           "message_id"}) {
    EXPECT_EQ(member(*read.report, name), c.get(name, "")) << name;
  }
  std::vector<std::string> others;
  for (const OtherField& field : read.report->other_fields) others.push_back(field.name);
  EXPECT_EQ(others, c.all("other"));
  // What was read can be written and read again.
  const Report report = normalized(*read.report);
  EXPECT_EQ(failure::read(write(report, {})).report, report);
}

/// A mail with a report of these fields, and those that every report must have.
std::string mail_of(const std::string& fields, const std::string& third = "message/rfc822") {
  std::string mail =
      "Content-Type: multipart/report; report-type=feedback-report; boundary=b\r\n\r\n"
      "--b\r\n\r\ntext\r\n--b\r\nContent-Type: message/feedback-report\r\n\r\n" +
      fields;
  for (const char* field : {"Feedback-Type: auth-failure\r\n", "Version: 1\r\n",
                            "User-Agent: T/1\r\n", "Auth-Failure: spf\r\n"}) {
    const std::string name(field, std::string_view(field).find(':') + 1);
    if (!fields.contains(name)) mail += field;
  }
  return mail + "\r\n--b\r\nContent-Type: " + third + "\r\n\r\nSubject: x\r\n\r\nbody\r\n--b--\r\n";
}

CASES(Feedback, "assay/failure/testdata/feedback.cases") {
  std::string fields;
  for (const std::string& field : c.all("field")) fields += field + "\r\n";
  const Read read = failure::read(mail_of(fields));
  ASSERT_TRUE(read.report);
  EXPECT_EQ(member(*read.report, c["of"]), c["value"]);
  EXPECT_EQ(complaints(read.findings), c.all("finding"));
}

TEST(Read, TheThirdPartHasOneOfFourTypes) {
  for (const char* type : {"message/rfc822", "message/global"}) {
    EXPECT_EQ(read(mail_of("", type)).report->original,
              (Original{OriginalForm::message, "Subject: x\r\n\r\nbody"}))
        << type;
  }
  for (const char* type : {"text/rfc822-headers", "message/global-headers"}) {
    EXPECT_EQ(read(mail_of("", type)).report->original,
              (Original{OriginalForm::headers, "Subject: x\r\n"}))
        << type;
  }
  EXPECT_EQ(complaints(read(mail_of("", "image/png")).findings),
            std::vector<std::string>{"no_original"});
}

TEST(Read, IsBounded) {
  std::string many;
  for (int i = 0; i < 5'000; ++i) many += "X-Field: 1\r\nReported-Domain: a.example\r\n";
  const Read all = read(mail_of(many));
  EXPECT_LE(all.report->other_fields.size() + all.report->reported_domain.size(), 1'000U);
  EXPECT_EQ(complaints(all.findings), std::vector<std::string>{"too_many_fields"});
  const Read cut = read(mail_of(""), {.original_octets = 5});
  EXPECT_EQ(cut.report->original.octets, "Subje");
  EXPECT_EQ(complaints(cut.findings), std::vector<std::string>{"too_large"});
  std::string deep;
  for (int i = 0; i < 1'000; ++i)
    deep += "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n";
  EXPECT_FALSE(read(deep).report);
}

TEST(Read, SaysThatIdentityAlignmentHasTwoMeanings) {
  const Read read = failure::read(mail_of("Identity-Alignment: dkim\r\n"));
  ASSERT_EQ(read.findings.size(), 1U);
  EXPECT_EQ(read.findings[0].code, "ambiguous_alignment");
  EXPECT_EQ(read.findings[0].level, Level::info);
  const Read known = failure::read(mail_of("Identity-Alignment: dkim\r\n"),
                                   {.reporter = Reporter::follows_rfc9991});
  EXPECT_TRUE(known.findings.empty());
}

TEST(OriginalFacts, AreFromSubjectIdentityAndLinks) {
  const Original original{
      OriginalForm::message,
      "From: A\r\n <a@example.com>\r\nSubject: x\r\nMessage-ID: <1@example.com>\r\n"
      "Content-Transfer-Encoding: quoted-printable\r\n\r\n"
      "See https://a.example/x?y=3D1, <http://b.example>, hxxp://c.example and\r\n"
      "https://a.example/x?y=3D1. ftp://d.example\r\n"};
  const OriginalFacts facts = original_facts(original);
  EXPECT_EQ(facts.from, "A <a@example.com>");
  EXPECT_EQ(facts.subject, "x");
  EXPECT_EQ(facts.message_id, "<1@example.com>");
  EXPECT_EQ(facts.urls, (std::vector<std::string>{"https://a.example/x?y=1", "http://b.example",
                                                  "hxxp://c.example"}));
}

}  // namespace
}  // namespace assay::failure
