#pragma once

#include "system/journal/entry.h"

namespace assay::journal {

/// An entry with every member set to something else than its default.
inline Entry full_entry() {
  using namespace std::chrono_literals;
  const Verdict verdict{.result = "fail",
                        .author_domain = "mail.example.com",
                        .policy_domain = "example.com",
                        .organizational_domain = "example.com",
                        .record = "v=DMARC1; p=reject; t=y",
                        .published_policy = "reject",
                        .policy = "quarantine",
                        .test_mode = true,
                        .nonexistent = true,
                        .discovery = "psl",
                        .spf_aligned = true,
                        .dkim_aligned = true,
                        .reason = "nothing that passed is aligned"};
  return {
      .id = "mx.example.org-20260501T115959123-4711-1",
      .time = Time{1'777'636'800'123ms},
      .host = "mx.example.org",
      .queue_id = "4f1xYz2Qc8z9rT",
      .exempt = "own_network",
      .client = IpAddress::parse("2001:db8::25"),
      .client_name = "mail.example.net",
      .helo = "helo.example.net",
      .mail_from = "\"odd \\\" one\"@example.net",
      .recipient_domains = {"example.org", "example.net"},
      .recipients = 3,
      .size = 18'446'744'073'709'551'615U,
      .message_id = "1@mail.example.com",
      .list_id = "list.example.net",
      .automatic = "report",
      .author_domains = {"mail.example.com",
                         "b\xc3\xbc"
                         "cher.example"},
      .verdict = verdict,
      .spf = {{.identity = "mfrom", .domain = "example.net", .result = "pass"},
              {.identity = "helo", .domain = "helo.example.net", .result = "temperror"}},
      .dkim = {{.domain = "example.com",
                .selector = "s1",
                .algorithm = "rsa-sha256",
                .result = "fail",
                .reason = "the body was changed"},
               {.domain = "example.net", .result = "pass"}},
      .arc = {.result = "pass", .instances = 2, .sealers = {"example.net", "example.org"}},
      .evidence = {{.kind = "mailing_list", .leans = "indirect", .what = "List-Id of example.net"}},
      .overrides = {{.type = "mailing_list", .comment = "the list example.net"},
                    {.type = "local_policy"}},
      .action = {.action = "quarantine",
                 .disposition = "quarantine",
                 .quarantine = "hold",
                 .reply = "250 2.0.0 held\r\n"},
      .rfc7489 = verdict,
      .differs = {"policy_domain", "result"},
      .milliseconds = 17};
}

}  // namespace assay::journal
