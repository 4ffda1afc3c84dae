#include "system/reporting/bounces.h"

#include <gtest/gtest.h>

#include "system/reporting/return_path.h"

namespace assay::reporting {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view key = "0123456789abcdef";
constexpr store::Instant noon{1'777'636'800s};  // 2026-05-01T12:00:00Z

TEST(ReturnPath, TellsDeliveriesApartAndCannotBeGuessed) {
  const config::Reports settings{.email = "reports@rcpt.example"};
  const std::string path = return_path_of(settings, key, 17);
  EXPECT_TRUE(path.starts_with("reports+17-")) << path;
  EXPECT_TRUE(path.ends_with("@rcpt.example")) << path;
  EXPECT_EQ(path.size(), std::string("reports+17-@rcpt.example").size() + 10);
  EXPECT_NE(path, return_path_of(settings, "fedcba9876543210", 17));
  EXPECT_EQ(parse_return_path(settings, key, path), 17);
  EXPECT_EQ(parse_return_path(settings, key, "REPORTS" + path.substr(7)), 17);
  const std::string tag = path.substr(11, 10);
  for (const std::string& forged :
       {"reports+18-" + tag + "@rcpt.example", "reports+017-" + tag + "@rcpt.example",
        "reports+17-" + tag + "x@rcpt.example", "reports+17-" + tag + "@other.example",
        "others+17-" + tag + "@rcpt.example", std::string("reports+17@rcpt.example"),
        std::string("reports+17-@rcpt.example"), std::string("reports@rcpt.example"),
        std::string("reports+-@rcpt.example"), std::string()}) {
    EXPECT_EQ(parse_return_path(settings, key, forged), std::nullopt) << forged;
  }
}

TEST(ReturnPath, GoesWhereTheConfigurationSays) {
  const config::Reports settings{.email = "a@b.example", .return_path = "Bounce-%-x@c.example"};
  for (const std::int64_t id : {std::int64_t{1}, std::int64_t{999'999'999'999}}) {
    const std::string path = return_path_of(settings, key, id);
    EXPECT_TRUE(path.starts_with("Bounce-" + std::to_string(id) + "-")) << path;
    EXPECT_TRUE(path.ends_with("-x@c.example")) << path;
    EXPECT_EQ(parse_return_path(settings, key, path), id);
  }
}

TEST(NextSuppression, GrowsAsLongAsOneFollowsTheOther) {
  const auto first = next_suppression(std::nullopt, "a@b.example", "no", noon);
  EXPECT_EQ(first.times, 1U);
  EXPECT_EQ(first.until, noon + 7 * 24h);
  const auto second = next_suppression(first, "a@b.example", "no", noon + 8 * 24h);
  EXPECT_EQ(second.times, 2U);
  EXPECT_EQ(second.until, noon + 22 * 24h);
  const auto much_later = next_suppression(second, "a@b.example", "no", noon + 60 * 24h);
  EXPECT_EQ(much_later.times, 1U);
}

}  // namespace
}  // namespace assay::reporting
