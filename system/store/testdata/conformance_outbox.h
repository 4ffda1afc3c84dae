#pragma once

#include "system/store/testdata/conformance.h"

/// The outbox, suppressions, forgetting and erasing.
namespace assay::store {

class OutboxConformance : public Conformance {
 protected:
  /// A report of a domain, with deliveries to these.
  void report(const std::string& domain, const std::vector<std::string>& destinations) {
    add({evaluation_of(domain, "192.0.2.1")});
    const Cut all = cut();
    const Counted counted = must(store->configurations(domain, all)).at(0);
    must(store->settle(std::vector{settlement_of(counted, all, "of-" + domain, destinations)}));
  }

  /// Ids that a claim gets.
  std::vector<std::int64_t> claim(Instant now, std::size_t limit = 10,
                                  std::chrono::minutes lease = 5min) {
    std::vector<std::int64_t> ids;
    for (const Delivery& each :
         must(store->claim({.now = now, .until = now + lease, .limit = limit}))) {
      ids.push_back(each.id);
    }
    return ids;
  }

  static constexpr Instant start = next_midnight;
};

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(OutboxConformance);

using Ids = std::vector<std::int64_t>;

TEST_P(OutboxConformance, NobodyGetsWhatIsClaimed) {
  report("example.com", {"mailto:a@example.com", "mailto:b@example.com", "mailto:c@example.com"});
  EXPECT_EQ(claim(start - 1s), Ids{});
  const Ids first = claim(start, 2);
  ASSERT_EQ(first.size(), 2U);
  const Ids second = claim(start, 2);
  ASSERT_EQ(second.size(), 1U);
  EXPECT_NE(second[0], first[0]);
  EXPECT_NE(second[0], first[1]);
  reopen();  // who claimed it may be gone, and nobody knows
  EXPECT_EQ(claim(start + 5min - 1s), Ids{});
  EXPECT_EQ(must(store->next_delivery()), start + 5min);
  EXPECT_EQ(claim(start + 5min).size(), 3U);
}

TEST_P(OutboxConformance, EveryTryHasTheSameOctets) {
  report("example.com", {"mailto:a@example.com"});
  const auto claimed = must(store->claim({.now = start, .until = start + 5min}));
  ASSERT_EQ(claimed.size(), 1U);
  EXPECT_EQ(claimed[0].octets, "octets");
  EXPECT_EQ(claimed[0].file_name, "of-example.com.xml.gz");
  EXPECT_EQ(claimed[0].report_id, "of-example.com");
  EXPECT_EQ(claimed[0].claimed_until, start + 5min);
  must(store->failed(claimed[0].id, start + 1h, "421 later"));
  const Delivery again = must(store->delivery(claimed[0].id));
  EXPECT_EQ(again.octets, "octets");
  EXPECT_EQ(again.state, OutboxState::waiting);
  EXPECT_EQ(again.attempts, 1U);
  EXPECT_EQ(again.next, start + 1h);
  EXPECT_EQ(again.reason, "421 later");
  EXPECT_EQ(claim(start + 59min), Ids{});
  EXPECT_EQ(claim(start + 1h), Ids{claimed[0].id});
}

TEST_P(OutboxConformance, SentCountsOnce) {
  report("example.com", {"mailto:a@example.com"});
  const Ids ids = claim(start);
  ASSERT_EQ(ids.size(), 1U);
  must(store->sent(ids[0], start + 1s));
  must(store->sent(ids[0], start + 2s));
  must(store->failed(ids[0], start, "no"));
  must(store->give_up(ids[0], start, "no"));
  must(store->retry(ids[0], start));
  const Delivery sent = must(store->delivery(ids[0]));
  EXPECT_EQ(sent.state, OutboxState::sent);
  EXPECT_EQ(sent.finished, start + 1s);
  EXPECT_EQ(sent.attempts, 1U);
  EXPECT_EQ(claim(start + 24h), Ids{});
  EXPECT_EQ(must(store->next_delivery()), std::nullopt);
  const auto day = std::chrono::floor<std::chrono::days>(start);
  EXPECT_EQ(must(store->messages_on(day)), 1U);
  EXPECT_EQ(must(store->messages_on(day - std::chrono::days(1))), 0U);
  must(store->count_message(start + 3h));
  EXPECT_EQ(must(store->messages_on(day)), 2U);
  EXPECT_EQ(must(store->books()).sent, 1U);
}

TEST_P(OutboxConformance, GivenUpAndTriedAgain) {
  report("example.com", {"mailto:a@example.com", "mailto:b@example.com"});
  const Ids ids = claim(start);
  ASSERT_EQ(ids.size(), 2U);
  must(store->give_up(ids[0], start + 1s, "550 no such user"));
  EXPECT_EQ(must(store->books()).in_outbox, 1U);
  must(store->give_up(ids[1], start + 1s, "550 no such user"));
  EXPECT_EQ(must(store->books()).undelivered, 1U);
  const Delivery given_up = must(store->delivery(ids[0]));
  EXPECT_EQ(given_up.state, OutboxState::given_up);
  EXPECT_EQ(given_up.attempts, 1U);
  EXPECT_EQ(given_up.reason, "550 no such user");
  EXPECT_EQ(given_up.finished, start + 1s);
  must(store->failed(ids[0], start, "late news"));  // leaves it alone
  EXPECT_EQ(claim(start + 24h), Ids{});
  must(store->retry(ids[0], start + 2h));
  EXPECT_EQ(claim(start + 2h), Ids{ids[0]});
  must(store->sent(ids[0], start + 2h));
  const Books books = must(store->books());
  EXPECT_EQ(books.sent, 1U);
  EXPECT_EQ(books.undelivered, 0U);
  EXPECT_EQ(books.deliveries_sent, 1U);
  EXPECT_EQ(books.deliveries_given_up, 1U);
}

TEST_P(OutboxConformance, WhatCameBackIsGivenUpAndSuppressedOnce) {
  report("example.com", {"a@example.com", "b@example.com", "c@example.com"});
  const Suppression known{.address = "a@example.com",
                          .reason = "came back: 550 no such user",
                          .since = start + 1h,
                          .until = start + 24h,
                          .times = 1};
  Ids ids = claim(start, 2);
  ASSERT_EQ(ids.size(), 2U);
  EXPECT_FALSE(must(store->came_back(ids[0], start, known))) << "it was never sent";
  EXPECT_TRUE(must(store->suppressions()).empty());
  must(store->sent(ids[0], start));
  EXPECT_TRUE(must(store->came_back(ids[0], start + 1h, known)));
  reopen();
  const Delivery back = must(store->delivery(ids[0]));
  EXPECT_EQ(back.state, OutboxState::given_up);
  EXPECT_EQ(back.reason, "came back: 550 no such user");
  EXPECT_EQ(back.finished, start + 1h);
  EXPECT_EQ(must(store->suppressions()), std::vector{known});
  Suppression again = known;
  again.times = 2;
  EXPECT_FALSE(must(store->came_back(ids[0], start + 2h, again)));
  EXPECT_EQ(must(store->suppressions()), std::vector{known});
  EXPECT_EQ(must(store->messages_on(std::chrono::floor<std::chrono::days>(start))), 1U);
  // A try whose answer was not heard.
  must(store->failed(ids[1], start + 1h, "the connection broke"));
  EXPECT_TRUE(must(store->came_back(ids[1], start + 1h, known)));
  EXPECT_EQ(claim(start + 24h).size(), 1U);
  EXPECT_EQ(code_of(store->came_back(77, start, known)), "store_unknown");
}

TEST_P(OutboxConformance, TheKeyOfTagsStaysTheSame) {
  const std::string key = must(store->tag_key());
  EXPECT_EQ(key.size(), 16U);
  EXPECT_EQ(must(store->tag_key()), key);
  reopen();
  EXPECT_EQ(must(store->tag_key()), key);
}

TEST_P(OutboxConformance, ARetryLeavesAClaimAlone) {
  report("example.com", {"mailto:a@example.com"});
  const Ids ids = claim(start);
  ASSERT_EQ(ids.size(), 1U);
  must(store->retry(ids[0], start + 1s));
  EXPECT_EQ(claim(start + 1s), Ids{});
  must(store->failed(ids[0], start + 24h, "421 later"));
  must(store->retry(ids[0], start + 2s));
  EXPECT_EQ(claim(start + 2s), ids);
}

TEST_P(OutboxConformance, WhatIsHeldBackWasNotTried) {
  report("example.com", {"mailto:a@example.com"});
  const Ids ids = claim(start);
  ASSERT_EQ(ids.size(), 1U);
  must(store->hold_back(ids[0], start + 1min));
  EXPECT_EQ(must(store->delivery(ids[0])).attempts, 0U);
  EXPECT_EQ(claim(start + 59s), Ids{});
  EXPECT_EQ(claim(start + 1min), ids);
  EXPECT_EQ(code_of(store->hold_back(7, start)), "store_unknown");
}

TEST_P(OutboxConformance, BooksSeveralTogether) {
  using What = Tried::What;
  report("example.com", {"mailto:a@example.com", "mailto:b@example.com", "mailto:c@example.com",
                         "mailto:d@example.com"});
  const Ids ids = claim(start);
  ASSERT_EQ(ids.size(), 4U);
  const Suppression left_alone = {.address = "d@example.com",
                                  .reason = "550 no",
                                  .since = start,
                                  .until = start + 7 * 24h,
                                  .times = 1};
  must(store->book(std::vector<Tried>{
      {.id = ids[0], .what = What::sent, .at = start},
      {.id = ids[1], .what = What::failed, .at = start + 1h, .reason = "421 later"},
      {.id = 4'711, .what = What::sent, .at = start},  // erased meanwhile
      {.id = ids[2], .what = What::held_back, .at = start + 1min},
      {.id = ids[3],
       .what = What::given_up,
       .at = start,
       .reason = "550 no",
       .suppress = left_alone}}));
  EXPECT_EQ(must(store->delivery(ids[0])).state, OutboxState::sent);
  const Delivery failed = must(store->delivery(ids[1]));
  EXPECT_EQ(failed.attempts, 1U);
  EXPECT_EQ(failed.next, start + 1h);
  EXPECT_EQ(failed.reason, "421 later");
  EXPECT_EQ(must(store->delivery(ids[2])).attempts, 0U);
  EXPECT_EQ(must(store->delivery(ids[3])).state, OutboxState::given_up);
  EXPECT_EQ(must(store->suppression("d@example.com")), left_alone);
  EXPECT_EQ(must(store->messages_on(std::chrono::floor<std::chrono::days>(start))), 1U);
  EXPECT_EQ(claim(start + 1min), Ids{ids[2]});
}

TEST_P(OutboxConformance, PartsOfAReportHaveIdsOfTheirOwn) {
  add({evaluation_of("example.com", "192.0.2.1")});
  const Cut all = cut();
  const auto counted = must(store->configurations("example.com", all));
  Settlement settlement =
      settlement_of(counted.at(0), all, "whole", {"a@b.example", "a@b.example"});
  settlement.deliveries[1].report_id = "part2";
  settlement.deliveries[1].messages = 7;
  must(store->settle(std::vector{settlement}));
  const auto found = must(store->deliveries({}));
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].report_id, "whole");
  EXPECT_EQ(found[0].messages, settlement.messages);
  EXPECT_EQ(found[1].report_id, "part2");
  EXPECT_EQ(found[1].messages, 7U);
}

