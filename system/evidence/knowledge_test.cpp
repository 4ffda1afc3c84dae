#include "system/evidence/knowledge.h"

#include <gtest/gtest.h>

#include <map>
#include <string>

#include "assay/base/ascii.h"
#include "system/evidence/subject.h"

#include "testkit/cases.h"

namespace assay::evidence {
namespace {

using testkit::Case;

Instant at(const std::string& text) {
  return parse_instant(text).value();
}

/// "pass|fail author client [day] [dkim|spf|relayed|rewritten|provider] [times]"
journal::Entry read_entry(const std::vector<std::string_view>& words) {
  const auto word = [&](std::size_t i) { return i < words.size() ? std::string(words[i]) : ""; };
  journal::Entry entry;
  entry.time = at("2026-04-" + word(3) + "T10:00:00Z");
  entry.client = IpAddress::parse(word(2));
  entry.mail_from = "alice@" + word(1);
  journal::Verdict verdict{.result = word(0), .author_domain = word(1)};
  const std::string how = word(4);
  verdict.dkim_aligned = word(0) == "pass" && how != "spf";
  verdict.spf_aligned = word(0) == "pass" && (how == "spf" || how == "dkim");
  std::string spf = how == "relayed" ? "fail" : "pass";
  if (how == "rewritten") entry.mail_from = "SRS0=xx=yy=example.com=a@forwarder.example";
  if (how == "provider") entry.mail_from = "bounce@provider.example";
  entry.spf.push_back({.identity = "mfrom", .domain = "x.example", .result = spf});
  entry.verdict = verdict;
  return entry;
}

CASES(Learner, "system/evidence/testdata/learner.cases") {
  Learner learner;
  for (const std::string& line : c.all("entry")) {
    const auto words = ascii::split(line, ' ');
    const std::size_t times = words.size() > 5 ? ascii::parse_number(words[5]).value() : 1;
    for (std::size_t i = 0; i < times; ++i) learner.take(read_entry(words));
  }
  const std::string text =
      write_knowledge(learner.finish(at(c.get("now", "2026-05-01T00:00:00Z"))));
  std::vector<std::string> lines;
  for (const std::string_view line : ascii::Pieces(text, '\n')) {
    if (!line.empty() && !line.starts_with("{\"assay_evidence\"")) lines.emplace_back(line);
  }
  EXPECT_EQ(lines, c.all("known"));
}

TEST(LearnerRules, WhatWasNotJudgedTeachesNothing) {
  Learner learner;
  journal::Entry entry = read_entry({"pass", "example.com", "192.0.2.1", "20", "dkim"});
  entry.exempt = "own_network";
  learner.take(entry);
  entry.exempt.clear();
  entry.verdict->result = "temperror";
  learner.take(entry);
  entry.verdict.reset();
  learner.take(entry);
  const Knowledge knowledge = learner.finish(at("2026-05-01T00:00:00Z"));
  EXPECT_TRUE(knowledge.clients.empty() && knowledge.authors.empty() && knowledge.pairs.empty());
}

TEST(LearnerRules, HostileDomainsAreNoKeys) {
  Learner learner;
  for (const std::string_view author :
       {"", "com", "a b.example", "a\"b.example", "\xff.example", ".."}) {
    learner.take(read_entry({"fail", author, "192.0.2.1", "20", ""}));
  }
  EXPECT_TRUE(learner.finish(at("2026-05-01T00:00:00Z")).clients.empty());
}

TEST(LearnerRules, TheOrderDoesNotMatter) {
  const std::vector<std::vector<std::string_view>> entries = {
      {"pass", "example.com", "192.0.2.1", "20", "dkim"},
      {"fail", "example.net", "192.0.2.1", "22", ""},
      {"pass", "example.com", "192.0.2.1", "21", "relayed"}};
  Learner one;
  Learner other;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    one.take(read_entry(entries[i]));
    other.take(read_entry(entries[entries.size() - 1 - i]));
  }
  const Instant now = at("2026-05-01T00:00:00Z");
  EXPECT_EQ(write_knowledge(one.finish(now)), write_knowledge(other.finish(now)));
}

CASES(ReadKnowledge, "system/evidence/testdata/read_knowledge.cases") {
  std::string text;
  for (const std::string& line : c.all("line")) text += line + "\n";
  if (c.has("text")) text = c["text"];
  const auto knowledge = read_knowledge(text);
  EXPECT_EQ(knowledge ? "" : knowledge.error().what, c.get("error", ""));
  if (!knowledge) return;
  const auto again = read_knowledge(write_knowledge(*knowledge));
  ASSERT_TRUE(again);
  EXPECT_EQ(write_knowledge(*again), write_knowledge(*knowledge));
  if (c.has("same")) {
    EXPECT_EQ(write_knowledge(*knowledge), text);
  }
}

TEST(Subject, WhatIsForgottenIsWhatIsShown) {
  Learner learner;
  learner.take(read_entry({"pass", "example.com", "192.0.2.1", "20", "dkim"}));
  learner.take(read_entry({"pass", "mail.example.com", "192.0.2.2", "20", "dkim"}));
  learner.take(read_entry({"pass", "badexample.com", "2001:db8::1", "20", "dkim"}));
  const Knowledge all = learner.finish(at("2026-05-01T00:00:00Z"));
  const auto size = [](const Knowledge& one) {
    return one.clients.size() + one.authors.size() + one.pairs.size();
  };
  EXPECT_EQ(size(all), 9U);
  for (const auto& [text, entries] : std::map<std::string, std::size_t>{{"example.com", 4},
                                                                        {"MAIL.example.com.", 2},
                                                                        {"example.net", 0},
                                                                        {"192.0.2.1", 2},
                                                                        {"2001:db8::5", 2},
                                                                        {"2001:db8::/64", 2}}) {
    Knowledge rest = all;
    const auto subject = parse_subject(text);
    ASSERT_TRUE(subject) << text;
    EXPECT_EQ(size(only(all, *subject)), entries) << text;
    EXPECT_EQ(forget(rest, *subject), entries) << text;
    EXPECT_EQ(size(rest), 9U - entries) << text;
    EXPECT_EQ(size(only(rest, *subject)), 0U) << text;
  }
  for (const std::string_view text : {"", "com", "192.0.2.0/64", "a b.example", "x@example.com"}) {
    EXPECT_FALSE(parse_subject(text)) << text;
  }
}

TEST(ClientKey, AnIpv6NetworkIsOneClient) {
  const auto key = [](std::string_view text) { return client_key(*IpAddress::parse(text)); };
  EXPECT_EQ(key("192.0.2.1"), "192.0.2.1");
  EXPECT_EQ(key("::ffff:192.0.2.1"), "192.0.2.1");
  EXPECT_EQ(key("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::/64");
  EXPECT_EQ(pair_key("192.0.2.1", "example.com"), "192.0.2.1 example.com");
}

}  // namespace
}  // namespace assay::evidence
