// The linting suite of checkdmarc. Where its expectation rests on the text of a record, lint_record
// must agree; where it rests on records that the case itself gives, an evaluation must.

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "assay/base/ascii.h"
#include "assay/dns/resolver.h"
#include "assay/spf/lint.h"
#include "assay/spf/spf.h"

#include "testkit/suites.h"
#include <nlohmann/json.hpp>

namespace {

using namespace assay;
using nlohmann::json;

/// Cases that say nothing about the text of a record or about check_host.
struct Elsewhere {
  std::string_view id;
  std::string_view why;
};
constexpr std::string_view asks_dns = "rests on what a name in the record leads to today";
constexpr std::string_view no_data = "the suite does not hold the records it is about";
constexpr std::string_view own_code = "is about the other program's own functions";
constexpr Elsewhere elsewhere[] = {
    {"checkdmarc-testTooManySPFDNSLookups", no_data},
    {"checkdmarc-testTooManySPFDNSLookupsMocked", no_data},
    {"checkdmarc-testSPFParkedDomainWarning", "that a domain is parked, no record says"},
    {"checkdmarc-testRedirectTargetDnsException", asks_dns},
    {"checkdmarc-testExpAfterAllNoTxtRecords", asks_dns},
    {"checkdmarc-testExpAfterAllTooManyTxtRecords", asks_dns},
    {"checkdmarc-testExpAfterAllExceptionWarning", asks_dns},
    {"checkdmarc-testUndecodableCharactersInNonSPFRecord", no_data},
    {"checkdmarc-testUndecodableTxtSkipped", no_data},
    {"checkdmarc-testSpfTypeRecordWarning", no_data},
    {"checkdmarc-testNXDOMAINReraises", no_data},
    {"checkdmarc-testDNSExceptionBecomesSPFRecordNotFound", own_code},
    {"checkdmarc-testNonDNSExceptionPropagates", own_code},
    {"checkdmarc-testLongChunkWarning", no_data},
    {"checkdmarc-testLargeRecordWarning", no_data},
    {"checkdmarc-testSizeCheckSkippedOnUndecodableRecord", own_code},
    {"checkdmarc-testSPFCheckSpfError", own_code},
    {"checkdmarc-testErrorWithDataKeysIncluded", own_code},
};

/// Zone file strings, joined; anything else as it is.
std::string without_quotes(const std::string& text) {
  if (!text.starts_with('"')) return text;
  std::string joined;
  bool inside = false;
  for (const char c : text) {
    if (c == '"') {
      inside = !inside;
    } else if (inside) {
      joined += c;
    }
  }
  return joined;
}

/// One domain with its records; every name has the same addresses, or none.
class OneDomain final : public dns::Resolver {
 public:
  std::vector<std::string> texts;
  std::vector<dns::MailExchange> exchanges;
  std::vector<IpAddress> addresses;

