/// How fast reports are read, beside a floor of the same run. docs/performance.md says how to use
/// it.
#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <string>
#include <vector>

#include "assay/aggregate/read.h"
#include "system/intake/arrivals.h"
#include "system/intake/assess.h"
#include "system/intake/documents.h"
#include "system/store_sqlite/store_sqlite.h"

#include "bench/intake/floor.h"

namespace {

namespace fs = std::filesystem;
using namespace assay;

std::vector<std::string> load(const fs::path& folder,
                              const std::function<bool(const fs::path&)>& which) {
  std::vector<fs::path> paths;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (which(entry.path())) paths.push_back(entry.path());
  }
  std::ranges::sort(paths);
  std::vector<std::string> files;
  for (const fs::path& path : paths) {
    std::ifstream in(path, std::ios::binary);
    files.emplace_back(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
  }
  return files;
}

double cpu_seconds() {
  return static_cast<double>(std::clock()) / CLOCKS_PER_SEC;
}

long resident_kib() {
  rusage usage = {};
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss;
}

/// All reports in the octets, record by record as the store takes them.
std::size_t read_all(const std::string& octets) {
  std::size_t records = 0;
  intake::for_each_document(octets, [&](const std::string&, intake::Kind kind,
                                        const archive::Read& source) {
    if (kind != intake::Kind::aggregate) return;
    xml::Reader xml(source);
    records += aggregate::read_xml(xml, aggregate::TakeRecord([](aggregate::Record&) {})).records;
  });
  return records;
}

struct Rate {
  double seconds = 0;
  std::size_t records = 0;
  double per_second() const { return static_cast<double>(records) / seconds; }
};

Rate time(const std::vector<std::string>& files,
          const std::function<std::size_t(const std::string&)>& read) {
  const double begin = cpu_seconds();
  Rate rate;
  for (const std::string& file : files) rate.records += read(file);
  rate.seconds = cpu_seconds() - begin;
  return rate;
}

double median(std::vector<double> values) {
  std::ranges::sort(values);
  return values[values.size() / 2];
}

bool is_gzip(const fs::path& path) {
  return path.extension() == ".gz";
}

/// Takes mails into a Store as `assay intake add --no-verify` does, on the disk at the end.
Rate keep_all(const std::vector<std::string>& mails, const fs::path& folder) {
  constexpr std::size_t batch = 500;
  fs::remove_all(folder);
  fs::create_directories(folder);
  Rate rate;
  const double begin = cpu_seconds();
  {
    auto received = store_sqlite::open_received({.path = folder / "reports.sqlite"});
    if (!received) {
      fmt::print(stderr, "{}\n", received.error().what);
      std::exit(74);
    }
    const intake::ArrivalOptions options;
    const store::Decide decide = intake::decider(options.assess);
    const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
    std::vector<store::Arrival> arrivals;
    for (std::size_t i = 0; i < mails.size(); ++i) {
      intake::Taken taken =
          intake::read_arrivals({.octets = mails[i], .name = "bench", .arrived = now}, options);
      for (store::Arrival& each : taken.arrivals) {
        rate.records += each.records.records();
        arrivals.push_back(std::move(each));
      }
      if (arrivals.size() < batch && i + 1 < mails.size()) continue;
      const auto placed = (*received)->add(arrivals, decide, {});
      if (!placed) {
        fmt::print(stderr, "{}\n", placed.error().what);
        std::exit(74);
      }
      arrivals.clear();
    }
  }
  rate.seconds = cpu_seconds() - begin;
  return rate;
}

/// The mails into a Store, by turns with the floor, which only reads the files.
void compare_keeping(const std::vector<std::string>& mails,
                     const std::vector<std::string>& floor_files, int rounds) {
  const fs::path folder =
      fs::temp_directory_path() / ("intake-bench-" + std::to_string(::getpid()));
  bench::IntakeFloor floor;
  std::vector<double> ratios;
  std::vector<double> rates;
  for (int round = 0; round < rounds; ++round) {
    const Rate least =
        time(floor_files, [&](const std::string& file) { return floor.records(file); });
    const Rate ours = keep_all(mails, folder);
    ratios.push_back(ours.per_second() / least.per_second());
    rates.push_back(ours.per_second());
  }
  fs::remove_all(folder);
  fmt::print("mails into the Store: {:.0f} records/s, {:.3f} of the floor (median of {})\n",
             median(rates), median(ratios), rounds);
}

/// Turns of the floor and of a kind of file, and the median of their ratios.
void compare(const char* what, const std::vector<std::string>& files,
             const std::vector<std::string>& floor_files, int rounds) {
  bench::IntakeFloor floor;
  std::vector<double> ratios;
  std::vector<double> rates;
  std::size_t records = 0;
  for (int round = 0; round < rounds; ++round) {
    const Rate least =
        time(floor_files, [&](const std::string& file) { return floor.records(file); });
    const Rate ours = time(files, read_all);
    records = ours.records;
    ratios.push_back(ours.per_second() / least.per_second());
    rates.push_back(ours.per_second());
  }
  fmt::print("{}: {} files, {} records, {:.0f} records/s, {:.2f} of the floor (median of {})\n",
             what, files.size(), records, median(rates), median(ratios), rounds);
}

void huge(const std::vector<std::string>& files, int rounds) {
  std::vector<double> ratios;
  for (int round = 0; round < rounds; ++round) {
    const Rate ours = time(files, read_all);
    const long resident = resident_kib();
    const Rate zlib =
        time(files, [](const std::string& f) { return bench::IntakeFloor::inflate(f); });
    ratios.push_back(zlib.seconds / ours.seconds);
    fmt::print(
        "huge: {} records, {:.2f} s, {:.0f} records/s, {:.0f} MB/s, {:.2f} of zlib alone, at most "
        "{} KiB\n",
        ours.records, ours.seconds, ours.per_second(),
        static_cast<double>(zlib.records) / 1e6 / ours.seconds, ratios.back(), resident);
  }
  fmt::print("huge: {:.2f} of zlib alone (median of {})\n", median(ratios), rounds);
}

}  // namespace

/// CORPUS has the folders agg, mail and huge.
int main(int argc, char** argv) {
  if (argc < 2) {
    fmt::print(stderr, "usage: intake_throughput CORPUS [ROUNDS]\n");
    return 64;
  }
  const fs::path corpus = argv[1];
  const int rounds = argc > 2 ? std::max(1, std::atoi(argv[2])) : 7;
  const auto any = [](const fs::path&) { return true; };
  if (fs::exists(corpus / "huge")) huge(load(corpus / "huge", is_gzip), rounds);
  const auto gzips = load(corpus / "agg", is_gzip);
  compare("gzip files", gzips, gzips, rounds);
  compare("zip files",
          load(corpus / "agg", [](const fs::path& p) { return p.extension() == ".zip"; }), gzips,
          rounds);
  compare("gzip and zip files", load(corpus / "agg", any), gzips, rounds);
  const auto mails = load(corpus / "mail", any);
  compare("mails", mails, gzips, rounds);
  compare_keeping(mails, gzips, rounds);
  return 0;
}
