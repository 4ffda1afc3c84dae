// The public samples of aggregate reports: what an independent reader found in each is what we
// find.
#include "testkit/suites.h"

#include <map>

#include "assay/aggregate/read.h"
#include "assay/archive/unpack.h"

namespace assay::aggregate {
namespace {

using Json = nlohmann::json;

std::vector<Reading> read_all(const std::string& octets) {
  std::vector<Reading> readings;
  archive::unpack(octets, [&](const std::string&, const archive::Read& read) {
    xml::Reader xml(read);
    readings.push_back(read_xml(xml));
  });
  return readings;
}

std::string text_of(const Json& fact) {
  return fact.is_string() ? fact.get<std::string>() : std::string();
}

std::string seconds(Instant at) {
  return std::to_string(at.time_since_epoch().count());
}

/// The messages that one aligned result passes, and that either does.
std::map<std::string, std::uint64_t> aligned(const Report& report) {
  std::map<std::string, std::uint64_t> counts = {{"dkim", 0}, {"spf", 0}, {"either", 0}};
  for (const Record& record : report.records) {
    const bool dkim = record.row.dkim == "pass";
    const bool spf = record.row.spf == "pass";
    if (dkim) counts["dkim"] += record.count;
    if (spf) counts["spf"] += record.count;
    if (dkim || spf) counts["either"] += record.count;
  }
  return counts;
}

void compare(const Report& report, const Json& fact) {
  EXPECT_EQ(report.metadata.org_name, text_of(fact["org_name"]));
  EXPECT_EQ(report.metadata.report_id, text_of(fact["report_id"]));
  EXPECT_EQ(report.policy.domain, text_of(fact["domain"]));
  EXPECT_EQ(report.policy.p, text_of(fact["p"]));
  EXPECT_EQ(report.policy.sp, text_of(fact["sp"]));
  EXPECT_EQ(report.policy.np, text_of(fact["np"]));
  EXPECT_EQ(seconds(report.metadata.begin), text_of(fact["begin"]));
  EXPECT_EQ(seconds(report.metadata.end), text_of(fact["end"]));
  EXPECT_EQ(report.records.size(), fact["records"].get<std::size_t>());
  std::uint64_t messages = 0;
  for (const Record& record : report.records) messages += record.count;
  EXPECT_EQ(messages, fact["messages"].get<std::uint64_t>());
  for (const auto& [method, count] : aligned(report)) {
    EXPECT_EQ(count, fact["aligned_messages"][method].get<std::uint64_t>()) << method;
  }
}

/// Those that the independent reader gave up, and others it saw differently, with what is right.
void expect_repaired(const std::string& file, const std::vector<Reading>& readings) {
  const std::map<std::string, std::size_t> records = {
      {"parsedmarc/aggregate/ikea.com!example.de!1538690400!1538776800.xml", 1},
      {"parsedmarc/aggregate/invalid_utf_8.xml", 1},
      {"parsedmarc/aggregate/invalid_xml.xml", 1},
      {"parsedmarc/inline/testRecoversMalformedXml.xml", 1},
      {"quirks-own/q07-unclosed-xs-schema.xml", 1},
      {"quirks-own/q13-missing-closing-bracket.xml", 1}};
  for (const Reading& reading : readings) {
    const auto found = records.find(file);
    if (found == records.end()) {
      ASSERT_TRUE(reading.error) << file;
      EXPECT_FALSE(reading.error->what.empty());
      continue;
    }
    EXPECT_FALSE(reading.error) << file << reading.error->what;
    EXPECT_EQ(reading.records, found->second) << file;
    EXPECT_FALSE(reading.findings.empty()) << file;
  }
}

/// Files whose facts are those of a reader that takes what it finds: times that are no numbers, a
/// count of more than 64 bits, a root element and nothing else. read_test.cpp says what we do.
bool is_seen_differently(const std::string& file, const Reading& reading) {
  const std::map<std::string, std::string> errors = {
      {"parsedmarc/inline/testParseReportFileInvalidAggregateReason.xml", "nothing_in_it"},
      {"parsedmarc/inline/testReportMetadataNotAStructureRaises.xml", "nothing_in_it"},
      {"quirks-own/q17-iso-dates.xml", ""},
      {"quirks-own/q18-float-epoch.xml", ""},
      {"quirks-own/q20-huge-count.xml", ""}};
  const auto found = errors.find(file);
  if (found == errors.end()) return false;
  EXPECT_EQ(reading.error ? reading.error->code : "", found->second);
  EXPECT_FALSE(reading.findings.empty());
  return true;
}

void run_file(const std::string& file, const Json& facts) {
  const std::vector<Reading> readings = read_all(testkit::read_suite_file("aggregate/" + file));
  if (facts.is_object()) {
    expect_repaired(file, readings);
    return;
  }
  ASSERT_EQ(readings.size(), facts.size());
  for (std::size_t i = 0; i < facts.size(); ++i) {
    if (facts[i].contains("error")) {
      expect_repaired(file, {readings[i]});
    } else if (!is_seen_differently(file, readings[i])) {
      ASSERT_FALSE(readings[i].error) << readings[i].error->what;
      compare(readings[i].report, facts[i]);
    }
  }
}

[[maybe_unused]] const int samples = [] {
  const auto folder = testkit::suites_folder();
  if (!folder) {
    testkit::register_test("AggregateSamples", "skipped",
                           [] { GTEST_SKIP() << "no public suites"; });
    return 0;
  }
  const Json facts = Json::parse(testkit::read_suite_file("aggregate/facts.json"))["files"];
  for (const auto& [file, fact] : facts.items()) {
    if (file.ends_with(".eml")) continue;  // the command reads mail: tests/cli/report_test.py
    testkit::register_test("AggregateSamples", file, [file, fact] { run_file(file, fact); });
  }
  return 0;
}();

}  // namespace
}  // namespace assay::aggregate
