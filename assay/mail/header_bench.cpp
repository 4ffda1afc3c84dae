#include <benchmark/benchmark.h>

#include <string>

#include "assay/mail/address.h"
#include "assay/mail/header.h"

namespace {

/// A header as mail has it: 20 fields, some folded, 2 KB.
std::string usual_header() {
  std::string octets;
  for (int i = 0; i < 4; ++i) {
    octets +=
        "Received: from mx.example.com (mx.example.com [192.0.2.1])\r\n"
        "\tby mail.example.net (Postfix) with ESMTPS id 4XyZ123456\r\n"
        "\tfor <user@example.net>; Sat, 1 Jan 2022 12:00:00 +0000 (UTC)\r\n";
  }
  octets += "DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=example.com; s=s1;\r\n";
  for (int i = 0; i < 6; ++i) octets += "\t" + std::string(70, 'A') + "\r\n";
  for (int i = 0; i < 14; ++i) octets += "X-Field-" + std::to_string(i) + ": a value\r\n";
  octets += "From: \"Joe Q. Public\" <joe@example.com>\r\nSubject: hello\r\n\r\n";
  octets.resize(2048, 'b');
  return octets;
}

void parse_header(benchmark::State& state) {
  const std::string octets = usual_header();
  for (auto _ : state) benchmark::DoNotOptimize(assay::mail::parse_header(octets));
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations()) *
                          static_cast<std::int64_t>(octets.size()));
}
BENCHMARK(parse_header);

void parse_addresses(benchmark::State& state) {
  for (auto _ : state) {
    benchmark::DoNotOptimize(
        assay::mail::parse_addresses(" \"Joe Q. Public\" (x) <joe.public@mail.example.com>"));
  }
}
BENCHMARK(parse_addresses);

/// The costliest repetitions known, at the size limit: time per octet must stay flat.
void parse_hostile_addresses(benchmark::State& state) {
  const char* const patterns[] = {"(", "<", "@", ",", "<@a,", "a@", ".", "\"\""};
  std::string text;
  while (text.size() < static_cast<std::size_t>(state.range(1))) text += patterns[state.range(0)];
  for (auto _ : state) benchmark::DoNotOptimize(assay::mail::parse_addresses(text));
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations()) *
                          static_cast<std::int64_t>(text.size()));
}
BENCHMARK(parse_hostile_addresses)->ArgsProduct({{0, 1, 2, 3, 4, 5, 6, 7}, {4'096, 262'144}});

}  // namespace
