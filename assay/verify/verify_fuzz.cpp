// A whole verdict from a message, an envelope and a zone that the input chooses, piece by piece or
// as raw octets.
#include <fuzzer/FuzzedDataProvider.h>

#include <array>
#include <cstdlib>
#include <string>
#include <string_view>

#include "assay/authres/authres.h"
#include "assay/dns/recorder.h"
#include "assay/dns/zone.h"
#include "assay/verify/verify.h"

namespace {

using namespace assay;

constexpr std::array<std::string_view, 10> names = {"example.com",
                                                    "a.example.com",
                                                    "b.a.example.com",
                                                    "example.net",
                                                    "com",
                                                    "xn--bcher-kva.example",
                                                    "1.2.3.4.5.6.7.8.example.com",
                                                    "mx.example.com",
                                                    "s._domainkey.example.com",
                                                    "s._domainkey.example.net"};
constexpr std::array<std::string_view, 14> texts = {
    "v=DMARC1; p=reject",
    "v=DMARC1; p=none; sp=quarantine; np=reject",
    "v=DMARC1; psd=y; p=reject",
    "v=DMARC1; psd=n; p=quarantine; t=y",
    "v=DMARC1; p=bad; rua=mailto:a@example.com",
    "v=DMARC1; p=quarantine; adkim=s; aspf=s",
    "v=spf1 +all",
    "v=spf1 include:example.net -all",
    "v=spf1 a mx ptr exists:%{i}.example.net ~all",
    "v=spf1 redirect=a.example.com",
    "v=spf1 include:example.com include:a.example.com -all",
    "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=",
    "v=DKIM1; p=",
    "v=DKIM1; t=y:s; p=AAAA"};
constexpr std::array<std::string_view, 12> fields = {
    "From: a@example.com\r\n",
    "From: \"x@example.net\" <b@a.example.com>\r\n",
    "From: g:a@example.com,b@example.net;\r\n",
    "From: a@b\xc3\xbc"
    "cher.example\r\n",
    "DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed; d=example.com; s=s; h=from; "
    "bh=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=; b=AAAA\r\n",
    "DKIM-Signature: v=1; a=rsa-sha256; d=example.net; s=s; h=from:from; l=1; bh=AAAA; b=AAAA\r\n",
    "ARC-Seal: i=1; a=rsa-sha256; cv=none; d=example.com; s=s; b=AAAA\r\n",
    "ARC-Message-Signature: i=1; a=rsa-sha256; d=example.com; s=s; h=from; bh=AAAA; b=AAAA\r\n",
    "ARC-Authentication-Results: i=1; mx.example.com; dmarc=pass\r\n",
    "Authentication-Results: mx.example.org; dmarc=pass\r\n",
    "Subject: x\r\n folded\r\n",
    "From : c@com\r\n"};

template <class List>
std::string_view pick(FuzzedDataProvider& input, const List& list) {
  return list[input.ConsumeIntegralInRange<std::size_t>(0, list.size() - 1)];
}

std::string quoted(std::string_view text) {
  std::string line = "\"";
  for (const char c : text) {
    char escaped[5];
    std::snprintf(escaped, sizeof escaped, "\\%03u",
                  static_cast<unsigned>(static_cast<unsigned char>(c)));
    line += escaped;
  }
  return line + "\"";
}

std::string zone_line(FuzzedDataProvider& input) {
  const std::string name =
      (input.ConsumeBool() ? "_dmarc." : "") + std::string(pick(input, names)) + ". ";
  switch (input.ConsumeIntegralInRange(0, 6)) {
    case 0:
      return "$FAIL " + name + "servfail";
    case 1:
      return name + "A 192.0.2.1";
    case 2:
      return name + "MX 10 " + std::string(pick(input, names)) + ".";
    case 3:
      return name + "CNAME " + std::string(pick(input, names)) + ".";
    case 4:
      return name + "TXT " + quoted(input.ConsumeRandomLengthString(200)).substr(0, 250 * 4);
    default:
      return name + "TXT \"" + std::string(pick(input, texts)) + "\"";
  }
}

std::string make_zone(FuzzedDataProvider& input) {
  std::string text;
  for (int lines = input.ConsumeIntegralInRange(0, 12); lines > 0; --lines)
    text += zone_line(input) + "\n";
  return text;
}

std::string make_header(FuzzedDataProvider& input) {
  std::string header;
  for (int count = input.ConsumeIntegralInRange(0, 10); count > 0; --count) {
    header += input.ConsumeBool() ? std::string(pick(input, fields))
                                  : input.ConsumeRandomLengthString(300);
  }
  return header;
}

void require(bool holds) {
  if (!holds) std::abort();
}

void check(const verify::Verdict& verdict, const dns::Recorder& recorder) {
  // Whatever the message held, our own field can be read and says our verdict last.
  const std::string_view field = verdict.authentication_results;
  const auto parsed = authres::parse(field.substr(field.find(':') + 1));
  require(parsed && parsed->authserv_id == "mx.example.org");
  require(parsed->results.back().method == "dmarc");
  require(parsed->results.back().result == to_text(verdict.dmarc.result));
  // A pass needs an aligned identifier; the DNS is asked a bounded number of questions.
  if (verdict.dmarc.result == dmarc::Result::pass)
    require(verdict.dmarc.spf_aligned || verdict.dmarc.dkim_aligned);
  require(recorder.asked().size() <= 1'000);
  require(verdict.decision.action != verify::Action::reject);
}

}  // namespace

// NOLINTNEXTLINE(readability-identifier-naming): the name libFuzzer calls
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  FuzzedDataProvider input(data, size);
  auto zone = dns::Zone::parse(make_zone(input));
  if (!zone) return 0;
  verify::Envelope envelope{.helo = input.ConsumeRandomLengthString(40),
                            .mail_from = input.ConsumeRandomLengthString(80)};
  if (input.ConsumeBool()) envelope.mail_from = "a@" + std::string(pick(input, names));
  if (input.ConsumeBool())
    envelope.client = IpAddress::parse(input.ConsumeBool() ? "192.0.2.1" : "2001:db8::1");
  const std::string header = make_header(input);
  const std::string body = input.ConsumeRemainingBytesAsString();
  const verify::Options options{.authserv_id = "mx.example.org"};
  constexpr Instant now{std::chrono::seconds{1'760'000'000}};

  dns::Recorder recorder(*zone, std::chrono::steady_clock::now);
  verify::Session whole(envelope, recorder, now, options);
  whole.header(header);
  whole.body(body);
  const verify::Verdict verdict = whole.finish();
  check(verdict, recorder);

  verify::Session cut(envelope, *zone, now, options);
  cut.header(header);
  for (const char octet : body) cut.body({&octet, 1});
  require(cut.finish().authentication_results == verdict.authentication_results);
  return 0;
}
