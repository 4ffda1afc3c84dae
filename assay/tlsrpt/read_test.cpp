#include "assay/tlsrpt/read.h"

#include "assay/tlsrpt/write.h"

#include "testkit/cases.h"
#include "testkit/suites.h"

namespace assay::tlsrpt {
namespace {

using Json = nlohmann::json;

std::string joined(const std::vector<std::string>& texts) {
  std::string all;
  for (const std::string& text : texts) all += (all.empty() ? "" : "|") + text;
  return all.empty() ? all : " [" + all + "]";
}

std::vector<std::string> policies_of(const Report& report) {
  std::vector<std::string> lines;
  for (const Policy& one : report.policies) {
    std::string line = one.policy_type + " " + one.policy_domain + " " +
                       std::to_string(one.successful_session_count) + "/" +
                       std::to_string(one.failed_session_count);
    line += joined(one.policy_string) + joined(one.mx_host);
    for (const FailureDetail& detail : one.failure_details) {
      line += " " + detail.result_type + "=" + std::to_string(detail.failed_session_count);
    }
    lines.push_back(std::move(line));
  }
  return lines;
}

std::string codes_of(const Findings& findings) {
  std::string codes;
  for (const Finding& finding : findings) {
    codes += (codes.empty() ? "" : " ") + std::string(finding.code);
  }
  return codes;
}

std::string period_of(const Report& report) {
  if (report.end == Instant{}) return {};
  return to_rfc3339(report.begin) + " " + to_rfc3339(report.end);
}

CASES(ReadTls, "assay/tlsrpt/testdata/read.cases") {
  const Reading reading = read_json(c["json"]);
  EXPECT_EQ(reading.error ? reading.error->code : "", c.get("error", ""));
  if (reading.error) return;
  const Report& report = reading.report;
  EXPECT_EQ(report.organization_name, c.get("organization", ""));
  EXPECT_EQ(report.contact_info, c.get("contact", ""));
  EXPECT_EQ(report.report_id, c.get("id", ""));
  EXPECT_EQ(period_of(report), c.get("period", ""));
  EXPECT_EQ(policies_of(report), c.all("policy"));
  EXPECT_EQ(codes_of(reading.findings), c.get("findings", ""));
  EXPECT_EQ(read_json(write_json(report)).report, report);
}

Report whole_report() {
  Report report{.organization_name = "Company-X",
                .contact_info = "tls@company-x.example",
                .report_id = "id\"1\\",
                .begin = Instant{std::chrono::seconds{1777593600}},
                .end = Instant{std::chrono::seconds{1777679999}}};
  report.policies.push_back({.policy_type = "sts",
                             .policy_domain = "example.com",
                             .policy_string = {"version: STSv1", "K\xc3\xb6ln"},
                             .mx_host = {"*.example.com"},
                             .successful_session_count = 18446744073709551615ULL,
                             .failed_session_count = 3});
  report.policies[0].failure_details.push_back({.result_type = "validation-failure",
                                                .sending_mta_ip = "192.0.2.1",
                                                .receiving_mx_hostname = "mx.example.com",
                                                .receiving_mx_helo = "mx",
                                                .receiving_ip = "2001:db8::1",
                                                .failed_session_count = 3,
                                                .additional_information = "https://example.com/1",
                                                .failure_reason_code = "X509_V_ERR"});
  return report;
}

TEST(WriteTls, IsReadAsItWasWritten) {
  const Report report = whole_report();
  EXPECT_TRUE(validate(report).empty());
  const Reading reading = read_json(write_json(report));
  ASSERT_FALSE(reading.error);
  EXPECT_EQ(reading.report, report);
  EXPECT_EQ(codes_of(reading.findings), "");
  EXPECT_EQ(reading.sessions, 18446744073709551615ULL);
}

TEST(WriteTls, SaysWhatHindersAReport) {
  Report report = whole_report();
  report.contact_info.clear();
  report.end = report.begin - std::chrono::seconds{1};
  report.policies[0].policy_type = "none";
  EXPECT_EQ(codes_of(validate(report)), "missing bad_period bad_word");
  report.policies.clear();
  EXPECT_EQ(codes_of(validate(report)), "missing bad_period no_policies");
}

TEST(ReadTlsLimits, DepthSizeAndNumbersAreBounded) {
  const std::string deep = R"({"policies":)" + std::string(1'000'000, '[');
  EXPECT_EQ(read_json(deep).error->code, "too_deep");
  EXPECT_EQ(read_json(R"({"policies":[]})", {.octets = 5}).error->code, "too_large");
  Report report = whole_report();
  report.policies.resize(5, report.policies[0]);
  report.policies[0].mx_host.resize(50, "mx.example.com");
  report.report_id = std::string(100, 'a') + "\xc3\xb6";
  const Reading reading =
      read_json(write_json(report), {.text = 101, .policies = 4, .details = 2, .strings = 10});
  EXPECT_EQ(reading.report.policies.size(), 4U);
  EXPECT_EQ(reading.report.policies[0].mx_host.size(), 10U);
  EXPECT_EQ(reading.report.policies[2].failure_details.size(), 0U);
  EXPECT_EQ(reading.report.report_id, std::string(100, 'a'));
  EXPECT_EQ(codes_of(reading.findings), "too_long too_many too_many too_many");
  const std::string many = R"({"policies":[)" + [] {
    std::string keys;
    for (int i = 0; i < 5'000; ++i) keys += R"({"k)" + std::to_string(i) + R"(":1},)";
    return keys;
  }() + "{}]}";
  EXPECT_LE(read_json(many).findings.size(), 100U);
}

/// What an independent reader found in each sample: shared facts; here what we say about them.
void run_sample(const std::string& file, const Json& facts) {
  const Reading reading = read_json(testkit::read_suite_file("tlsrpt/" + file));
  if (facts[0]["policies"] == 0) {
    ASSERT_TRUE(reading.error) << file;
    EXPECT_EQ(reading.error->code, "no_policies");
    return;
  }
  ASSERT_FALSE(reading.error) << reading.error->what;
  const Report& report = reading.report;
  EXPECT_EQ(report.organization_name, facts[0]["organization"].get<std::string>());
  EXPECT_EQ(report.report_id, facts[0]["report_id"].get<std::string>());
  EXPECT_EQ(to_rfc3339(report.begin), facts[0]["start"].get<std::string>());
  EXPECT_EQ(report.policies.size(), facts[0]["policies"]);
  std::uint64_t success = 0;
  std::uint64_t failure = 0;
  std::size_t details = 0;
  for (const Policy& policy : report.policies) {
    success += policy.successful_session_count;
    failure += policy.failed_session_count;
    details += policy.failure_details.size();
  }
  EXPECT_EQ(success, facts[0]["success"]);
  EXPECT_EQ(failure, facts[0]["failure"]);
  EXPECT_EQ(details, facts[0]["failure_details"]);
  EXPECT_EQ(read_json(write_json(report)).report, report);
}

[[maybe_unused]] const int samples = [] {
  if (!testkit::suites_folder()) {
    testkit::register_test("TlsSamples", "skipped", [] { GTEST_SKIP() << "no public suites"; });
    return 0;
  }
  const Json facts = Json::parse(testkit::read_suite_file("tlsrpt/facts.json"))["files"];
  for (const auto& [file, fact] : facts.items()) {
    if (file.ends_with(".eml")) continue;  // the command reads mail: tests/cli/report_test.py
    testkit::register_test("TlsSamples", file, [file, fact] { run_sample(file, fact); });
  }
  return 0;
}();

}  // namespace
}  // namespace assay::tlsrpt