  dns::AnswerPtr ask(const dns::Question& question) override {
    dns::Answer answer;
    if (question.type == dns::Type::txt) answer.texts = texts;
    if (question.type == dns::Type::mx) answer.exchanges = exchanges;
    if (question.type == dns::Type::a) answer.addresses = addresses;
    const bool found =
        !answer.texts.empty() || !answer.exchanges.empty() || !answer.addresses.empty();
    if (found) answer.outcome = dns::Outcome::records;
    return std::make_shared<const dns::Answer>(std::move(answer));
  }
};

spf::Outcome evaluate(OneDomain& domain) {
  return spf::check_mail_from({.client = IpAddress::parse("203.0.113.99").value(),
                               .helo = "mx.example.net",
                               .mail_from = "someone@example.com"},
                              domain);
}

bool has_complaint(const spf::Lint& lint) {
  return std::ranges::any_of(lint.findings,
                             [](const Finding& finding) { return finding.level != Level::info; });
}

/// The result that the last `all` stands for.
std::string all_of(const spf::Lint& lint) {
  std::string all;
  for (const spf::LintedTerm& term : lint.terms) {
    if (!term.term || !spf::is_all(*term.term)) continue;
    const char sign = term.written.front();
    all = sign == '-' ? "fail" : sign == '~' ? "softfail" : sign == '?' ? "neutral" : "pass";
  }
  return all;
}

void check_asserts(const json& asserts, const spf::Lint& lint) {
  for (const json& claim : asserts) {
    const std::string path = claim.at("path");
    if (path == "count of warnings") {
      EXPECT_EQ(has_complaint(lint), claim.at("equals") != 0);
    } else if (path == "dns_lookups") {
      EXPECT_EQ(lint.lookups, claim.at("equals").get<unsigned>());
    } else if (path == "parsed.all" && !lint.terms.empty() && all_of(lint) != "") {
      EXPECT_EQ(all_of(lint), claim.at("equals").get<std::string>());
    }
  }
}

/// The records that the case gives to mx and to addresses.
void add_mocks(const json& data, OneDomain& domain) {
  for (const json& mock : data.value("dns_mock", json::array())) {
    if (mock.contains("get_mx_records") && mock.at("get_mx_records").is_array()) {
      for (const json& exchange : mock.at("get_mx_records")) {
        domain.exchanges.push_back(
            {.preference = exchange.at("preference").get<std::uint16_t>(),
             .host = DomainName::parse(exchange.at("hostname").get<std::string>()).value()});
      }
    } else if (mock.contains("get_mx_records")) {
      // "computed in the test", which is about more than ten.
      domain.exchanges.assign(11, {.host = DomainName::parse("mx.example.com").value()});
    }
    for (const json& address : mock.value("get_a_records", json::array())) {
      domain.addresses.push_back(IpAddress::parse(address.get<std::string>()).value());
    }
  }
}

void check_record(const json& data) {
  const std::string record = without_quotes(data.at("args").at(0));
  const spf::Lint lint = spf::lint_record(record);
  const json& expect = data.at("expect");
  const std::string error = expect.value("error", "");
  if (error == "SPFSyntaxError") {
    EXPECT_FALSE(lint.valid);
    return;
  }
  if (!error.empty()) {
    EXPECT_TRUE(lint.valid);
    OneDomain domain;
    domain.texts = {record};
    add_mocks(data, domain);
    EXPECT_EQ(evaluate(domain).result, spf::Result::permerror);
    return;
  }
  const std::string title = ascii::to_lower(data.at("title").get<std::string>());
  if (expect.contains("warnings_contain") || title.contains("warn about")) {
    EXPECT_TRUE(has_complaint(lint));
  } else {
    EXPECT_TRUE(lint.valid) << lint.findings.front().what;
  }
  check_asserts(expect.value("asserts", json::array()), lint);
}

/// Which of several TXT records is the SPF record.
void check_choice(const json& data, const json& texts) {
  OneDomain domain;
  domain.texts = texts.get<std::vector<std::string>>();
  const spf::Outcome outcome = evaluate(domain);
  const json& expect = data.at("expect");
  const std::string error = expect.value("error", "");
  if (error == "SPFRecordNotFound") {
    EXPECT_EQ(outcome.result, spf::Result::none) << texts;
  } else if (error == "SPFError") {
    EXPECT_EQ(outcome.result, spf::Result::permerror) << texts;
  }
  for (const json& claim : expect.value("asserts", json::array())) {
    if (claim.at("path") != "record") continue;
    ASSERT_EQ(outcome.records.size(), 1U);
    EXPECT_EQ(outcome.records.front().text, claim.at("equals").get<std::string>());
  }
}

void check_choices(const json& data) {
  std::size_t checked = 0;
  for (const json& mock : data.at("dns_mock")) {
    const json& given = mock.begin().value();
    if (!given.is_array()) continue;
    const json& texts = given.back().is_array() ? given.back() : given;
    check_choice(data, texts);
    ++checked;
  }
  EXPECT_GT(checked, 0U);
}

void check(const json& data) {
  const std::string call = data.at("call");
  for (const Elsewhere& one : elsewhere) {
    if (data.at("id") == one.id) GTEST_SKIP() << one.why;
  }
  if (call == "parse_spf_record") {
    check_record(data);
  } else if (call == "check_spf") {
    EXPECT_TRUE(
        spf::lint_record(
            data.at("dns_mock").at(0).at("query.return_value").at("record").get<std::string>())
            .valid);
  } else {
    check_choices(data);
  }
}

std::vector<testkit::SuiteCase> cases_of(const json& suite) {
  std::vector<testkit::SuiteCase> cases;
  for (const json& one : suite.at("cases")) {
    cases.push_back({.name = one.at("id"), .data = one});
  }
  return cases;
}

const int registered =
    testkit::register_suite("CheckdmarcLint", "spf/checkdmarc/lint-cases.json", cases_of, check);

}  // namespace
