// What canonicalizing a body costs beside hashing it: `x_sha` is the time over that of SHA-256 of
// the same octets alone. What verifying a message costs beside the verification of its signature
// and the hashing of its octets: verify_message_floor.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include "assay/base/base64.h"
#include "assay/crypto/digest.h"
#include "assay/crypto/private_key.h"
#include "assay/dkim/canonical.h"
#include "assay/dkim/dkim.h"
#include "assay/mail/header.h"

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
  for ([[maybe_unused]] auto _ : state) {
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

// ---- whole messages ----------------------------------------------------------------------------

/// Answers every question with one key, as a cache would.
class OneKey final : public dns::Resolver {
 public:
  explicit OneKey(std::string record) {
    answer_->outcome = dns::Outcome::records;
    answer_->texts = {std::move(record)};
  }
  dns::AnswerPtr ask(const dns::Question& /*question*/) override { return answer_; }
  const dns::Answer& answer() const { return *answer_; }

 private:
  std::shared_ptr<dns::Answer> answer_ = std::make_shared<dns::Answer>();
};

struct Message {
  std::string header;
  std::string body;
  std::unique_ptr<OneKey> resolver = {};
};

// The Ed25519 seed of RFC 8463 App. A.
crypto::PrivateKey signing_key() {
  return crypto::PrivateKey::ed25519(
             base64::decode("nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=").value())
      .value();
}

std::string usual_header() {
  std::string text;
  for (int i = 0; i < 6; ++i) {
    text += "Received: from mx" + std::to_string(i) +
            ".example.com (mx.example.com [192.0.2.1])\r\n"
            "\tby mail.example.org (Postfix) with ESMTPS id 4ABCDEF\r\n"
            "\tfor <someone@example.org>; Fri,  1 May 2026 12:00:00 +0000 (UTC)\r\n";
  }
  text +=
      "From: Author <author@example.com>\r\nTo: Someone <someone@example.org>\r\n"
      "Subject: a message of the usual kind, with a\r\n subject that is folded\r\n"
      "Date: Fri, 1 May 2026 12:00:00 +0000\r\nMessage-ID: <1234@example.com>\r\n"
      "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
      "List-Unsubscribe: <https://www.example.com/u/1234567890>\r\n";
  return text;
}

Message signed_message(std::size_t body_octets) {
  Message message = {.header = usual_header(), .body = body_of(html, body_octets)};
  const std::string tags =
      "DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed; d=example.com;\r\n"
      "\ts=sel; t=1777636800; h=from:to:subject:date:message-id:mime-version:\r\n"
      "\tcontent-type:list-unsubscribe:from; bh=";
  dkim::BodyHashes hashes;
  const auto handle = hashes.want({.canonicalization = Canonicalization::relaxed}).value();
  hashes.update(message.body);
  hashes.finish();
  std::string field = tags + base64::encode(hashes.digest(handle)) + ";\r\n\tb=";
  const mail::Header own = mail::parse_header(field);
  const mail::Header header = mail::parse_header(message.header);
  const auto facts = dkim::parse_signature(std::string(own.fields[0].value) + "AAAA").value();
  const std::string octets =
      dkim::signed_octets(header, facts.header_names, own.fields[0], Canonicalization::relaxed);
  const auto kind = crypto::DigestKind::sha256;
  field += base64::encode(signing_key().sign(kind, crypto::digest(kind, octets)).value());
  message.header = field + "\r\n" + message.header;
  message.resolver = std::make_unique<OneKey>("v=DKIM1; k=ed25519; p=" +
                                              base64::encode(signing_key().public_key()));
  return message;
}

void verify_message(benchmark::State& state) {
  static const Message message = signed_message(36'000);
  for ([[maybe_unused]] auto _ : state) {
    const mail::Header header = mail::parse_header(message.header);
    dkim::BodyHashes hashes;
    const dkim::Verifier verifier(header, hashes);
    hashes.update(message.body);
    hashes.finish();
    const auto outcomes =
        verifier.finish(hashes, *message.resolver, Instant(std::chrono::seconds(1'777'636'900)));
    if (outcomes.front().result != dkim::Result::pass) state.SkipWithError("does not verify");
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(verify_message)->ThreadRange(1, 2)->UseRealTime();

/// The least that verifying that message can cost.
void verify_message_floor(benchmark::State& state) {
  static const Message message = signed_message(36'000);
  const auto& key = *dkim::parsed_keys(message.resolver->answer()).front()->key;
  const auto kind = crypto::DigestKind::sha256;
  const std::string_view header = std::string_view(message.header).substr(0, 900);
  const std::string signature = signing_key().sign(kind, crypto::digest(kind, header)).value();
  for ([[maybe_unused]] auto _ : state) {
    benchmark::DoNotOptimize(crypto::digest(kind, message.body));
    if (!key.verify(kind, crypto::digest(kind, header), signature)) {
      state.SkipWithError("does not verify");
    }
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(verify_message_floor)->ThreadRange(1, 2)->UseRealTime();

/// All of verify_message but the body and the signature itself.
void everything_else(benchmark::State& state) {
  Message message = signed_message(0);
  message.header.replace(message.header.find("bh="), 5, "bh=00");
  for ([[maybe_unused]] auto _ : state) {
    const mail::Header header = mail::parse_header(message.header);
    dkim::BodyHashes hashes;
    const dkim::Verifier verifier(header, hashes);
    hashes.finish();
    benchmark::DoNotOptimize(
        verifier.finish(hashes, *message.resolver, Instant(std::chrono::seconds(1'777'636'900))));
  }
}
BENCHMARK(everything_else);

void parse_signature(benchmark::State& state) {
  const Message message = signed_message(0);
  const mail::Header header = mail::parse_header(message.header);
  for ([[maybe_unused]] auto _ : state) {
    benchmark::DoNotOptimize(dkim::parse_signature(header.fields.front().value));
  }
}
BENCHMARK(parse_signature);

void signed_octets(benchmark::State& state) {
  const Message message = signed_message(0);
  const mail::Header header = mail::parse_header(message.header);
  const auto facts = dkim::parse_signature(header.fields.front().value).value();
  for ([[maybe_unused]] auto _ : state) {
    benchmark::DoNotOptimize(dkim::signed_octets(header, facts.header_names, header.fields.front(),
                                                 Canonicalization::relaxed));
  }
}
BENCHMARK(signed_octets);

}  // namespace
