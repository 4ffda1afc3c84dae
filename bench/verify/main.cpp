// verify_throughput CORPUS [ROUNDS] [MESSAGES]: how fast a core verifies the mixed corpus, as a
// ratio to the DKIM floor of the same run; how two threads compare with one; DNS questions and
// allocations a message; memory over MESSAGES messages.
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <functional>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "assay/dns/cache.h"
#include "assay/verify/verify.h"

#include "bench/verify/corpus.h"
#include "bench/verify/counting.h"
#include "bench/verify/floor.h"

namespace {

using assay::verify::Session;
using assay::verify::Verdict;
using bench::Corpus;
using bench::Sample;

constexpr assay::Instant now{std::chrono::seconds{1'760'100'000}};
constexpr std::size_t chunk = 65'536;  // as a milter hands the body on

Verdict verify(const Sample& sample, assay::dns::Resolver& resolver) {
  Session session(sample.envelope, resolver, now, {.authserv_id = "mx.rcpt.example"});
  const std::string_view octets = sample.octets;
  session.header(octets.substr(0, sample.body));
  for (std::size_t at = sample.body; at < octets.size(); at += chunk) {
    session.body(octets.substr(at, chunk));
  }
  return session.finish();
}

using Work = std::function<void(const Sample&)>;

/// Seconds for these messages.
double time_of(std::span<const Sample> samples, const Work& work) {
  const auto start = std::chrono::steady_clock::now();
  for (const Sample& sample : samples) work(sample);
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

double rate_of_threads(const Corpus& corpus, assay::dns::Resolver& resolver, unsigned threads,
                       unsigned passes) {
  std::atomic<std::size_t> next = 0;
  const std::size_t total = corpus.samples.size() * passes;
  const auto start = std::chrono::steady_clock::now();
  {
    std::vector<std::jthread> workers;
    for (unsigned i = 0; i < threads; ++i) {
      workers.emplace_back([&] {
        for (std::size_t k = next++; k < total; k = next++)
          verify(corpus.samples[k % corpus.samples.size()], resolver);
      });
    }
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  return static_cast<double>(total) / took.count();
}

double median(std::vector<double> values) {
  std::ranges::sort(values);
  return values[values.size() / 2];
}

/// How many verdicts are those that the corpus's maker expects.
void print_agreement(const Corpus& corpus, assay::dns::Resolver& resolver) {
  std::size_t spf = 0, dkim = 0, arc = 0, dmarc = 0;
  for (const Sample& sample : corpus.samples) {
    const Verdict verdict = verify(sample, resolver);
    spf += to_text(verdict.spf.back().result) == sample.expected_spf ? 1U : 0U;
    arc += to_text(verdict.arc.result) == sample.expected_arc ? 1U : 0U;
    dmarc += to_text(verdict.dmarc.result) == sample.expected_dmarc ? 1U : 0U;
    const auto passes =
        std::ranges::count(verdict.dkim, assay::dkim::Result::pass, &assay::dkim::Outcome::result);
    dkim += static_cast<std::size_t>(passes) == sample.expected_dkim_passes ? 1U : 0U;
  }
  fmt::print("agreement with the corpus: of {} messages spf {} dkim {} arc {} dmarc {}\n",
             corpus.samples.size(), spf, dkim, arc, dmarc);
}

/// Floor and verification take turns every few messages, so that what else the machine does meets
/// both alike.
void print_ratio(const Corpus& corpus, assay::dns::Resolver& resolver, unsigned rounds) {
  constexpr std::size_t turn = 250;
  bench::Floor floor;
  const std::span<const Sample> all = corpus.samples;
  double floor_time = 0, our_time = 0;
  std::vector<double> ratios;
  for (unsigned i = 0; i < rounds; ++i) {
    for (std::size_t at = 0; at < all.size(); at += turn) {
      const auto some = all.subspan(at, std::min(turn, all.size() - at));
      const double theirs = time_of(some, [&](const Sample& sample) { floor.run(sample); });
      const double ours = time_of(some, [&](const Sample& sample) { verify(sample, resolver); });
      floor_time += theirs;
      our_time += ours;
      ratios.push_back(theirs / ours);
    }
  }
  const double total = static_cast<double>(all.size() * rounds);
  fmt::print(
      "one core: {:.0f} messages/s, floor {:.0f} messages/s, ratio {:.1f} % (median of {} turns)\n",
      total / our_time, total / floor_time, 100 * median(ratios), ratios.size());
}

void print_threads(const Corpus& corpus, assay::dns::Resolver& resolver, unsigned rounds) {
  std::vector<double> ratios;
  for (unsigned i = 0; i < rounds; ++i) {
    const double one = rate_of_threads(corpus, resolver, 1, 2);
    ratios.push_back(rate_of_threads(corpus, resolver, 2, 2) / one);
  }
  fmt::print("two threads: {:.2f} times one (min {:.2f}, max {:.2f})\n", median(ratios),
             *std::ranges::min_element(ratios), *std::ranges::max_element(ratios));
}

void print_memory(const Corpus& corpus, assay::dns::Resolver& resolver, std::size_t messages) {
  const std::uint64_t before = bench::resident_octets();
  for (std::size_t i = 0; i < messages; ++i)
    verify(corpus.samples[i % corpus.samples.size()], resolver);
  const std::uint64_t after = bench::resident_octets();
  fmt::print("memory: {} KiB before and {} KiB after {} messages\n", before / 1024, after / 1024,
             messages);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    fmt::print(stderr, "usage: verify_throughput CORPUS [ROUNDS] [MESSAGES]\n");
    return 64;
  }
  const unsigned rounds = argc > 2 ? static_cast<unsigned>(std::atoi(argv[2])) : 5;
  const std::size_t messages = argc > 3 ? static_cast<std::size_t>(std::atoll(argv[3])) : 100'000;
  Corpus corpus = bench::read_corpus(argv[1]);
  assay::dns::Cache cache(corpus.zone, [] { return now; });
  print_agreement(corpus, cache);  // also warms the cache

  const auto asked = cache.stats();
  const std::uint64_t allocated = bench::allocations();
  for (const Sample& sample : corpus.samples) verify(sample, cache);
  const double count = static_cast<double>(corpus.samples.size());
  fmt::print("warm: {:.4f} DNS questions and {:.0f} allocations a message\n",
             static_cast<double>(cache.stats().misses - asked.misses) / count,
             static_cast<double>(bench::allocations() - allocated) / count);

  print_ratio(corpus, cache, std::max(1U, rounds));
  print_threads(corpus, cache, std::max(1U, rounds));
  print_memory(corpus, cache, messages);
  return 0;
}
