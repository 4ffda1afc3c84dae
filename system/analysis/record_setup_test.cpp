#include "system/analysis/record_setup.h"

#include <gtest/gtest.h>

#include "system/analysis/record_watch.h"

namespace assay::analysis {
namespace {

using Names = std::vector<std::string>;
using store::RecordState;
using store::WatchedKind;

constexpr store::Instant noon{std::chrono::seconds{1'777'636'800}};

RecordState dmarc(const std::string& domain, const std::string& record,
                  std::chrono::hours later = {}) {
  return {.domain = domain,
          .kind = WatchedKind::dmarc,
          .value = record.empty() ? "" : to_value({.policy_domain = domain, .text = record}),
          .known = true,
          .since = noon + later};
}

TEST(RecordSetup, SaysThatNobodyWatches) {
  const RecordSetup setup = look_at_setup({}, {}, {});
  EXPECT_FALSE(setup.is_done());
  EXPECT_EQ(in_words(setup), "Nobody watches the DNS records of your domains yet");
  EXPECT_NE(advice(setup).find("assay alert check"), std::string::npos);
}

TEST(RecordSetup, TakesRecordsThatAskForReports) {
  const std::vector<RecordState> records = {
      dmarc("a.example", "v=DMARC1; p=none; rua=mailto:d@a.example", std::chrono::hours{2}),
      dmarc("b.example", "v=DMARC1; p=reject; rua=mailto:d@a.example", std::chrono::hours{1}),
      {.domain = "a.example", .kind = WatchedKind::spf, .value = "v=spf1 -all", .known = true}};
  const RecordSetup setup = look_at_setup(records, {}, {});
  EXPECT_TRUE(setup.is_done());
  EXPECT_EQ(setup.since, noon + std::chrono::hours{1});
  EXPECT_EQ(in_words(setup), "2 of 2 domains ask for reports in the DNS");
  EXPECT_EQ(advice(setup), "");
}

TEST(RecordSetup, NamesWhatAsksNobody) {
  RecordState silent = dmarc("c.example", "");
  silent.known = false;
  const std::vector<RecordState> records = {
      dmarc("z.example", ""),
      dmarc("a.example", "v=DMARC1; p=none"),
      dmarc("b.example", "v=DMARC1; p=none; rua=https://b.example/"),
      dmarc("d.example", "v=DMARC1; p=none; rua=mailto:d@d.example"),
      silent,
      dmarc("e.example", "\xff\xfe; rua=")};
  const RecordSetup setup = look_at_setup(records, {}, {});
  EXPECT_FALSE(setup.is_done());
  EXPECT_EQ(setup.unasked, (Names{"a.example", "b.example", "e.example", "z.example"}));
  EXPECT_EQ(setup.unanswered, Names{"c.example"});
  EXPECT_EQ(in_words(setup),
            "1 of 6 domains ask for reports in the DNS; no usable rua: a.example, b.example, "
            "e.example and 1 more; the DNS did not answer: c.example");
  EXPECT_NE(advice(setup).find("_dmarc.a.example"), std::string::npos);
}

TEST(RecordSetup, KnowsTheOwnAddresses) {
  const std::vector<RecordState> records = {
      dmarc("a.example", "v=DMARC1; p=none; rua=mailto:x@y.example,mailto:reports@Intake.example"),
      dmarc("b.example", "v=DMARC1; p=none; rua=mailto:any@wide.example"),
      dmarc("c.example", "v=DMARC1; p=none; rua=mailto:reports@sub.intake.example"),
      dmarc("d.example", "v=DMARC1; p=none; rua=mailto:x@vendor.example")};
  const Names addresses = {"reports@intake.example", "@WIDE.example"};
  EXPECT_EQ(look_at_setup(records, addresses, {}).elsewhere, (Names{"c.example", "d.example"}));
  // Where reports arrive, somebody hands them on.
  const RecordSetup setup = look_at_setup(records, addresses, Names{"c.example"});
  EXPECT_EQ(setup.elsewhere, Names{"d.example"});
  EXPECT_EQ(in_words(setup),
            "4 of 4 domains ask for reports in the DNS; to another address than ours: d.example");
  EXPECT_FALSE(setup.is_done());
}

}  // namespace
}  // namespace assay::analysis
