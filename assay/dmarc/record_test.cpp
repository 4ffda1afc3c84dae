#include "assay/dmarc/record.h"

#include "testkit/cases.h"

namespace assay::dmarc {
namespace {

std::string text_of(Usable usable) {
  switch (usable) {
    case Usable::as_written:
      return "as_written";
    case Usable::as_none:
      return "as_none";
    case Usable::not_at_all:
      return "not_at_all";
  }
  return {};
}

std::string text_of(std::optional<Policy> policy) {
  return policy ? std::string(to_text(*policy)) : "absent";
}

std::string text_of(Alignment mode) {
  return mode == Alignment::strict ? "strict" : "relaxed";
}

std::string codes_of(const Findings& findings) {
  std::string codes;
  for (const Finding& finding : findings) {
    codes += (codes.empty() ? "" : " ") + std::string(finding.code);
  }
  return codes;
}

std::string sentences_of(const Findings& findings) {
  std::string text;
  for (const Finding& finding : findings) text += finding.what + "\n";
  return text;
}

void expect_values(const testkit::Case& c, const PolicyRecord& record) {
  const std::vector<std::pair<std::string, std::string>> values = {
      {"use", text_of(record.usable())},
      {"use7489", text_of(record.usable_rfc7489())},
      {"p", text_of(record.p)},
      {"sp", text_of(record.sp)},
      {"np", text_of(record.np)},
      {"adkim", text_of(record.adkim)},
      {"aspf", text_of(record.aspf)},
      {"t", record.test_mode ? "y" : "n"},
      {"psd", std::string(to_text(record.psd))},
      {"fo", record.fo},
      {"options", std::string(record.failure_options())},
      {"pct", std::to_string(record.pct)},
      {"findings", codes_of(record.findings)},
      {"shortest", to_text(record)},
  };
  for (const auto& [key, value] : values) {
    if (c.has(key)) {
      EXPECT_EQ(value, c[key]) << key << "\n" << sentences_of(record.findings);
    }
  }
}

void expect_uris(const testkit::Case& c, const PolicyRecord& record) {
  std::vector<std::string> rua;
  std::vector<std::string> ruf;
  std::vector<std::string> addresses;
  for (const ReportUri& uri : record.rua) {
    rua.push_back(uri.uri);
    addresses.push_back(uri.supported ? uri.address : "-");
  }
  for (const ReportUri& uri : record.ruf) ruf.push_back(uri.uri);
  const auto expected = [&](const char* key) {
    std::vector<std::string> texts = c.all(key);
    std::erase(texts, "");
    return texts;
  };
  const std::vector<std::pair<const char*, const std::vector<std::string>*>> lists = {
      {"rua", &rua}, {"ruf", &ruf}, {"address", &addresses}};
  for (const auto& [key, values] : lists) {
    if (c.has(key)) {
      EXPECT_EQ(*values, expected(key)) << key;
    }
  }
  for (const std::string& wanted : c.all("tag")) {
    bool found = false;
    for (const auto& [name, value] : record.tags) found = found || name + "=" + value == wanted;
    EXPECT_TRUE(found) << "tag " << wanted;
  }
}

CASES(Record, "assay/dmarc/testdata/record.cases") {
  const std::string text = c["record"];
  const auto record = parse_record(text);
  EXPECT_EQ(record.has_value(), is_dmarc_record(text));
  if (!record) {
    EXPECT_EQ(c["use"], "none") << record.error().what;
    EXPECT_EQ(record.error().code, "no_dmarc_record");
    EXPECT_NE(record.error().what.find(c.get("says", "")), std::string::npos)
        << record.error().what;
    return;
  }
  EXPECT_EQ(record->text, text);
  expect_values(c, *record);
  expect_uris(c, *record);
  EXPECT_NE(sentences_of(record->findings).find(c.get("says", "")), std::string::npos);
  for (const Finding& finding : record->findings) EXPECT_LE(finding.at, text.size());
  const auto again = parse_record(to_text(*record));
  ASSERT_TRUE(again);
  EXPECT_EQ(to_text(*again), to_text(*record));
}

std::string repeated(std::string_view piece, std::size_t octets) {
  std::string text = "v=DMARC1; p=reject";
  while (text.size() < octets) text += piece;
  return text;
}

/// A TXT record holds 65535 octets at most; none of them may cost more than its share.
TEST(RecordLimits, KeepNoMoreThanTheyName) {
  constexpr std::size_t longest = 65535;
  for (const std::string_view piece : {";", ";x", ";x=1", ";p=none", "; rua=a:", ";=;", "\xff"}) {
    const auto record = parse_record(repeated(piece, longest));
    ASSERT_TRUE(record);
    EXPECT_LE(record->findings.size(), max_record_findings + 10);
    EXPECT_LE(record->tags.size(), max_unknown_tags + 14);
  }
  std::string names = "v=DMARC1; p=reject";
  for (int i = 0; names.size() < longest; ++i) {
    names += ";x";
    for (int rest = i; rest >= 0; rest = rest / 26 - 1) names += static_cast<char>('a' + rest % 26);
    names += "=1";
  }
  const auto many = parse_record(names);
  ASSERT_TRUE(many);
  EXPECT_LE(many->tags.size(), max_unknown_tags + 14);
  EXPECT_EQ(many->p, Policy::reject);
  std::string uris = "v=DMARC1; rua=a:";
  while (uris.size() < longest) uris += ",a:";
  const auto listed = parse_record(uris);
  ASSERT_TRUE(listed);
  EXPECT_EQ(listed->rua.size(), max_report_uris);
  EXPECT_EQ(listed->usable(), Usable::as_none);
}

TEST(ReportUriText, IsReadAlone) {
  const auto plain = parse_report_uri("mailto:d@example.com!10m");
  ASSERT_TRUE(plain);
  EXPECT_EQ(plain->uri, "mailto:d@example.com");
  EXPECT_EQ(plain->size, "10m");
  EXPECT_EQ(plain->address, "d@example.com");
  EXPECT_FALSE(parse_report_uri("mailto:a@example.com,mailto:b@example.com"));
  EXPECT_FALSE(parse_report_uri("not_a_valid_uri"));
  EXPECT_FALSE(parse_report_uri(" mailto:d@example.com"));
}

}  // namespace
}  // namespace assay::dmarc
