// insight_questions FILE [RECORDS] [TURNS]: what each question of `assay show` costs over ten
// million records. FILE is made where it is not there, which takes minutes, and kept.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "assay/dns/zone.h"
#include "system/analysis/analysis.h"
#include "system/store_sqlite/store_sqlite.h"

#include "bench/insight/years.h"

namespace {

using namespace assay;
using analysis::Question;
using Clock = std::chrono::steady_clock;

constexpr std::uint64_t ten_million = 10'000'000;

template <class T>
T must(std::expected<T, Finding> answer) {
  if (!answer) {
    fmt::print(stderr, "{}\n", answer.error().what);
    std::exit(1);
  }
  return std::move(*answer);
}

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

double processor_milliseconds() {
  constexpr double thousand = 1'000;
  return static_cast<double>(std::clock()) * thousand / CLOCKS_PER_SEC;
}

void fill(const std::string& path, std::uint64_t records) {
  const auto start = Clock::now();
  const auto received = must(store_sqlite::open_received({.path = path}));
  bench::Years years(records);
  std::uint64_t reports = 0;
  years.each_batch([&](std::span<const store::Arrival> arrivals) {
    must(received->add(arrivals, [](const auto&, auto) { return store::Decision(); }, {}));
    reports += arrivals.size();
    return true;
  });
  fmt::print("{} records in {} reports taken in, in {:.0f} s\n", years.records_made(), reports,
             seconds_since(start));
}

struct Times {
  std::vector<double> clock = {};  ///< milliseconds, as are the next
  std::vector<double> processor = {};
  std::size_t octets = 0;  ///< of the answer as JSON
};

double median(std::vector<double> values) {
  std::ranges::sort(values);
  return values[values.size() / 2];
}

/// As the command line does it: opens the file, asks, writes the answer as JSON.
void ask_once(const std::string& path, const analysis::Ask& ask, analysis::World world,
              Times& times) {
  const auto start = Clock::now();
  const double before = processor_milliseconds();
  const auto received =
      must(store_sqlite::open_received({.path = path, .access = store_sqlite::Access::read}));
  world.reports = received.get();
  times.octets = to_json(must(analysis::answer(ask, world))).size();
  times.clock.push_back(seconds_since(start) * 1'000);
  times.processor.push_back(processor_milliseconds() - before);
}

std::string file_text(const char* path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::uint64_t number_of(const char* text) {
  std::uint64_t number = 0;
  std::from_chars(text, text + std::string_view(text).size(), number);
  return number;
}

void ask_all(const std::string& path, std::uint64_t turns, std::string_view only) {
  analysis::Catalogue catalogue;
  if (!catalogue.read(file_text("data/services.txt"))) std::exit(1);
  const analysis::Marks marks;
  dns::Zone zone = must(dns::Zone::parse(""));
  const analysis::World world{
      .catalogue = &catalogue,
      .marks = &marks,
      .organization = [](std::string_view name) { return std::string(name); },
      .resolver = &zone};
  fmt::print("{:<16} {:<16} {:>9} {:>9} {:>9} {:>10}\n", "question", "of", "ms", "worst ms",
             "CPU ms", "octets");
  for (const std::string_view word : analysis::question_words()) {
    const Question question = *analysis::parse_question(word);
    if (question == Question::received || (!only.empty() && only != word)) continue;
    for (const std::string& domain : {bench::Years::domain(0), std::string()}) {
      if (domain.empty() && !analysis::may_lack_domain(question)) continue;
      const analysis::Ask ask{
          .question = question,
          .domain = domain,
          .now = bench::Years::first_day + std::chrono::days{bench::Years::days + 1}};
      Times times;
      for (std::uint64_t i = 0; i < turns; ++i) ask_once(path, ask, world, times);
      fmt::print("{:<16} {:<16} {:>9.1f} {:>9.1f} {:>9.1f} {:>10}\n", word,
                 domain.empty() ? "all" : domain, median(times.clock),
                 *std::ranges::max_element(times.clock), median(times.processor), times.octets);
      std::fflush(stdout);
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    fmt::print(stderr, "insight_questions FILE [RECORDS] [TURNS] [QUESTION]\n");
    return 2;
  }
  const std::string path = argv[1];
  const std::uint64_t records = argc > 2 ? number_of(argv[2]) : ten_million;
  const std::uint64_t turns = argc > 3 ? std::max<std::uint64_t>(1, number_of(argv[3])) : 5;
  if (!std::filesystem::exists(path)) fill(path, records);
  ask_all(path, turns, argc > 4 ? argv[4] : "");
  return 0;
}
