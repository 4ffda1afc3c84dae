#include <benchmark/benchmark.h>

#include "assay/aggregate/read.h"
#include "assay/aggregate/testdata/random_report.h"
#include "assay/aggregate/write.h"

namespace assay::aggregate {
namespace {

Report large_report() {
  testdata::Chance chance(1);
  Report report = testdata::make_report(1);
  for (int i = 0; i < 10'000; ++i) {
    report.records.push_back(testdata::make_record(chance, report.schema));
  }
  return report;
}

void count(benchmark::State& state, const Report& report, const std::string& xml) {
  const auto times = [&](std::size_t size) {
    return state.iterations() * static_cast<std::int64_t>(size);
  };
  state.SetBytesProcessed(times(xml.size()));
  state.counters["records"] = benchmark::Counter(static_cast<double>(times(report.records.size())),
                                                 benchmark::Counter::kIsRate);
}

void write(benchmark::State& state) {
  const Report report = large_report();
  std::string xml;
  for (auto _ : state) {
    xml = write_xml(report);
    benchmark::DoNotOptimize(xml.data());
  }
  count(state, report, xml);
}
BENCHMARK(write);

void read(benchmark::State& state) {
  const Report report = large_report();
  const std::string xml = write_xml(report);
  for (auto _ : state) {
    xml::Reader reader(xml);
    benchmark::DoNotOptimize(read_xml(reader, TakeRecord([](Record&) {})).messages);
  }
  count(state, report, xml);
}
BENCHMARK(read);

void scan(benchmark::State& state) {
  const Report report = large_report();
  const std::string xml = write_xml(report);
  for (auto _ : state) {
    xml::Reader reader(xml);
    while (reader.next() != xml::Event::done) {
    }
    benchmark::DoNotOptimize(reader.position());
  }
  count(state, report, xml);
}
BENCHMARK(scan);

}  // namespace
}  // namespace assay::aggregate
