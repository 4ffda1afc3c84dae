// The public suites of record syntax. In those of RFC 7489 age "not valid" means that a linter must
// complain; whether receivers use the record is RFC 9989's to say.
#include <gtest/gtest.h>

#include <algorithm>

#include "assay/dmarc/testdata/suite_input.h"

namespace assay::dmarc {
namespace {

using test::Json;

std::vector<testkit::SuiteCase> records_of(const Json& suite) {
  std::vector<testkit::SuiteCase> cases;
  for (const Json& one : suite["cases"]) {
    cases.push_back(
        {std::to_string(cases.size() + 1) + " " + one["record"].get<std::string>(), one});
  }
  return cases;
}

bool complains(const Findings& findings) {
  return std::ranges::any_of(findings, [](const Finding& f) { return f.level != Level::info; });
}

/// Whether a linter says that something must be repaired.
bool complains(const std::string& text) {
  const auto record = parse_record(text);
  return !record || complains(record->findings);
}

bool used(const std::string& text) {
  const auto record = parse_record(text);
  return record && record->usable() != Usable::not_at_all;
}

// mail-auth and mox: {"record", "valid", "tags"}

/// mail-auth allows white space in a size and drops an encoded space of an address; by RFC 9989
/// §4.8 and RFC 6068 §2 neither is a URI that can be sent to.
constexpr std::string_view loose_uris =
    "v=DMARC1; p=reject; ri = 3600; aspf=r; adkim =r; rua=mailto:dmarc-feedback@example.com!10 K , "
    "mailto:user%20@example.com ! 2G;ignore_me= true; fo=s; rf = AfrF; ";
/// mox allows 0 and 1 together; by RFC 9989 §4.7 they exclude each other.
constexpr std::string_view loose_options = "FO = 0:1:d:s";

void expect_policies(const PolicyRecord& record, const Json& tags) {
  const std::pair<const char*, Place> places[] = {{"p", Place::own_domain},
                                                  {"sp", Place::existing_subdomain},
                                                  {"np", Place::non_existent_subdomain}};
  for (const auto& [name, place] : places) {
    if (tags.contains(name)) {
      EXPECT_EQ(to_text(policy_for(record, place).value()), tags[name].get<std::string>()) << name;
    }
  }
}

void expect_words(const PolicyRecord& record, const Json& tags) {
  const std::pair<const char*, std::string> words[] = {
      {"adkim", record.adkim == Alignment::strict ? "s" : "r"},
      {"aspf", record.aspf == Alignment::strict ? "s" : "r"},
      {"psd", std::string(to_text(record.psd))},
      {"t", record.test_mode ? "y" : "n"}};
  for (const auto& [name, value] : words) {
    if (tags.contains(name)) {
      EXPECT_EQ(value, tags[name].get<std::string>()) << name;
    }
  }
  if (tags.contains("pct")) {
    EXPECT_EQ(record.pct, tags["pct"].get<unsigned>());
  }
  if (!tags.contains("fo") || record.text.contains(loose_options)) return;
  std::string options;
  for (const Json& option : tags["fo"]) {
    options += (options.empty() ? "" : ":") + option.get<std::string>();
  }
  EXPECT_EQ(record.fo, options);
}

void expect_uris(const std::vector<ReportUri>& uris, const Json& wanted) {
  ASSERT_EQ(uris.size(), wanted.size());
  for (std::size_t i = 0; i < uris.size(); ++i) {
    const Json& one = wanted[i];
    const Json text = one.is_string() ? one : one.value("uri", one.value("address", Json()));
    EXPECT_TRUE(text == uris[i].uri || text == uris[i].address) << text << " " << uris[i].uri;
    EXPECT_EQ(one.is_object(), !uris[i].size.empty());
  }
}

void run_record(const Json& one) {
  const std::string text = one["record"].get<std::string>();
  if (!one["valid"].get<bool>()) {
    EXPECT_TRUE(complains(text)) << text;
    return;
  }
  ASSERT_TRUE(used(text)) << text;
  const PolicyRecord record = parse_record(text).value();
  const Json& tags = one["tags"];
  expect_policies(record, tags);
  expect_words(record, tags);
  if (text == loose_uris) {
    EXPECT_TRUE(complains(text));
    return;
  }
  if (tags.contains("rua")) expect_uris(record.rua, tags["rua"]);
  if (tags.contains("ruf")) expect_uris(record.ruf, tags["ruf"]);
}

[[maybe_unused]] const int mail_auth = testkit::register_suite(
    "MailAuthRecords", "dmarc/mail-auth/record-syntax.json", records_of, run_record);
[[maybe_unused]] const int mox =
    testkit::register_suite("MoxRecords", "dmarc/mox/record-syntax.json", records_of, run_record);

// OpenDMARC: {"record", "outcome"}; it takes p=n for none.

void run_outcome(const Json& one) {
  const std::string text = one["record"].get<std::string>();
  if (one["outcome"] != "ok") {
    EXPECT_TRUE(complains(text)) << text;
    return;
  }
  // RFC 9989 §4.8 knows no abbreviation of a policy.
  EXPECT_EQ(used(text), text != "v=DMARC1; p=n;") << text;
}

[[maybe_unused]] const int opendmarc = testkit::register_suite(
    "OpenDmarcRecords", "dmarc/opendmarc/record-syntax.json", records_of, run_outcome);

// checkdmarc: {"call", "args", "dns_mock", "expect"}

/// What its warnings are called here.
constexpr std::pair<std::string_view, std::string_view> codes[] = {
    {"pct tag was removed in RFC 9989", "historic_pct"},
    {"rf tag was removed in RFC 9989", "historic_rf"},
    {"ri tag was removed in RFC 9989", "historic_ri"},
    {"Unknown DMARC tag 'xyz'", "unknown_tag"},
    {"redundant", "bad_value"},
    {"sp tag value of none", "weak_subdomain_policy"},
    {"rua", "missing_rua"},
    {"p tag does not immediately follow the v tag", "p_not_second"},
    {"size limit (`!size`) on rua URI' in w and 'obsolete in RFC 9989", "report_size"},
    {"size limit (`!size`) on ruf URI' in w and 'obsolete in RFC 9989", "report_size"},
};

/// Warnings that need to know more than the record: whether the domain is parked, MX records.
constexpr std::string_view beyond_the_record[] = {
    "parked", "subdomain policy' in w.lower() and 'parked", "no MX records",
    "Failed to retrieve MX records", "ruf email address"};

void expect_warning(const PolicyRecord& record, const std::string& warning) {
  if (std::ranges::find(beyond_the_record, warning) != std::end(beyond_the_record)) return;
  const auto* const code = std::ranges::find(codes, warning, [](const auto& c) { return c.first; });
  ASSERT_NE(code, std::end(codes)) << "a warning that the test does not know: " << warning;
  const auto found = std::ranges::find(record.findings, code->second, &Finding::code);
  ASSERT_NE(found, record.findings.end()) << code->second;
  EXPECT_NE(found->level, Level::info);
}

void expect_tag(const PolicyRecord& record, const std::string& name, const std::string& value) {
  const Json tags = {{name, value}};
  expect_policies(record, tags);
  expect_words(record, tags);
}

void run_parse(const Json& one) {
  const std::string text = one["args"][0].get<std::string>();
  if (text == "computed in the test") GTEST_SKIP() << "the record is not in the suite";
  const Json& expect = one["expect"];
  if (expect.contains("error")) {
    EXPECT_TRUE(complains(text)) << text;
    return;
  }
  ASSERT_TRUE(used(text)) << text;
  const PolicyRecord record = parse_record(text).value();
  const Json warnings_contain_of = expect.value("warnings_contain", Json::array());
  for (const Json& warning : warnings_contain_of) {
    expect_warning(record, warning.get<std::string>());
  }
  const Json tags_of = expect.value("tags", Json::object());
  for (const auto& [name, tag] : tags_of.items()) {
    expect_tag(record, name, tag["value"].get<std::string>());
  }
  if (one["id"] == "checkdmarc-testRFC9989RemovedTagImplicitNoWarning") {
    EXPECT_TRUE(std::ranges::none_of(record.findings, [](const Finding& finding) {
      return finding.code.starts_with("historic");
    }));
  }
}

void run_uri(const Json& one) {
  const auto uri = parse_report_uri(one["args"][0].get<std::string>());
  if (one["expect"].contains("error")) {
    EXPECT_FALSE(uri);
    return;
  }
  ASSERT_TRUE(uri);
  for (const Json& expected : one["expect"]["asserts"]) {
    const std::string path = expected["path"].get<std::string>();
    if (path == "address") {
      EXPECT_EQ(uri->address, expected["equals"].get<std::string>());
    } else if (path == "size_limit") {
      EXPECT_EQ(uri->size.empty(), expected["is"].is_null());
    } else {
      ASSERT_EQ(path, "scheme");
      EXPECT_TRUE(uri->supported);
    }
  }
}

/// The TXT records that a mocked DNS has at _dmarc of the domain asked for, and one label above.
Json mocked_zone(const Json& one) {
  const std::string domain = one["args"][0].get<std::string>();
  const auto name = [](const DomainName& of) { return "_dmarc." + of.text(); };
  const DomainName asked = DomainName::parse(domain).value();
  Json zone = Json::object();
  const Json dns_mock_of = one.value("dns_mock", Json::array());
  for (const Json& mock : dns_mock_of) {
    if (mock.contains("dns.return_value")) {
      for (const Json& text : mock["dns.return_value"]) zone[name(asked)]["TXT"].push_back({text});
    }
    if (mock.contains("query.side_effect") && mock["query.side_effect"].is_array()) {
      DomainName at = asked;
      for (const Json& text : mock["query.side_effect"]) {
        if (text.is_string() && text != "computed in the test") {
          zone[name(at)]["TXT"].push_back({text});
        }
        at = at.parent();
      }
    }
    if (mock.contains("query_dns") && mock["query_dns"] == "DNSException") {
      zone[name(asked)]["TXT"] = {{"rcode", "SERVFAIL"}};
    }
  }
  return zone;
}

void expect_refusal(const std::string& error, const Walk& walk, const Facts& facts) {
  if (error == "DMARCRecordNotFound") {
    EXPECT_EQ(facts.record, nullptr);
    EXPECT_FALSE(facts.discovery_failed);
    EXPECT_EQ(walk.steps.back().domain.label_count(), 1U);
  } else if (error == "MultipleDMARCRecords") {
    EXPECT_EQ(walk.steps.front().records_seen, 2U);
    EXPECT_EQ(facts.findings.at(0).code, "several_records");
  } else if (error == "DMARCRecordStartsWithWhitespace") {
    EXPECT_EQ(walk.steps.front().records_seen, 0U);
  } else if (error == "UnrelatedTXTRecordFoundAtDMARC") {
    EXPECT_NE(facts.record, nullptr);  // RFC 9989 §4.10 step 2: they are discarded
  } else {
    ASSERT_EQ(error, "DMARCError");
    EXPECT_TRUE(facts.discovery_failed);
  }
}

void run_query(const Json& one) {
  if (one.dump().contains("computed in the test") || !one.contains("dns_mock")) {
    GTEST_SKIP() << "the answers of the DNS are not in the suite";
  }
  if (one["id"] == "checkdmarc-testDMARCRecordAtRoot") {
    GTEST_SKIP() << "a record at the domain itself is not part of a walk";
  }
  test::JsonZone zone(mocked_zone(one));
  test::Recorder resolver(zone);
  const DomainName domain = DomainName::parse(one["args"][0].get<std::string>()).value();
  const Facts facts = gather(domain, {}, resolver);
  const Json& expect = one["expect"];
  if (expect.contains("error")) {
    expect_refusal(expect["error"].get<std::string>(), facts.author_walk, facts);
    return;
  }
  const Json asserts_of = expect.value("asserts", Json::array());
  for (const Json& expected : asserts_of) {
    if (expected["path"] == "location") {
      EXPECT_EQ(facts.policy_domain.value().text(), expected["equals"].get<std::string>());
    } else {
      ASSERT_EQ(expected["path"], "record");
      EXPECT_EQ(facts.record->text, expected["equals"].get<std::string>());
    }
  }
}

/// A whole check whose record is given: whether receivers use it.
void run_check(const Json& one) {
  if (one.dump().contains("computed in the test")) {
    GTEST_SKIP() << "the answers of the DNS are not in the suite";
  }
  const std::string text = one["dns_mock"][0]["query.return_value"]["record"].get<std::string>();
  for (const Json& expected : one["expect"]["asserts"]) {
    if (expected["path"] == "valid") {
      EXPECT_EQ(used(text), expected["is"].get<bool>());
    }
  }
}

void run_checkdmarc(const Json& one) {
  const std::string call = one["call"].get<std::string>();
  if (call == "parse_dmarc_record") return run_parse(one);
  if (call == "parse_dmarc_report_uri") return run_uri(one);
  if (call == "check_dmarc") return run_check(one);
  if (call == "query_dmarc_record" || call == "_query_dmarc_record") return run_query(one);
  GTEST_SKIP() << "a call that puts other calls together, or checks destinations: " << call;
}

[[maybe_unused]] const int checkdmarc = testkit::register_suite(
    "CheckDmarc", "dmarc/checkdmarc/lint-cases.json", test::cases_of, run_checkdmarc);

}  // namespace
}  // namespace assay::dmarc
