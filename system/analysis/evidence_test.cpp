/// Answers that rest on more than aggregate reports: own journals, files of AS numbers, the DNS,
/// failure and TLS reports; beside the truth of the world (testdata/world.h).
#include <fstream>

#include "assay/dns/zone.h"
#include "system/analysis/testdata/answers.h"
#include "system/places/testdata/mmdb_writer.h"

namespace assay::analysis {
namespace {

TEST_F(Answers, LadderKnowsOwnMailAndWhenTheFirstReportIsDue) {
  auto zone =
      dns::Zone::parse("_dmarc.example.edu. TXT \"v=DMARC1; p=none; rua=mailto:d@example.edu\"\n");
  ASSERT_TRUE(zone);
  resolver_ = &*zone;
  const auto today = std::chrono::floor<days>(now_);
  own_ = OwnMail{.messages = 3, .read_from = today - days{5}, .first = today, .last = today};
  auto steps = ask(Question::ladder, "example.edu")["steps"];
  EXPECT_EQ(row(steps, "step", "mail_sent")["state"], "ok");
  EXPECT_EQ(row(steps, "step", "first_report")["state"], "waiting");
  EXPECT_NE(row(steps, "step", "first_report").dump().find(to_text(today + days{3})),
            std::string::npos);
  own_->first = today - days{9};
  steps = ask(Question::ladder, "example.edu")["steps"];
  EXPECT_EQ(row(steps, "step", "first_report")["state"], "unknown");  // it is overdue
  own_ = OwnMail{.read_from = today - days{5}};
  steps = ask(Question::ladder, "example.edu")["steps"];
  EXPECT_EQ(row(steps, "step", "mail_sent")["state"], "unknown");
  // What is told of a domain of the same organization is named.
  steps = ask(Question::ladder, "mail.example.com")["steps"];
  EXPECT_NE(row(steps, "step", "mail_sent").dump().find("example.com tell of mail up to"),
            std::string::npos);
}

TEST_F(Answers, FailuresByCampaign) {
  const auto found = ask(Question::failures, "example.com");
  const std::uint64_t shown = WorldOfMail::failing_days;
  EXPECT_EQ(found["came"], shown * WorldOfMail::failures_came);
  EXPECT_EQ(found["kept"], shown * WorldOfMail::failures_kept);
  ASSERT_EQ(found["campaigns"].size(), 2U) << found["campaigns"];
  const auto invoices = row(found["campaigns"], "subject", "invoice #");
  EXPECT_EQ(invoices["reports"], shown * WorldOfMail::failures_kept / 2);
  EXPECT_EQ(invoices["from_domain"], "example[.]com");  // nobody opens it by mistake
  EXPECT_EQ(invoices["hosts"][0], "pay[.]example");
}

TEST_F(Answers, RouteEndsWhereThePileDoes) {
  const auto org = ask(Question::route, "example.org");
  EXPECT_EQ(org["stage"], "p=reject");
  EXPECT_EQ(row(org["steps"], "state", "next").size(), 0U);
  const auto net = ask(Question::route, "example.net");
  EXPECT_EQ(net["stage"], "p=none");
  EXPECT_EQ(row(net["steps"], "state", "next")["step"], "p=quarantine; t=y");
}

/// A file that says of which AS and in which country two of the world's networks are.
places::Places places_of_world() {
  places::MmdbWriter writer;
  const auto add = [&](const char* network, std::uint64_t number, const char* country) {
    using places::Written;
    writer.add(network, 24,
               Written::of({{"autonomous_system_number", Written::of(number)},
                            {"autonomous_system_organization", Written::of("Example Net")},
                            {"country", Written::of({{"iso_code", Written::of(country)}})}}));
  };
  add("198.18.7.0", 64'500, "XA");
  add("198.18.90.0", 64'501, "XB");
  const std::string path = testing::TempDir() + "assay_world.mmdb";
  std::ofstream(path, std::ios::binary) << writer.finish();
  auto places = places::Places::open({.as_numbers = path, .countries = path});
  EXPECT_TRUE(places);
  return std::move(*places);
}

TEST_F(Answers, PlacesAreWeakEvidence) {
  EXPECT_EQ(row(ask(Question::who, "example.com")["not_known"], "code", "as_not_known").size(), 2U);
  places_ = places_of_world();
  const auto found = ask(Question::who, "example.com", {.source = "198.18.7.7"});
  const auto printer = found["sources"][0];
  EXPECT_EQ(printer["known_by"], "as_number");
  EXPECT_EQ(printer["confidence"], "low");
  EXPECT_EQ(printer["class"], "unknown");
  EXPECT_EQ(printer["as_number"], 64'500);
  EXPECT_EQ(printer["country"], "XA");
  EXPECT_EQ(printer["evidence"][0], "as_number AS64500 Example Net, XA");
  EXPECT_TRUE(row(found["not_known"], "code", "as_not_known").empty());
  const auto sources = ask(Question::sources, "example.com");
  EXPECT_EQ(row(sources["by_address"], "name", "198.18.7.7")["as_name"], "Example Net");
  EXPECT_FALSE(row(sources["by_address"], "name", "192.0.2.10").contains("as_number"));
  EXPECT_EQ(ask(Question::newcomers, "example.com")["newcomers"][0]["as_number"], 64'501);
  // A name that leads back is worth more.
  auto zone = dns::Zone::parse(
      "7.7.18.198.in-addr.arpa. PTR host.example.edu.\nhost.example.edu. A 198.18.7.7\n");
  resolver_ = &*zone;
  const auto named = ask(Question::who, "example.com", {.source = "198.18.7.7", .names = 10});
  EXPECT_EQ(named["sources"][0]["known_by"], "confirmed_name");
}

TEST_F(Answers, OwnJournalsAreTheTruth) {
  journal::Entry entry{
      .time = now_,
      .host = "mx.example.com",
      .exempt = "own_network",
      .client = IpAddress::parse("198.18.7.7"),
      .author_domains = {"news.example.com"},
      .dkim = {{.domain = "example.com", .selector = "bulk1", .result = "untested"}}};
  own_.emplace();
  add(*own_, "example.com", entry);
  entry.author_domains = {"example.net"};
  add(*own_, "example.com", entry);
  EXPECT_EQ(own_->messages, 1U);
  const auto found = ask(Question::sources, "example.com");
  const auto printer = row(found["by_address"], "name", "198.18.7.7");
  EXPECT_EQ(printer["class"], "own");
  EXPECT_EQ(printer["by_journal"], true);
  EXPECT_EQ(row(found["by_service"], "name", "Bulk Mailer")["class"], "own");
  // Who carries copies is no source of the owner's for that.
  EXPECT_EQ(row(found["by_address"], "name", "198.18.80.5")["class"], "forwarder");
  EXPECT_FALSE(row(found["by_address"], "name", "192.0.2.77").contains("by_journal"));
  const auto why = ask(Question::unauthenticated, "example.com");
  EXPECT_EQ(row(why["causes"], "cause", "broken_own")["messages"],
            of_stream("crm") + of_stream("printer"));
  const auto who = ask(Question::who, "example.com", {.source = "198.18.7.7"});
  EXPECT_NE(who["sources"][0]["why"].get<std::string>().find("known by this host's own journal"),
            std::string::npos);
  marks_.add({.at = {},
              .who = "test",
              .domain = "example.com",
              .service = "198.18.7.7",
              .marked = Marked::blocked});
  EXPECT_EQ(ask(Question::who, "example.com", {.source = "198.18.7.7"})["sources"][0]["class"],
            "abuse");  // the owner has the last word
}

TEST_F(Answers, TlsSessionsByAllThatTellsThemApart) {
  MemoryReceived store;
  std::uint64_t good = 0;
  std::uint64_t bad = 0;
  for (int ago = 0; ago < 40; ++ago) {
    for (const std::string reporter : {"one.example", "two.example"}) {
      if (reporter == "two.example" && ago < 20) continue;  // it fell silent
      store::Arrival arrival;
      arrival.head = {.kind = store::ReportKind::tls,
                      .reporter = reporter,
                      .report_id = reporter + std::to_string(ago),
                      .policy_domain = "example.com",
                      .begin = WorldOfMail::end() - days{1 + ago},
                      .end = WorldOfMail::end() - days{ago}};
      arrival.arrived = arrival.head.end + std::chrono::hours{2};
      arrival.tls = {{.type = "sts",
                      .successful = 100,
                      .failed = 3,
                      .failures = {{.result_type = "certificate-expired",
                                    .sending_mta_ip = "192.0.2.1",
                                    .receiving_mx_hostname = "mx1.example.com",
                                    .sessions = 3}}}};
      static_cast<void>(store.add({&arrival, 1}, {}, {}));
      if (ago >= 28) continue;
      good += 100;
      bad += 3;
    }
  }
  reports_ = &store;
  const auto found = ask(Question::tls, "example.com");
  EXPECT_EQ(found["successful"], good);
  EXPECT_EQ(found["failed"], bad);
  EXPECT_EQ(found["basis"]["sessions"], good + bad);
  EXPECT_EQ(row(found["reporters"], "reporter", "one.example")["successful"], 2'800U);
  EXPECT_EQ(row(found["reporters"], "reporter", "two.example")["silent"], true);
  EXPECT_EQ(row(found["policies"], "policy_type", "sts")["failed"], bad);
  EXPECT_EQ(row(found["results"], "result_type", "certificate-expired")["sessions"], bad);
  EXPECT_EQ(row(found["failing"], "mx", "mx1.example.com")["sessions"], bad);
  EXPECT_EQ(found["days"].size(), 28U);
}

}  // namespace
}  // namespace assay::analysis
