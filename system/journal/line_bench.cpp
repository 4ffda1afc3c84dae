// What a line costs on the message's way, and to read again.
#include <benchmark/benchmark.h>

#include <string>

#include "system/journal/line.h"
#include "system/journal/testdata/usual_entry.h"

namespace {

using namespace assay;

void write_line(benchmark::State& state) {
  const journal::Entry entry = journal::usual_entry();
  for (auto _ : state) benchmark::DoNotOptimize(journal::to_line(entry));
  state.SetBytesProcessed(state.iterations() *
                          static_cast<std::int64_t>(journal::to_line(entry).size()));
}
BENCHMARK(write_line);

void read_line(benchmark::State& state) {
  const std::string line = journal::to_line(journal::usual_entry());
  for (auto _ : state) benchmark::DoNotOptimize(journal::parse_line(line));
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(line.size()));
}
BENCHMARK(read_line);

}  // namespace
