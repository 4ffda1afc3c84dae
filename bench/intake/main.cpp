/// How fast reports are read, beside a floor of the same run. docs/performance.md says how to use it.
#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <string>
#include <vector>

#include "assay/aggregate/read.h"
#include "bench/intake/floor.h"
#include "system/intake/documents.h"

namespace {

namespace fs = std::filesystem;
using namespace assay;

std::vector<std::string> load(const fs::path& folder, const std::function<bool(const fs::path&)>& which) {
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
  intake::for_each_document(
      octets, [&](const std::string&, intake::Kind kind, const archive::Read& source) {
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

bool is_gzip(const fs::path& path) { return path.extension() == ".gz"; }

/// Turns of the floor and of a kind of file, and the median of their ratios.
void compare(const char* what, const std::vector<std::string>& files,
             const std::vector<std::string>& floor_files, int rounds) {
  bench::IntakeFloor floor;
  std::vector<double> ratios;
  std::vector<double> rates;
  std::size_t records = 0;
  for (int round = 0; round < rounds; ++round) {
    const Rate least = time(floor_files, [&](const std::string& file) { return floor.records(file); });
    const Rate ours = time(files, read_all);
    records = ours.records;
    ratios.push_back(ours.per_second() / least.per_second());
    rates.push_back(ours.per_second());
  }
  fmt::print("{}: {} files, {} records, {:.0f} records/s, {:.2f} of the floor (median of {})\n", what,
             files.size(), records, median(rates), median(ratios), rounds);
}

void huge(const std::vector<std::string>& files, int rounds) {
  std::vector<double> ratios;
  for (int round = 0; round < rounds; ++round) {
    const Rate ours = time(files, read_all);
    const long resident = resident_kib();
    const Rate zlib = time(files, [](const std::string& f) { return bench::IntakeFloor::inflate(f); });
    ratios.push_back(zlib.seconds / ours.seconds);
    fmt::print("huge: {} records, {:.2f} s, {:.0f} records/s, {:.0f} MB/s, {:.2f} of zlib alone, at most {} KiB\n",
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
  compare("zip files", load(corpus / "agg", [](const fs::path& p) { return p.extension() == ".zip"; }),
          gzips, rounds);
  compare("gzip and zip files", load(corpus / "agg", any), gzips, rounds);
  compare("mails", load(corpus / "mail", any), gzips, rounds);
  return 0;
}
