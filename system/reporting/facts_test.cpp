#include "system/reporting/facts.h"

#include <gtest/gtest.h>

namespace assay::reporting {
namespace {

using namespace std::chrono_literals;

journal::Entry failing() {
  return {
      .id = "mx-1",
      .time = journal::Time{1'777'636'800'000ms},  // 2026-05-01T12:00:00Z
      .host = "mx.rcpt.example",
      .client = IpAddress::parse("192.0.2.7"),
      .mail_from = "Bounces@Mail.Example.com",
      .recipient_domains = {"rcpt.example"},
      .author_domains = {"news.example.com"},
      .verdict = journal::Verdict{.result = "fail",
                                  .author_domain = "news.example.com",
                                  .policy_domain = "example.com",
                                  .record = "v=DMARC1; p=reject; sp=quarantine; adkim=s; fo=1; "
                                            "rua=mailto:a@example.com; ruf=mailto:b@example.com",
                                  .published_policy = "quarantine",
                                  .policy = "quarantine"},
      .spf = {{.identity = "helo", .domain = "mx.example.com", .result = "pass"},
              {.identity = "mfrom", .domain = "mail.example.com", .result = "softfail"}},
      .dkim = {{.domain = "list.example", .selector = "k1", .result = "fail", .reason = "changed"},
               {.domain = "other.example", .selector = "k2", .result = "pass"}},
      .action = {.action = "quarantine", .disposition = "quarantine"}};
}

TEST(Facts, OfAFailingMessage) {
  const Contribution contribution = contribution_of(failing());
  ASSERT_EQ(contribution.reportable, Reportable::yes);
  EXPECT_TRUE(contribution.correspondents.empty());
  const store::Configuration& configuration = *contribution.evaluation.configuration;
  EXPECT_EQ(configuration.policy.domain, "example.com");
  EXPECT_EQ(configuration.policy.p, "reject");
  EXPECT_EQ(configuration.policy.sp, "quarantine");
  EXPECT_EQ(configuration.policy.np, "quarantine");
  EXPECT_EQ(configuration.policy.adkim, "s");
  EXPECT_EQ(configuration.policy.aspf, "r");
  EXPECT_EQ(configuration.policy.fo, "1");
  EXPECT_EQ(configuration.policy.testing, "n");
  EXPECT_EQ(configuration.policy.discovery_method, "treewalk");
  EXPECT_EQ(configuration.policy.pct, "");
  const aggregate::Row& row = contribution.evaluation.row;
  EXPECT_EQ(row.source_ip, "192.0.2.7");
  EXPECT_EQ(row.header_from, "news.example.com");
  EXPECT_EQ(row.envelope_from, "mail.example.com");
  EXPECT_EQ(row.envelope_to, "");
  EXPECT_EQ(row.disposition, "quarantine");
  EXPECT_EQ(row.dkim + row.spf, "failfail");
  EXPECT_TRUE(row.reasons.empty());
  ASSERT_EQ(row.dkim_results.size(), 2U);
  EXPECT_EQ(row.dkim_results[0].selector, "k2");  // what passed stands first
  EXPECT_EQ(row.dkim_results[1].human_result, "changed");
  ASSERT_EQ(row.spf_results.size(), 1U);
  EXPECT_EQ(row.spf_results[0].scope + " " + row.spf_results[0].result, "mfrom softfail");
}

// RFC 9990 §3.1.6
TEST(Facts, WhatDepartsFromThePolicyHasAReason) {
  journal::Entry entry = failing();
  entry.action = {.action = "accept", .disposition = "none"};
  EXPECT_EQ(contribution_of(entry).evaluation.row.reasons,
            (std::vector<aggregate::Reason>{{.type = "local_policy"}}));
  entry.overrides = {{.type = "mailing_list", .comment = "a list"}};
  EXPECT_EQ(contribution_of(entry).evaluation.row.reasons,
            (std::vector<aggregate::Reason>{{.type = "mailing_list", .comment = "a list"}}));
  entry.overrides.clear();
  entry.verdict->test_mode = true;
  entry.verdict->policy = "none";
  EXPECT_EQ(contribution_of(entry).evaluation.row.reasons,
            (std::vector<aggregate::Reason>{{.type = "policy_test_mode"}}));
}

TEST(Facts, AreNotThoseOfEveryLine) {
  const auto why = [](const auto& change, const std::vector<DomainName>& ignored = {}) {
    journal::Entry entry = failing();
    change(entry);
    return contribution_of(entry, {.ignore_recipients = ignored}).reportable;
  };
  EXPECT_EQ(why([](journal::Entry& e) { e.verdict.reset(); }), Reportable::not_judged);
  EXPECT_EQ(why([](journal::Entry& e) { e.verdict->record.clear(); }), Reportable::no_record);
  EXPECT_EQ(why([](journal::Entry& e) { e.action.action = "defer"; }), Reportable::not_finished);
  EXPECT_EQ(why([](journal::Entry& e) { e.client.reset(); }), Reportable::no_client);
  EXPECT_EQ(why([](journal::Entry& e) { e.automatic = "report"; }), Reportable::report);
  const std::vector<DomainName> intake = {DomainName::parse("rcpt.example").value()};
  EXPECT_EQ(why([](journal::Entry&) {}, intake), Reportable::report);
  EXPECT_EQ(why([](journal::Entry& e) { e.recipient_domains.push_back("b.example"); }, intake),
            Reportable::yes);
  EXPECT_EQ(why([](journal::Entry& e) { e.recipient_domains.clear(); }, intake), Reportable::yes);
}

// RFC 9990 §7.3
TEST(Facts, AreKeptFromAPsdForDomainsThatExist) {
  journal::Entry entry = failing();
  const auto reportable = [&] { return contribution_of(entry, {.psd = false}).reportable; };
  EXPECT_EQ(reportable(), Reportable::yes);
  entry.verdict->record = "v=DMARC1; p=none; psd=y; rua=mailto:a@psd.example";
  EXPECT_EQ(contribution_of(entry).reportable, Reportable::yes);
  EXPECT_EQ(reportable(), Reportable::public_suffix);
  entry.verdict->nonexistent = true;
  EXPECT_EQ(reportable(), Reportable::yes);
  entry.verdict->nonexistent = false;
  entry.verdict->policy_domain = entry.verdict->author_domain;
  EXPECT_EQ(reportable(), Reportable::yes);  // of mail in the PSD's own name
}

TEST(Facts, OfMailThatPassedOrThatWeSentMakeADomainKnown) {
  journal::Entry entry = failing();
  entry.verdict->result = "pass";
  EXPECT_EQ(contribution_of(entry).correspondents, std::vector<std::string>{"example.com"});
  entry.verdict.reset();
  entry.exempt = "authenticated";
  entry.recipient_domains = {"a.b.example", "com"};
  EXPECT_EQ(contribution_of(entry).correspondents,
            (std::vector<std::string>{"a.b.example", "b.example"}));
}

TEST(Facts, OfARecordThatIsUsedAsNone) {
  const auto policy =
      configuration_of("example.com", "v=DMARC1; p=nonsense; rua=mailto:a@example.com", "treewalk")
          .policy;
  EXPECT_EQ(policy.p + policy.sp + policy.np, "nonenonenone");
  EXPECT_EQ(policy.fo, "0");
}

TEST(Facts, OfTheOlderStandardHavePct) {
  const auto configuration = configuration_of("example.com", "v=DMARC1; p=reject; pct=20", "psl");
  EXPECT_EQ(configuration.policy.pct, "20");
  EXPECT_EQ(configuration.evaluated_by, aggregate::Schema::rfc7489);
}

// RFC 9990 §3.1.3
TEST(Facts, HaveAtMostAHundredSignatures) {
  journal::Entry entry = failing();
  for (int i = 0; i < 150; ++i) {
    entry.dkim.push_back({.domain = "d.example", .selector = std::to_string(i), .result = "fail"});
  }
  const auto results = contribution_of(entry).evaluation.row.dkim_results;
  EXPECT_EQ(results.size(), 100U);
  EXPECT_EQ(results.front().result, "pass");
}

TEST(Facts, AreCountedInTheLastHourOfTheirPeriod) {
  const auto at = [](std::int64_t hours) { return store::Instant{std::chrono::hours{hours}}; };
  EXPECT_EQ(counted_at(at(48), 24h), at(71));
  EXPECT_EQ(counted_at(at(71) + 3599s, 24h), at(71));
  EXPECT_EQ(counted_at(at(72), 24h), at(95));
  EXPECT_EQ(counted_at(at(49) + 1s, 6h), at(53));
  EXPECT_EQ(counted_at(at(49) + 1s, 1h), at(49));
  EXPECT_EQ(counted_at(at(-1), 24h), at(-1));
  EXPECT_EQ(counted_at(at(-24), 24h), at(-1));
}

}  // namespace
}  // namespace assay::reporting
