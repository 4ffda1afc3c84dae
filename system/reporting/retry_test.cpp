#include "system/reporting/retry.h"

#include <gtest/gtest.h>

#include "assay/base/time.h"
#include "system/reporting/build.h"
#include "system/reporting/deliver.h"
#include "system/reporting/targets.h"

namespace assay::reporting {
namespace {

using namespace std::chrono_literals;

constexpr store::Instant noon{1'777'636'800s};  // 2026-05-01T12:00:00Z

TEST(Retry, WaitsLongerEachTimeUntilTheTimeIsOver) {
  EXPECT_EQ(retry_at(1, noon, noon, 48h, 0.5), noon + 5min);
  EXPECT_EQ(retry_at(3, noon, noon + 1h, 48h, 0.5), noon + 1h + 30min);
  EXPECT_EQ(retry_at(30, noon, noon + 20h, 48h, 0.5), noon + 26h);
  EXPECT_EQ(retry_at(30, noon, noon + 47h, 48h, 1), noon + 48h);  // the last try
  EXPECT_EQ(retry_at(30, noon, noon + 48h, 48h, 0), std::nullopt);
}

TEST(Retry, IsSpreadByChance) {
  EXPECT_EQ(retry_at(4, noon, noon, 48h, 0), noon + 45min);
  EXPECT_EQ(retry_at(4, noon, noon, 48h, 1), noon + 75min);
}

TEST(Suppression, DoublesUpToNinetyDays) {
  EXPECT_EQ(suppressed_for(0), 7 * 24h);
  EXPECT_EQ(suppressed_for(1), 7 * 24h);
  EXPECT_EQ(suppressed_for(2), 14 * 24h);
  EXPECT_EQ(suppressed_for(5), 90 * 24h);
  EXPECT_EQ(suppressed_for(4'000'000'000U), 90 * 24h);
}

TEST(Leaving, IsSpreadOverTheSpan) {
  EXPECT_EQ(leave_at(noon, 4h, 0, 8), noon);
  EXPECT_EQ(leave_at(noon, 4h, 4, 8), noon + 2h);
  EXPECT_EQ(leave_at(noon, 0s, 7, 8), noon);
  EXPECT_EQ(leave_at(noon, 4h, 0, 0), noon);
}

// RFC 9990 §3.1.1.4
TEST(Period, IsTheLastWholeOneAndNeverOverlaps) {
  const auto text = [](store::Instant now, std::chrono::hours length) {
    const Period period = period_before(now, length, 10min);
    return to_rfc3339(period.begin) + " " + to_rfc3339(period.end);
  };
  EXPECT_EQ(text(noon, 24h), "2026-04-30T00:00:00Z 2026-05-01T00:00:00Z");
  EXPECT_EQ(text(noon - 12h + 9min, 24h), "2026-04-29T00:00:00Z 2026-04-30T00:00:00Z");
  EXPECT_EQ(text(noon - 12h + 10min, 24h), "2026-04-30T00:00:00Z 2026-05-01T00:00:00Z");
  EXPECT_EQ(text(noon, 6h), "2026-05-01T00:00:00Z 2026-05-01T06:00:00Z");
  EXPECT_EQ(text(noon + 10min, 6h), "2026-05-01T06:00:00Z 2026-05-01T12:00:00Z");
}

TEST(Listed, ByAddressOrDomain) {
  const std::vector<std::string> list = {"a@one.example", "@two.example"};
  EXPECT_TRUE(is_listed("A@One.example", list));
  EXPECT_TRUE(is_listed("x@TWO.example", list));
  EXPECT_FALSE(is_listed("b@one.example", list));
  EXPECT_FALSE(is_listed("x@sub.two.example", list));
}

TEST(RecordError, NamesWhatIsWrong) {
  EXPECT_EQ(record_error({.record = "v=DMARC1; p=reject"}), "");
  EXPECT_NE(record_error({.record = "v=DMARC1; p=nonsense; rua=mailto:a@b.example"}), "");
  EXPECT_NE(record_error({.record = "nothing"}), "");
}

}  // namespace
}  // namespace assay::reporting