TEST_P(OutboxConformance, SaysWhenThereIsNoSuchDelivery) {
  EXPECT_EQ(code_of(store->delivery(7)), "store_unknown");
  EXPECT_EQ(code_of(store->sent(7, start)), "store_unknown");
  EXPECT_EQ(code_of(store->failed(7, start, "")), "store_unknown");
  EXPECT_EQ(code_of(store->give_up(7, start, "")), "store_unknown");
  EXPECT_EQ(code_of(store->retry(7, start)), "store_unknown");
}

TEST_P(OutboxConformance, ListsWhatIsWanted) {
  report("example.com", {"mailto:a@example.com", "mailto:b@example.com"});
  report("example.org", {"mailto:a@example.com"});
  const auto count = [&](const DeliveryFilter& filter) {
    return must(store->deliveries(filter)).size();
  };
  EXPECT_EQ(count({}), 3U);
  EXPECT_EQ(count({.policy_domain = "example.com"}), 2U);
  EXPECT_EQ(count({.destination = "mailto:a@example.com"}), 2U);
  EXPECT_EQ(count({.report_id = "of-example.org"}), 1U);
  EXPECT_EQ(count({.state = OutboxState::sent}), 0U);
  must(store->sent(claim(start, 1).at(0), start));
  EXPECT_EQ(count({.state = OutboxState::sent}), 1U);
  EXPECT_EQ(count({.state = OutboxState::waiting, .policy_domain = "example.com"}), 1U);
  const auto page = must(store->deliveries({.limit = 2}));
  ASSERT_EQ(page.size(), 2U);
  EXPECT_TRUE(page[0].octets.empty());
  EXPECT_EQ(count({.after = page[1].id}), 1U);
}

