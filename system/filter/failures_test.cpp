#include "system/filter/failures.h"

#include <gtest/gtest.h>

namespace assay::filter {
namespace {

/// A message of example.com that fails, and the settings that have it reported.
struct World {
  Transaction transaction = {.mail_from = "alice@example.com", .recipients = {"bob@example.net"}};
  Client client = {.address = IpAddress::parse("192.0.2.1"), .port = 4321};
  std::string octets = "From: alice@example.com\r\nSubject: a\r\n";
  verify::Verdict verdict = {};
  verify::Decision decision = {};
  std::vector<evidence::Finding> findings = {};
  config::Reports settings = {.email = "reports@example.net"};
  std::string body = {};

  World() {
    const DomainName domain = *DomainName::parse("example.com");
    settings.failure_domains = {domain};
    verdict.dmarc.result = dmarc::Result::fail;
    verdict.dmarc.author = domain;
    verdict.dmarc.policy_domain = domain;
    verdict.dmarc.organizational = domain;
    verdict.dmarc.record = "v=DMARC1; p=none; ruf=mailto:ruf@example.com";
  }

  std::vector<spool::Item> reports() const {
    const mail::Header header = mail::parse_header(octets);
    const FailedMessage message{.transaction = transaction,
                                .client = client,
                                .header_octets = octets,
                                .header = header,
                                .body = body,
                                .verdict = verdict,
                                .findings = [this] { return findings; },
                                .decision = decision,
                                .host = "mx.example.net",
                                .time = {}};
    return failures_of(message, settings,
                       {.key = std::string(64, 'k'), .user_agent = "Assay/1", .put = {}});
  }
};

TEST(Failures, AreRedactedWhenTheyAreMade) {
  const auto items = World().reports();
  ASSERT_EQ(items.size(), 1U);
  EXPECT_EQ(items[0].policy_domain, "example.com");
  const failure::Report& report = items[0].report;
  EXPECT_EQ(report.identity_alignment, (std::vector<std::string>{"dkim", "spf"}));
  EXPECT_EQ(report.source_port, 4321);
  EXPECT_EQ(report.delivery_result, "delivered");
  EXPECT_EQ(report.original.form, failure::OriginalForm::headers);
  EXPECT_FALSE(spool::to_text(items[0]).contains("alice@"));
  EXPECT_FALSE(spool::to_text(items[0]).contains("bob@"));
}

TEST(Failures, AreBounded) {
  World world;
  world.transaction.recipients.assign(1'000, "bob@example.net");
  for (int i = 0; i < 100'000; ++i) world.octets += "Received: from a.example.com\r\n";
  world.verdict.dkim.assign(1'000, {.result = dkim::Result::fail, .domain = "example.com"});
  world.verdict.spf = {{.domain = "example.com", .result = spf::Result::fail}};
  world.verdict.spf[0].records.assign(
      1'000, {*DomainName::parse("example.com"), "v=spf1 " + std::string(400, 'a')});
  world.settings.failure_content = config::FailureContent::text;
  world.body = std::string(10'000'000, 'a');
  const auto items = world.reports();
  ASSERT_EQ(items.size(), 1U);
  EXPECT_LE(items[0].report.original_rcpt_to.size(), 10U);
  EXPECT_LE(items[0].report.spf_dns.size(), 20U);
  EXPECT_LT(spool::to_text(items[0]).size(), 150'000U);
}

TEST(Failures, AHeaderOfOneFieldIsCutToo) {
  World world;
  world.octets += "Received: " + std::string(1'000'000, 'a');
  world.octets += "\r\n";
  ASSERT_EQ(world.reports().size(), 1U);
  EXPECT_LT(spool::to_text(world.reports()[0]).size(), 100'000U);
}

TEST(Failures, AreNotMadeOfWhatIsNoFailureYet) {
  World later;
  later.decision.action = verify::Action::defer;
  EXPECT_TRUE(later.reports().empty());
  World open;
  open.verdict.dmarc.result = dmarc::Result::temperror;
  EXPECT_TRUE(open.reports().empty());
  World without;
  without.verdict.dmarc.policy_domain.reset();
  EXPECT_TRUE(without.reports().empty());
  World spoilt;
  spoilt.verdict.dmarc.record = "v=spf1";
  EXPECT_TRUE(spoilt.reports().empty());
}

TEST(Failures, ListsAndForwardersSpeakAgainstThemOthersDoNot) {
  for (const evidence::Kind kind :
       {evidence::Kind::mailing_list, evidence::Kind::known_forwarder, evidence::Kind::trusted_arc,
        evidence::Kind::listed, evidence::Kind::author_signature_recovered}) {
    World world;
    world.findings = {{.kind = kind}};
    EXPECT_TRUE(world.reports().empty()) << to_text(kind);
  }
  World world;
  world.findings = {{.kind = evidence::Kind::passed_lately},
                    {.kind = evidence::Kind::no_relay, .leans = evidence::Leans::abuse}};
  EXPECT_EQ(world.reports().size(), 1U);
}

TEST(Failures, ASignatureOfASiblingAlignsWhereItMay) {
  World world;
  world.verdict.dkim = {{.result = dkim::Result::fail,
                         .domain = "mail.example.com",
                         .selector = "s1",
                         .identity = "@mail.example.com"}};
  EXPECT_EQ(world.reports().at(0).report.dkim_domain, "mail.example.com");
  world.verdict.dmarc.record += "; adkim=s";
  EXPECT_EQ(world.reports().at(0).report.dkim_domain, "");
}

}  // namespace
}  // namespace assay::filter
