#include <benchmark/benchmark.h>

#include <chrono>
#include <string>

#include "assay/dns/cache.h"
#include "assay/dns/zone.h"
#include "assay/spf/lint.h"
#include "assay/spf/spf.h"

namespace {

using namespace assay;

/// A sender with two levels of includes, as large mail providers have them.
constexpr std::string_view zone_text = R"($TTL 86400
example.com TXT "v=spf1 include:_spf.example.net include:mail.example.org ip4:198.51.100.0/24 -all"
_spf.example.net TXT "v=spf1 include:_a.example.net include:_b.example.net ~all"
_a.example.net TXT "v=spf1 ip4:192.0.2.0/26 ip4:192.0.2.64/27 ip4:203.0.113.0/25 ip6:2001:db8:1::/48 ~all"
_b.example.net TXT "v=spf1 ip4:192.0.2.128/26 ip4:203.0.113.128/26 ip6:2001:db8:2::/48 ~all"
mail.example.org TXT "v=spf1 ip4:203.0.113.192/28 ip4:203.0.113.208/28 ~all"
)";

Instant wall_clock() {
  return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
}

/// An evaluation from a cache that holds every answer. Client: matched in the first include of the
/// second level (0), in the last record (1), or nowhere (2).
void check_from_cache(benchmark::State& state, spf::Trace trace) {
  dns::Zone zone = dns::Zone::parse(zone_text).value();
  dns::Cache cache(zone, wall_clock);
  constexpr const char* clients[] = {"192.0.2.70", "203.0.113.210", "192.0.2.250"};
  const spf::Request request{.client = IpAddress::parse(clients[state.range(0)]).value(),
                             .helo = "mx.example.com",
                             .mail_from = "someone@example.com",
                             .trace = trace};
  for (auto _ : state) benchmark::DoNotOptimize(spf::check_mail_from(request, cache));
}
void BM_CheckFromCache(benchmark::State& state) {
  check_from_cache(state, spf::Trace::off);
}
BENCHMARK(BM_CheckFromCache)->DenseRange(0, 2);
void BM_CheckFromCacheTraced(benchmark::State& state) {
  check_from_cache(state, spf::Trace::on);
}
BENCHMARK(BM_CheckFromCacheTraced)->DenseRange(0, 2);

/// The same questions asked of the cache alone: what an evaluation cannot do without.
void BM_CacheHits(benchmark::State& state) {
  dns::Zone zone = dns::Zone::parse(zone_text).value();
  dns::Cache cache(zone, wall_clock);
  std::vector<dns::Question> questions;
  for (const char* name : {"example.com", "_spf.example.net", "_a.example.net", "_b.example.net",
                           "mail.example.org"}) {
    questions.push_back({.name = DomainName::parse(name).value(), .type = dns::Type::txt});
  }
  for (auto _ : state) {
    for (const dns::Question& question : questions) benchmark::DoNotOptimize(cache.ask(question));
  }
}
BENCHMARK(BM_CacheHits);

constexpr std::string_view record_text =
    "v=spf1 include:_spf.example.net include:mail.example.org ip4:198.51.100.0/24 "
    "a:mail.example.com "
    "mx ip6:2001:db8::/32 exists:%{ir}.%{v}._spf.%{d2} redirect=_spf.example.com";

void BM_ParseRecord(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(spf::parse_record(record_text));
}
BENCHMARK(BM_ParseRecord);

void BM_LintRecord(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(spf::lint_record(record_text));
}
BENCHMARK(BM_LintRecord);

/// Octets of a record of networks: the time must grow with them and not faster.
void BM_ParseLongRecord(benchmark::State& state) {
  std::string text = "v=spf1";
  while (text.size() < static_cast<std::size_t>(state.range(0))) text += " ip4:192.0.2.0/24";
  for (auto _ : state) benchmark::DoNotOptimize(spf::parse_record(text));
  state.SetBytesProcessed(static_cast<std::int64_t>(text.size()) * state.iterations());
}
BENCHMARK(BM_ParseLongRecord)->Arg(1 << 10)->Arg(1 << 13)->Arg(1 << 16);

}  // namespace
