#include <gtest/gtest.h>

#include <string>

#include "assay/base/ascii.h"
#include "system/evidence/evidence.h"

#include "testkit/cases.h"

namespace assay::evidence {
namespace {

using testkit::Case;

std::pair<std::string, std::string> split_once(const std::string& text) {
  const std::size_t at = text.find(' ');
  if (at == std::string::npos) return {text, ""};
  return {text.substr(0, at), text.substr(at + 1)};
}

Kind kind_of(const std::string& word) {
  for (int i = 0; i <= static_cast<int>(Kind::misleading_from); ++i) {
    if (to_text(static_cast<Kind>(i)) == word) return static_cast<Kind>(i);
  }
  ADD_FAILURE() << "no kind " << word;
  return Kind::listed;
}

Finding read_finding(const std::string& line) {
  const auto [kind, rest] = split_once(line);
  const auto [leans, override_text] = split_once(rest);
  const auto [type, comment] = split_once(override_text);
  return {.kind = kind_of(kind),
          .leans = leans == "abuse" ? Leans::abuse : Leans::indirect,
          .override_type = type,
          .override_comment = comment};
}

dmarc::Result result_of(const std::string& word) {
  using enum dmarc::Result;
  for (const auto one : {none, pass, fail, temperror, permerror}) {
    if (to_text(one) == word) return one;
  }
  ADD_FAILURE() << "no result " << word;
  return none;
}

verify::Verdict read_verdict(const Case& c) {
  verify::Verdict verdict;
  verdict.authors.usable = c.get("usable", "yes") == "yes";
  verdict.dmarc.author = DomainName::parse(c.get("author", "example.com")).value();
  verdict.dmarc.result = result_of(c["result"]);
  if (c.has("policy")) {
    verdict.dmarc.policy = dmarc::parse_policy(c["policy"]);
    verdict.dmarc.published_policy = dmarc::parse_policy(c.get("asks", c["policy"]));
  }
  verdict.dmarc.test_mode = c.has("test-mode");
  verdict.dmarc.sampled_out = c.has("sampled-out");
  for (const std::string& line : c.all("dkim")) {
    const auto [word, domain] = split_once(line);
    const auto result = word == "pass" ? dkim::Result::pass : dkim::Result::temperror;
    verdict.dkim.push_back({.result = result, .domain = domain});
  }
  for (const std::string& line : c.all("spf")) {
    const auto [word, domain] = split_once(line);
    verdict.spf.push_back({.domain = domain, .result = spf::Result::pass});
  }
  return verdict;
}

Rules read_rules(const Case& c) {
  Rules rules;
  const std::string mode = c.get("mode", "rfc9989");
  if (mode == "monitor") rules.mode = Mode::monitor;
  if (mode == "published") rules.mode = Mode::published;
  EXPECT_EQ(to_text(rules.mode), mode);
  if (c.has("stricter")) rules.stricter = dmarc::parse_policy(c["stricter"]);
  rules.enforced = c.get("enforced", "yes") == "yes";
  rules.defer_on_dns_failure = c.has("defer");
  if (c.get("no-author", "") == "quarantine") rules.no_author = verify::Action::quarantine;
  if (c.get("no-author", "") == "reject") rules.no_author = verify::Action::reject;
  rules.reject_text = c.get("reject-text", rules.reject_text);
  return rules;
}

CASES(Judge, "system/evidence/testdata/judge.cases") {
  std::vector<Finding> findings;
  for (const std::string& line : c.all("finding")) findings.push_back(read_finding(line));
  const verify::Decision decision = judge(read_verdict(c), findings, read_rules(c));
  EXPECT_EQ(to_text(decision.action), c["action"]);
  EXPECT_EQ(to_text(decision.disposition), c["disposition"]);
  EXPECT_EQ(decision.reply, c.get("reply", ""));
  std::vector<std::string> overrides;
  for (const auto& [type, comment] : decision.overrides) {
    overrides.push_back(comment.empty() ? type : type + " " + comment);
  }
  EXPECT_EQ(overrides, c.all("override"));
}

/// Over all verdicts, findings and rules there are: what must hold for each decision.
class EveryDecision : public testing::Test {
 protected:
  template <class Check>
  static void each(Check check) {
    using dmarc::Policy;
    const std::vector<std::vector<Finding>> sets = {
        {},
        {{.kind = Kind::no_relay, .leans = Leans::abuse}},
        {{.kind = Kind::mailing_list, .override_type = "mailing_list"}},
        {{.kind = Kind::no_relay, .leans = Leans::abuse}, {.override_type = "local_policy"}}};
    for (const auto mode : {Mode::monitor, Mode::rfc9989, Mode::published}) {
      for (int result = 0; result < 5; ++result) {
        for (const auto policy : {Policy::none, Policy::quarantine, Policy::reject}) {
          for (const auto& findings : sets) one(mode, result, policy, findings, check);
        }
      }
    }
  }

 private:
  template <class Check>
  static void one(Mode mode, int result, dmarc::Policy policy, const std::vector<Finding>& findings,
                  Check check) {
    verify::Verdict verdict;
    verdict.authors.usable = true;
    verdict.dmarc.author = DomainName::parse("example.com").value();
    verdict.dmarc.result = static_cast<dmarc::Result>(result);
    verdict.dmarc.policy = verdict.dmarc.published_policy = policy;
    const Rules rules{.mode = mode};
    check(verdict, findings, rules, judge(verdict, findings, rules));
  }
};

TEST_F(EveryDecision, ADepartureFromThePolicyHasAReason) {
  each([](const verify::Verdict& verdict, const auto&, const Rules&,
          const verify::Decision& decision) {
    if (verdict.dmarc.result != dmarc::Result::fail) return;
    const bool as_asked = to_text(decision.disposition) == to_text(*verdict.dmarc.published_policy);
    EXPECT_TRUE(as_asked || !decision.overrides.empty());
  });
}

TEST_F(EveryDecision, NothingIsRejectedForThePolicyAlone) {
  each([](const verify::Verdict& verdict, const auto& findings, const Rules& rules,
          const verify::Decision& decision) {
    if (decision.action != verify::Action::reject) return;
    EXPECT_EQ(verdict.dmarc.result, dmarc::Result::fail);
    EXPECT_EQ(verdict.dmarc.policy, dmarc::Policy::reject);
    EXPECT_TRUE(rules.mode == Mode::published || !findings.empty());
    EXPECT_NE(rules.mode, Mode::monitor);
    EXPECT_TRUE(decision.reply.starts_with("5"));
  });
}

TEST(JudgeReply, AReplyFitsIntoALine) {
  verify::Verdict verdict;
  verdict.authors.usable = true;
  verdict.dmarc.result = dmarc::Result::fail;
  verdict.dmarc.policy = dmarc::Policy::reject;
  verdict.dmarc.author =
      DomainName::parse(std::string(60, 'a') + "." + std::string(60, 'b')).value();
  const Rules rules{.mode = Mode::published, .reject_text = "550 5.7.1 " + std::string(2'000, 'x')};
  EXPECT_EQ(judge(verdict, {}, rules).reply.size(), 510U);
}

}  // namespace
}  // namespace assay::evidence
