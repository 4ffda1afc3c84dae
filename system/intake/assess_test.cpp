#include "system/intake/assess.h"

#include <gtest/gtest.h>

#include "assay/base/ascii.h"
#include "testkit/cases.h"

namespace assay::intake {
namespace {

using namespace std::chrono_literals;
using store::Standing;
using store::Trust;

constexpr store::Instant midnight{1'777'593'600s};  // 2026-05-01T00:00:00Z

std::vector<std::string> words_of(const std::string& line) {
  std::vector<std::string> words;
  for (std::string_view word : ascii::split(line, ' ')) words.emplace_back(word);
  return words;
}

std::pair<store::Instant, store::Instant> period_of(const std::string& word) {
  if (word == "next") return {midnight + 24h, midnight + 48h};
  return {midnight, midnight + (word == "week" ? 7 * 24h : 24h)};
}

std::string id_of(const std::string& word) {
  return word == "-" ? "" : word;
}

store::Arrival arrival_of(const std::vector<std::string>& words) {
  store::Arrival arrival;
  arrival.head.report_id = id_of(words.at(0));
  std::tie(arrival.head.begin, arrival.head.end) = period_of(words.at(2));
  arrival.authenticity.trust = *store::parse_trust(words.at(3));
  return arrival;
}

store::Neighbour neighbour_of(const std::vector<std::string>& words, const std::string& content) {
  store::Neighbour one;
  one.id = std::stoll(words.at(0));
  one.report_id = id_of(words.at(1));
  one.same_content = words.at(2) == content;
  std::tie(one.begin, one.end) = period_of(words.at(3));
  one.trust = *store::parse_trust(words.at(4));
  if (words.at(5) != "counted") {
    one.standing = Standing::set_aside;
    one.reason = words.at(5);
  }
  return one;
}

std::string in_words(const store::Decision& decision) {
  const std::string of = " of " + std::to_string(decision.of);
  if (decision.verdict == store::Verdict::duplicate) return "duplicate" + of;
  if (decision.standing == Standing::set_aside) return "set_aside " + decision.reason + of;
  if (decision.supersedes != 0) return "added in place" + of;
  return "added";
}

CASES(Duplicates, "system/intake/testdata/duplicates.cases") {
  const std::vector<std::string> words = words_of(c["arrival"]);
  std::vector<store::Neighbour> known;
  for (const std::string& line : c.all("known")) {
    known.push_back(neighbour_of(words_of(line), words.at(1)));
  }
  const SameId same_id = c["same_id"] == "latest" ? SameId::latest : SameId::first;
  const store::Decision decision = decide(arrival_of(words), known, same_id);
  EXPECT_EQ(in_words(decision), c["expect"]);
  std::string remarks;
  for (const store::Remark& each : decision.remarks) {
    remarks += (remarks.empty() ? "" : " ") + each.code;
  }
  EXPECT_EQ(remarks, c["remarks"]);
}

/// A plausible report.
store::Arrival plausible() {
  store::Arrival arrival;
  arrival.head.policy_domain = "example.com";
  arrival.head.begin = midnight;
  arrival.head.end = midnight + 24h;
  arrival.arrived = midnight + 25h;
  arrival.records.add({.row = {.source_ip = "192.0.2.1"}, .count = 5});
  arrival.records.finish();
  return arrival;
}

std::string assessed(store::Arrival arrival, const AssessOptions& options = {},
                     const Seen& seen = {}) {
  if (const auto refusal = assess(arrival, seen, options)) return "refused " + refusal->code;
  return arrival.standing == Standing::counted ? "counted" : arrival.reason;
}

TEST(Assess, CountsWhatIsPlausible) {
  EXPECT_EQ(assessed(plausible()), "counted");
}

TEST(Assess, SetsDomainsAsideThatAreNotOurs) {
  const AssessOptions options{.domains = {"example.com"}};
  store::Arrival arrival = plausible();
  EXPECT_EQ(assessed(arrival, options), "counted");
  arrival.head.policy_domain = "mail.example.com";
  EXPECT_EQ(assessed(arrival, options), "counted");
  arrival.head.policy_domain = "notexample.com";
  EXPECT_EQ(assessed(arrival, options), "foreign_domain");
  EXPECT_EQ(assessed(arrival), "counted");
}

TEST(Assess, SetsAbsurdPeriodsAside) {
  store::Arrival arrival = plausible();
  arrival.head.end = midnight - 1s;
  EXPECT_EQ(assessed(arrival), "absurd_period");
  arrival.head.end = midnight + 24h * 36;
  EXPECT_EQ(assessed(arrival), "absurd_period");
  arrival = plausible();
  arrival.arrived = midnight - 48h;
  EXPECT_EQ(assessed(arrival), "absurd_period");
  arrival = plausible();
  arrival.head.begin = store::Instant{};
  arrival.head.end = store::Instant{86'400s};
  EXPECT_EQ(assessed(arrival), "absurd_period");
  arrival.head.begin = store::Instant::min();
  EXPECT_EQ(assessed(arrival), "absurd_period");
  arrival.head.begin = arrival.head.end = store::Instant::max();
  EXPECT_EQ(assessed(arrival), "absurd_period");
}

TEST(Assess, SetsAbsurdCountsAside) {
  EXPECT_EQ(assessed(plausible(), {}, {.largest_count = 10'000'000'001, .largest_at = 3}),
            "absurd_count");
  EXPECT_EQ(assessed(plausible(), {.max_messages = 4}), "absurd_count");
}

TEST(Assess, TreatsMailByTrustAndChannel) {
  const AssessOptions options{
      .refuse = {{.channel = store::Channel::lmtp, .trust = Trust::forged}},
      .set_aside = {{.trust = Trust::forged},
                    {.channel = store::Channel::imap, .trust = Trust::unverified}}};
  store::Arrival arrival = plausible();
  arrival.authenticity.trust = Trust::forged;
  EXPECT_EQ(assessed(arrival, options), "forged");
  arrival.channel = store::Channel::lmtp;
  EXPECT_EQ(assessed(arrival, options), "refused forged");
  arrival.authenticity.trust = Trust::unverified;
  EXPECT_EQ(assessed(arrival, options), "counted");
  arrival.channel = store::Channel::imap;
  EXPECT_EQ(assessed(arrival, options), "unverified");
}

TEST(TrustRule, IsReadAndWritten) {
  for (const char* text : {"forged", "lmtp:unverified", "file:unchecked"}) {
    const auto rule = parse_trust_rule(text);
    ASSERT_TRUE(rule) << text;
    EXPECT_EQ(to_text(*rule), text);
  }
  for (const char* text : {"", "bad", "lmtp:", "lmtp:bad", "bad:forged", ":forged"}) {
    EXPECT_FALSE(parse_trust_rule(text)) << text;
  }
}

TEST(ReporterName, IsOneForAllReportsOfAReporter) {
  EXPECT_EQ(reporter_name("NoReply@Example.COM ", "Example Inc."), "example.com");
  EXPECT_EQ(reporter_name("", " Example Inc. "), "example inc.");
  EXPECT_EQ(reporter_name("nobody@", "Org"), "org");
}

}  // namespace
}  // namespace assay::intake
