#pragma once

#include <random>
#include <thread>

#include "system/store/testdata/conformance.h"

/// Taking in, counting, settling.
namespace assay::store {

TEST_P(Conformance, IsEmptyInTheBeginning) {
  EXPECT_EQ(must(store->offset_of("a")), 0U);
  EXPECT_EQ(due(cut()), Words{});
  EXPECT_EQ(must(store->books()), Books{});
  EXPECT_TRUE(must(store->settled("", 10)).empty());
  EXPECT_FALSE(must(store->is_known("example.com")));
}

TEST_P(Conformance, CountsEqualRows) {
  add({evaluation_of("example.com", "192.0.2.1", noon),
       evaluation_of("example.com", "192.0.2.1", noon + 59min),
       evaluation_of("example.com", "192.0.2.2", noon),
       evaluation_of("example.com", "192.0.2.1", noon + 3h)});
  add({evaluation_of("example.com", "192.0.2.1", noon)});
  const Cut all = cut();
  EXPECT_EQ(due(all), Words{"example.com 5 0"});
  EXPECT_EQ(records("example.com", all), (Words{"192.0.2.1 4", "192.0.2.2 1"}));
  const auto counted = must(store->configurations("example.com", all));
  ASSERT_EQ(counted.size(), 1U);
  EXPECT_EQ(counted[0].messages, 5U);
  EXPECT_EQ(counted[0].first, noon);
  EXPECT_EQ(counted[0].last, noon + 3h);
  EXPECT_TRUE(counted[0].records.empty());
}

TEST_P(Conformance, TakesASourceInOnce) {
  const Batch first = batch_of("a", 0, {evaluation_of("example.com", "192.0.2.1")});
  const Batch second = batch_of("a", 1, {evaluation_of("example.com", "192.0.2.2")});
  EXPECT_EQ(add(std::vector{first}).evaluations, 1U);
  EXPECT_EQ(must(store->offset_of("a")), 1U);
  const Added again = add(std::vector{first, second, second});
  EXPECT_EQ(again.evaluations, 1U);
  EXPECT_EQ(again.batches, 1U);
  EXPECT_EQ(again.known_batches, 2U);
  reopen();
  EXPECT_EQ(must(store->offset_of("a")), 2U);
  EXPECT_EQ(add(std::vector{first, second}).known_batches, 2U);
  EXPECT_EQ(must(store->books()).taken, 2U);
}

TEST_P(Conformance, TakesNothingInFromAnotherOffset) {
  const auto evaluations = [](std::size_t count) {
    return std::vector(count, evaluation_of("example.com", "192.0.2.1"));
  };
  add(std::vector{batch_of("a", 0, evaluations(3))});
  // A gap, and ranges that were taken in partly; and then nothing of the same call.
  for (const Batch& wrong : {batch_of("a", 4, evaluations(1)), batch_of("a", 2, evaluations(2)),
                             batch_of("a", 0, evaluations(4))}) {
    const std::vector batches = {batch_of("b", 0, evaluations(1)), wrong};
    EXPECT_EQ(code_of(store->add(batches, noon)), "store_offset");
  }
  EXPECT_EQ(must(store->offset_of("a")), 3U);
  EXPECT_EQ(must(store->offset_of("b")), 0U);
  EXPECT_EQ(must(store->books()).taken, 3U);
}

TEST_P(Conformance, LinesWithoutEvaluationsAreTakenInAsWell) {
  add(std::vector{Batch{.source = {.identity = "a", .from = 0, .to = 700}}});
  EXPECT_EQ(must(store->offset_of("a")), 700U);
  EXPECT_EQ(due(cut()), Words{});
}

TEST_P(Conformance, SourcesComeInAnyOrder) {
  const auto one = [](const std::string& ip) {
    return std::vector{evaluation_of("example.com", ip)};
  };
  add(std::vector{batch_of("b", 0, one("192.0.2.1")), batch_of("a", 0, one("192.0.2.1")),
                  batch_of("b", 1, one("192.0.2.2")), batch_of("a", 1, one("192.0.2.2"))});
  EXPECT_EQ(records("example.com", cut()), (Words{"192.0.2.1 2", "192.0.2.2 2"}));
}

TEST_P(Conformance, KnowsCorrespondents) {
  Batch batch = batch_of("a", 0, {evaluation_of("example.com", "192.0.2.1")});
  batch.correspondents = {{"example.net", noon}, {"example.net", noon - 1h}};
  add(std::vector{batch});
  EXPECT_TRUE(must(store->is_known("example.net")));
  EXPECT_FALSE(must(store->is_known("example.com")));
  EXPECT_FALSE(must(store->is_known("www.example.net")));
}

TEST_P(Conformance, KeepsEveryField) {
  Configuration configuration = configuration_of("example.com");
  configuration.policy.pct = "50";
  configuration.evaluated_by = aggregate::Schema::rfc7489;
  configuration.record = std::string("v=DMARC1; x=\0\xff", 14) + std::string(70'000, 'x');
  aggregate::Row row = row_of("example.com", "2001:db8::1");
  row.envelope_to = "example.org";
  row.reasons = {{.type = "local_policy", .comment = "arc=pass ü"}, {.type = "other"}};
  row.dkim_results.assign(40, {.domain = "d", .selector = "", .result = "pass"});
  row.dkim_results[7].human_result = "why";
  row.spf_results[0].human_result = "because";
  add({{.time = noon, .configuration = configuration, .row = row}});
  reopen();
  const auto found = must(unreported(*store, "example.com", cut()));
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].configuration, configuration);
  ASSERT_EQ(found[0].records.size(), 1U);
  EXPECT_EQ(found[0].records[0].row, row);
}

