// A body cut anywhere hashes as the whole does, and as a canonicalizer written as RFC 6376 §3.4.3
// and §3.4.4 read; every way to reduce white space gives the same.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "assay/base/ascii.h"
#include "assay/crypto/digest.h"
#include "assay/dkim/body_hash.h"
#include "assay/dkim/detail/white_space.h"

namespace {

using namespace assay::dkim;

void expect(bool holds) {
  if (!holds) std::abort();
}

std::string without_trailing_white_space(std::string_view line) {
  std::string reduced;
  for (const char c : line) {
    if (!assay::ascii::is_wsp(c)) {
      reduced += c;
    } else if (!reduced.ends_with(' ')) {
      reduced += ' ';
    }
  }
  while (reduced.ends_with(' ')) reduced.pop_back();
  return reduced;
}

std::string canonical(std::string_view body, Canonicalization how) {
  std::string all;
  while (!body.empty()) {
    const std::size_t end = body.find("\r\n");
    const std::string_view line = body.substr(0, end);
    body = end == std::string_view::npos ? std::string_view() : body.substr(end + 2);
    all +=
        how == Canonicalization::relaxed ? without_trailing_white_space(line) : std::string(line);
    all += "\r\n";
  }
  while (all.ends_with("\r\n\r\n")) all.resize(all.size() - 2);
  if (all == "\r\n") all.clear();
  if (all.empty() && how == Canonicalization::simple) all = "\r\n";
  return all;
}

void check(std::string_view body, std::string_view cuts, const BodyHashKind& kind) {
  BodyHashes hashes;
  const std::size_t handle = hashes.want(kind).value();
  hashes.want({.canonicalization = kind.canonicalization, .hash = kind.hash, .length = 7});
  std::string_view left = body;
  for (const char cut : cuts) {
    const std::size_t piece = static_cast<unsigned char>(cut) % 40;
    hashes.update(left.substr(0, piece));
    left.remove_prefix(std::min(piece, left.size()));
  }
  hashes.update(left);
  hashes.finish();
  const std::string want = canonical(body, kind.canonicalization);
  expect(hashes.canonical_length(handle) == want.size());
  const std::string_view part = std::string_view(want).substr(0, kind.length.value_or(want.size()));
  const auto digest =
      kind.hash == Hash::sha1 ? assay::crypto::DigestKind::sha1 : assay::crypto::DigestKind::sha256;
  expect(hashes.digest(handle) == assay::crypto::digest(digest, part));
}

void check_reducers(const std::string& body) {
  const detail::Reducers reducers = detail::available_reducers();
  const std::size_t clean = detail::portable_reducer.clean(body.data(), body.size());
  std::string want(body.size() + detail::write_slack, '\0');
  const auto done = detail::portable_reducer.reduce(body.data(), body.size(), want.data());
  expect(done.read + detail::look_ahead == body.size() || body.size() < detail::look_ahead);
  for (std::size_t i = 1; i < reducers.count; ++i) {
    std::string got(body.size() + detail::write_slack, '\0');
    expect(reducers.known[i]->clean(body.data(), body.size()) == clean);
    const auto same = reducers.known[i]->reduce(body.data(), body.size(), got.data());
    expect(same.read == done.read && same.written == done.written);
    expect(got.compare(0, done.written, want, 0, done.written) == 0);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::string_view cuts = input.substr(0, std::min<std::size_t>(8, size));
  std::string body(input.substr(cuts.size()));
  const std::size_t length = cuts.empty() ? 0 : static_cast<unsigned char>(cuts.front());
  // Long enough at times for the octets that are hashed where they stand.
  if (length % 64 == 1) body += std::string(17'000, 'x') + body;
  for (const auto how : {Canonicalization::simple, Canonicalization::relaxed}) {
    check(body, cuts, {.canonicalization = how, .hash = Hash::sha256});
    check(body, cuts, {.canonicalization = how, .hash = Hash::sha1, .length = length});
  }
  check_reducers(body);
  return 0;
}
