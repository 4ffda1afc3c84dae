#include "assay/spf/lint.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "assay/base/ascii.h"
#include "assay/dns/zone.h"
#include "assay/spf/spf.h"

#include "testkit/cases.h"
#include "testkit/suites.h"

namespace {

using namespace assay;
using nlohmann::json;

CASES(SpfLint, "assay/spf/testdata/lint.cases") {
  const spf::Lint lint = spf::lint_record(c["text"]);
  EXPECT_EQ(lint.valid ? "yes" : "no", c["valid"]);
  EXPECT_EQ(lint.valid, spf::parse_record(c["text"]).has_value());
  EXPECT_EQ(std::to_string(lint.lookups), c.get("lookups", "0"));
  std::vector<std::string> findings;
  for (const Finding& finding : lint.findings) {
    findings.push_back(std::string(to_text(finding.level)) + " " + std::string(finding.code) + " " +
                       std::to_string(finding.at));
    EXPECT_FALSE(finding.what.empty());
  }
  EXPECT_EQ(findings, c.all("finding"));
  if (c.has("what")) {
    EXPECT_EQ(lint.findings.front().what, c["what"]);
  }
}

TEST(SpfLintLimits, ALongRecordIsAWarning) {
  std::string text = "v=spf1";
  while (text.size() < 460) text += " ip4:192.0.2." + std::to_string(text.size() % 256);
  const spf::Lint lint = spf::lint_record(text + " -all");
  EXPECT_TRUE(lint.valid);
  EXPECT_TRUE(std::ranges::any_of(
      lint.findings, [](const Finding& finding) { return finding.code == "long_record"; }));
}

TEST(SpfLintLimits, SixtyFourKibibytesOfErrorsKeepAHundred) {
  std::string text = "v=spf1 a mx";
  while (text.size() < 65'000) text += " foo";
  const spf::Lint lint = spf::lint_record(text);
  EXPECT_FALSE(lint.valid);
  EXPECT_EQ(lint.findings.size(), 100U);
  EXPECT_GT(lint.terms.size(), 10'000U);
}

bool has_complaint(const spf::Lint& lint, Level least) {
  return std::ranges::any_of(lint.findings, [&](const Finding& finding) {
    return finding.level == Level::error ||
           (least == Level::warning && finding.level == Level::warning);
  });
}

/// Records that the suites of others call valid or not, where RFC 7208 says otherwise.
struct Deviation {
  std::string_view record;
  std::string_view why;
};
constexpr Deviation not_valid[] = {
    {"v=spf1 al", "there is no mechanism al (§4.6.1)"},
    {"v=spf1 a:as%-//24///4 mx:%{i3r}.spf.%{d}", "as%-//24/ is no domain-spec (§7.1)"},
    {"v=spf1 a:as%-//24///4 mx:%{i3r}.spf.%{d}/", "the same, and a slash without a length (§5.6)"},
    {"v=spf1 a:as%-//24///4 mx:%{i3r}.spf.%{d}/24", "as%-//24/ is no domain-spec (§7.1)"},
    {"v=spf1 a:as%-//24//4 mx:%{i3r}.spf.%{d}", "as%-//24 is no domain-spec (§7.1)"},
    {"v=spf1 mx mx:a mx:b mx:c mx:d mx:e mx:f mx:g", "mx:a names a top label alone (§7.1)"},
    {"v=spf1 mx mx:a mx:b mx:c mx:d mx:e mx:f mx:g mx:h", "mx:a names a top label alone (§7.1)"},
    {"v=spf1 mx mx:a mx:b mx:c", "mx:a names a top label alone (§7.1)"},
    {"v=spf1 mx mx:a mx:b", "mx:a names a top label alone (§7.1)"},
};

std::vector<testkit::SuiteCase> record_cases(const json& suite) {
  std::vector<testkit::SuiteCase> cases;
  for (const json& one : suite.at("cases")) {
    cases.push_back(
        {.name = std::to_string(cases.size()) + " " + one.at("record").get<std::string>(),
         .data = one});
  }
  return cases;
}

void check_record_case(const json& data) {
  const std::string record = data.at("record");
  const bool deviates =
      std::ranges::find(not_valid, record, &Deviation::record) != std::ranges::end(not_valid);
  const bool expected = data.at("valid").get<bool>() && !deviates;
  const spf::Lint lint = spf::lint_record(record);
  EXPECT_EQ(lint.valid, expected) << (lint.findings.empty() ? "" : lint.findings.front().what);
  EXPECT_EQ(spf::parse_record(record).has_value(), lint.valid);
}

std::vector<testkit::SuiteCase> adoption_cases(const json& suite) {
  std::vector<testkit::SuiteCase> cases;
  for (const json& one : suite.at("records")) {
    cases.push_back({.name = std::to_string(cases.size()), .data = one});
  }
  return cases;
}

/// Real records of 2004, without verdicts: each is either usable or has a reason why not.
void check_adoption_case(const json& data) {
  const std::string record = data.get<std::string>();
  const spf::Lint lint = spf::lint_record(record);
  EXPECT_EQ(lint.valid, !has_complaint(lint, Level::error));
  const auto parsed = spf::parse_record(record);
  ASSERT_EQ(parsed.has_value(), lint.valid);
  if (!parsed) {
    EXPECT_FALSE(parsed.error().what.empty());
    return;
  }
  EXPECT_EQ(spf::parse_record(spf::to_text(*parsed)).value(), *parsed);
}

const int record_suites[] = {
    testkit::register_suite("Libspf2Records", "spf/libspf2/record-syntax.json", record_cases,
                            check_record_case),
    testkit::register_suite("KumomtaRecords", "spf/kumomta/record-syntax.json", record_cases,
                            check_record_case),
    testkit::register_suite("AdoptionRoll", "spf/libspf2/adoption-roll-records.json",
                            adoption_cases, check_adoption_case),
};

}  // namespace
