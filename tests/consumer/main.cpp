// Judges one small message as any program may that links assay::verify: no network, the DNS is a
// text.
#include <iostream>
#include <string_view>

#include "assay/dns/zone.h"
#include "assay/spf/spf.h"
#include "assay/verify/verify.h"

constexpr std::string_view dns_text =
    "example.com.        TXT \"v=spf1 ip4:192.0.2.10 -all\"\n"
    "_dmarc.example.com. TXT \"v=DMARC1; p=reject\"\n";

constexpr std::string_view message =
    "From: Alice <alice@example.com>\r\n"
    "Date: Mon, 01 Jun 2026 11:58:00 +0000\r\n"
    "Subject: hello\r\n"
    "\r\n"
    "Hello Bob.\r\n";

/// What SPF and DMARC say when `client` sends it.
std::string judge(std::string_view client, assay::dns::Zone& zone) {
  const auto address = assay::IpAddress::parse(client);
  const auto now = assay::parse_instant("2026-06-01T12:00:00Z");
  const assay::spf::Request request = {
      .client = *address, .helo = "mx.example.com", .mail_from = "alice@example.com"};
  const assay::spf::Outcome spf = assay::spf::check_mail_from(request, zone);
  const assay::verify::Envelope envelope = {
      .client = address, .helo = request.helo, .mail_from = request.mail_from};
  const assay::verify::Verdict verdict = assay::verify::verify(message, envelope, zone, *now);
  std::cout << client << ": spf=" << to_text(spf.result)
            << " dmarc=" << to_text(verdict.dmarc.result) << " (" << verdict.dmarc.reason << ")\n"
            << verdict.authentication_results << "\n";
  return std::string(to_text(spf.result)) + " " + std::string(to_text(verdict.dmarc.result));
}

int main() {
  auto zone = assay::dns::Zone::parse(dns_text);
  if (!zone) {
    std::cerr << zone.error().what << "\n";
    return 1;
  }
  const bool good = judge("192.0.2.10", *zone) == "pass pass";
  const bool bad = judge("203.0.113.66", *zone) == "fail fail";
  std::cout << (good && bad ? "as expected\n" : "NOT as expected\n");
  return good && bad ? 0 : 1;
}
