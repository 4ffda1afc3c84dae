// What canonicalizing a body costs beside hashing it. `x_sha` is the time over that of SHA-256 of
// the same octets alone.
#include <benchmark/benchmark.h>

#include <chrono>
#include <string>
#include <string_view>

#include "assay/base/base64.h"
#include "assay/crypto/digest.h"
#include "assay/dkim/body_hash.h"

namespace {

using namespace assay;
using dkim::Canonicalization;

enum Text : std::int64_t { base64_lines, plain, html, hostile };

std::string repeated(std::string_view unit, std::size_t size) {
  std::string all;
  while (all.size() < size) all += unit;
  return all;
}

std::string base64_body(std::size_t size) {
  std::string all;
  std::string line(57, '\0');
  for (unsigned n = 1; all.size() < size; ++n) {
    for (char& c : line) c = static_cast<char>(n = n * 1'103'515'245 + 12'345);
    all += base64::encode(line) + "\r\n";
  }
  return all;
}

std::string body_of(std::int64_t text, std::size_t size) {
  switch (text) {
    case base64_lines:
      return base64_body(size);
    case plain:
      return repeated(
          "Dear reader, this is a line of plain text as people write it, with some words.\r\n"
          "It has a second line.  Some put two spaces behind a full stop; most do not.\r\n\r\n",
          size);
    case html:
      return repeated(
          "<table>\r\n  <tr>\r\n    <td class=\"cell\" align=\"left\">Some words of it</td>\r\n"
          "\t\t<td><a href=\"https://www.example.com/a/long/path?with=query\">link</a></td>\r\n"
          "  </tr> \r\n</table>\r\n",
          size);
    default:
      return repeated("a \t b  ", size);
  }
}

double seconds_of_sha256(std::string_view octets) {
  double best = 1e9;
  for (int i = 0; i < 20; ++i) {
    const auto begin = std::chrono::steady_clock::now();
    benchmark::DoNotOptimize(crypto::digest(crypto::DigestKind::sha256, octets));
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
    best = std::min(best, took.count());
  }
  return best;
}

void hash_in_pieces(std::string_view body, Canonicalization how) {
  dkim::BodyHashes hashes;
  const auto handle = hashes.want({.canonicalization = how}).value();
  for (std::size_t at = 0; at < body.size(); at += 65'535) hashes.update(body.substr(at, 65'535));
  hashes.finish();
  benchmark::DoNotOptimize(hashes.digest(handle));
}

void body_hash(benchmark::State& state) {
  const std::string body = body_of(state.range(1), static_cast<std::size_t>(state.range(2)));
  const auto how = state.range(0) == 0 ? Canonicalization::simple : Canonicalization::relaxed;
  double best = 1e9;
  for (auto _ : state) {
    const auto begin = std::chrono::steady_clock::now();
    hash_in_pieces(body, how);
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
    best = std::min(best, took.count());
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(body.size()));
  state.counters["x_sha"] = best / seconds_of_sha256(body);
  state.SetLabel(how == Canonicalization::simple ? "simple" : "relaxed");
}
BENCHMARK(body_hash)
    ->ArgNames({"relaxed", "text", "octets"})
    ->ArgsProduct({{0, 1}, {base64_lines, plain, html, hostile}, {36'000, 1'000'000}});

}  // namespace
