// What questions cost over received reports: ten million records of two years, 500 domains of which
// few have most, 40 reporters. The store is made once and kept where ASSAY_BENCH_RECEIVED names a
// file. `adding` is how long 100 reports of 60 records take, on the disk when it returns.
#include <benchmark/benchmark.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "system/store_sqlite/store_sqlite.h"

namespace {

using namespace assay;
using namespace std::chrono_literals;

constexpr std::chrono::sys_days first_day{std::chrono::days{20'000}};
constexpr unsigned days = 730;
constexpr unsigned domains = 500;
constexpr std::uint64_t total_records = 10'000'000;

std::string domain_of(unsigned number) {
  return "domain" + std::to_string(number) + ".example";
}

/// Reports of a world in which a domain has some own sources, each day the same, and strangers.
class World {
 public:
  store::Arrival next() {
    const double uniform = std::uniform_real_distribution<>()(random_);
    const auto number = static_cast<unsigned>(domains * uniform * uniform * uniform);
    const std::string domain = domain_of(number);
    const std::string reporter = "reporter" + std::to_string(random_() % 40) + ".example";
    store::Arrival arrival;
    const store::Instant begin = first_day + std::chrono::days{random_() % days};
    arrival.head = {.reporter = reporter,
                    .org_name = reporter,
                    .email = "dmarc@" + reporter,
                    .report_id = std::to_string(++made_),
                    .policy_domain = domain,
                    .begin = begin,
                    .end = begin + 86'399s,
                    .policy = {.domain = domain, .p = "reject"}};
    for (int i = 0; i < 60; ++i) arrival.records.add(record(domain));
    arrival.records.finish();
    arrival.arrived = begin + 25h;
    arrival.digest = arrival.head.report_id;
    return arrival;
  }

 private:
  aggregate::Record record(const std::string& domain) {
    const bool own = random_() % 3 != 0;
    const unsigned source = own ? static_cast<unsigned>(random_() % 200)
                                : static_cast<unsigned>(random_() % 60'000);
    const bool pass = own && random_() % 20 != 0;
    const std::string from = random_() % 5 == 0 ? "news." + domain : domain;
    aggregate::Row row{
        .source_ip = "198.18." + std::to_string(source / 250) + "." + std::to_string(source % 250),
        .disposition = pass ? "none" : "reject",
        .dkim = pass ? "pass" : "fail",
        .spf = random_() % 4 == 0 ? "pass" : "fail",
        .header_from = from,
        .envelope_from = "bounce." + domain,
        .envelope_to = "rcpt" + std::to_string(random_() % 50) + ".example",
        .dkim_results = {{.domain = domain, .selector = "s1", .result = pass ? "pass" : "fail"}},
        .spf_results = {{.domain = "esp" + std::to_string(random_() % 8) + ".example",
                         .scope = "mfrom",
                         .result = "pass"}}};
    return {.row = std::move(row), .count = 1 + random_() % 50};
  }

  std::mt19937_64 random_{1};  // NOLINT(cert-msc51-cpp): the same in every run
  std::uint64_t made_ = 0;
};

void check(const store::Expected<std::vector<store::Placed>>& answer) {
  if (answer) return;
  std::fprintf(stderr, "%s\n", answer.error().what.c_str());
  std::abort();
}

store::Decision take(const store::Arrival& /*arrival*/,
                     std::span<const store::Neighbour> /*known*/) {
  return {};
}

void fill(store::ReceivedReports& received) {
  World world;
  for (std::uint64_t records = 0; records < total_records;) {
    std::vector<store::Arrival> arrivals;
    for (int i = 0; i < 1'000; ++i) {
      arrivals.push_back(world.next());
      records += arrivals.back().records.records();
    }
    check(received.add(arrivals, take, {}));
  }
}

store::ReceivedReports& filled() {
  static const std::unique_ptr<store::ReceivedReports> received = [] {
    const char* named = std::getenv("ASSAY_BENCH_RECEIVED");
    const std::string path = named != nullptr ? named : "/tmp/assay-received-bench.sqlite";
    const bool there = std::filesystem::exists(path);
    auto opened = store_sqlite::open_received({.path = path});
    if (!opened) std::abort();
    if (!there) fill(**opened);
    return std::move(*opened);
  }();
  return *received;
}

void overview_of_all_domains(benchmark::State& state) {
  store::ReceivedReports& received = filled();
  const std::chrono::sys_days until = first_day + std::chrono::days{days};
  std::size_t rows = 0;
  for (auto _ : state) {
    rows = received.daily({.days = {.from = until - std::chrono::days{30}, .until = until}})
               ->size();
  }
  state.counters["rows"] = static_cast<double>(rows);
}
BENCHMARK(overview_of_all_domains)->Unit(benchmark::kMillisecond);

void cube_by_reporter(benchmark::State& state) {
  store::ReceivedReports& received = filled();
  const std::chrono::sys_days until = first_day + std::chrono::days{days};
  std::size_t rows = 0;
  for (auto _ : state) {
    rows = received
               .daily({.policy_domain = domain_of(0),
                       .days = {.from = until - std::chrono::days{state.range(0)}, .until = until},
                       .by_day = false,
                       .by_reporter = true})
               ->size();
  }
  state.counters["rows"] = static_cast<double>(rows);
}
BENCHMARK(cube_by_reporter)->Arg(30)->Arg(730)->Unit(benchmark::kMillisecond);

void sources_of_the_largest(benchmark::State& state) {
  store::ReceivedReports& received = filled();
  const std::chrono::sys_days until = first_day + std::chrono::days{days};
  std::size_t rows = 0;
  for (auto _ : state) {
    rows = received
               .sources({.policy_domain = domain_of(0),
                         .days = {.from = until - std::chrono::days{state.range(0)},
                                  .until = until},
                         .source = static_cast<store::SourceLevel>(state.range(1))})
               ->size();
  }
  state.counters["rows"] = static_cast<double>(rows);
}
BENCHMARK(sources_of_the_largest)
    ->ArgsProduct({{30, 90, 730}, {0, 2}})
    ->ArgNames({"days", "level"})
    ->Unit(benchmark::kMillisecond);

void reporters_of_the_largest(benchmark::State& state) {
  store::ReceivedReports& received = filled();
  for (auto _ : state) benchmark::DoNotOptimize(received.reporters(domain_of(0))->size());
}
BENCHMARK(reporters_of_the_largest)->Unit(benchmark::kMillisecond);

void adding(benchmark::State& state) {
  const std::string path = "/tmp/assay-received-bench-" + std::to_string(state.range(0));
  std::filesystem::remove(path);
  auto received = store_sqlite::open_received({.path = path});
  if (!received) std::abort();
  World world;
  std::vector<store::Arrival> arrivals;
  for (auto _ : state) {
    state.PauseTiming();
    arrivals.clear();
    for (std::int64_t i = 0; i < state.range(0); ++i) arrivals.push_back(world.next());
    state.ResumeTiming();
    check((*received)->add(arrivals, take, {}));
  }
  state.SetItemsProcessed(state.iterations() * state.range(0) * 60);
  std::filesystem::remove(path);
}
BENCHMARK(adding)->Arg(500)->Unit(benchmark::kMillisecond);

}  // namespace

