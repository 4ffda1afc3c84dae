#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <numeric>
#include <string>
#include <vector>

#include "system/store/store.h"

/// What every back-end of the Store must do. A back-end's test includes the conformance_*.h beside
/// this file and says
///
///     INSTANTIATE_TEST_SUITE_P(Sqlite, Conformance, testing::Values(&make_backend));
namespace assay::store {

using namespace std::chrono_literals;

/// A place for one Store, gone when the test is.
struct Backend {
  virtual ~Backend() = default;
  /// Opens it, empty the first time.
  virtual std::unique_ptr<Store> open() = 0;
};
using MakeBackend = std::unique_ptr<Backend> (*)();

constexpr Instant midnight{1'777'593'600s};  // 2026-05-01T00:00:00Z
constexpr Instant noon = midnight + 12h;
constexpr Instant next_midnight = midnight + 24h;

/// The value, where there must be one.
template <class T>
T must(Expected<T> answer) {
  EXPECT_TRUE(answer) << (answer ? "" : answer.error().what);
  return answer ? std::move(*answer) : T{};
}
inline void must(const Expected<>& answer) {
  EXPECT_TRUE(answer) << (answer ? "" : answer.error().what);
}

/// The code of the error, where there must be one.
template <class T>
std::string code_of(const Expected<T>& answer) {
  return answer ? "no error" : std::string(answer.error().code);
}

inline Configuration configuration_of(const std::string& domain, const std::string& p = "reject") {
  return {.policy = {.domain = domain,
                     .p = p,
                     .sp = p,
                     .np = p,
                     .adkim = "r",
                     .aspf = "r",
                     .discovery_method = "treewalk",
                     .fo = "0",
                     .testing = "n"},
          .record = "v=DMARC1; p=" + p + "; rua=mailto:d@" + domain};
}

inline aggregate::Row row_of(const std::string& domain, const std::string& source_ip) {
  return {.source_ip = source_ip,
          .disposition = "none",
          .dkim = "pass",
          .spf = "fail",
          .header_from = domain,
          .envelope_from = "bounce." + domain,
          .dkim_results = {{.domain = domain, .selector = "s1", .result = "pass"}},
          .spf_results = {{.domain = "bounce." + domain, .scope = "mfrom", .result = "softfail"}}};
}

inline Evaluation evaluation_of(const std::string& domain, const std::string& source_ip,
                                Instant time = noon, const std::string& p = "reject") {
  return {
      .time = time, .configuration = configuration_of(domain, p), .row = row_of(domain, source_ip)};
}

/// The next octets of a source: one for each evaluation.
inline Batch batch_of(const std::string& identity, std::uint64_t from,
                      std::vector<Evaluation> evaluations) {
  const std::uint64_t to = from + evaluations.size();
  return {.source = {.identity = identity, .from = from, .to = to},
          .evaluations = std::move(evaluations)};
}

class Conformance : public testing::TestWithParam<MakeBackend> {
 protected:
  void SetUp() override {
    backend = GetParam()();
    store = backend->open();
    ASSERT_NE(store, nullptr);
  }
  void TearDown() override {
    if (store != nullptr) expect_balance();
  }

  void reopen() {
    store.reset();
    store = backend->open();
    ASSERT_NE(store, nullptr);
  }

  Added add(const std::vector<Batch>& batches) { return must(store->add(batches, noon)); }
  /// From a source of their own.
  void add(std::vector<Evaluation> evaluations) {
    add(std::vector{batch_of("own-" + std::to_string(sources_++), 0, std::move(evaluations))});
  }

  void expect_balance() {
    const Books books = must(store->books());
    for (const Finding& each : unbalanced(books)) ADD_FAILURE() << each.what;
  }

  Cut cut(Instant until = next_midnight) { return must(store->cut(until)); }

  /// Due domains as "name messages late".
  std::vector<std::string> due(const Cut& cut) {
    std::vector<std::string> found;
    for (const Due& each : must(store->due(cut))) {
      found.push_back(each.policy_domain + " " + std::to_string(each.messages) + " " +
                      std::to_string(each.late));
    }
    return found;
  }

  /// Records of a domain as "source_ip count", sorted.
  std::vector<std::string> records(const std::string& domain, const Cut& cut) {
    std::vector<std::string> found;
    for (const Counted& counted : must(unreported(*store, domain, cut))) {
      for (const aggregate::Record& each : counted.records) {
        found.push_back(each.row.source_ip + " " + std::to_string(each.count));
      }
    }
    std::ranges::sort(found);
    return found;
  }

  /// What a report of all that is counted would be settled with.
  Settlement settlement_of(const Counted& counted, const Cut& cut, const std::string& report_id,
                           const std::vector<std::string>& destinations = {
                               "mailto:d@example.com"}) {
    Settlement settlement = {.cut = cut,
                             .configuration = counted.id,
                             .messages = counted.messages,
                             .at = next_midnight,
                             .report_id = report_id,
                             .begin = midnight,
                             .end = next_midnight - 1s};
    for (const std::string& each : destinations) {
      settlement.deliveries.push_back(
          {.destination = each, .file_name = report_id + ".xml.gz", .octets = "octets"});
    }
    return settlement;
  }

  /// Settles everything of a domain that a cut holds.
  void settle_all(const std::string& domain, const Cut& cut, Outcome outcome = Outcome::reported,
                  const std::string& report_id = "report") {
    std::vector<Settlement> settlements;
    for (const Counted& each : must(store->configurations(domain, cut))) {
      Settlement next =
          settlement_of(each, cut, report_id + std::to_string(settlements.size() + 1));
      if (outcome != Outcome::reported) next.report_id.clear();
      next.outcome = outcome;
      settlements.push_back(next);
    }
    must(store->settle(settlements));
  }

  std::unique_ptr<Backend> backend;
  std::unique_ptr<Store> store;

 private:
  int sources_ = 0;
};

using Words = std::vector<std::string>;

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(Conformance);

}  // namespace assay::store
