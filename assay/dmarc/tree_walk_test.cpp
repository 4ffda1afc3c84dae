#include "assay/dmarc/tree_walk.h"

#include <sstream>

#include "assay/dmarc/testdata/zones.h"

#include "testkit/cases.h"

namespace assay::dmarc {
namespace {

using test::Recorder;

std::vector<std::string> names_of(const std::string& domains) {
  std::vector<std::string> names;
  std::istringstream words(domains);
  for (std::string word; words >> word;) names.push_back("_dmarc." + word);
  return names;
}

CASES(TreeWalk, "assay/dmarc/testdata/tree_walk.cases") {
  dns::Zone zone = test::zone_of(c);
  Recorder resolver(zone);
  const DomainName start = DomainName::parse(c["start"]).value();
  const Walk walk = fetch_walk(start, resolver);
  EXPECT_EQ(resolver.asked, names_of(c["asks"]));
  EXPECT_LE(resolver.asked.size(), max_walk_queries);
  EXPECT_EQ(resolver.prefetches, 1);
  EXPECT_TRUE(resolver.unannounced.empty());
  const auto organizational = organizational_domain(walk);
  EXPECT_EQ(organizational ? organizational->text() : "unknown", c["organizational"]);
  const PolicyDiscovery found = discover_policy(walk);
  const std::string nowhere = found.failed ? "unknown" : "none";
  EXPECT_EQ(found.policy_domain ? found.policy_domain->text() : nowhere, c["policy"]);
  EXPECT_EQ(found.policy_domain.has_value(), found.record != nullptr);
  std::vector<std::string> questions;
  for (const dns::Question& question : walk_questions(start)) {
    questions.push_back(question.name.text());
  }
  ASSERT_GE(questions.size(), resolver.asked.size());
  questions.resize(resolver.asked.size());
  EXPECT_EQ(questions, resolver.asked);
}

TEST(WarmWalk, ParsesNothing) {
  dns::Zone zone =
      dns::Zone::parse("_dmarc.example.com. TXT \"v=DMARC1; p=reject; rua=mailto:d@example.com\"\n")
          .value();
  const DomainName start = DomainName::parse("example.com").value();
  const Walk first = fetch_walk(start, zone);
  const Walk second = fetch_walk(start, zone);
  ASSERT_NE(first.steps[0].record, nullptr);
  EXPECT_EQ(first.steps[0].record.get(), second.steps[0].record.get());
}

TEST(WarmWalk, KeepsTheRecordOfAnAnswerThatIsGone) {
  std::shared_ptr<const PolicyRecord> record;
  {
    test::JsonZone zone(
        nlohmann::json::parse(R"({"_dmarc.example.com":{"TXT":[["v=DMARC1; p=reject"]]}})"));
    record = fetch_walk(DomainName::parse("example.com").value(), zone).steps.front().record;
  }
  ASSERT_NE(record, nullptr);
  EXPECT_EQ(record->p, Policy::reject);
}

TEST(WalkFromTheRoot, AsksNothing) {
  test::JsonZone zone(nlohmann::json::object());
  const Walk walk = fetch_walk(DomainName(), zone);
  EXPECT_TRUE(walk.steps.empty());
  EXPECT_EQ(organizational_domain(walk), DomainName());
  EXPECT_EQ(discover_policy(walk).record, nullptr);
}

}  // namespace
}  // namespace assay::dmarc
