#include "assay/spf/record.h"

#include <gtest/gtest.h>

#include <string>

#include "testkit/cases.h"

namespace {

using namespace assay;

CASES(SpfRecord, "assay/spf/testdata/record.cases") {
  const auto record = spf::parse_record(c["text"]);
  if (c.has("error")) {
    ASSERT_FALSE(record) << spf::to_text(*record);
    EXPECT_EQ(std::string(record.error().code) + " at " + std::to_string(record.error().at),
              c["error"])
        << record.error().what;
    EXPECT_EQ(record.error().level, Level::error);
    return;
  }
  ASSERT_TRUE(record) << record.error().what << " at " << record.error().at;
  const std::string written = spf::to_text(*record);
  EXPECT_EQ(written, c.get("written", c["text"]));
  const auto again = spf::parse_record(written);
  ASSERT_TRUE(again) << again.error().what;
  EXPECT_EQ(*again, *record);
}

TEST(SpfRecordValue, TermsKnowHowTheyWereWritten) {
  const auto record = spf::parse_record("v=spf1  +MX/32 exp=%{D}.example.com").value();
  ASSERT_EQ(record.terms.size(), 2U);
  EXPECT_EQ(record.terms[0].written, "+MX/32");
  EXPECT_EQ(record.terms[0].at, 8U);
  EXPECT_TRUE(spf::costs_lookup(record.terms[0]));
  EXPECT_EQ(spf::domain_of(record.terms[0]), nullptr);
  EXPECT_EQ(record.terms[1].written, "exp=%{D}.example.com");
  EXPECT_FALSE(spf::costs_lookup(record.terms[1]));
  EXPECT_EQ(spf::to_text(spf::domain_of(record.terms[1])->macros), "%{D}.example.com");
}

TEST(SpfRecordValue, ACountedTermIsOneOfSix) {
  const auto record = spf::parse_record(
                          "v=spf1 include:a.example a mx ptr exists:a.example redirect=a.example "
                          "ip4:192.0.2.1 ip6:::1 exp=a.example foo=bar all")
                          .value();
  std::size_t counted = 0;
  for (const spf::Term& term : record.terms) counted += spf::costs_lookup(term) ? 1 : 0;
  EXPECT_EQ(counted, 6U);
}

}  // namespace
