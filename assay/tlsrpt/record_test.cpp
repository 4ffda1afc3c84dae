#include "assay/tlsrpt/record.h"

#include <algorithm>

#include "testkit/cases.h"
#include "testkit/suites.h"

namespace assay::tlsrpt {
namespace {

using Json = nlohmann::json;

CASES(TlsrptRecord, "assay/tlsrpt/testdata/record.cases") {
  const auto record = parse_record(c["record"]);
  if (!record) {
    EXPECT_EQ(record.error().code, c["error"]) << record.error().what;
    EXPECT_LE(record.error().at, c["record"].size());
    return;
  }
  EXPECT_FALSE(c.has("error"));
  std::vector<std::string> rua;
  for (const Destination& to : record->rua) rua.push_back((to.supported ? "" : "-") + to.uri);
  EXPECT_EQ(rua, c.all("rua"));
  std::string codes;
  for (const Finding& finding : record->findings) {
    codes += (codes.empty() ? "" : " ") + std::string(finding.code);
  }
  EXPECT_EQ(codes, c["findings"]);
  EXPECT_EQ(to_text(*record), c.get("text", to_text(*record)));
  const auto again = parse_record(to_text(*record));
  ASSERT_TRUE(again);
  EXPECT_EQ(to_text(*again), to_text(*record));
}

TEST(TlsrptLimits, KeepNoMoreThanTheyName) {
  std::string text = "v=TLSRPTv1; rua=a:";
  while (text.size() < 30000) text += ",a:";
  while (text.size() < 60000) text += ";x=1;rua=b:";
  const auto record = parse_record(text);
  ASSERT_TRUE(record);
  EXPECT_EQ(record->rua.size(), max_destinations);
  EXPECT_LE(record->findings.size(), max_tags + max_destinations);
  EXPECT_LE(record->tags.size(), max_tags);
}

std::vector<testkit::SuiteCase> records_of(const Json& suite) {
  std::vector<testkit::SuiteCase> cases;
  for (const Json& one : suite["cases"]) {
    cases.push_back(
        {std::to_string(cases.size() + 1) + " " + one["record"].get<std::string>(), one});
  }
  return cases;
}

void run_record(const Json& one) {
  const auto record = parse_record(one["record"].get<std::string>());
  EXPECT_EQ(record.has_value(), one["valid"].get<bool>());
}

[[maybe_unused]] const int mox =
    testkit::register_suite("MoxTlsrpt", "tlsrpt/mox/record-syntax.json", records_of, run_record);

std::vector<testkit::SuiteCase> calls_of(const Json& suite) {
  std::vector<testkit::SuiteCase> cases;
  for (const Json& one : suite["cases"]) cases.push_back({one["id"], one});
  return cases;
}

void run_call(const Json& one) {
  if (one["call"] != "parse_smtp_tls_reporting_record") {
    GTEST_SKIP() << "a query, not a record: " << one["call"];
  }
  const auto record = parse_record(one["args"][0].get<std::string>());
  if (!one["expect"].contains("error")) {
    ASSERT_TRUE(record) << record.error().what;
    EXPECT_NE(std::ranges::find(record->tags, "rua", [](const auto& tag) { return tag.first; }),
              record->tags.end());
    return;
  }
  // RFC 8460 §3 allows several rua fields, of which a linter complains all the same.
  const bool complains =
      !record || std::ranges::any_of(record->findings, [](const Finding& finding) {
        return finding.level != Level::info;
      });
  EXPECT_TRUE(complains);
}

[[maybe_unused]] const int checkdmarc = testkit::register_suite(
    "CheckDmarcTlsrpt", "tlsrpt/checkdmarc/record-cases.json", calls_of, run_call);

}  // namespace
}  // namespace assay::tlsrpt