TEST_P(OutboxConformance, TheLongestWaitingFirst) {
  report("example.com", {"mailto:a@example.com", "mailto:b@example.com"});
  const Ids ids = claim(start);
  ASSERT_EQ(ids.size(), 2U);
  must(store->failed(ids[0], start + 2h, ""));
  must(store->failed(ids[1], start + 1h, ""));
  EXPECT_EQ(claim(start + 3h), (Ids{ids[1], ids[0]}));
}

// ---- Suppressions ------------------------------------------------------------------------------

TEST_P(OutboxConformance, KeepsSuppressions) {
  const Suppression first = {.address = "b@example.com",
                             .reason = "550",
                             .since = start,
                             .until = start + 24h,
                             .times = 1};
  Suppression second = first;
  second.address = "a@example.com";
  must(store->suppress(first));
  must(store->suppress(second));
  second.times = 2;
  second.until = start + 48h;
  must(store->suppress(second));
  reopen();
  EXPECT_EQ(must(store->suppressions()), (std::vector{second, first}));
  EXPECT_EQ(must(store->suppression("a@example.com")), second);
  EXPECT_EQ(must(store->suppression("c@example.com")), std::nullopt);
  EXPECT_TRUE(must(store->unsuppress("a@example.com")));
  EXPECT_FALSE(must(store->unsuppress("a@example.com")));
  EXPECT_EQ(must(store->suppressions()), std::vector{first});
  EXPECT_EQ(must(store->forget({.suppressions = start + 24h})).suppressions, 0U);
  EXPECT_EQ(must(store->forget({.suppressions = start + 25h})).suppressions, 1U);
}

