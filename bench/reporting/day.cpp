#include "bench/reporting/day.h"

#include <fmt/format.h>

namespace bench {

using namespace assay;

namespace {

IpAddress address_of(std::uint32_t source) {
  const auto octet = [&](unsigned shift) { return static_cast<std::uint8_t>(source >> shift); };
  return IpAddress::from_v4({octet(24), octet(16), octet(8), octet(0)});
}

}  // namespace

Event Events::next() {
  chance_ ^= chance_ << 13U;
  chance_ ^= chance_ >> 7U;
  chance_ ^= chance_ << 17U;
  const double uniform = static_cast<double>(chance_ & 0xffff'ffffU) / 4'294'967'296.0;
  const auto domain = static_cast<std::uint32_t>(uniform * uniform * domains_);
  return {
      .domain = domain,
      .source = static_cast<std::uint32_t>((chance_ >> 32U) & 0xff'ffffU) % sources_ + domain * 64,
      .fails = (chance_ >> 60U) >= 14};
}

std::string domain_of(const Event& event) {
  return fmt::format("d{:05}.example", event.domain);
}

journal::Entry entry_of(const Event& event, std::uint64_t number, std::uint64_t all,
                        journal::Time midnight) {
  const std::string domain = domain_of(event);
  const std::string result = event.fails ? "fail" : "pass";
  const std::uint64_t within = number * 86'400'000 / all;
  journal::Entry entry;
  entry.id = fmt::format("mx.rcpt.example-20260501T000000123-4711-{}", number);
  entry.time = midnight + std::chrono::milliseconds{within};
  entry.host = "mx.rcpt.example";
  entry.queue_id = fmt::format("4f1xYz{:08x}", number);
  entry.client = address_of(event.source);
  entry.client_name = "mail." + domain;
  entry.helo = "mail." + domain;
  entry.mail_from = fmt::format("bounce+{:016x}@bounce.{}", number * 7'919, domain);
  entry.recipient_domains = {"rcpt.example"};
  entry.recipients = 1;
  entry.size = 4'000 + number % 60'000;
  entry.message_id = fmt::format("{:016x}.{:08x}@mail.{}", number * 104'729, number, domain);
  entry.author_domains = {domain};
  entry.verdict = journal::Verdict{.result = "pass",
                                   .author_domain = domain,
                                   .policy_domain = domain,
                                   .organizational_domain = domain,
                                   .record = "v=DMARC1; p=reject; rua=mailto:dmarc@" + domain,
                                   .published_policy = "reject",
                                   .policy = "reject",
                                   .discovery = "treewalk",
                                   .spf_aligned = true,
                                   .dkim_aligned = !event.fails,
                                   .reason = "aligned by SPF"};
  entry.spf = {{.identity = "mfrom", .domain = "bounce." + domain, .result = "pass"},
               {.identity = "helo", .domain = "mail." + domain, .result = "none"}};
  entry.dkim = {{.domain = domain, .selector = "s1", .algorithm = "rsa-sha256", .result = result}};
  if (event.fails) entry.dkim.front().reason = "the body was changed after signing";
  entry.action = {.action = "accept", .disposition = "pass"};
  entry.milliseconds = 4;
  return entry;
}

}  // namespace bench
