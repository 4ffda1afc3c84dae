#include "assay/aggregate/write.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "assay/aggregate/testdata/random_report.h"

#include "testkit/cases.h"
#include "testkit/suites.h"

namespace assay::aggregate {
namespace {

Instant at(std::int64_t seconds) {
  return Instant{std::chrono::seconds{seconds}};
}

/// The report of RFC 9990 Appendix B.
Report sample() {
  Report report;
  report.metadata = {.org_name = "Sample Reporter",
                     .email = "report_sender@example-reporter.com",
                     .extra_contact_info = "...",
                     .report_id = "3v98abbp8ya9n3va8yr8oa3ya",
                     .begin = at(302832000),
                     .end = at(302918399),
                     .generator = "Example DMARC Aggregate Reporter v1.2"};
  report.policy = {.domain = "example.com",
                   .p = "quarantine",
                   .sp = "none",
                   .np = "none",
                   .discovery_method = "treewalk",
                   .testing = "n"};
  Record record{.count = 123};
  record.row = {.source_ip = "192.0.2.123",
                .disposition = "pass",
                .dkim = "pass",
                .spf = "fail",
                .header_from = "example.com",
                .envelope_from = "example.com",
                .dkim_results = {{.domain = "example.com", .selector = "abc123", .result = "pass"}},
                .spf_results = {{.domain = "example.com", .result = "fail"}}};
  report.records = {record};
  return report;
}

std::string between(const std::string& xml, const std::string& element) {
  const std::size_t from = xml.find("<" + element + ">");
  const std::size_t to = xml.find("</" + element + ">", from);
  return to == std::string::npos ? "" : xml.substr(from, to - from);
}

TEST(WriteXml, SampleOfTheRfcInTheOrderOfItsSchema) {
  EXPECT_EQ(write_xml(sample()),
            R"(<?xml version="1.0" encoding="UTF-8"?>
<feedback xmlns="urn:ietf:params:xml:ns:dmarc-2.0">
  <version>1.0</version>
  <report_metadata>
    <org_name>Sample Reporter</org_name>
    <email>report_sender@example-reporter.com</email>
    <extra_contact_info>...</extra_contact_info>
    <report_id>3v98abbp8ya9n3va8yr8oa3ya</report_id>
    <date_range>
      <begin>302832000</begin>
      <end>302918399</end>
    </date_range>
    <generator>Example DMARC Aggregate Reporter v1.2</generator>
  </report_metadata>
  <policy_published>
    <domain>example.com</domain>
    <p>quarantine</p>
    <sp>none</sp>
    <np>none</np>
    <discovery_method>treewalk</discovery_method>
    <testing>n</testing>
  </policy_published>
  <record>
    <row>
      <source_ip>192.0.2.123</source_ip>
      <count>123</count>
      <policy_evaluated>
        <disposition>pass</disposition>
        <dkim>pass</dkim>
        <spf>fail</spf>
      </policy_evaluated>
    </row>
    <identifiers>
      <header_from>example.com</header_from>
      <envelope_from>example.com</envelope_from>
    </identifiers>
    <auth_results>
      <dkim>
        <domain>example.com</domain>
        <selector>abc123</selector>
        <result>pass</result>
      </dkim>
      <spf>
        <domain>example.com</domain>
        <result>fail</result>
      </spf>
    </auth_results>
  </record>
</feedback>
)");
  EXPECT_TRUE(validate(sample()).empty());
}

TEST(WriteXml, OldFormHasWhatItsSchemaWantsAndNoWordOfTheNewOne) {
  Report report = sample();
  report.schema = Schema::rfc7489;
  Row& row = report.records[0].row;
  row.envelope_from.clear();
  row.spf_results.clear();
  row.reasons = {{.type = "policy_test_mode"}, {.type = "policy_test_mode", .comment = "t=y"}};
  const std::string xml = write_xml(report);
  EXPECT_NE(xml.find("<feedback>\n  <version>1.0</version>"), std::string::npos);
  EXPECT_EQ(between(xml, "policy_published"),
            "<policy_published>\n    <domain>example.com</domain>\n    <p>quarantine</p>\n"
            "    <sp>none</sp>\n    <pct>100</pct>\n    <fo>0</fo>\n  ");
  EXPECT_NE(xml.find("<disposition>none</disposition>"), std::string::npos);
  EXPECT_EQ(between(xml, "spf").substr(0, 20), "<spf>fail");
  EXPECT_NE(xml.find("<spf>\n        <domain>example.com</domain>\n        <scope>mfrom</scope>\n"
                     "        <result>none</result>"),
            std::string::npos);
  EXPECT_NE(xml.find("<envelope_from></envelope_from>"), std::string::npos);
  EXPECT_NE(xml.find("<type>other</type>\n          <comment>policy_test_mode</comment>"),
            std::string::npos);
  EXPECT_NE(xml.find("<comment>policy_test_mode: t=y</comment>"), std::string::npos);
  for (const char* word : {"np>", "testing>", "discovery_method>", "generator>", "xmlns"}) {
    EXPECT_EQ(xml.find(word), std::string::npos) << word;
  }
}

TEST(WriteXml, NewFormHasOneErrorOneSpfResultAndAHundredSignatures) {
  Report report = sample();
  report.metadata.errors = {"sp is no policy", "two records"};
  report.policy.pct = "50";
  Row& row = report.records[0].row;
  row.spf_results = {{.domain = "mx.example.com", .scope = "helo", .result = "pass"},
                     {.domain = "example.com", .scope = "mfrom", .result = "fail"},
                     {.domain = "example.org", .scope = "mfrom", .result = "fail"}};
  row.dkim_results.assign(150, row.dkim_results[0]);
  const std::string xml = write_xml(report);
  EXPECT_NE(xml.find("<error>sp is no policy; two records</error>"), std::string::npos);
  EXPECT_EQ(xml.find("<pct>"), std::string::npos);
  EXPECT_EQ(xml.find("helo"), std::string::npos);
  EXPECT_EQ(xml.find("example.org"), std::string::npos);
  std::size_t signatures = 0;
  for (std::size_t i = xml.find("<dkim>\n"); i != std::string::npos;
       i = xml.find("<dkim>\n", i + 1)) {
    ++signatures;
  }
  EXPECT_EQ(signatures, max_signatures);
}

TEST(WriteXml, TextOfAnyOctetsIsWrittenAsText) {
  Report report = sample();
  report.records[0].row.dkim_results[0].human_result = "</human_result>\xff\x01&";
  const std::string xml = write_xml(report);
  EXPECT_NE(xml.find("&lt;/human_result&gt;\xef\xbf\xbd\xef\xbf\xbd&amp;</human_result>"),
            std::string::npos);
  ASSERT_EQ(validate(report).size(), 1U);
  EXPECT_EQ(validate(report)[0].code, "not_text");
}

TEST(WithDefaults, AreThoseOfTheRecord) {
  const PolicyPublished policy = with_defaults({.domain = "example.com", .p = "reject"});
  EXPECT_EQ(policy, (PolicyPublished{.domain = "example.com",
                                     .p = "reject",
                                     .sp = "reject",
                                     .np = "reject",
                                     .adkim = "r",
                                     .aspf = "r",
                                     .discovery_method = "treewalk",
                                     .fo = "0",
                                     .testing = "n"}));
  EXPECT_EQ(with_defaults({.p = "reject", .sp = "none"}).np, "none");
}

TEST(OrderSignatures, PassedAndAlignedFirst) {
  Row row{.header_from = "a.example.com"};
  row.dkim_results = {{.domain = "a.example.com", .selector = "1", .result = "fail"},
                      {.domain = "badexample.com", .selector = "2", .result = "pass"},
                      {.domain = "b.example.com", .selector = "3", .result = "pass"},
                      {.domain = "example.com", .selector = "4", .result = "pass"},
                      {.domain = "a.example.com", .selector = "5", .result = "pass"}};
  order_signatures(row, "example.com");
  std::string order;
  for (const DkimResult& signature : row.dkim_results) order += signature.selector;
  EXPECT_EQ(order, "53421");
  row.dkim_results.resize(120);
  order_signatures(row, "example.com");
  EXPECT_EQ(row.dkim_results.size(), max_signatures);
}

struct Spoiled {
  const char* code;
  void (*spoil)(Report& report);
};

TEST(Validate, SaysWhatTheSchemaForbids) {
  const Spoiled cases[] = {
      {"missing", [](Report& r) { r.metadata.org_name.clear(); }},
      {"missing", [](Report& r) { r.metadata.email.clear(); }},
      {"bad_report_id", [](Report& r) { r.metadata.report_id = "two words"; }},
      {"bad_period",
       [](Report& r) { r.metadata.end = r.metadata.begin - std::chrono::seconds{1}; }},
      {"bad_value", [](Report& r) { r.version = "2.0"; }},
      {"missing", [](Report& r) { r.policy.domain.clear(); }},
      {"missing", [](Report& r) { r.policy.p.clear(); }},
      {"bad_word", [](Report& r) { r.policy.np = "drop"; }},
      {"bad_word", [](Report& r) { r.policy.testing = "yes"; }},
      {"no_record", [](Report& r) { r.records.clear(); }},
      {"bad_value", [](Report& r) { r.records[0].row.source_ip = "host"; }},
      {"bad_value", [](Report& r) { r.records[0].count = 0; }},
      {"bad_word", [](Report& r) { r.records[0].row.disposition = "Pass"; }},
      {"missing", [](Report& r) { r.records[0].row.dkim.clear(); }},
      {"bad_word", [](Report& r) { r.records[0].row.reasons = {{.type = "forwarded"}}; }},
      {"missing", [](Report& r) { r.records[0].row.header_from.clear(); }},
      {"missing", [](Report& r) { r.records[0].row.dkim_results[0].selector.clear(); }},
      {"bad_word", [](Report& r) { r.records[0].row.spf_results[0].result = "hardfail"; }},
      {"bad_word", [](Report& r) { r.records[0].row.spf_results[0].scope = "helo"; }},
      {"too_many",
       [](Report& r) { r.records[0].row.spf_results.resize(2, {"a", "", "pass", ""}); }},
  };
  for (const Spoiled& one : cases) {
    Report report = sample();
    one.spoil(report);
    const Findings findings = validate(report);
    ASSERT_EQ(findings.size(), 1U) << one.code << write_xml(report);
    EXPECT_EQ(findings[0].code, one.code) << findings[0].what;
  }
}

/// Runs xmllint over reports made by chance, all of one form. False where it is not installed.
void expect_valid(Schema schema, const std::string& schema_file) {
  namespace fs = std::filesystem;
  if (std::system("command -v xmllint >/dev/null") != 0) GTEST_SKIP() << "no xmllint";
  std::string folder = (fs::temp_directory_path() / "assay-reports-XXXXXX").string();
  ASSERT_NE(mkdtemp(folder.data()), nullptr);
  std::ofstream(folder + "/sample.xml") << [&] {
    Report report = sample();
    report.schema = schema;
    return write_xml(report);
  }();
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    Report report = testdata::make_report(seed);
    // The new form read by the old schema as well: what is written is what that form permits.
    if (schema == Schema::rfc9990 && report.schema != schema) continue;
    report.schema = schema;
    ASSERT_TRUE(validate(report).empty()) << validate(report)[0].what;
    std::ofstream(folder + "/" + std::to_string(seed) + ".xml") << write_xml(report);
  }
  const std::string command = "xmllint --noout --nonet --schema '" + schema_file + "' " + folder +
                              "/*.xml >" + folder + "/log 2>&1";
  EXPECT_EQ(std::system(command.c_str()), 0) << std::ifstream(folder + "/log").rdbuf();
  fs::remove_all(folder);
}

TEST(Schema, OfRfc9990HoldsForWhatIsWritten) {
  const auto suites = testkit::suites_folder();
  if (!suites) GTEST_SKIP() << "no folder of public suites";
  expect_valid(Schema::rfc9990, *suites + "/aggregate/schemas/dmarc-xml-0.2.xsd");
}

TEST(Schema, OfRfc7489HoldsForWhatIsWritten) {
  expect_valid(Schema::rfc7489, "assay/aggregate/testdata/rfc7489.xsd");
}

}  // namespace
}  // namespace assay::aggregate
