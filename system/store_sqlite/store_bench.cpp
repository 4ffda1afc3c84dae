// What it costs to take evaluations in, and to make reports of them. A pass of `taking_in` is
// 250,000 evaluations in one call, on the disk when it returns, at ten million a day of 5,000 and
// of 100,000 policy domains. `facts` and `octets` are what the file has for each evaluation.
#include <benchmark/benchmark.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <random>
#include <string>
#include <vector>

#include "system/store_sqlite/store_sqlite.h"

namespace {

using namespace assay;
using namespace std::chrono_literals;

constexpr store::Instant midnight{1'777'593'600s};  // 2026-05-01T00:00:00Z
constexpr std::size_t at_once = 250'000;
constexpr std::uint64_t a_second = 115;  // ten million a day

/// Mail of a day: few domains send most of it.
class Day {
 public:
  explicit Day(unsigned domains) : domains_(domains) {}

  std::vector<store::Evaluation> next(std::size_t count) {
    std::vector<store::Evaluation> evaluations;
    evaluations.reserve(count);
    for (std::size_t i = 0; i < count; ++i) evaluations.push_back(next());
    return evaluations;
  }

 private:
  store::Evaluation next() {
    const double uniform = std::uniform_real_distribution<>()(random_);
    const auto number = static_cast<unsigned>(domains_ * uniform * uniform * uniform);
    const std::string domain = "sender" + std::to_string(number) + ".example";
    const unsigned source = static_cast<unsigned>(random_() % 40) * (random_() % 4 == 0 ? 7 : 0);
    const bool pass = random_() % 8 != 0;
    const std::string result = pass ? "pass" : "fail";
    return {.time = midnight + std::chrono::seconds(taken_++ / a_second),
            .configuration =
                store::Configuration{.policy = {.domain = domain,
                                                .p = "reject",
                                                .sp = "reject",
                                                .np = "reject",
                                                .adkim = "r",
                                                .aspf = "r",
                                                .discovery_method = "treewalk",
                                                .fo = "0",
                                                .testing = "n"},
                                     .record = "v=DMARC1; p=reject; rua=mailto:dmarc@" + domain},
            .row = {.source_ip = "192.0.2." + std::to_string(source),
                    .disposition = pass ? "pass" : "quarantine",
                    .dkim = result,
                    .spf = "pass",
                    .header_from = domain,
                    .envelope_from = "bounce." + domain,
                    .dkim_results = {{.domain = domain, .selector = "k202605", .result = result}},
                    .spf_results = {
                        {.domain = "bounce." + domain, .scope = "mfrom", .result = "pass"}}}};
  }

  unsigned domains_;
  std::uint64_t taken_ = 0;
  std::mt19937 random_{1};  // NOLINT(cert-msc51-cpp): the same in every run
};

class Folder {
 public:
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "store-bench-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) std::abort();
    path_ = name;
  }
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  std::string file() const { return path_ + "/store"; }

 private:
  std::string path_;
};

/// The value, or the end.
template <class T>
T must(store::Expected<T> answer) {
  if (answer) return std::move(*answer);
  std::fputs(answer.error().what.c_str(), stderr);
  std::abort();
}

store::Batch batch_of(Day& day, std::uint64_t from, std::size_t count) {
  return {.source = {.identity = "a", .from = from, .to = from + count},
          .evaluations = day.next(count)};
}

void taking_in(benchmark::State& state) {
  const Folder folder;
  const auto store = must(store_sqlite::open({.path = folder.file()}));
  Day day(static_cast<unsigned>(state.range(0)));
  std::uint64_t from = 0;
  std::vector<store::Batch> batches(1);
  for (auto _ : state) {
    state.PauseTiming();
    batches[0] = batch_of(day, from, at_once);
    from += at_once;
    state.ResumeTiming();
    benchmark::DoNotOptimize(must(store->add(batches, midnight)).evaluations);
  }
  const store_sqlite::Info info = must(store_sqlite::info(folder.file()));
  const auto taken = static_cast<double>(from);
  state.SetItemsProcessed(static_cast<std::int64_t>(from));
  state.counters["facts"] = static_cast<double>(info.facts) / taken;
  state.counters["octets"] = static_cast<double>(info.octets) / taken;
}
BENCHMARK(taking_in)->Arg(5'000)->Arg(100'000)->Iterations(12)->Unit(benchmark::kMillisecond);

void reporting(benchmark::State& state) {
  std::uint64_t evaluations = 0;
  for (auto _ : state) {
    state.PauseTiming();
    const Folder folder;
    const auto store = must(store_sqlite::open({.path = folder.file()}));
    Day day(static_cast<unsigned>(state.range(0)));
    std::vector<store::Batch> batches(1);
    for (std::uint64_t i = 0; i < 4; ++i) {
      batches[0] = batch_of(day, i * at_once, at_once);
      must(store->add(batches, midnight));
    }
    state.ResumeTiming();
    const store::Cut cut = must(store->cut(midnight + 24h));
    std::vector<store::Settlement> settlements;
    for (const store::Due& due : must(store->due(cut))) {
      for (const store::Counted& each : must(unreported(*store, due.policy_domain, cut))) {
        settlements.push_back({.cut = cut,
                               .configuration = each.id,
                               .messages = each.messages,
                               .at = midnight + 24h,
                               .report_id = "r" + std::to_string(each.id),
                               .deliveries = {{.destination = "mailto:d@example.com",
                                               .octets = std::string(1'000, 'x')}}});
        evaluations += each.messages;
      }
      if (settlements.size() < 500) continue;
      if (!store->settle(settlements)) std::abort();
      settlements.clear();
    }
    if (!store->settle(settlements)) std::abort();
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(evaluations));
}
BENCHMARK(reporting)->Arg(5'000)->Iterations(1)->Unit(benchmark::kMillisecond);

}  // namespace
