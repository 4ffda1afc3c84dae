#include "system/intake/committer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <string>
#include <thread>

namespace assay::intake {
namespace {

store::Arrival arrival(const std::string& id) {
  store::Arrival one;
  one.head.report_id = id;
  return one;
}

/// Says of each arrival its own name as the reason.
Committer::Result echo(std::span<const store::Arrival> arrivals) {
  std::vector<store::Placed> all;
  for (const store::Arrival& each : arrivals) all.push_back({.reason = each.head.report_id});
  return all;
}

TEST(Committer, EachCallerGetsWhatBecameOfItsOwn) {
  std::atomic<int> calls = 0;
  std::atomic<int> together = 0;
  Committer committer([&](std::span<const store::Arrival> arrivals) {
    EXPECT_EQ(++together, 1) << "one at a time";
    ++calls;
    auto result = echo(arrivals);
    --together;
    return result;
  });
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 8; ++t) {
      threads.emplace_back([&committer, t] {
        for (int i = 0; i < 50; ++i) {
          const std::string name = std::to_string(t) + "-" + std::to_string(i);
          const auto placed = committer.commit({arrival(name + "a"), arrival(name + "b")});
          ASSERT_TRUE(placed);
          ASSERT_EQ(placed->size(), 2U);
          EXPECT_EQ((*placed)[0].reason, name + "a");
          EXPECT_EQ((*placed)[1].reason, name + "b");
        }
      });
    }
  }
  EXPECT_LE(calls, 400);
}

TEST(Committer, OneThatCannotBeTakenKeepsNoOtherOut) {
  Committer committer([](std::span<const store::Arrival> arrivals) -> Committer::Result {
    const auto bad = [](const store::Arrival& each) { return each.head.report_id == "bad"; };
    if (std::ranges::none_of(arrivals, bad)) return echo(arrivals);
    return std::unexpected(Finding{.code = "store_failed", .what = "no", .at = 0});
  });
  std::vector<std::jthread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&committer, t] {
      for (int i = 0; i < 50; ++i) {
        const bool bad = (t + i) % 5 == 0;
        EXPECT_EQ(committer.commit({arrival(bad ? "bad" : "good")}).has_value(), !bad);
      }
    });
  }
}

TEST(Committer, NothingIsDoneAtOnce) {
  Committer committer([](std::span<const store::Arrival>) -> Committer::Result {
    ADD_FAILURE() << "called";
    return std::vector<store::Placed>();
  });
  EXPECT_TRUE(committer.commit({})->empty());
}

}  // namespace
}  // namespace assay::intake
