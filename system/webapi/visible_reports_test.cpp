#include "system/webapi/visible_reports.h"

#include <gtest/gtest.h>

#include <limits>

#include "system/analysis/testdata/memory_received.h"

namespace assay::webapi {
namespace {

using std::chrono::days;

/// Three domains, ten reports of one message each.
class Tenants : public testing::Test {
 protected:
  Tenants() {
    for (int i = 0; i < 10; ++i) {
      for (const char* domain : {"example.com", "example.net", "mail.example.org"}) {
        store::Arrival arrival;
        arrival.head.reporter = std::string("r.") + domain;
        arrival.head.policy_domain = domain;
        arrival.head.begin = std::chrono::sys_days{days{20'000 + i}};
        arrival.head.end = arrival.head.begin + days{1};
        arrival.head.policy = {.domain = domain, .p = "none"};
        arrival.records.add({.row = {.source_ip = "192.0.2.1", .header_from = domain}, .count = 1});
        arrival.records.finish();
        static_cast<void>(all_.add({&arrival, 1}, {}, {}));
      }
    }
  }
  static accounts::Scope scope(std::vector<std::string> patterns) {
    return accounts::Scope::of(patterns);
  }

  analysis::MemoryReceived all_ = {};
  const store::Days days_{.from = std::chrono::sys_days{days{20'000}},
                          .until = std::chrono::sys_days{days{20'010}}};
};

TEST_F(Tenants, SeeTheirReportsAlone) {
  const auto one = scope({"example.net"});
  VisibleReports visible(all_, one);
  EXPECT_EQ(*visible.policy_domains(), std::vector<std::string>{"example.net"});
  const auto page =
      *visible.reports({.before = std::numeric_limits<std::int64_t>::max(), .limit = 4});
  ASSERT_EQ(page.size(), 4U);
  for (const auto& each : page) EXPECT_EQ(each.head.policy_domain, "example.net");
  EXPECT_GT(page.front().id, page.back().id);
  EXPECT_TRUE(visible.report(2));
  for (const std::int64_t id : {1, 3}) {
    EXPECT_EQ(visible.report(id).error().code, "store_unknown");
    EXPECT_EQ(visible.raw(id).error().code, "store_unknown");
    EXPECT_EQ(visible.failure(id).error().code, "store_unknown");
    EXPECT_EQ(visible.tls(id).error().code, "store_unknown");
    EXPECT_EQ(visible.each_record(id, [](const auto&) { return true; }).error().code,
              "store_unknown");
  }
}

TEST_F(Tenants, AskingForAnothersDomainGivesNothing) {
  const auto one = scope({"example.net"});
  VisibleReports visible(all_, one);
  EXPECT_TRUE(visible.reports({.policy_domain = "example.com"})->empty());
  EXPECT_TRUE(visible.daily({.policy_domain = "example.com", .days = days_})->empty());
  EXPECT_TRUE(visible.sources({.policy_domain = "example.com", .days = days_})->empty());
  EXPECT_TRUE(visible.reporters("example.com")->empty());
  EXPECT_EQ(*visible.tally("example.com", days_), store::ReportTally());
}

TEST_F(Tenants, SumsAreOverWhatTheySee) {
  const auto two = scope({"example.com", "*.example.org"});
  VisibleReports visible(all_, two);
  const auto total = [&](store::ReceivedReports& reports, bool by_domain) {
    std::uint64_t sum = 0;
    const auto counts =
        *reports.daily({.days = days_, .by_domain = by_domain, .by_day = false, .by_cell = false});
    for (const auto& each : counts) sum += each.messages;
    return std::pair(counts.size(), sum);
  };
  EXPECT_EQ(total(all_, false), std::pair(std::size_t{1}, std::uint64_t{30}));
  EXPECT_EQ(total(visible, false), std::pair(std::size_t{1}, std::uint64_t{20}));
  EXPECT_EQ(total(visible, true), std::pair(std::size_t{2}, std::uint64_t{20}));
  EXPECT_EQ(visible.reporters("")->size(), 2U);
  EXPECT_EQ(visible.tally("", days_)->counted, 20U);
  EXPECT_EQ(visible.books()->reports, 20U);
}

TEST_F(Tenants, WithoutAGroupSeeNothing) {
  const accounts::Scope none;
  VisibleReports visible(all_, none);
  EXPECT_TRUE(visible.policy_domains()->empty());
  EXPECT_TRUE(visible.reports({})->empty());
  EXPECT_TRUE(visible.daily({.days = days_})->empty());
  EXPECT_EQ(visible.books()->reports, 0U);
}

TEST_F(Tenants, ChangeNothing) {
  const auto all = accounts::Scope::everything();
  VisibleReports visible(all_, all);
  EXPECT_EQ(visible.erase("example.com").error().code, "store_read_only");
  EXPECT_EQ(visible.stand(1, store::Standing::set_aside, "").error().code, "store_read_only");
  EXPECT_EQ(visible.forget({}).error().code, "store_read_only");
  EXPECT_EQ(visible.add({}, {}, {}).error().code, "store_read_only");
}

}  // namespace
}  // namespace assay::webapi
