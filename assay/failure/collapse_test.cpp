#include "assay/failure/collapse.h"

#include <limits>

#include "testkit/cases.h"

namespace assay::failure {
namespace {

using std::chrono::minutes;

constexpr Instant start{std::chrono::seconds{1777593600}};

Outgoing outgoing(const std::string& source_ip, const std::string& domain = "example.com",
                  const std::string& destination = "ruf@example.com") {
  return {.destination = destination,
          .policy_domain = domain,
          .report = {.auth_failure = "dmarc",
                     .source_ip = source_ip,
                     .original_rcpt_to = {"<x@receiver.example>"}}};
}

TEST(Collapser, CountsLikeFailuresIntoOneReport) {
  Collapser collapser;
  EXPECT_EQ(collapser.add(outgoing("192.0.2.1"), start), Added::held);
  Outgoing other = outgoing("192.0.2.1");
  other.report.original_rcpt_to = {"<y@receiver.example>"};
  EXPECT_EQ(collapser.add(other, start + minutes{5}), Added::collapsed);
  EXPECT_EQ(collapser.add(outgoing("192.0.2.1"), start + minutes{6}), Added::collapsed);
  EXPECT_TRUE(collapser.due(start + minutes{9}).ready.empty());
  const auto reports = collapser.due(start + minutes{10}).ready;
  ASSERT_EQ(reports.size(), 1U);
  EXPECT_EQ(reports[0].report.incidents, 3U);
  EXPECT_EQ(reports[0].destination, "ruf@example.com");
  EXPECT_EQ(collapser.waiting(), 0U);
}

TEST(Collapser, KeepsUnlikeFailuresApart) {
  Collapser collapser;
  collapser.add(outgoing("192.0.2.1"), start);
  std::vector<Outgoing> others(5, outgoing("192.0.2.1"));
  others[0].report.source_ip = "192.0.2.2";
  others[1].report.auth_failure = "spf";
  others[2].report.dkim_selector = "s1";
  others[3].destination = "ruf@example.org";
  others[4].report.identity_alignment = {"spf"};
  for (const Outgoing& other : others) EXPECT_EQ(collapser.add(other, start), Added::held);
  EXPECT_EQ(collapser.due(start + minutes{10}).ready.size(), 6U);
}

TEST(Collapser, LimitsEachDestination) {
  Collapser collapser({.per_destination = 2, .hold = minutes{0}});
  for (const char* ip : {"192.0.2.1", "192.0.2.2", "192.0.2.3"}) {
    collapser.add(outgoing(ip, std::string("a") + ip), start);
  }
  collapser.add(outgoing("192.0.2.1", "b", "Ruf@Example.com"), start);
  collapser.add(outgoing("192.0.2.1", "b", "ruf@example.org"), start);
  EXPECT_EQ(collapser.due(start).ready.size(), 3U);
  EXPECT_TRUE(collapser.due(start + minutes{59}).ready.empty());
  EXPECT_EQ(collapser.due(start + minutes{60}).ready.size(), 2U);
}

TEST(Collapser, LimitsEachPolicyDomain) {
  Collapser collapser({.per_policy_domain = 1, .hold = minutes{0}});
  collapser.add(outgoing("192.0.2.1", "example.com", "a@example.com"), start);
  collapser.add(outgoing("192.0.2.1", "EXAMPLE.com", "b@example.com"), start);
  collapser.add(outgoing("192.0.2.1", "example.org", "b@example.com"), start);
  EXPECT_EQ(collapser.due(start).ready.size(), 2U);
}

TEST(Collapser, LimitsAll) {
  Collapser collapser({.overall = 3, .hold = minutes{0}});
  for (int i = 0; i < 5; ++i) {
    const std::string name = std::to_string(i) + ".example";
    collapser.add(outgoing("192.0.2.1", name, "ruf@" + name), start + std::chrono::seconds{i});
  }
  const auto reports = collapser.due(start + minutes{1}).ready;
  ASSERT_EQ(reports.size(), 3U);
  EXPECT_EQ(reports[0].policy_domain, "0.example");
  EXPECT_EQ(reports[2].policy_domain, "2.example");
  EXPECT_EQ(collapser.waiting(), 2U);
}

TEST(Collapser, WhatIsHeldBackGoesOnCounting) {
  Collapser collapser({.overall = 1, .hold = minutes{0}});
  collapser.add(outgoing("192.0.2.1"), start);
  EXPECT_EQ(collapser.due(start).ready.size(), 1U);
  for (int i = 0; i < 50; ++i) collapser.add(outgoing("192.0.2.1"), start + minutes{i});
  EXPECT_TRUE(collapser.due(start + minutes{50}).ready.empty());
  const auto reports = collapser.due(start + minutes{60}).ready;
  ASSERT_EQ(reports.size(), 1U);
  EXPECT_EQ(reports[0].report.incidents, 50U);
}

TEST(Collapser, IsBoundedInRoomAndTime) {
  Collapser collapser({.overall = 0, .held = 2});
  EXPECT_EQ(collapser.add(outgoing("192.0.2.1"), start), Added::held);
  EXPECT_EQ(collapser.add(outgoing("192.0.2.2"), start), Added::held);
  EXPECT_EQ(collapser.add(outgoing("192.0.2.3"), start), Added::discarded);
  EXPECT_EQ(collapser.add(outgoing("192.0.2.2"), start), Added::collapsed);
  EXPECT_EQ(collapser.lost(), 1U);
  EXPECT_TRUE(collapser.due(start + minutes{24 * 60}).ready.empty());
  EXPECT_EQ(collapser.waiting(), 0U);
  EXPECT_EQ(collapser.lost(), 4U);
}

TEST(Collapser, OnePolicyDomainIsNotInTheWayOfOthers) {
  Collapser collapser({.hold = minutes{0}, .held_per_policy_domain = 2});
  EXPECT_EQ(collapser.add(outgoing("192.0.2.1"), start), Added::held);
  EXPECT_EQ(collapser.add(outgoing("192.0.2.2"), start), Added::held);
  EXPECT_EQ(collapser.add(outgoing("192.0.2.3"), start), Added::discarded);
  EXPECT_EQ(collapser.add(outgoing("192.0.2.1"), start), Added::collapsed);
  EXPECT_EQ(collapser.add(outgoing("192.0.2.3", "example.org"), start), Added::held);
  EXPECT_EQ(collapser.due(start).ready.size(), 3U);
  EXPECT_EQ(collapser.add(outgoing("192.0.2.3"), start), Added::held);
}

TEST(Collapser, TellsOfWhatItsReportsAreMade) {
  Collapser collapser({.hold = minutes{0}, .keep = minutes{5}});
  for (const char* source : {"first", "second"}) {
    Outgoing next = outgoing("192.0.2.1");
    next.sources = {source};
    collapser.add(next, start);
  }
  Due due = collapser.due(start);
  ASSERT_EQ(due.ready.size(), 1U);
  EXPECT_EQ(due.ready[0].sources, (std::vector<std::string>{"first", "second"}));
  Collapser stopped({.overall = 0, .keep = minutes{5}});
  Outgoing last = outgoing("192.0.2.1");
  last.sources = {"third"};
  stopped.add(last, start);
  EXPECT_TRUE(stopped.due(start + minutes{4}).expired.empty());
  due = stopped.due(start + minutes{5});
  ASSERT_EQ(due.expired.size(), 1U);
  EXPECT_EQ(due.expired[0].sources, std::vector<std::string>{"third"});
}

TEST(Collapser, ANewStartGivesNoNewRates) {
  Collapser collapser({.per_destination = 1, .hold = minutes{0}});
  collapser.remember("RUF@example.com", "other.example", start - minutes{30});
  collapser.add(outgoing("192.0.2.1"), start);
  EXPECT_TRUE(collapser.due(start + minutes{29}).ready.empty());
  EXPECT_EQ(collapser.due(start + minutes{30}).ready.size(), 1U);
}

TEST(Collapser, DoesNotGoRound) {
  Collapser collapser({.hold = minutes{0}});
  Outgoing many = outgoing("192.0.2.1");
  many.report.incidents = std::numeric_limits<std::uint32_t>::max() - 1;
  collapser.add(many, start);
  collapser.add(many, start);
  EXPECT_EQ(collapser.due(start).ready.at(0).report.incidents,
            std::numeric_limits<std::uint32_t>::max());
}

}  // namespace
}  // namespace assay::failure
