#include "assay/aggregate/read.h"

#include "assay/aggregate/detail/report_reader.h"
#include "assay/aggregate/testdata/random_report.h"
#include "assay/aggregate/write.h"

#include "testkit/cases.h"

namespace assay::aggregate {
namespace {

/// A report of one record, with `what` replaced by `with` once.
std::string report_with(std::string_view what, std::string_view with) {
  std::string xml = R"(<?xml version="1.0"?>
<feedback>
<version>1.0</version>
<report_metadata><org_name>receiver.example</org_name><email>a@receiver.example</email>
<report_id>id1</report_id><date_range><begin>1777507200</begin><end>1777593599</end></date_range></report_metadata>
<policy_published><domain>example.com</domain><p>none</p><sp>none</sp><pct>100</pct></policy_published>
<record><row><source_ip>192.0.2.1</source_ip><count>3</count>
<policy_evaluated><disposition>none</disposition><dkim>pass</dkim><spf>fail</spf></policy_evaluated></row>
<identifiers><header_from>example.com</header_from></identifiers>
<auth_results><dkim><domain>example.com</domain><selector>s1</selector><result>pass</result></dkim>
<spf><domain>example.net</domain><scope>mfrom</scope><result>pass</result></spf></auth_results></record>
</feedback>
)";
  const std::size_t at = what.empty() ? xml.size() : xml.find(what);
  EXPECT_NE(at, std::string::npos) << what;
  return xml.replace(at, what.size(), with);
}

/// The fields that the cases ask for.
std::string field(const Reading& reading, const std::string& name) {
  const Report& report = reading.report;
  const Row row = report.records.empty() ? Row{} : report.records[0].row;
  const DkimResult dkim = row.dkim_results.empty() ? DkimResult{} : row.dkim_results[0];
  const SpfResult spf = row.spf_results.empty() ? SpfResult{} : row.spf_results[0];
  const Reason reason = row.reasons.empty() ? Reason{} : row.reasons[0];
  const std::pair<std::string_view, std::string> fields[] = {
      {"schema", report.schema == Schema::rfc9990 ? "rfc9990" : "rfc7489"},
      {"version", report.version},
      {"org_name", report.metadata.org_name},
      {"report_id", report.metadata.report_id},
      {"begin", std::to_string(report.metadata.begin.time_since_epoch().count())},
      {"end", std::to_string(report.metadata.end.time_since_epoch().count())},
      {"errors", std::to_string(report.metadata.errors.size())},
      {"domain", report.policy.domain},
      {"p", report.policy.p},
      {"adkim", report.policy.adkim},
      {"testing", report.policy.testing},
      {"records", std::to_string(reading.records)},
      {"messages", std::to_string(reading.messages)},
      {"source_ip", row.source_ip},
      {"disposition", row.disposition},
      {"dkim", row.dkim},
      {"header_from", row.header_from},
      {"envelope_from", row.envelope_from},
      {"reason", reason.type + "/" + reason.comment},
      {"signatures", std::to_string(row.dkim_results.size())},
      {"dkim_result", dkim.domain + "/" + dkim.selector + "/" + dkim.result},
      {"spf_results", std::to_string(row.spf_results.size())},
      {"spf_result", spf.domain + "/" + spf.scope + "/" + spf.result},
  };
  for (const auto& [key, value] : fields) {
    if (key == name) return value;
  }
  ADD_FAILURE() << "no field " << name;
  return {};
}

CASES(ReadReport, "assay/aggregate/testdata/read.cases") {
  const Reading reading = read_xml(report_with(c.get("replace", ""), c.get("by", "")));
  std::string codes;
  for (const Finding& finding : reading.findings) {
    codes += (codes.empty() ? "" : " ") + std::string(finding.code);
    EXPECT_FALSE(finding.what.empty());
  }
  EXPECT_EQ(reading.error ? reading.error->code : "", c.get("error", ""));
  if (reading.error) return;
  EXPECT_EQ(codes, c.get("findings", ""));
  for (const auto& [key, value] : c.entries) {
    if (key == "case" || key == "replace" || key == "by" || key == "findings") continue;
    EXPECT_EQ(field(reading, key), value) << key;
  }
}

TEST(ReadXml, GivesBackWhatWasWritten) {
  for (std::uint64_t seed = 0; seed < 500; ++seed) {
    const Report report = testdata::make_report(seed);
    const std::string xml = write_xml(report);
    const Reading reading = read_xml(xml);
    ASSERT_FALSE(reading.error) << seed << reading.error->what;
    ASSERT_EQ(reading.report, report) << xml << write_xml(reading.report);
  }
}

TEST(ReadXml, FromASourceOfAnyPiecesIsTheSame) {
  for (const std::size_t size : {1U, 7U, 4096U}) {
    const Report report = testdata::make_report(size);
    const std::string text = write_xml(report);
    xml::Reader xml([rest = std::string_view(text), size](std::span<char> into) mutable {
      const std::size_t given = rest.copy(into.data(), std::min(into.size(), size));
      rest.remove_prefix(given);
      return given;
    });
    EXPECT_EQ(read_xml(xml).report, report);
  }
}

TEST(ReadXml, HandsOnRecordAfterRecordWithoutHoldingThem) {
  Report report = testdata::make_report(1);
  const Record record = report.records[0];
  constexpr std::uint64_t many = 20'000;
  std::uint64_t written = 0;
  std::string piece;
  append_head(piece, report);
  xml::Reader xml([&](std::span<char> into) {
    while (piece.empty() && written <= many) {
      if (written++ < many) {
        append_record(piece, report.schema, record);
      } else {
        append_end(piece);
      }
    }
    const std::size_t given = piece.copy(into.data(), into.size());
    piece.erase(0, given);
    return given;
  });
  std::uint64_t taken = 0;
  const Reading reading = read_xml(xml, [&](Record& one) {
    ++taken;
    ASSERT_EQ(one, record);
    const Record moved = std::move(one);
  });
  EXPECT_EQ(taken, many);
  EXPECT_EQ(reading.records, many);
  EXPECT_TRUE(reading.report.records.empty());
  EXPECT_EQ(reading.report.metadata, report.metadata);
}

TEST(ReadXml, HoldsNoMoreThanItsLimits) {
  ReadLimits limits{.text = 10, .held = 1, .results = 2};
  std::string more;
  for (int i = 0; i < 5; ++i) {
    more += "<dkim><domain>example.org</domain><result>fail</result></dkim>";
  }
  std::string xml = report_with("<auth_results>", "<auth_results>" + more);
  const std::string record =
      xml.substr(xml.find("<record>"), xml.find("</record>") + 9 - xml.find("<record>"));
  xml.insert(xml.find("<record>"), record);
  const Reading reading = read_xml(xml, limits);
  EXPECT_EQ(reading.report.metadata.org_name, "receiver.e");
  EXPECT_EQ(reading.report.records.size(), 1U);
  EXPECT_EQ(reading.records, 2U);
  EXPECT_EQ(reading.report.records[0].row.dkim_results.size(), 2U);
  EXPECT_TRUE(has_error(reading.findings));
  const Reading first = read_xml(xml, {.records = 1});
  EXPECT_EQ(first.records, 1U);
  EXPECT_EQ(first.report.records.size(), 1U);
  ASSERT_TRUE(has_error(first.findings));
  EXPECT_EQ(first.findings.front().what, "more than 1 records; the others are left out (record 2)");
}

/// The careful reader alone.
Reading read_carefully(std::string_view document) {
  xml::Reader xml(document);
  return detail::ReportReader(xml, nullptr, {}, detail::Pace::careful).run();
}

TEST(ReadXml, IsTheSameAtEitherPace) {
  for (const std::uint64_t seed : {1U, 2U, 3U, 4U, 5U}) {
    Report report = testdata::make_report(seed);
    testdata::Chance chance(seed);
    for (int i = 0; i < 300; ++i) {
      report.records.push_back(testdata::make_record(chance, report.schema));
    }
    const std::string xml = write_xml(report);
    const Reading careful = read_carefully(xml);
    for (const std::size_t size : {1U, 7U, 1000U, 100'000U}) {
      std::string_view rest = xml;
      xml::Reader pieces(xml::Source([&](std::span<char> into) {
        const std::size_t given = rest.copy(into.data(), std::min(into.size(), size));
        rest.remove_prefix(given);
        return given;
      }));
      const Reading fast = read_xml(pieces);
      EXPECT_EQ(fast.report, careful.report) << seed << " " << size;
      EXPECT_EQ(fast.findings, careful.findings) << seed << " " << size;
      EXPECT_EQ(fast.messages, careful.messages);
    }
  }
}

TEST(ReadXml, FindingsOfMillionsOfRecordsAreOneOfAKind) {
  std::string xml = report_with("", "");
  const std::size_t at = xml.find("<record>");
  const std::string record = xml.substr(at, xml.find("</record>") + 9 - at);
  std::string bad = record;
  bad.replace(bad.find("<disposition>none"), 17, "<disposition>NONE");
  for (int i = 0; i < 200; ++i) xml.insert(at, bad);
  const Reading reading = read_xml(xml);
  ASSERT_EQ(reading.findings.size(), 1U);
  EXPECT_EQ(reading.findings[0].what,
            "policy_evaluated/disposition \"NONE\" is read as none (200 times, first in record 1)");
}

}  // namespace
}  // namespace assay::aggregate
