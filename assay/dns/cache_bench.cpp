#include <benchmark/benchmark.h>

#include <chrono>
#include <string>
#include <vector>

#include "assay/dns/cache.h"
#include "assay/dns/zone.h"

namespace {

using assay::DomainName;
using assay::dns::Cache;
using assay::dns::Question;
using assay::dns::Type;
using assay::dns::Zone;

assay::Instant wall_clock() {
  return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
}

std::vector<Question> questions(int count) {
  std::vector<Question> result;
  for (int i = 0; i < count; ++i) {
    const std::string name = "_dmarc.name" + std::to_string(i) + ".example.com";
    result.push_back({.name = DomainName::parse(name).value(), .type = Type::txt});
  }
  return result;
}

/// What the threads of a benchmark share.
struct Shared {
  Zone zone = Zone::parse("*.example.com. 86400 TXT \"v=DMARC1; p=reject\"\n").value();
  Cache cache{zone, wall_clock};
  const std::vector<Question> asked = questions(100'000);
};

Shared& shared() {
  static Shared one;
  return one;
}

void ask_in_turn(benchmark::State& state, std::size_t count) {
  Cache& cache = shared().cache;
  const std::vector<Question>& asked = shared().asked;
  for (std::size_t i = 0; i < count; ++i) cache.ask(asked[i]);
  std::size_t next = static_cast<std::size_t>(state.thread_index()) * 7919;
  for (auto _ : state) {
    benchmark::DoNotOptimize(cache.ask(asked[next++ % count]));
  }
}

void hit(benchmark::State& state) {
  ask_in_turn(state, 100);
}
BENCHMARK(hit)->Threads(1)->Threads(2);

void hit_among_100000(benchmark::State& state) {
  ask_in_turn(state, 100'000);
}
BENCHMARK(hit_among_100000)->Threads(1)->Threads(2);

void zone_answer(benchmark::State& state) {
  std::string text = "$ORIGIN example.com.\n";
  for (int i = 0; i < 100'000; ++i) {
    text += "_dmarc.name" + std::to_string(i) + " 300 TXT \"v=DMARC1; p=reject\"\n";
  }
  Zone large = Zone::parse(text).value();
  const std::vector<Question>& asked = shared().asked;
  std::size_t next = 0;
  for (auto _ : state) benchmark::DoNotOptimize(large.ask(asked[next++ % asked.size()]));
}
BENCHMARK(zone_answer);

void zone_parse(benchmark::State& state) {
  std::string text = "$ORIGIN example.com.\n";
  for (int i = 0; i < 10'000; ++i) {
    text += "_dmarc.name" + std::to_string(i) + " 300 TXT \"v=DMARC1; p=reject\"\n";
  }
  for (auto _ : state) benchmark::DoNotOptimize(Zone::parse(text));
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(text.size()));
}
BENCHMARK(zone_parse);

}  // namespace