// ---- Forgetting and erasing --------------------------------------------------------------------

// PRI-07
TEST_P(OutboxConformance, ForgetsWhatIsTooOld) {
  report("example.com", {"mailto:a@example.com"});
  add({evaluation_of("example.org", "192.0.2.1", noon),
       evaluation_of("example.org", "192.0.2.1", noon + 1h)});
  const Removed facts = must(store->forget({.facts = noon + 1h}));
  EXPECT_EQ(facts.evaluations, 2U);
  EXPECT_EQ(due(cut()), Words{"example.org 1 0"});
  EXPECT_EQ(must(store->books()).of(Outcome::expired), 1U);
  EXPECT_EQ(must(store->books()).in_outbox, 1U);  // the report is still sent
  EXPECT_EQ(must(store->forget({.reports = start + 24h})).reports, 0U);
  must(store->sent(claim(start).at(0), start));
  EXPECT_EQ(must(store->forget({.reports = start})).reports, 0U);
  const Removed reports = must(store->forget({.reports = start + 1s}));
  EXPECT_EQ(reports.reports, 1U);
  EXPECT_EQ(reports.deliveries, 1U);
  EXPECT_TRUE(must(store->settled("", 10)).empty());
  const Books books = must(store->books());
  EXPECT_EQ(books.sent, 1U);
  EXPECT_EQ(books.deliveries_sent, 0U);
  EXPECT_EQ(books.taken, 3U);
}

TEST_P(OutboxConformance, ForgetsTheWaysOfReportsOnlyInTheBooks) {
  report("example.com", {"mailto:a@example.com"});
  must(store->give_up(claim(start).at(0), start, "550"));
  add({evaluation_of("example.org", "192.0.2.1")});
  settle_all("example.org", cut(), Outcome::no_destination);
  EXPECT_EQ(must(store->forget({.reports = start + 1s})).reports, 2U);
  const Books books = must(store->books());
  EXPECT_EQ(books.undelivered, 1U);
  EXPECT_EQ(books.of(Outcome::no_destination), 1U);
}

