// What JSON costs beside verification: a request with a message of 37 KB read, a verdict written.
#include <benchmark/benchmark.h>

#include <string>

#include "system/json/answer.h"
#include "system/json/request.h"
#include "system/json/writer.h"

namespace {

using namespace assay;

/// Lines of text as mail has them, with CRLF escaped as JSON wants it.
std::string request_of(std::size_t octets) {
  std::string message = "From: a@example.com\r\n\r\n";
  while (message.size() < octets) {
    message += "Lorem ipsum dolor sit amet, consectetur \"adipiscing\" elit, sed do eiusmod.\r\n";
  }
  json::Writer out;
  out.begin_object();
  out.member("id", "1");
  out.member("ip", "192.0.2.1");
  out.member("message", message);
  out.end_object();
  return out.take();
}

void read_request(benchmark::State& state) {
  const std::string line = request_of(static_cast<std::size_t>(state.range(0)));
  for (auto _ : state) benchmark::DoNotOptimize(json::parse_verify_request(line));
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(line.size()));
}
BENCHMARK(read_request)->Arg(37'000)->Arg(1'000'000);

void write_verdict(benchmark::State& state) {
  verify::Verdict verdict;
  verdict.dmarc.author = *DomainName::parse("example.com");
  verdict.dmarc.record = "v=DMARC1; p=reject; rua=mailto:reports@example.com";
  verdict.dmarc.reason = std::string(120, 'r');
  verdict.spf.resize(
      2,
      {.domain = "example.com", .mechanism = "ip4:192.0.2.0/24", .reason = std::string(100, 'r')});
  verdict.dkim.resize(2,
                      {.domain = "example.com", .selector = "s1", .reason = std::string(100, 'r')});
  verdict.authentication_results = std::string(500, 'a');
  const std::vector<dns::Asked> asked(
      10, {.question = {.name = *DomainName::parse("_dmarc.example.com")}});
  for (auto _ : state) {
    benchmark::DoNotOptimize(json::verdict_line("1", verdict, asked, json::Detail::result));
  }
}
BENCHMARK(write_verdict);

}  // namespace
