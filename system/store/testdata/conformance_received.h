#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "system/store/received.h"
#include "system/store/testdata/conformance.h"

/// What every back-end of ReceivedReports must do, as conformance.h is for the Store.
namespace assay::store {

struct ReceivedBackend {
  virtual ~ReceivedBackend() = default;
  virtual std::unique_ptr<ReceivedReports> open() = 0;
};
using MakeReceivedBackend = std::unique_ptr<ReceivedBackend> (*)();

inline aggregate::Record record_of(const std::string& ip, std::uint64_t count,
                                   const std::string& disposition = "none") {
  aggregate::Row row = row_of("example.com", ip);
  row.disposition = disposition;
  return {.row = row, .count = count};
}

inline Arrival arrival_of(const std::string& id, const std::vector<aggregate::Record>& records,
                          const std::string& domain = "example.com",
                          const std::string& reporter = "reporter.example") {
  Arrival arrival;
  arrival.head = {.reporter = reporter,
                  .org_name = "Reporter",
                  .email = "dmarc@" + reporter,
                  .report_id = id,
                  .policy_domain = domain,
                  .begin = midnight,
                  .end = next_midnight,
                  .policy = configuration_of(domain).policy,
                  .errors = {"none of it"}};
  for (const aggregate::Record& each : records) arrival.records.add(each);
  arrival.records.finish();
  arrival.remarks = {{.code = "case", .what = "a word", .level = Level::warning}};
  arrival.authenticity = {.trust = Trust::genuine, .author_domain = reporter, .reason = "signed"};
  arrival.arrived = next_midnight + 1h;
  arrival.digest = id + domain + reporter;
  arrival.raw = {.octets = "raw " + id + domain, .name = "report.xml", .member = "a.xml"};
  return arrival;
}

inline Decision add_all(const Arrival& arrival, std::span<const Neighbour> /*known*/) {
  return {.standing = arrival.standing, .reason = arrival.reason};
}

class ReceivedConformance : public testing::TestWithParam<MakeReceivedBackend> {
 protected:
  void SetUp() override {
    backend = GetParam()();
    store = backend->open();
    ASSERT_NE(store, nullptr);
  }
  void TearDown() override {
    if (store == nullptr) return;
    for (const Finding& each : must(store->recount())) ADD_FAILURE() << each.what;
  }

  std::vector<Placed> add(const std::vector<Arrival>& arrivals, const Decide& decide = add_all) {
    return must(store->add(arrivals, decide, sampling));
  }
  std::int64_t add_one(const Arrival& arrival) { return add({arrival}).at(0).id; }

  std::uint64_t messages(const std::string& domain = "example.com") {
    std::uint64_t sum = 0;
    for (const DailyCount& each :
         must(store->daily({.policy_domain = domain, .days = always, .by_day = false}))) {
      sum += each.messages;
    }
    return sum;
  }
  std::vector<aggregate::Record> records(std::int64_t id) {
    std::vector<aggregate::Record> found;
    must(store->each_record(id, [&](const aggregate::Record& each) {
      found.push_back(each);
      return true;
    }));
    return found;
  }

  template <class Known>
  static std::vector<Arrival> known_arrivals(const Known& known) {
    std::vector<Arrival> arrivals;
    for (const auto& [id, each] : known) arrivals.push_back(each.arrival);
    return arrivals;
  }

