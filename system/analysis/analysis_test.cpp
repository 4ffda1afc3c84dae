/// The pure functions, one by one.
#include "system/analysis/analysis.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <set>

#include "testkit/cases.h"
#include <nlohmann/json.hpp>

namespace assay::analysis {
namespace {

using store::Aligned;
using store::Asked;
using store::Done;
using store::OverrideType;

// ---- Documents ---------------------------------------------------------------------------------

Document small_document() {
  Document document{.question = "split", .domain = "example.com"};
  document.basis = {.days = {.from = *parse_day("2026-05-01"), .until = *parse_day("2026-05-03")},
                    .reports = 1,
                    .reporters = 1,
                    .messages = 3};
  document.tables = {
      {.name = "rows",
       .title = "Rows",
       .columns = {{"name", "Name"}, {"list", "List"}, {"share", "Share"}, {"absent", "Absent"}},
       .rows = {{"=1+1", std::vector<std::string>{"a", "b\n"}, Share{1, 3}, Cell()}}}};
  document.basis.unknown = {{"code", "words"}};
  return document;
}

TEST(Document, AsJson) {
  const auto json = nlohmann::json::parse(to_json(small_document()));
  EXPECT_EQ(json["period"]["from"], "2026-05-01");
  EXPECT_EQ(json["period"]["to"], "2026-05-02");
  EXPECT_EQ(json["rows"][0]["list"][1], "b\n");
  EXPECT_NEAR(json["rows"][0]["share"].get<double>(), 1.0 / 3, 1e-4);
  EXPECT_FALSE(json["rows"][0].contains("absent"));
  EXPECT_EQ(json["not_known"][0]["code"], "code");
}

TEST(Document, CsvCannotBecomeAFormula) {
  const auto csv = to_csv(small_document());
  ASSERT_TRUE(csv);
  EXPECT_EQ(*csv, "name,list,share,absent\r\n'=1+1,\"a; b\\x0a\",0.333333,\r\n");
  EXPECT_FALSE(to_csv(small_document(), "other"));
}

TEST(Document, WordsHoldNoControlCharacters) {
  const std::string words = to_words(small_document());
  EXPECT_NE(words.find("b\\x0a"), std::string::npos) << words;
  EXPECT_NE(words.find("Not known"), std::string::npos);
}

TEST(Document, PercentNeverRoundsToAllOrNothing) {
  EXPECT_EQ(percent({0, 0}), "-");
  EXPECT_EQ(percent({0, 5}), "0 %");
  EXPECT_EQ(percent({5, 5}), "100 %");
  EXPECT_EQ(percent({1, 100'000}), "<0.1 %");
  EXPECT_EQ(percent({99'999, 100'000}), ">99.9 %");
  EXPECT_EQ(percent({1, 8}), "12.5 %");
}

TEST(Document, Days) {
  EXPECT_EQ(to_text(*parse_day("2024-02-29")), "2024-02-29");
  for (const char* text : {"2023-02-29", "2026-5-1", "2026-05-01T", "", "today", "99999-01-01"})
    EXPECT_FALSE(parse_day(text)) << text;
}

// ---- Parts and gaps ----------------------------------------------------------------------------

store::Cell cell(Aligned spf, Aligned dkim, Done done, Asked policy, bool test = false) {
  return {.spf = spf, .dkim = dkim, .disposition = done, .policy = policy, .test_mode = test};
}

store::Cell with_reason(store::Cell what, OverrideType reason) {
  what.reason = reason;
  return what;
}

TEST(Parts, EachMessageIsInOne) {
  using enum Part;
  constexpr Aligned pass = Aligned::pass;
  constexpr Aligned fail = Aligned::fail;
  EXPECT_EQ(part_of(cell(pass, fail, Done::none, Asked::reject)), passed_enforced);
  EXPECT_EQ(part_of(cell(pass, fail, Done::pass, Asked::quarantine)), passed_enforced);
  EXPECT_EQ(part_of(cell(pass, fail, Done::none, Asked::none)), without_enforcement);
  EXPECT_EQ(part_of(cell(fail, fail, Done::none, Asked::none)), without_enforcement);
  EXPECT_EQ(part_of(cell(fail, fail, Done::none, Asked::reject)), overridden);
  EXPECT_EQ(part_of(cell(fail, fail, Done::quarantine, Asked::none)), quarantined);
  EXPECT_EQ(part_of(cell(fail, fail, Done::reject, Asked::reject)), rejected);
  EXPECT_EQ(part_of(cell(fail, Aligned::unknown, Done::none, Asked::reject)), unknown);
  EXPECT_EQ(part_of(cell(fail, fail, Done::none, Asked::unknown)), unknown);
  // t=y: one step less (RFC 9989 §4.7).
  EXPECT_EQ(part_of(cell(fail, fail, Done::none, Asked::quarantine, true)), without_enforcement);
  EXPECT_EQ(part_of(cell(fail, fail, Done::none, Asked::reject, true)), overridden);
}

store::DailyCount count_of_cell(const std::string& reporter, store::Cell what,
                                std::uint64_t messages) {
  return {
      .day = *parse_day("2026-05-01"), .reporter = reporter, .cell = what, .messages = messages};
}

TEST(Gaps, Kinds) {
  constexpr Aligned fail = Aligned::fail;
  const std::vector<store::DailyCount> counts = {
      count_of_cell("a", cell(fail, fail, Done::reject, Asked::reject), 10),
      count_of_cell("a", cell(fail, fail, Done::quarantine, Asked::reject), 20),
      count_of_cell("a", cell(fail, fail, Done::none, Asked::reject), 30),
      count_of_cell(
          "b", with_reason(cell(fail, fail, Done::none, Asked::reject), OverrideType::local_policy),
          40),
      count_of_cell("b", cell(fail, fail, Done::quarantine, Asked::reject, true), 50),
      count_of_cell("b", cell(fail, fail, Done::none, Asked::quarantine, true), 60),
      count_of_cell("b", cell(Aligned::pass, fail, Done::none, Asked::reject), 1'000),
      count_of_cell("c", cell(fail, fail, Done::none, Asked::none), 70)};
  const Gaps gaps = make_gaps(counts);
  EXPECT_EQ(gaps.failing, 210U);
  EXPECT_EQ(gaps.as_asked, 10U);
  std::map<GapKind, std::uint64_t> sums;
  for (const Gap& each : gaps.gaps) sums[each.kind] += each.messages;
  EXPECT_EQ(sums[GapKind::served_as_quarantine], 20U);
  EXPECT_EQ(sums[GapKind::not_enforced], 30U);
  EXPECT_EQ(sums[GapKind::override_told], 40U);
  EXPECT_EQ(sums[GapKind::test_mode], 110U);
  EXPECT_EQ(sums[GapKind::other_policy], 70U);
}

TEST(Gaps, AMinorityPolicyThatSeveralSeeIsNoStaleCopy) {
  constexpr Aligned fail = Aligned::fail;
  const std::vector<store::DailyCount> counts = {
      count_of_cell("a", cell(fail, fail, Done::reject, Asked::reject), 100),
      count_of_cell("b", cell(fail, fail, Done::reject, Asked::reject), 100),
      // A subdomain with sp=none, which both saw.
      count_of_cell("a", cell(fail, fail, Done::none, Asked::none), 5),
      count_of_cell("b", cell(fail, fail, Done::none, Asked::none), 5)};
  EXPECT_TRUE(make_gaps(counts).gaps.empty());
}

// ---- ARC comments ------------------------------------------------------------------------------

CASES(ArcCommentText, "system/analysis/testdata/arc_comment.cases") {
  const auto arc = parse_arc_comment(testkit::unquote(c["comment"]));
  std::string found;
  if (arc) {
    found = arc->result;
    for (const ArcComment::Seal& seal : arc->seals)
      found += " " + std::to_string(seal.instance) + "=" + seal.domain + "/" + seal.selector;
    for (const std::string& ip : arc->remote_ips) found += " ip=" + ip;
  }
  EXPECT_EQ(found, c.get("expect", ""));
}

// ---- Catalogue and marks -----------------------------------------------------------------------

TEST(CatalogueText, NearestDomainAndTheLastWordCount) {
  Catalogue catalogue;
  ASSERT_TRUE(
      catalogue.read("service: A\nkind: bulk\ndkim: example.net\nsource: s\n\nservice: B\ndkim: "
                     "b.example.net\nas: 64496\nsource: s\n"));
  EXPECT_EQ(catalogue.by_dkim("x.example.net")->name, "A");
  EXPECT_EQ(catalogue.by_dkim("c.b.example.net")->name, "B");
  EXPECT_EQ(catalogue.by_dkim("notexample.net"), nullptr);
  EXPECT_EQ(catalogue.by_dkim(""), nullptr);
  ASSERT_TRUE(catalogue.read("service: C\ndkim: example.net\nsource: mine\n"));
  EXPECT_EQ(catalogue.by_dkim("x.example.net")->name, "C");
}

TEST(CatalogueText, WhatIsInstalledSaysHowItIsKnown) {
  std::ifstream file("data/services.txt");
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  Catalogue catalogue;
  const auto done = catalogue.read(text);
  ASSERT_TRUE(done) << done.error().what;
  EXPECT_GE(catalogue.services().size(), 150U);
  std::set<std::string> names;
  std::set<std::string> dkim;
  std::set<std::string> spf;
  std::set<std::string> return_path;
  std::set<std::string> hosts;
  const auto alone = [](std::set<std::string>& seen, const Service& service, const auto& domains) {
    for (const std::string& domain : domains)
      EXPECT_TRUE(seen.insert(domain).second) << service.name << ": " << domain;
  };
  std::size_t shown = 0;
  for (const Service& each : catalogue.services()) {
    EXPECT_TRUE(names.insert(each.name).second) << each.name;
    alone(dkim, each, each.dkim);
    alone(spf, each, each.spf);
    alone(return_path, each, each.return_path);
    alone(hosts, each, each.hosts);
    EXPECT_FALSE(each.dkim.empty() && each.spf.empty() && each.return_path.empty() &&
                 each.hosts.empty())
        << each.name;
    const bool says = each.source.starts_with("https://") || each.source.starts_with("http://") ||
                      each.source.starts_with("observed ") || each.source.starts_with("uncited");
    EXPECT_TRUE(says) << each.name << ": " << each.source;
    if (!each.source.starts_with("uncited")) ++shown;
  }
  EXPECT_GE(shown, 150U);
}

TEST(CatalogueText, NothingOfABadTextIsTaken) {
  for (const char* bad :
       {"dkim: example.net\n", "service: A\n", "service: A\nkind: no\nsource: s\n",
        "service: A\nwhat: x\nsource: s\n", "service: A\nsource: s\ndkim: a..b\n",
        "service: A\nsource: s\nas: 99999999999\n", "service: A\nservice: B\n", "service:\n",
        "words\n"}) {
    Catalogue catalogue;
    const auto done =
        catalogue.read(std::string("service: Good\ndkim: good.example\nsource: s\n\n") + bad);
    ASSERT_FALSE(done) << bad;
    EXPECT_NE(done.error().what.find("line "), std::string::npos);
    EXPECT_EQ(catalogue.by_dkim("good.example"), nullptr) << bad;
  }
}

TEST(MarkText, Twins) {
  const Mark mark{.at = Instant{std::chrono::seconds{1'777'000'000}},
                  .who = "a\"b",
                  .domain = "example.com",
                  .service = "Mailer",
                  .marked = Marked::blocked,
                  .note = "why\n"};
  const std::string line = to_line(mark);
  EXPECT_EQ(line.find('\n'), line.size() - 1);
  EXPECT_EQ(*parse_mark(line), mark);
  for (const char* bad : {"", "[]", "{}", R"({"domain":"example.com"})",
                          R"({"domain":"example.com","service":"x","mark":"good"})",
                          R"({"domain":"example.com","service":"x","mark":"own","pile":"users"})",
                          R"({"domain":"d","pile":"users","more":"x"})"}) {
    EXPECT_FALSE(parse_mark(bad)) << bad;
  }
}

TEST(MarkText, TheLatestCountsAndABrokenLineIsNoTrifle) {
  Mark mark{.who = "a", .domain = "example.com", .service = "M", .marked = Marked::approved};
  std::string text = to_line(mark);
  mark.marked = Marked::blocked;
  text += to_line(mark);
  const auto marks = read_marks(text);
  ASSERT_TRUE(marks);
  EXPECT_EQ(marks->of("example.com", "M"), Marked::blocked);
  EXPECT_EQ(marks->of("example.net", "M"), Marked::unknown);
  EXPECT_EQ(marks->all.size(), 2U);
  const auto broken = read_marks(text + "{\"domain\":");
  ASSERT_FALSE(broken);
  EXPECT_NE(broken.error().what.find("line 3"), std::string::npos);
}

// ---- Names -------------------------------------------------------------------------------------

TEST(Names, Networks) {
  EXPECT_EQ(network_of("192.0.2.77"), "192.0.2.0/24");
  EXPECT_EQ(network_of("2001:db8:1:2::3"), "2001:db8:1::/48");
  EXPECT_EQ(network_of("192.0.2.0/24"), "192.0.2.0/24");
  EXPECT_EQ(network_of("no address"), "no address");
}

TEST(Names, Reverse) {
  EXPECT_EQ(reverse_name("192.0.2.1")->text(), "1.2.0.192.in-addr.arpa");
  EXPECT_EQ(reverse_name("2001:db8::1")->text(),
            "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa");
  EXPECT_FALSE(reverse_name("example.com"));
}

// ---- Failures ----------------------------------------------------------------------------------

TEST(FailureText, Defanged) {
  EXPECT_EQ(defang("https://evil.example/a?b@c"), "hxxps://evil[.]example/a?b[@]c");
  EXPECT_EQ(defang("ftp://a.example"), "fxp://a[.]example");
}

TEST(FailureText, Patterns) {
  EXPECT_EQ(subject_pattern("Invoice  4711\r\n of 2026"), "invoice # of #");
  EXPECT_EQ(subject_pattern(""), "");
}

TEST(FailureReports, Campaigns) {
  const auto report = [](std::string subject, std::string ip, std::uint64_t incidents) {
    FailureSeen seen;
    seen.facts.subject = std::move(subject);
    seen.facts.from = "Bank <pay@Example.com>";
    seen.facts.source_ip = std::move(ip);
    seen.facts.urls = {"https://u@evil.example:8080/x"};
    seen.facts.incidents = incidents;
    return seen;
  };
  const std::vector<FailureSeen> seen = {report("Invoice 1", "192.0.2.1", 1),
                                         report("Invoice 22", "192.0.2.2", 5),
                                         report("Hello", "192.0.2.1", 1)};
  const std::vector<store::FailureCount> counts = {
      {.source_ip = "192.0.2.1", .came = 100, .kept = 2, .incidents = 200}};
  const Failures found = make_failures(counts, seen);
  ASSERT_EQ(found.campaigns.size(), 2U);
  EXPECT_EQ(found.campaigns[0].subject, "invoice #");
  EXPECT_EQ(found.campaigns[0].incidents, 6U);
  EXPECT_EQ(found.campaigns[0].sources, 2U);
  EXPECT_EQ(found.campaigns[0].hosts, std::vector<std::string>{"evil[.]example"});
  EXPECT_EQ(found.came - found.kept, 98U);
}

// ---- What if -----------------------------------------------------------------------------------

TEST(WhatIfAlignment, StrictAndRelaxed) {
  Catalogue catalogue;
  Marks marks;
  const View view{.domain = "example.com",
                  .catalogue = &catalogue,
                  .marks = &marks,
                  .organization = [](std::string_view name) {
                    return name.ends_with("example.com") ? std::string("example.com")
                                                         : std::string(name);
                  }};
  store::SourceCount source{.source_ip = "192.0.2.1",
                            .header_from = "example.com",
                            .spf_domain = "bounce.example.com",
                            .spf_result = "pass",
                            .dkim_domain = "mail.example.com",
                            .dkim_selector = "s",
                            .dkim_result = "pass",
                            .cell = cell(Aligned::pass, Aligned::pass, Done::none, Asked::none),
                            .messages = 10};
  const auto ask = [&](std::optional<dmarc::Alignment> adkim,
                       std::optional<dmarc::Alignment> aspf) {
    return make_what_if(view, sort_out(view, {&source, 1}), {.adkim = adkim, .aspf = aspf});
  };
  constexpr auto strict = dmarc::Alignment::strict;
  EXPECT_EQ(ask({}, {}).passing, 10U);
  EXPECT_EQ(ask(strict, {}).passing, 10U);
  EXPECT_EQ(ask(strict, strict).failing, 10U);
  source.cell =
      cell(Aligned::fail, Aligned::fail, Done::none, Asked::none);  // under strict alignment
  EXPECT_EQ(ask({}, {}).failing, 10U);
  EXPECT_EQ(ask(dmarc::Alignment::relaxed, {}).gained, 10U);
}

// ---- This host's own mail ----------------------------------------------------------------------

TEST(Received, CountsVerdictsAndActions) {
  ReceivedMail mail;
  journal::Entry entry;
  entry.verdict = journal::Verdict{.result = "fail",
                                   .author_domain = "example.com",
                                   .record = "v=DMARC1; p=reject",
                                   .published_policy = "reject",
                                   .policy = "reject"};
  entry.action = {.action = "quarantine", .disposition = "quarantine"};
  entry.evidence = {{"known_forwarder", "indirect", "w"}, {"known_forwarder", "indirect", "again"}};
  add(mail, entry);
  entry.verdict->result = "pass";
  entry.action = {};
  add(mail, entry);
  entry.verdict.reset();
  add(mail, entry);
  EXPECT_EQ(mail.messages, 3U);
  EXPECT_EQ(mail.exempt, 1U);
  EXPECT_EQ(mail.under_dmarc, 2U);
  EXPECT_EQ(mail.authors.at("example.com").failing, 1U);
  EXPECT_EQ(mail.authors.at("example.com").stopped, 1U);
  EXPECT_EQ(mail.decisive.at("known_forwarder (indirect)"), 1U);
}

// ---- Rollout -----------------------------------------------------------------------------------

TEST(Routes, EachPileHasItsEnd) {
  EXPECT_EQ(make_route(Pile::non_sending, Stage::none).next, Stage::reject);
  EXPECT_EQ(make_route(Pile::transactional, Stage::quarantine).next, Stage::reject_testing);
  EXPECT_FALSE(make_route(Pile::users, Stage::quarantine).next);
  EXPECT_FALSE(
      make_route(std::nullopt, Stage::quarantine).next);  // what is not known is treated as users
  EXPECT_EQ(make_route(Pile::mixed, Stage::none).next, Stage::quarantine_testing);
}

}  // namespace
}  // namespace assay::analysis