TEST_P(Conformance, TellsRowsApartByEveryField) {
  std::vector<Evaluation> all(16, evaluation_of("example.com", "192.0.2.1"));
  all[1].row.source_ip = "192.0.2.2";
  all[2].row.disposition = "reject";
  all[3].row.dkim = "fail";
  all[4].row.spf = "pass";
  all[5].row.reasons = {{.type = "other"}};
  all[6].row.reasons = {{.type = "", .comment = "other"}};
  all[7].row.header_from = "www.example.com";
  all[8].row.envelope_from = "";
  all[9].row.envelope_to = "bounce.example.com";
  all[10].row.dkim_results.clear();
  all[11].row.dkim_results[0].selector = "s2";
  all[12].row.dkim_results.push_back(all[12].row.dkim_results[0]);
  all[13].row.spf_results[0].scope = "helo";
  all[14].row.spf_results[0].result = "pass";
  all[15].row.spf_results[0].human_result = "x";
  add(all);
  add(all);
  const auto found = must(unreported(*store, "example.com", cut()));
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].records.size(), all.size());
  for (const aggregate::Record& each : found[0].records) EXPECT_EQ(each.count, 2U);
}

TEST_P(Conformance, TellsConfigurationsApart) {
  add({evaluation_of("example.com", "192.0.2.1", noon, "none"),
       evaluation_of("example.com", "192.0.2.1", noon + 1h, "reject"),
       evaluation_of("example.org", "192.0.2.1", noon, "reject")});
  const Cut all = cut();
  EXPECT_EQ(due(all), (Words{"example.com 2 0", "example.org 1 0"}));
  const auto found = must(unreported(*store, "example.com", all));
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].configuration.policy.p, "none");
  EXPECT_EQ(found[1].configuration.policy.p, "reject");
  EXPECT_EQ(found[1].first, noon + 1h);
}

TEST_P(Conformance, ACutHoldsHoursThatAreOver) {
  add({evaluation_of("example.com", "192.0.2.1", next_midnight - 1s),
       evaluation_of("example.com", "192.0.2.2", next_midnight)});
  EXPECT_EQ(due(cut(next_midnight - 1s)), Words{});
  EXPECT_EQ(records("example.com", cut(next_midnight)), Words{"192.0.2.1 1"});
  EXPECT_EQ(records("example.com", cut(next_midnight + 59min)), Words{"192.0.2.1 1"});
  EXPECT_EQ(due(cut(next_midnight + 1h)), Words{"example.com 2 0"});
}

TEST_P(Conformance, ACutDoesNotChange) {
  add({evaluation_of("example.com", "192.0.2.1")});
  const Cut before = cut();
  EXPECT_EQ(cut(), before);  // nothing came since
  add({evaluation_of("example.com", "192.0.2.1"), evaluation_of("example.com", "192.0.2.2")});
  EXPECT_EQ(records("example.com", before), Words{"192.0.2.1 1"});
  reopen();
  const Cut after = cut();
  EXPECT_EQ(records("example.com", before), Words{"192.0.2.1 1"});
  EXPECT_EQ(records("example.com", after), (Words{"192.0.2.1 2", "192.0.2.2 1"}));
  settle_all("example.com", before);
  EXPECT_EQ(records("example.com", before), Words{});
  EXPECT_EQ(records("example.com", after), (Words{"192.0.2.1 1", "192.0.2.2 1"}));
}

