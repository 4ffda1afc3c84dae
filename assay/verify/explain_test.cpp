#include "assay/verify/explain.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

#include "assay/base/ascii.h"
#include "assay/base/utf8.h"

#include "testkit/cases.h"

namespace assay::verify {
namespace {

std::optional<DomainName> name_of(const std::string& text) {
  auto name = to_a_labels(text);
  return name ? std::optional(*name) : std::nullopt;
}

template <class Enum>
Enum parse_word(const std::string& word, std::initializer_list<Enum> values) {
  for (const Enum value : values) {
    if (to_text(value) == word) return value;
  }
  ADD_FAILURE() << "no such word: " << word;
  return *values.begin();
}

std::optional<dmarc::Policy> policy_of(const testkit::Case& c, const char* key) {
  using enum dmarc::Policy;
  return c.has(key) ? std::optional(parse_word(c[key], {none, quarantine, reject})) : std::nullopt;
}

/// "domain result reason…"
spf::Outcome spf_of(const std::string& line) {
  using enum spf::Result;
  std::istringstream words(line);
  spf::Outcome outcome;
  std::string result;
  words >> outcome.domain >> result >> std::ws;
  std::getline(words, outcome.reason);
  outcome.result = parse_word(result, {none, neutral, pass, fail, softfail, temperror, permerror});
  return outcome;
}

/// "domain selector result reason…"
dkim::Outcome dkim_of(const std::string& line) {
  using enum dkim::Result;
  std::istringstream words(line);
  dkim::Outcome outcome;
  std::string result;
  words >> outcome.domain >> outcome.selector >> result >> std::ws;
  std::getline(words, outcome.reason);
  outcome.result = parse_word(result, {pass, fail, policy, neutral, temperror, permerror});
  return outcome;
}

dmarc::Evaluation evaluation_of(const testkit::Case& c) {
  using enum dmarc::Result;
  dmarc::Evaluation evaluation;
  evaluation.result = parse_word(c["result"], {none, pass, fail, temperror, permerror});
  if (c.has("author")) evaluation.author = *name_of(c["author"]);
  evaluation.policy_domain = name_of(c.get("policy_domain", ""));
  evaluation.organizational = name_of(c.get("organizational", ""));
  evaluation.record = c.get("record", "");
  evaluation.published_policy = policy_of(c, "published");
  evaluation.policy = policy_of(c, c.has("policy") ? "policy" : "published");
  evaluation.test_mode = c.has("test_mode");
  evaluation.spf_aligned = c.get("aligned", "").find("spf") != std::string::npos;
  evaluation.dkim_aligned = c.get("aligned", "").find("dkim") != std::string::npos;
  evaluation.unresolved = c.all("unresolved");
  for (const std::string& what : c.all("finding")) {
    evaluation.findings.push_back({.code = "x", .what = what});
  }
  return evaluation;
}

Verdict verdict_of(const testkit::Case& c) {
  Verdict verdict;
  verdict.dmarc = evaluation_of(c);
  verdict.decision = decide(verdict.dmarc);
  for (const std::string& domain : c.all("authors")) {
    verdict.authors.domains.push_back(*name_of(domain));
  }
  for (const std::string& line : c.all("spf")) verdict.spf.push_back(spf_of(line));
  for (const std::string& line : c.all("dkim")) verdict.dkim.push_back(dkim_of(line));
  if (c.has("arc")) {
    const bool pass = c["arc"] == "pass";
    verdict.arc = {.result = pass ? arc::Result::pass : arc::Result::fail,
                   .instances = 1,
                   .sealers = {"list.example.org"},
                   .reason = "a seal does not verify"};
  }
  if (c.has("rfc7489")) {
    verdict.rfc7489 = verdict.dmarc;
    verdict.differs = c.all("rfc7489");
  }
  return verdict;
}

std::vector<dns::Asked> asked_of(const testkit::Case& c) {
  std::vector<dns::Asked> asked;
  for (const std::string& name : c.all("no_answer")) {
    asked.push_back({.question = {.name = *DomainName::parse(name), .type = dns::Type::txt},
                     .outcome = dns::Outcome::temporary_failure,
                     .why = "servfail"});
  }
  return asked;
}

/// Words with one space between, wherever the lines were broken.
std::string in_one_line(const std::string& text) {
  std::istringstream words(text);
  std::string joined;
  for (std::string word; words >> word;) joined += (joined.empty() ? "" : " ") + word;
  return joined;
}

std::size_t columns_of(std::string_view line) {
  return static_cast<std::size_t>(std::ranges::count_if(
      line, [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

/// One screen of harmless text.
void expect_screen(const std::string& text) {
  const std::vector<std::string_view> lines = ascii::split(text, '\n');
  EXPECT_LE(lines.size(), 45U) << text;
  for (const std::string_view line : lines) {
    EXPECT_TRUE(utf8::is_harmless(line)) << line;
    // The verdict stays on one line, whatever the length of a domain.
    const bool verdict = line.data() == text.data();
    EXPECT_LE(columns_of(line), verdict ? 700U : 100U) << line;
  }
}

CASES(Explain, "assay/verify/testdata/explain.cases") {
  const Verdict verdict = verdict_of(c);
  Envelope envelope{.helo = "mx.example.net", .mail_from = c.get("mail_from", "")};
  if (c.has("spf")) envelope.client = IpAddress::parse("192.0.2.1");
  const std::string text = to_text(explain(verdict, envelope, asked_of(c)));
  expect_screen(text);
  EXPECT_EQ(text.substr(0, text.find('\n')), c["first"]);
  const std::string joined = in_one_line(text);
  for (const std::string& part : c.all("says")) {
    EXPECT_NE(joined.find(part), std::string::npos) << part << "\n" << text;
  }
  for (const std::string& part : c.all("says_not")) {
    EXPECT_EQ(joined.find(part), std::string::npos) << part << "\n" << text;
  }
}

TEST(ExplainDmarc, TellsIdentifiersThatOthersFound) {
  dmarc::Evaluation evaluation;
  evaluation.result = dmarc::Result::fail;
  evaluation.author = *DomainName::parse("example.com");
  evaluation.organizational = evaluation.policy_domain = evaluation.author;
  evaluation.record = "v=DMARC1; p=quarantine";
  evaluation.published_policy = evaluation.policy = dmarc::Policy::quarantine;
  evaluation.identifiers = {
      {.identifier = {.method = dmarc::Method::spf, .domain = *DomainName::parse("example.net")},
       .aligned = false}};
  const std::string text = in_one_line(to_text(explain(evaluation, decide(evaluation))));
  EXPECT_NE(text.find("SPF of example.net passed. It does not count: example.net does not belong"),
            std::string::npos)
      << text;
}

TEST(ExplainText, WrapsAtTheColumnsAsked) {
  const Explanation explanation{
      .verdict = "DMARC: NONE",
      .sections = {{.heading = "From",
                    .lines = {"one two three four five six seven eight nine ten",
                              "- eleven twelve thirteen fourteen fifteen"}}}};
  EXPECT_EQ(to_text(explanation, 40),
            "DMARC: NONE\n\n"
            "From        one two three four five six\n"
            "            seven eight nine ten\n"
            "            - eleven twelve thirteen\n"
            "              fourteen fifteen\n");
}

TEST(ForPeople, ShowsAnotherScriptOnlyWhereItIsHarmless) {
  const auto shown = [](const char* text) { return for_people(*DomainName::parse(text)); };
  EXPECT_EQ(shown("example.com"), "example.com");
  EXPECT_EQ(shown("xn--mnchen-3ya.example"), "xn--mnchen-3ya.example (m\xc3\xbcnchen.example)");
  EXPECT_EQ(shown("xn--ab-f4t.example"), "xn--ab-f4t.example");        // U+202E before "ab"
  EXPECT_EQ(shown("xn--1a7q.example"), "xn--1a7q.example");            // U+009B
  EXPECT_EQ(shown("xn--999999999.example"), "xn--999999999.example");  // no such label
  EXPECT_EQ(shown("a\x1b[2J.example"), "a\\x1b[2j.example");
}

}  // namespace
}  // namespace assay::verify
