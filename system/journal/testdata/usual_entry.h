#pragma once

#include "system/journal/entry.h"

namespace assay::journal {

/// What most lines of a busy host are like; for benchmarks.
inline Entry usual_entry() {
  Entry entry;
  entry.id = "mx.example.org-20260501T120000123-4711-123456";
  entry.time = Time{std::chrono::milliseconds{1'777'636'800'123}};
  entry.host = "mx.example.org";
  entry.queue_id = "4f1xYz2Qc8z9rT";
  entry.client = IpAddress::parse("192.0.2.25");
  entry.client_name = "mail.example.com";
  entry.helo = "mail.example.com";
  entry.mail_from = "bounce+0123456789abcdef@mail.example.com";
  entry.recipient_domains = {"example.org"};
  entry.recipients = 1;
  entry.size = 37'512;
  entry.message_id = "0123456789.abcdef.0123456789@mail.example.com";
  entry.author_domains = {"example.com"};
  entry.verdict = Verdict{.result = "pass",
                          .author_domain = "example.com",
                          .policy_domain = "example.com",
                          .organizational_domain = "example.com",
                          .record = "v=DMARC1; p=reject; rua=mailto:reports@example.com",
                          .published_policy = "reject",
                          .policy = "reject",
                          .spf_aligned = true,
                          .dkim_aligned = true,
                          .reason = "aligned by SPF and DKIM"};
  entry.spf = {{.identity = "mfrom", .domain = "mail.example.com", .result = "pass"},
               {.identity = "helo", .domain = "mail.example.com", .result = "none"}};
  entry.dkim = {
      {.domain = "example.com", .selector = "s2026", .algorithm = "rsa-sha256", .result = "pass"},
      {.domain = "example.net",
       .selector = "k1",
       .algorithm = "rsa-sha256",
       .result = "fail",
       .reason = "the body was changed after signing"}};
  entry.action = {.action = "accept", .disposition = "pass"};
  entry.milliseconds = 4;
  return entry;
}

}  // namespace assay::journal