TEST_P(Conformance, ShowsMoreRecordsThanItReadsAtOnce) {
  std::vector<Evaluation> many;
  for (int i = 0; i < 2'500; ++i) {
    many.push_back(evaluation_of("example.com", "192.0.2." + std::to_string(i)));
  }
  add(many);
  const Cut all = cut();
  const auto counted = must(store->configurations("example.com", all));
  ASSERT_EQ(counted.size(), 1U);
  int shown = 0;
  const auto show = [&](const aggregate::Record& record) {
    EXPECT_EQ(record.count, 1U);
    // The store is free meanwhile.
    if (shown % 1'000 == 500) {
      EXPECT_EQ(must(store->offset_of("none")), 0U);
    }
    return ++shown != 2'100;
  };
  must(store->each_record(counted[0].id, all, show));
  EXPECT_EQ(shown, 2'100);
  must(store->each_record(counted[0].id, all, show));
  EXPECT_EQ(shown, 4'600);
}

// ---- Settling ----------------------------------------------------------------------------------

TEST_P(Conformance, SettlesAReport) {
  add({evaluation_of("example.com", "192.0.2.1"), evaluation_of("example.org", "192.0.2.1")});
  const Cut all = cut();
  const Counted counted = must(store->configurations("example.com", all)).at(0);
  must(store->settle(std::vector{
      settlement_of(counted, all, "r1", {"mailto:a@example.com", "mailto:b@example.net"})}));
  reopen();
  EXPECT_EQ(due(all), Words{"example.org 1 0"});
  const auto settled = must(store->settled("example.com", 10));
  ASSERT_EQ(settled.size(), 1U);
  EXPECT_EQ(settled[0].report_id, "r1");
  EXPECT_EQ(settled[0].outcome, Outcome::reported);
  EXPECT_EQ(settled[0].messages, 1U);
  EXPECT_EQ(settled[0].at, next_midnight);
  EXPECT_EQ(settled[0].begin, midnight);
  EXPECT_EQ(settled[0].end, next_midnight - 1s);
  EXPECT_EQ(must(store->settled("", 10)), settled);
  const auto deliveries = must(store->deliveries({}));
  ASSERT_EQ(deliveries.size(), 2U);
  EXPECT_EQ(deliveries[1].destination, "mailto:b@example.net");
  EXPECT_EQ(deliveries[1].report_id, "r1");
  EXPECT_EQ(deliveries[1].policy_domain, "example.com");
  EXPECT_EQ(deliveries[1].begin, midnight);
  EXPECT_EQ(deliveries[1].messages, 1U);
  EXPECT_EQ(deliveries[1].created, next_midnight);
  EXPECT_EQ(deliveries[1].next, next_midnight);
  const Books books = must(store->books());
  EXPECT_EQ(books.in_outbox, 1U);
  EXPECT_EQ(books.waiting, 1U);
  EXPECT_EQ(books.deliveries_waiting, 2U);
}

TEST_P(Conformance, SettlesAllOrNothing) {
  add({evaluation_of("example.com", "192.0.2.1"), evaluation_of("example.org", "192.0.2.1")});
  const Cut all = cut();
  const Settlement good =
      settlement_of(must(store->configurations("example.com", all)).at(0), all, "r1");
  const Settlement other =
      settlement_of(must(store->configurations("example.org", all)).at(0), all, "r2");
  Settlement miscounted = other;
  miscounted.messages = 2;
  EXPECT_EQ(code_of(store->settle(std::vector{good, miscounted})), "store_changed");
  EXPECT_EQ(code_of(store->settle(std::vector{good, good})), "store_changed");
  Settlement same_id = other;
  same_id.report_id = "r1";
  EXPECT_EQ(code_of(store->settle(std::vector{good, same_id})), "store_taken");
  EXPECT_EQ(due(all), (Words{"example.com 1 0", "example.org 1 0"}));
  EXPECT_TRUE(must(store->settled("", 10)).empty());
  EXPECT_TRUE(must(store->deliveries({})).empty());
  must(store->settle(std::vector{good, other}));
  EXPECT_EQ(code_of(store->settle(std::vector{good})), "store_changed");
  EXPECT_EQ(due(all), Words{});
}

TEST_P(Conformance, BooksEveryOutcome) {
  for (std::size_t i = 0; i < outcomes; ++i) {
    const std::string domain = "example" + std::to_string(i) + ".com";
    add(std::vector(i + 1, evaluation_of(domain, "192.0.2.1")));
    settle_all(domain, cut(), static_cast<Outcome>(i));
    EXPECT_EQ(must(store->books()).settled[i], i + 1);
  }
  EXPECT_EQ(due(cut()), Words{});
  EXPECT_EQ(must(store->deliveries({})).size(), 1U);  // the reported alone
}

TEST_P(Conformance, LateEvaluationsGoIntoTheNextReport) {
  add({evaluation_of("example.com", "192.0.2.1"), evaluation_of("example.com", "192.0.2.2"),
       evaluation_of("example.org", "192.0.2.1")});
  settle_all("example.com", cut());
  settle_all("example.org", cut(), Outcome::optional);
  // The day is over and reported, and now the journal of another host comes.
  add({evaluation_of("example.com", "192.0.2.1"),
       evaluation_of("example.com", "192.0.2.1", next_midnight + 1h),
       evaluation_of("example.com", "192.0.2.1", noon, "none"),  // this one has no report yet
       evaluation_of("example.org", "192.0.2.1")});
  EXPECT_EQ(due(cut()), (Words{"example.com 2 1", "example.org 1 0"}));
  const Cut next_day = cut(next_midnight + 24h);
  EXPECT_EQ(due(next_day), (Words{"example.com 3 1", "example.org 1 0"}));
  const auto counted = must(unreported(*store, "example.com", next_day));
  ASSERT_EQ(counted.size(), 2U);
  EXPECT_EQ(counted[0].messages, 2U);
  EXPECT_EQ(counted[0].late, 1U);
  EXPECT_EQ(counted[0].first, noon);
  EXPECT_EQ(counted[0].last, next_midnight + 1h);
  ASSERT_EQ(counted[0].records.size(), 1U);
  EXPECT_EQ(counted[0].records[0].count, 2U);
  EXPECT_EQ(counted[1].late, 0U);
}

// ---- All together ------------------------------------------------------------------------------

TEST_P(Conformance, EachEvaluationIsInOneReportWhateverComesWhen) {
  std::mt19937 random(1);  // NOLINT(cert-msc51-cpp): the same in every run
  const auto below = [&](std::size_t limit) { return random() % limit; };
  std::map<std::string, std::uint64_t> sources;
  std::map<std::string, std::uint64_t> taken;
  std::map<std::string, std::uint64_t> reported;
  for (int step = 0; step < 300; ++step) {
    if (below(3) != 0) {
      const std::string identity = "source" + std::to_string(below(4));
      std::vector<Evaluation> evaluations;
      for (std::size_t i = below(20); i > 0; --i) {
        const std::string ip = "192.0.2." + std::to_string(below(9));
        const std::string domain = "example" + std::to_string(below(3)) + ".com";
        evaluations.push_back(evaluation_of(domain, ip, midnight + std::chrono::hours(below(48)),
                                            below(5) == 0 ? "none" : "reject"));
        ++taken[domain + ip];
      }
      const std::uint64_t from = sources[identity];
      sources[identity] += evaluations.size();
      add(std::vector{batch_of(identity, from, evaluations)});
      continue;
    }
    const Cut part = cut(midnight + std::chrono::hours(below(50)));
    const std::string domain = "example" + std::to_string(below(3)) + ".com";
    std::vector<Settlement> settlements;
    for (const Counted& each : must(unreported(*store, domain, part))) {
      for (const aggregate::Record& record : each.records) {
        reported[domain + record.row.source_ip] += record.count;
      }
      settlements.push_back(settlement_of(
          each, part, "r" + std::to_string(step) + "-" + std::to_string(settlements.size())));
    }
    must(store->settle(settlements));
    if (below(10) == 0) reopen();
    expect_balance();
  }
  const Cut rest = cut(midnight + 50h);
  for (const Due& each : must(store->due(rest))) {
    for (const Counted& counted : must(unreported(*store, each.policy_domain, rest))) {
      for (const aggregate::Record& record : counted.records) {
        reported[each.policy_domain + record.row.source_ip] += record.count;
      }
    }
  }
  EXPECT_EQ(reported, taken);
}

TEST_P(Conformance, ThreadsDoNotDisturbEachOther) {
  constexpr int threads = 3;
  constexpr std::uint64_t rounds = 20;
  {
    std::vector<std::jthread> workers;
    for (int t = 0; t < threads; ++t) {
      workers.emplace_back([this, t] {
        const std::string identity = "source" + std::to_string(t);
        for (std::uint64_t i = 0; i < rounds; ++i) {
          add(std::vector{batch_of(identity, 2 * i,
                                   {evaluation_of("example.com", "192.0.2." + std::to_string(t)),
                                    evaluation_of("example.com", "192.0.2.9")})});
        }
      });
    }
    int reports = 0;
    for (std::uint64_t i = 0; i < rounds; ++i) {
      settle_all("example.com", cut(), Outcome::reported, "r" + std::to_string(++reports) + "-");
    }
  }
  settle_all("example.com", cut(), Outcome::reported, "last");
  EXPECT_EQ(must(store->books()).of(Outcome::reported), threads * rounds * 2);
}

}  // namespace assay::store