  /// What is told of reporters and days is what is known to be there.
  void expect_tellers(const std::vector<Arrival>& known) {
    std::map<std::pair<std::string, std::string>, ReporterCount> expected;
    const Days days{.from = std::chrono::floor<std::chrono::days>(midnight),
                    .until = std::chrono::floor<std::chrono::days>(midnight + 48h)};
    ReportTally tally;
    std::set<std::string> telling;
    for (const Arrival& each : known) {
      const ReportHead& head = each.head;
      const bool is_counted = each.standing == Standing::counted;
      const auto [place, fresh] = expected.try_emplace(
          {head.reporter, head.policy_domain}, ReporterCount{.reporter = head.reporter,
                                                             .org_name = head.org_name,
                                                             .policy_domain = head.policy_domain,
                                                             .first = head.begin,
                                                             .last = head.end,
                                                             .arrived = each.arrived});
      ReporterCount& sum = place->second;
      ++(is_counted ? sum.reports : sum.set_aside);
      sum.remarked += each.remarks.empty() ? 0 : 1;
      sum.rfc9990 += head.schema == aggregate::Schema::rfc9990 ? 1 : 0;
      sum.messages += is_counted ? each.records.messages() : 0;
      sum.first = std::min(sum.first, head.begin);
      sum.last = std::max(sum.last, head.end);
      sum.arrived = std::max(sum.arrived, each.arrived);
      if (head.begin >= days.until || (head.end <= days.from && head.begin < days.from)) continue;
      ++(is_counted ? tally.counted : tally.set_aside);
      if (is_counted) telling.insert(head.reporter);
    }
    tally.reporters = telling.size();
    std::vector<ReporterCount> list;
    for (const auto& [key, each] : expected) list.push_back(each);
    EXPECT_EQ(must(store->reporters("")), list);
    EXPECT_EQ(must(store->tally("", days)), tally);
    std::uint64_t listed = 0;
    for (const ReporterCount& each : list) {
      for (const ReceivedReport& one : must(store->reports(
               {.policy_domain = each.policy_domain, .reporter = each.reporter, .limit = 1'000}))) {
        EXPECT_EQ(one.head.reporter, each.reporter);
        ++listed;
      }
    }
    EXPECT_EQ(listed, known.size());
  }

  const Days always{.from = std::chrono::sys_days{std::chrono::days{0}},
                    .until = std::chrono::sys_days{std::chrono::days{40'000}}};
  Sampling sampling = {};
  std::unique_ptr<ReceivedBackend> backend;
  std::unique_ptr<ReceivedReports> store;
};

TEST_P(ReceivedConformance, IsEmptyInTheBeginning) {
  EXPECT_EQ(must(store->books()), ReceivedBooks{});
  EXPECT_TRUE(must(store->reports({})).empty());
  EXPECT_TRUE(must(store->daily({.days = always})).empty());
  EXPECT_TRUE(must(store->sources({.policy_domain = "example.com", .days = always})).empty());
  EXPECT_TRUE(must(store->policy_domains()).empty());
  EXPECT_EQ(code_of(store->report(1)), "store_unknown");
  EXPECT_EQ(code_of(store->raw(1)), "store_unknown");
  EXPECT_EQ(code_of(store->stand(1, Standing::counted, "")), "store_unknown");
  EXPECT_EQ(code_of(store->replace(1, {})), "store_unknown");
}

TEST_P(ReceivedConformance, KeepsAReportAsItIs) {
  aggregate::Record odd = record_of("not an address", 7, "strange");
  odd.row.reasons = {{.type = "other", .comment = "arc=pass"}, {.type = "local_policy"}};
  odd.row.dkim_results.push_back({.domain = "b.example", .result = "fail", .human_result = "why"});
  odd.row.envelope_to = "rcpt.example";
  const std::vector<aggregate::Record> sent = {record_of("192.0.2.1", 3),
                                               record_of("2001:db8::1", 2), odd,
                                               record_of("192.0.2.01", 1), record_of("", 1)};
  const Arrival arrival = arrival_of("one", sent);
  const std::int64_t id = add_one(arrival);
  store.reset();
  store = backend->open();
  EXPECT_EQ(records(id), sent);
  const ReceivedReport kept = must(store->report(id));
  EXPECT_EQ(kept.head, arrival.head);
  EXPECT_EQ(kept.remarks, arrival.remarks);
  EXPECT_EQ(kept.authenticity, arrival.authenticity);
  EXPECT_EQ(kept.arrived, arrival.arrived);
  EXPECT_EQ(kept.records, 5U);
  EXPECT_EQ(kept.messages, 14U);
  EXPECT_EQ(must(store->raw(id)), arrival.raw);
  EXPECT_EQ(must(store->reports({})), std::vector{kept});
  EXPECT_EQ(must(store->books()),
            (ReceivedBooks{.reports = 1, .counted = 1, .records = 5, .messages = 14, .raws = 1}));
}

TEST_P(ReceivedConformance, CountsMessagesByWhatTheyAre) {
  add({arrival_of("one", {record_of("192.0.2.1", 3), record_of("192.0.2.2", 4),
                          record_of("192.0.2.1", 5, "reject")}),
       arrival_of("two", {record_of("192.0.2.1", 1)}, "example.com", "other.example")});
  const auto counts = must(store->daily({.policy_domain = "example.com", .days = always}));
  ASSERT_EQ(counts.size(), 2U);
  EXPECT_EQ(counts[0].policy_domain, "example.com");
  EXPECT_EQ(counts[0].day, std::chrono::floor<std::chrono::days>(midnight));
  EXPECT_EQ(counts[0].cell, (Cell{.spf = Aligned::fail,
                                  .dkim = Aligned::pass,
                                  .disposition = Done::none,
                                  .policy = Asked::reject,
                                  .raw_dkim = Authenticated::yes}));
  EXPECT_EQ(counts[0].messages, 8U);
  EXPECT_EQ(counts[1].messages, 5U);
  const auto by_reporter = must(store->daily({.days = always,
                                              .by_domain = false,
                                              .by_day = false,
                                              .by_reporter = true,
                                              .by_cell = false}));
  ASSERT_EQ(by_reporter.size(), 2U);
  EXPECT_EQ(by_reporter[0].reporter, "other.example");
  EXPECT_EQ(by_reporter[0].messages, 1U);
  EXPECT_EQ(by_reporter[1].messages, 12U);
}

TEST_P(ReceivedConformance, AMessageWithManySignaturesIsOne) {
  aggregate::Record record = record_of("192.0.2.1", 10);
  for (int i = 0; i < 5; ++i) record.row.dkim_results.push_back(record.row.dkim_results.front());
  record.row.spf_results.push_back({.domain = "a.example", .scope = "helo", .result = "pass"});
  add_one(arrival_of("one", {record}));
  EXPECT_EQ(messages(), 10U);
  const auto sources = must(store->sources({.policy_domain = "example.com", .days = always}));
  ASSERT_EQ(sources.size(), 1U);
  EXPECT_EQ(sources[0].messages, 10U);
  EXPECT_EQ(sources[0].spf_domain, "bounce.example.com");
  EXPECT_EQ(sources[0].dkim_selector, "s1");
}

TEST_P(ReceivedConformance, SpreadsAReportOverItsDays) {
  Arrival arrival = arrival_of("one", {record_of("192.0.2.1", 8), record_of("192.0.2.2", 1)});
  arrival.head.begin = noon;
  arrival.head.end = noon + 48h;
  add_one(arrival);
  const auto counts = must(store->daily({.days = always}));
  ASSERT_EQ(counts.size(), 3U);
  EXPECT_EQ(counts[0].messages + counts[1].messages + counts[2].messages, 9U);
  EXPECT_GE(counts[0].messages, 2U);
  EXPECT_GE(counts[1].messages, 4U);
  EXPECT_GE(counts[2].messages, 2U);
  // What sources say of a day is what the daily counts say of it.
  std::uint64_t of_day = 0;
  const std::chrono::sys_days day = counts[1].day;
  for (const SourceCount& each :
       must(store->sources({.policy_domain = "example.com",
                            .days = {.from = day, .until = day + std::chrono::days{1}}}))) {
    of_day += each.messages;
  }
  EXPECT_EQ(of_day, counts[1].messages);
}

TEST_P(ReceivedConformance, WhatIsSetAsideIsInNoCount) {
  Arrival aside = arrival_of("two", {record_of("192.0.2.9", 5)});
  aside.standing = Standing::set_aside;
  aside.reason = "foreign_domain";
  add({arrival_of("one", {record_of("192.0.2.1", 3)}), aside});
  EXPECT_EQ(messages(), 3U);
  EXPECT_EQ(must(store->sources({.policy_domain = "example.com", .days = always})).size(), 1U);
  const auto found = must(store->reports({.standing = Standing::set_aside}));
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].reason, "foreign_domain");
  EXPECT_EQ(records(found[0].id).size(), 1U);
  must(store->stand(found[0].id, Standing::counted, ""));
  EXPECT_EQ(messages(), 8U);
  must(store->stand(found[0].id, Standing::set_aside, "by hand"));
  must(store->stand(found[0].id, Standing::set_aside, "again"));
  EXPECT_EQ(messages(), 3U);
}

TEST_P(ReceivedConformance, ShowsWhoeverDecidesWhatIsThere) {
  add_one(arrival_of("one", {record_of("192.0.2.1", 3)}));
  std::vector<std::string> seen;
  Arrival same = arrival_of("one", {record_of("192.0.2.1", 3)});
  same.arrived += 5h;
  Arrival other = arrival_of("two", {record_of("192.0.2.1", 3)});
  const auto placed =
      add({same, other}, [&](const Arrival& arrival, std::span<const Neighbour> known) -> Decision {
        for (const Neighbour& each : known) {
          seen.push_back(arrival.head.report_id + " sees " + each.report_id +
                         (each.same_content ? " same" : ""));
        }
        if (arrival.head.report_id == "one") return {.verdict = Verdict::duplicate, .of = 1};
        return {.standing = Standing::counted,
                .of = 1,
                .supersedes = 1,
                .remarks = {{.code = "better", .what = "b", .level = Level::info}}};
      });
  EXPECT_EQ(seen, (std::vector<std::string>{"one sees one same", "two sees one"}));
  EXPECT_EQ(placed[0].verdict, Verdict::duplicate);
  EXPECT_EQ(placed[0].id, 1);
  const ReceivedReport first = must(store->report(1));
  EXPECT_EQ(first.seen, 2U);
  EXPECT_EQ(first.seen_last, same.arrived);
  EXPECT_EQ(first.reason, reason_superseded);
  EXPECT_EQ(must(store->report(placed[1].id)).remarks.back().code, "better");
  EXPECT_EQ(messages(), 3U);
  EXPECT_EQ(must(store->books()).duplicates, 1U);
}

TEST_P(ReceivedConformance, AbsurdNumbersAreInNoCount) {
  const std::uint64_t most = std::numeric_limits<std::uint64_t>::max();
  const auto placed = add({arrival_of("one", {record_of("192.0.2.1", most), record_of("a", most)}),
                           arrival_of("two", {record_of("192.0.2.1", 2)})});
  EXPECT_EQ(placed[0].standing, Standing::set_aside);
  EXPECT_EQ(placed[0].reason, "absurd");
  EXPECT_EQ(messages(), 2U);
  EXPECT_EQ(records(placed[0].id).at(0).count, most);
}

TEST_P(ReceivedConformance, ReplacesFacts) {
  const std::int64_t id = add_one(arrival_of("one", {record_of("192.0.2.1", 3)}));
  Arrival better = arrival_of("one", {record_of("192.0.2.1", 3), record_of("192.0.2.2", 4)});
  better.remarks.clear();
  must(store->replace(id, better));
  EXPECT_EQ(messages(), 7U);
  EXPECT_EQ(records(id).size(), 2U);
  EXPECT_TRUE(must(store->report(id)).remarks.empty());
  EXPECT_EQ(must(store->raw(id)).octets, better.raw.octets);
  EXPECT_EQ(must(store->books()).reports, 1U);
}

inline Arrival failure_of(int number, const std::string& source) {
  Arrival arrival = arrival_of("f" + std::to_string(number) + source, {});
  arrival.head.kind = ReportKind::failure;
  arrival.failure = FailureFacts{.auth_failure = "dmarc",
                                 .source_ip = source,
                                 .subject = "hello",
                                 .urls = {"https://example.com/"},
                                 .original_header = "From: a@example.com\r\n",
                                 .incidents = 2};
  return arrival;
}

TEST_P(ReceivedConformance, SamplesFloodsOfFailureReports) {
  sampling = {.per_source = 4, .per_domain = 1'000};
  std::uint64_t kept = 0;
  for (int i = 0; i < 100; ++i) kept += add({failure_of(i, "192.0.2.1")})[0].sampled_out ? 0 : 1;
  EXPECT_EQ(kept, 4U + 4U);  // 8, 16, 32, 64
  EXPECT_FALSE(add({failure_of(0, "192.0.2.2")})[0].sampled_out);
  // One that was counted alone is known when it comes again.
  EXPECT_EQ(add({failure_of(50, "192.0.2.1")})[0].verdict, Verdict::duplicate);
  const auto counts = must(store->failure_counts("example.com", always));
  ASSERT_EQ(counts.size(), 2U);
  EXPECT_EQ(counts[0].came, 100U);
  EXPECT_EQ(counts[0].kept, 8U);
  EXPECT_EQ(counts[0].incidents, 200U);
  EXPECT_EQ(must(store->books()).sampled_out, 92U);
  const auto found = must(store->reports({.kind = ReportKind::failure}));
  ASSERT_EQ(found.size(), 9U);
  EXPECT_EQ(must(store->failure(found[0].id)), failure_of(0, "192.0.2.1").failure);
  must(store->forget({.originals = Instant::max()}));
  EXPECT_TRUE(must(store->failure(found[0].id)).original_header.empty());
  EXPECT_EQ(must(store->failure(found[0].id)).subject, "hello");
}

TEST_P(ReceivedConformance, KeepsTlsReports) {
  Arrival arrival = arrival_of("t", {});
  arrival.head.kind = ReportKind::tls;
  arrival.tls = {
      {.type = "sts",
       .domain = "example.com",
       .policy = {"version: STSv1"},
       .mx_hosts = {"*.example.com"},
       .successful = 100,
       .failed = 9,
       .failures = {
           {.result_type = "certificate-expired", .sending_mta_ip = "192.0.2.1", .sessions = 7}}}};
  const std::int64_t id = add_one(arrival);
  EXPECT_EQ(must(store->tls(id)), arrival.tls);
  const auto counts = must(store->tls_counts("example.com", always));
  ASSERT_EQ(counts.size(), 3U);
  EXPECT_EQ(counts[0].result_type, "");
  EXPECT_EQ(counts[0].sessions, 100U);
  EXPECT_EQ(counts[1].sessions, 7U);
  EXPECT_EQ(counts[2].result_type, "unexplained");
  EXPECT_EQ(counts[2].sessions, 2U);
  must(store->erase("example.com"));
  EXPECT_TRUE(must(store->tls_counts("", always)).empty());
}

TEST_P(ReceivedConformance, ErasesADomainAndThoseBelowIt) {
  add({arrival_of("one", {record_of("192.0.2.1", 3)}),
       arrival_of("two", {record_of("192.0.2.1", 4)}, "mail.example.com"),
       arrival_of("three", {record_of("192.0.2.1", 5)}, "notexample.com"),
       failure_of(1, "192.0.2.1")});
  const ReceivedRemoved removed = must(store->erase("example.com"));
  EXPECT_EQ(removed.reports, 3U);
  EXPECT_EQ(removed.records, 2U);
  EXPECT_EQ(must(store->policy_domains()), std::vector<std::string>{"notexample.com"});
  EXPECT_EQ(messages(""), 5U);
  EXPECT_TRUE(must(store->failure_counts("", always)).empty());
  add_one(arrival_of("one", {record_of("192.0.2.1", 3)}));
  EXPECT_EQ(messages(), 3U);
}

TEST_P(ReceivedConformance, ForgetsEachKindByItself) {
  Arrival late = arrival_of("two", {record_of("192.0.2.1", 4)});
  late.arrived += 100h;
  add({arrival_of("one", {record_of("192.0.2.1", 3)}), late, failure_of(1, "192.0.2.1")});
  EXPECT_EQ(must(store->forget({.raw = late.arrived})).raws, 2U);
  EXPECT_TRUE(must(store->raw(1)).octets.empty());
  EXPECT_FALSE(must(store->report(1)).has_raw);
  EXPECT_EQ(must(store->forget({.aggregate = late.arrived})).reports, 1U);
  EXPECT_EQ(messages(), 4U);
  EXPECT_EQ(must(store->forget({.failure = late.arrived})).reports, 1U);
  EXPECT_EQ(must(store->books()).reports, 1U);
  EXPECT_TRUE(must(store->failure_counts("", always)).empty());
}

TEST_P(ReceivedConformance, CountsFailureReportsAsLongAsItKeepsThem) {
  Arrival late = failure_of(1, "192.0.2.1");  // of a day long ago
  late.arrived += 24h * 400;
  add_one(late);
  must(store->forget({.failure = late.arrived}));
  ASSERT_EQ(must(store->failure_counts("example.com", always)).size(), 1U);
  must(store->forget({.failure = late.arrived + 1s}));
  EXPECT_TRUE(must(store->failure_counts("", always)).empty());
}

TEST_P(ReceivedConformance, NamesNoDomainWhereNoneIsNamed) {
  add_one(arrival_of("one", {record_of("192.0.2.1", 3)}, ""));
  EXPECT_TRUE(must(store->policy_domains()).empty());
  EXPECT_EQ(messages(""), 3U);
}

TEST_P(ReceivedConformance, TellsWhoReports) {
  add({arrival_of("one", {record_of("192.0.2.1", 3)}),
       arrival_of("two", {record_of("192.0.2.1", 4)}, "example.com", "other.example")});
  const auto found = must(store->reporters("example.com"));
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].reporter, "other.example");
  EXPECT_EQ(found[0].messages, 4U);
  EXPECT_EQ(found[1].org_name, "Reporter");
  EXPECT_EQ(found[1].remarked, 1U);
  EXPECT_EQ(found[1].rfc9990, 1U);
}

/// Random reports, standings, replacements and erasures: the daily counts are what a plain recount
/// of what is known to be there says.
TEST_P(ReceivedConformance, DailyCountsAreExactWhateverHappens) {
  std::mt19937 random(11);  // NOLINT(cert-msc51-cpp): the same in every run
  const auto below = [&random](std::uint64_t limit) { return random() % limit; };
  using Place = std::tuple<std::string, std::chrono::sys_days, std::string, Cell>;
  struct Known {
    Arrival arrival;
    std::vector<aggregate::Record> records;
  };
  std::map<std::int64_t, Known> known;
  const auto make = [&](const std::string& id) {
    std::vector<aggregate::Record> records;
    for (std::uint64_t i = below(30); i > 0; --i) {
      aggregate::Record one = record_of("192.0.2." + std::to_string(below(9)), below(20),
                                        below(2) == 0 ? "none" : "reject");
      one.row.spf = below(2) == 0 ? "pass" : "fail";
      if (below(4) == 0) one.row.reasons = {{.type = below(2) == 0 ? "forwarded" : "odd"}};
      if (below(3) == 0) one.row.header_from = "sub." + one.row.header_from;
      records.push_back(one);
    }
    const std::string domain = "d" + std::to_string(below(3)) + ".example";
    Arrival arrival = arrival_of(id, records, domain, "r" + std::to_string(below(3)) + ".example");
    arrival.head.policy.sp = "none";
    arrival.head.begin = midnight + std::chrono::minutes{below(4'000)};
    arrival.head.end = arrival.head.begin + std::chrono::minutes{below(6'000)};
    arrival.arrived = next_midnight + std::chrono::hours{below(100)};
    if (below(2) == 0) arrival.remarks.clear();
    if (below(3) == 0) arrival.head.schema = aggregate::Schema::rfc7489;
    arrival.standing = below(5) == 0 ? Standing::set_aside : Standing::counted;
    return Known{.arrival = std::move(arrival), .records = std::move(records)};
  };
  for (int step = 0; step < 150; ++step) {
    const std::uint64_t what = below(10);
    const auto any =
        known.empty() ? known.end()
                      : std::next(known.begin(), static_cast<std::ptrdiff_t>(below(known.size())));
    if (what < 6 || known.empty()) {
      Known fresh = make("id" + std::to_string(step));
      known[add_one(fresh.arrival)] = fresh;
    } else if (what == 6) {
      Standing& standing = any->second.arrival.standing;
      standing = standing == Standing::counted ? Standing::set_aside : Standing::counted;
      must(store->stand(any->first, standing, "by hand"));
    } else if (what == 7) {
      const Instant arrived = any->second.arrival.arrived;
      any->second = make("id" + std::to_string(step));
      must(store->replace(any->first, any->second.arrival));
      any->second.arrival.arrived = arrived;  // It stays.
    } else if (what == 8 && step % 3 == 0) {
      const std::string domain = any->second.arrival.head.policy_domain;
      must(store->erase(domain));
      std::erase_if(known, [&](const auto& each) {
        return each.second.arrival.head.policy_domain == domain;
      });
    } else if (what == 8 && step % 3 == 1) {
      const Instant before = any->second.arrival.arrived;
      must(store->forget({.aggregate = before}));
      std::erase_if(known, [&](const auto& each) { return each.second.arrival.arrived < before; });
    } else {
      add({any->second.arrival}, [&](const Arrival&, std::span<const Neighbour>) {
        return Decision{.verdict = Verdict::duplicate, .of = any->first};
      });
    }
  }
  std::map<Place, std::uint64_t> expected;
  for (const auto& [id, each] : known) {
    if (each.arrival.standing != Standing::counted) continue;
    const ReportHead& head = each.arrival.head;
    const Spread spread(head.begin, head.end);
    for (std::size_t i = 0; i < each.records.size(); ++i) {
      for (std::size_t at = 0; at < spread.days(); ++at) {
        const std::uint64_t share = spread.share(each.records[i].count, i, at);
        if (share == 0) continue;
        expected[{head.policy_domain, spread.day(at), head.reporter,
                  cell_of(each.records[i].row, head.policy)}] += share;
      }
    }
  }
  std::map<Place, std::uint64_t> counted;
  for (const DailyCount& each : must(store->daily({.days = always, .by_reporter = true}))) {
    counted[{each.policy_domain, each.day, each.reporter, each.cell}] = each.messages;
  }
  EXPECT_EQ(counted, expected);
  std::map<Place, std::uint64_t> sums;
  for (const auto& [place, messages] : expected) {
    sums[{std::get<0>(place), std::get<1>(place), "", std::get<3>(place)}] += messages;
  }
  std::map<Place, std::uint64_t> summed;
  for (const DailyCount& each : must(store->daily({.days = always}))) {
    summed[{each.policy_domain, each.day, "", each.cell}] = each.messages;
  }
  EXPECT_EQ(summed, sums);
  expect_tellers(known_arrivals(known));
  for (const Finding& each : must(store->recount())) ADD_FAILURE() << each.what;
}

}  // namespace assay::store
