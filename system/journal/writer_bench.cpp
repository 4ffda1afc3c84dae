// What journalling costs the thread that has judged a message: the line, and handing it over.
#include <benchmark/benchmark.h>

#include <cstdlib>
#include <filesystem>
#include <string>

#include "system/journal/testdata/usual_entry.h"
#include "system/journal/writer.h"

namespace {

using namespace assay;

void append(benchmark::State& state) {
  std::string folder = (std::filesystem::temp_directory_path() / "journal-XXXXXX").string();
  if (::mkdtemp(folder.data()) == nullptr) std::abort();
  {
    const journal::Entry entry = journal::usual_entry();
    journal::Writer writer({.folder = folder});
    for (auto _ : state) {
      if (!writer.append(entry)) {
        state.PauseTiming();  // the disk is slower than this loop; a filter is not
        writer.flush();
        state.ResumeTiming();
      }
    }
  }
  std::filesystem::remove_all(folder);
}
BENCHMARK(append);

}  // namespace
