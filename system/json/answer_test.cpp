#include "system/json/answer.h"

#include <gtest/gtest.h>

#include "system/json/record_answer.h"

#include "testkit/cases.h"
#include <nlohmann/json.hpp>

namespace assay::json {
namespace {

DomainName name(std::string_view text) {
  return *DomainName::parse(text);
}

verify::Verdict sample_verdict() {
  verify::Verdict verdict;
  verdict.authors = {.from_fields = 1, .domains = {name("a.example.com")}, .usable = true};
  verdict.spf = {
      {.identity = spf::Identity::mfrom,
       .domain = "bounce.example.net",
       .result = spf::Result::softfail,
       .mechanism = "~all",
       .lookups = 3,
       .void_lookups = 1,
       .reason = "~all matches",
       .steps = {
           {.depth = 1, .domain = name("example.net"), .term = "mx", .outcome = "no match"}}}};
  verdict.dkim = {{.result = dkim::Result::pass,
                   .domain = "example.com",
                   .selector = "s1",
                   .identity = "@example.com",
                   .algorithm = "rsa-sha256",
                   .key_bits = 2048,
                   .body_length_signed = 123,
                   .reason = "the signature verifies"}};
  verdict.arc = {
      .result = arc::Result::pass, .instances = 1, .sealers = {"list.example"}, .reason = "intact"};
  verdict.dmarc = {.result = dmarc::Result::pass,
                   .author = name("a.example.com"),
                   .policy_domain = name("example.com"),
                   .organizational = name("example.com"),
                   .record = "v=DMARC1; p=reject",
                   .published_policy = dmarc::Policy::reject,
                   .policy = dmarc::Policy::reject,
                   .dkim_aligned = true,
                   .reason = "aligned",
                   .findings = {{.code = "x", .what = "y", .at = 12, .level = Level::warning}}};
  verdict.decision = {.disposition = verify::Disposition::pass};
  verdict.authentication_results = "Authentication-Results: mx;\r\n none";
  return verdict;
}

constexpr std::string_view sample_json =
    R"({"id":"any",)"
    R"("dmarc":{"result":"pass","author_domain":"a.example.com","author_domains":["a.example.com"],)"
    R"("policy_domain":"example.com","organizational_domain":"example.com",)"
    R"("record":"v=DMARC1; p=reject","published_policy":"reject","policy":"reject",)"
    R"("test_mode":false,"discovery":"treewalk","aligned":{"spf":false,"dkim":true},)"
    R"("reason":"aligned","findings":[{"code":"x","what":"y","at":12,"level":"warning"}]},)"
    R"("spf":[{"identity":"mfrom","domain":"bounce.example.net","result":"softfail",)"
    R"("mechanism":"~all","lookups":3,"void_lookups":1,"reason":"~all matches"}],)"
    R"("dkim":[{"domain":"example.com","selector":"s1","identity":"@example.com",)"
    R"("algorithm":"rsa-sha256","key_bits":2048,"result":"pass","reason":"the signature verifies",)"
    R"("body_length_signed":123}],)"
    R"("arc":{"result":"pass","instances":1,"sealers":["list.example"],"reason":"intact"},)"
    R"("authentication_results":"Authentication-Results: mx;\r\n none",)"
    R"("decision":{"disposition":"pass","action":"accept","override":[]},)"
    R"("dns":[{"name":"example.com","type":"TXT","outcome":"name_error","ms":1.2}]})";

TEST(VerdictLine, IsAsDocumented) {
  const std::vector<dns::Asked> asked = {
      {.question = {.name = name("example.com"), .type = dns::Type::txt},
       .outcome = dns::Outcome::name_error,
       .waited = std::chrono::duration<double, std::milli>(1.23)}};
  EXPECT_EQ(verdict_line("\"any\"", sample_verdict(), asked, Detail::result), sample_json);
}

TEST(VerdictLine, AMessageWithoutAuthorHasNone) {
  verify::Verdict verdict;
  verdict.dmarc.reason = "no author";
  const auto line = nlohmann::json::parse(verdict_line("", verdict, {}, Detail::result));
  EXPECT_FALSE(line.contains("id"));
  EXPECT_FALSE(line.contains("spf"));
  EXPECT_FALSE(line["dmarc"].contains("author_domain"));
  EXPECT_TRUE(line["dmarc"]["author_domains"].empty());
  EXPECT_EQ(line["dmarc"]["result"], "none");
  EXPECT_TRUE(line["dkim"].is_array());
}

TEST(VerdictLine, ComparesBothStandards) {
  verify::Verdict verdict = sample_verdict();
  verdict.rfc7489 = verdict.dmarc;
  verdict.rfc7489->result = dmarc::Result::fail;
  verdict.rfc7489->discovery = dmarc::Discovery::psl;
  verdict.differs = {"result"};
  const auto line = nlohmann::json::parse(verdict_line("", verdict, {}, Detail::result));
  EXPECT_EQ(line["rfc7489"]["result"], "fail");
  EXPECT_EQ(line["rfc7489"]["discovery"], "psl");
  EXPECT_EQ(line["differs"], nlohmann::json::array({"result"}));
}

TEST(VerdictLine, TraceTellsTheTermsOfSpf) {
  const auto line = nlohmann::json::parse(verdict_line("", sample_verdict(), {}, Detail::trace));
  EXPECT_EQ(line["spf"][0]["trace"][0]["term"], "mx");
}

TEST(VerdictLine, HostileOctetsStayInTheirStrings) {
  verify::Verdict verdict = sample_verdict();
  const std::string hostile = "\"},{\x1b[2J\r\n\xff\xe2\x80\xae";
  verdict.spf.front().domain = hostile;
  verdict.spf.front().explanation = hostile;
  verdict.dkim.front().selector = hostile;
  verdict.dmarc.record = hostile;
  verdict.arc.sealers = {hostile};
  const std::string text = verdict_line("", verdict, {}, Detail::result);
  EXPECT_TRUE(nlohmann::json::accept(text));
  EXPECT_EQ(text.find('\x1b'), std::string::npos);
  EXPECT_EQ(text.find("\xe2\x80\xae"), std::string::npos);
  EXPECT_EQ(text.find('\n'), std::string::npos);
}

TEST(ErrorLine, HasTheIdAsGiven) {
  EXPECT_EQ(error_line("7", "no"), R"({"id":7,"error":"no"})");
  EXPECT_EQ(error_line("", "no"), R"({"error":"no"})");
}

CASES(RecordLine, "system/json/testdata/record.cases") {
  const auto kind = parse_record_kind(c["kind"]);
  ASSERT_TRUE(kind);
  const auto line = nlohmann::ordered_json::parse(record_line("1", *kind, c["text"]));
  EXPECT_EQ(line["id"], 1);
  EXPECT_EQ(line["valid"].get<bool>() ? "yes" : "no", c["valid"]);
  for (const std::string& part : c.all("holds")) {
    EXPECT_NE(line.dump().find(part), std::string::npos) << part << "\n" << line.dump();
  }
  for (const auto& finding : line["findings"]) {
    const std::string level = finding["level"];
    EXPECT_TRUE(level == "error" || level == "warning" || level == "info");
    if (c.has("finding")) {
      EXPECT_EQ(finding["code"], c["finding"]);
    }
  }
}

}  // namespace
}  // namespace assay::json
