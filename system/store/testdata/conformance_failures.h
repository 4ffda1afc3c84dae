#pragma once

#include "system/store/testdata/conformance.h"

/// Failure reports in the outbox.
namespace assay::store {

class FailuresConformance : public Conformance {
 protected:
  static constexpr Instant start = next_midnight;

  static FailureLetter letter(const std::string& domain, const std::string& destination,
                              std::vector<std::string> sources, Instant at = start) {
    return {.at = at,
            .delivery = {.report_id = "id-" + sources.front() + destination,
                         .policy_domain = domain,
                         .destination = destination,
                         .octets = "Subject: private",
                         .begin = noon,
                         .end = at,
                         .messages = 3},
            .sources = std::move(sources)};
  }
  std::size_t listed(const DeliveryFilter& filter) {
    return must(store->deliveries(filter)).size();
  }
};

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(FailuresConformance);

TEST_P(FailuresConformance, StandInTheOutboxWithTheirKind) {
  must(store->post(letter("example.com", "a@example.com", {"1", "2"})));
  const auto claimed = must(store->claim({.now = start, .until = start + 5min}));
  ASSERT_EQ(claimed.size(), 1U);
  EXPECT_EQ(claimed[0].kind, ReportKind::failure);
  EXPECT_EQ(claimed[0].policy_domain, "example.com");
  EXPECT_EQ(claimed[0].octets, "Subject: private");
  EXPECT_EQ(claimed[0].begin, noon);
  EXPECT_EQ(claimed[0].end, start);
  EXPECT_EQ(claimed[0].messages, 3U);
  must(store->sent(claimed[0].id, start));
  EXPECT_EQ(must(store->messages_on(std::chrono::floor<std::chrono::days>(start))), 1U);
  EXPECT_EQ(must(store->books()).deliveries_sent, 1U);
}

TEST_P(FailuresConformance, AreListedByKindDomainAndTime) {
  must(store->post(letter("example.com", "a@example.com", {"1"})));
  must(store->post(letter("example.org", "a@example.org", {"2"}, start + 1h)));
  add({evaluation_of("example.com", "192.0.2.1")});
  settle_all("example.com", cut());
  EXPECT_EQ(listed({}), 3U);
  EXPECT_EQ(listed({.kind = ReportKind::failure}), 2U);
  EXPECT_EQ(listed({.kind = ReportKind::aggregate}), 1U);
  EXPECT_EQ(listed({.policy_domain = "example.com"}), 2U);
  EXPECT_EQ(listed({.kind = ReportKind::failure, .since = start + 1s}), 1U);
}

TEST_P(FailuresConformance, ASourceIsToldOfOnceToEach) {
  EXPECT_FALSE(must(store->is_posted("1", "a@example.com")));
  must(store->post(letter("example.com", "a@example.com", {"1"})));
  reopen();
  EXPECT_TRUE(must(store->is_posted("1", "a@example.com")));
  EXPECT_FALSE(must(store->is_posted("1", "b@example.com")));
  EXPECT_EQ(code_of(store->post(letter("example.com", "a@example.com", {"2", "1"}))),
            "store_taken");
  EXPECT_FALSE(must(store->is_posted("2", "a@example.com")));  // all or nothing
  must(store->post(letter("example.com", "b@example.com", {"1"})));
  EXPECT_EQ(listed({}), 2U);
}

TEST_P(FailuresConformance, ArePrivateAndShortLived) {
  for (const char* each : {"1", "2", "3"}) {
    must(store->post(letter("example.com", "a@example.com", {each})));
  }
  must(store->sent(1, start));
  must(store->give_up(2, start, "no"));
  must(store->forget({.failures = start}));
  EXPECT_EQ(must(store->delivery(1)).octets, "");  // it was sent, and nobody needs it any more
  EXPECT_EQ(must(store->delivery(2)).octets, "Subject: private");  // it may be tried again
  EXPECT_EQ(must(store->forget({.failures = start + 1s})).deliveries, 2U);
  EXPECT_FALSE(must(store->is_posted("1", "a@example.com")));
  EXPECT_TRUE(must(store->is_posted("3", "a@example.com")));
  EXPECT_EQ(listed({}), 1U);  // what waits stays
}

TEST_P(FailuresConformance, AreErasedWithTheirDomain) {
  for (const char* domain : {"example.com", "a.example.com", "bad-example.com"}) {
    must(store->post(letter(domain, "x@" + std::string(domain), {domain})));
  }
  EXPECT_EQ(must(store->erase("example.com")).deliveries, 2U);
  EXPECT_EQ(listed({}), 1U);
  EXPECT_FALSE(must(store->is_posted("example.com", "x@example.com")));
}

}  // namespace assay::store