TEST_P(OutboxConformance, ForgetsSourcesCorrespondentsAndDays) {
  Batch batch = batch_of("a", 0, {evaluation_of("example.com", "192.0.2.1")});
  batch.correspondents = {{"example.net", noon}};
  add(std::vector{batch});
  must(store->count_message(noon));
  const Retention kept = {.sources = noon, .correspondents = noon, .days = noon};
  EXPECT_EQ(must(store->forget(kept)), Removed{});
  EXPECT_EQ(must(store->messages_on(std::chrono::floor<std::chrono::days>(noon))), 1U);
  const Removed removed = must(
      store->forget({.sources = noon + 1s, .correspondents = noon + 1s, .days = next_midnight}));
  EXPECT_EQ(removed.sources, 1U);
  EXPECT_EQ(removed.correspondents, 1U);
  EXPECT_EQ(must(store->offset_of("a")), 0U);
  EXPECT_FALSE(must(store->is_known("example.net")));
  EXPECT_EQ(must(store->messages_on(std::chrono::floor<std::chrono::days>(noon))), 0U);
}

TEST_P(OutboxConformance, RowsComeBackAfterTheyWereForgotten) {
  add({evaluation_of("example.com", "192.0.2.1")});
  settle_all("example.com", cut(), Outcome::optional);
  must(store->forget({.facts = next_midnight, .reports = start + 1s}));
  add({evaluation_of("example.com", "192.0.2.1"), evaluation_of("example.com", "192.0.2.2")});
  EXPECT_EQ(records("example.com", cut()),
            (std::vector<std::string>{"192.0.2.1 1", "192.0.2.2 1"}));
}

// PRI-07
TEST_P(OutboxConformance, ErasesADomainAndThoseBelowIt) {
  report("example.com", {"mailto:a@example.com"});
  report("mail.example.com", {"mailto:a@example.com"});
  report("notexample.com", {"mailto:a@example.com"});
  must(store->sent(claim(start, 1).at(0), start));
  Batch batch = batch_of(
      "a", 0,
      {evaluation_of("example.com", "192.0.2.7"), evaluation_of("example.org", "192.0.2.7")});
  batch.correspondents = {{"example.com", noon}, {"example.org", noon}};
  add(std::vector{batch});
  const Removed removed = must(store->erase("example.com"));
  EXPECT_EQ(removed.evaluations, 3U);
  EXPECT_EQ(removed.reports, 2U);
  EXPECT_EQ(removed.deliveries, 2U);
  EXPECT_EQ(removed.correspondents, 1U);
  EXPECT_EQ(due(cut()), std::vector<std::string>{"example.org 1 0"});
  const auto left = must(store->settled("", 10));
  ASSERT_EQ(left.size(), 1U);
  EXPECT_EQ(left[0].policy_domain, "notexample.com");
  EXPECT_EQ(must(store->deliveries({})).size(), 1U);
  EXPECT_FALSE(must(store->is_known("example.com")));
  EXPECT_TRUE(must(store->is_known("example.org")));
  const Books books = must(store->books());
  EXPECT_EQ(books.taken, 5U);
  EXPECT_EQ(books.sent, 1U);
  EXPECT_EQ(books.in_outbox, 1U);
  EXPECT_EQ(books.of(Outcome::erased), 2U);    // one waited for its report, one in the outbox
  EXPECT_EQ(must(store->offset_of("a")), 2U);  // nothing comes back
  EXPECT_EQ(must(store->erase("example.com")), Removed{});
}

TEST_P(OutboxConformance, WhatIsErasedMeanwhileIsNotSettled) {
  add({evaluation_of("example.com", "192.0.2.1")});
  const Cut all = cut();
  const Counted counted = must(store->configurations("example.com", all)).at(0);
  must(store->erase("example.com"));
  add({evaluation_of("example.com", "192.0.2.2")});
  EXPECT_EQ(code_of(store->settle(std::vector{settlement_of(counted, all, "r1")})),
            "store_changed");
}

}  // namespace assay::store
