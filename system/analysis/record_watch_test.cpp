#include "system/analysis/record_watch.h"

#include <gtest/gtest.h>

#include "assay/dns/zone.h"
#include "system/analysis/testdata/memory_received.h"

#include <nlohmann/json.hpp>

namespace assay::analysis {
namespace {

using Lines = std::vector<std::string>;
using store::RecordChange;
using store::Sight;
using store::WatchedKind;

dns::Zone zone_of(const std::string& text) {
  auto zone = dns::Zone::parse(text);
  EXPECT_TRUE(zone) << text;
  return std::move(*zone);
}

DomainName name(const std::string& text) {
  return *DomainName::parse(text);
}

SpfSenders flatten(const std::string& text, const std::string& domain = "example.com") {
  dns::Zone zone = zone_of(text);
  return flatten_spf(name(domain), zone);
}

const store::RecordSight& of(const std::vector<store::RecordSight>& sights, WatchedKind kind) {
  return *std::ranges::find(sights, kind, &store::RecordSight::kind);
}

TEST(FlattenSpf, FollowsIncludesAndTheRedirect) {
  EXPECT_EQ(flatten("example.com. TXT \"v=spf1 ip4:192.0.2.1 include:a.example a mx/24 ~all\"\n"
                    "a.example. TXT \"v=spf1 ip4:198.51.100.0/24 -ip4:203.0.113.1 a "
                    "include:b.example ?all\"\n"
                    "b.example. TXT \"v=spf1 redirect=c.example\"\n"
                    "c.example. TXT \"v=spf1 ip6:2001:db8::/32 all\"\n")
                .lines,
            (Lines{"a:a.example", "a:example.com", "all", "ip4:192.0.2.1", "ip4:198.51.100.0/24",
                   "ip6:2001:db8::/32", "mx:example.com/24", "~all"}));
}

TEST(FlattenSpf, KeepsTheQualifierOfAnInclude) {
  EXPECT_EQ(flatten("example.com. TXT \"v=spf1 ?include:a.example -all\"\n"
                    "a.example. TXT \"v=spf1 ip4:192.0.2.1 ~ip4:192.0.2.2 -all\"\n")
                .lines,
            (Lines{"-all", "?ip4:192.0.2.1"}));
}

TEST(FlattenSpf, SaysTheSameWhateverTheOrder) {
  EXPECT_EQ(flatten("example.com. TXT \"v=spf1 ip4:192.0.2.1 a:x.example -all\"\n").lines,
            flatten("example.com. TXT \"v=spf1 a:x.example ip4:192.0.2.1 -all\"\n").lines);
}

TEST(FlattenSpf, LeavesWhatDependsOnTheMessage) {
  EXPECT_EQ(flatten("example.com. TXT \"v=spf1 include:%{i}.example exists:%{i}.x.example -all\"\n")
                .lines,
            (Lines{"-all", "exists:%{i}.x.example", "include:%{i}.example"}));
}

TEST(FlattenSpf, EndsInLoopsAndNamesWhatIsBroken) {
  const SpfSenders loop = flatten(
      "example.com. TXT \"v=spf1 include:example.com include:a.example include:gone.example "
      "-all\"\na.example. TXT \"v=spf1 include:example.com ip4:192.0.2.1 -all\"\n");
  EXPECT_EQ(loop.lines, (Lines{"-all", "ip4:192.0.2.1"}));
  EXPECT_EQ(loop.broken, Lines{"gone.example"});
  std::string chain;
  for (int i = 0; i < 200; ++i) {
    chain += "n" + std::to_string(i) + ".example. TXT \"v=spf1 include:n" + std::to_string(i + 1) +
             ".example ip4:192.0.2." + std::to_string(i) + " -all\"\n";
  }
  EXPECT_LE(flatten(chain, "n0.example").lines.size(), max_spf_includes + 2);
}

TEST(FlattenSpf, IsNothingWithoutAnAnswer) {
  EXPECT_TRUE(flatten("example.com. TXT \"v=spf1 include:a.example -all\"\n"
                      "$FAIL a.example TXT servfail\n")
                  .failure);
}

TEST(LookAtRecords, FindsEachKind) {
  dns::Zone zone = zone_of(
      "_dmarc.example.com. TXT \"v=DMARC1; p=reject; sp=none\"\n"
      "www.example.com. TXT \"v=spf1 -all\"\nwww.example.com. TXT \"other\"\n"
      "s1._domainkey.www.example.com. TXT \"v=DKIM1; p=AAAA\"\n"
      "s2._domainkey.sub.www.example.com. TXT \"v=DKIM1; p=BBBB\"\n"
      "www.example.com. MX 20 b.example.\nwww.example.com. MX 10 a.example.\n"
      "_mta-sts.www.example.com. TXT \"v=STSv1; id=1\"\n"
      "$FAIL _smtp._tls.www.example.com TXT timeout\n");
  const Lines selectors = {"s1", "s2 sub.www.example.com", "s3"};
  const auto sights = look_at_records(name("www.example.com"), selectors, zone);
  EXPECT_EQ(of(sights, WatchedKind::dmarc).value, "example.com\nv=DMARC1; p=reject; sp=none");
  EXPECT_EQ(of(sights, WatchedKind::spf).value, "v=spf1 -all");
  EXPECT_EQ(of(sights, WatchedKind::spf_senders).value, "-all");
  EXPECT_EQ(of(sights, WatchedKind::mx).value, "10 a.example\n20 b.example");
  EXPECT_EQ(of(sights, WatchedKind::mta_sts).value, "v=STSv1; id=1");
  EXPECT_EQ(of(sights, WatchedKind::tls_rpt).sight, Sight::unknown);
  Lines keys;
  for (const store::RecordSight& each : sights) {
    EXPECT_EQ(each.domain, "www.example.com");
    if (each.kind == WatchedKind::dkim) keys.push_back(each.name + "=" + each.value);
  }
  EXPECT_EQ(keys, (Lines{"s1=v=DKIM1; p=AAAA", "s2 sub.www.example.com=v=DKIM1; p=BBBB", "s3="}));
}

TEST(LookAtRecords, NeverTakesAFailureForAnAbsence) {
  dns::Zone zone = zone_of(
      "$FAIL _dmarc.example.com TXT servfail\n$FAIL example.com TXT servfail\n"
      "$FAIL example.com MX timeout\n$FAIL s1._domainkey.example.com TXT timeout\n"
      "$FAIL _mta-sts.example.com TXT timeout\n$FAIL _smtp._tls.example.com TXT timeout\n");
  const Lines selectors = {"s1"};
  for (const auto& each : look_at_records(name("example.com"), selectors, zone)) {
    EXPECT_EQ(each.sight, Sight::unknown) << to_text(each.kind);
    EXPECT_FALSE(each.why.empty());
  }
}

TEST(SelectorsSeen, AreThoseThatPassAsTheDomain) {
  const auto source = [](const std::string& domain, const std::string& selector,
                         const std::string& result, std::uint64_t messages) {
    return store::SourceCount{.dkim_domain = domain,
                              .dkim_selector = selector,
                              .dkim_result = result,
                              .messages = messages};
  };
  const std::vector<store::SourceCount> sources = {
      source("example.com", "few", "pass", 1),    source("example.com", "Many", "pass", 9),
      source("example.com", "fails", "fail", 99), source("other.example", "x", "pass", 99),
      source("sub.example.com", "s", "pass", 5),  source("example.com", "", "pass", 99),
      source("example.com", "a b", "pass", 99),   source("example.com", "..", "pass", 99)};
  EXPECT_EQ(selectors_seen("example.com", sources), (Lines{"many", "s sub.example.com", "few"}));
}

TEST(PolicyInForceOf, ReadsWhatApplies) {
  const auto of_value = [](const std::string& domain, const std::string& value) {
    return to_text(policy_in_force(domain, value));
  };
  EXPECT_EQ(of_value("example.com", "example.com\nv=DMARC1; p=reject; sp=none"), "p=reject");
  EXPECT_EQ(of_value("a.example.com", "example.com\nv=DMARC1; p=reject; sp=none"), "p=none");
  EXPECT_EQ(of_value("a.example.com", "example.com\nv=DMARC1; p=reject"), "p=reject");
  EXPECT_EQ(of_value("example.com", "example.com\nv=DMARC1; p=reject; t=y"), "p=reject with t=y");
  for (const char* bad : {"", "\n", "example.com", "example.com\nno record"}) {
    EXPECT_EQ(of_value("example.com", bad), "p=none") << bad;
  }
  EXPECT_LT(strength({.policy = dmarc::Policy::reject, .test_mode = true}),
            strength({.policy = dmarc::Policy::reject}));
  const DmarcSeen seen{.policy_domain = "example.com", .text = "v=DMARC1; p=none\nx"};
  EXPECT_EQ(parse_dmarc_seen(to_value(seen)), seen);
}

TEST(RecordWords, SayWhatChanged) {
  RecordChange change{.domain = "example.com",
                      .kind = WatchedKind::dmarc,
                      .before = "example.com\nv=DMARC1; p=reject",
                      .after = "example.com\nv=DMARC1; p=none"};
  EXPECT_EQ(in_words(change), "The DMARC record changed: p=reject became p=none");
  change.after = "example.com\nv=DMARC1; p=reject; adkim=s";
  EXPECT_NE(in_words(change).find("the policy did not"), std::string::npos);
  change.after = "";
  EXPECT_EQ(in_words(change), "The DMARC record is gone: there is none any more");
  change = {.kind = WatchedKind::spf_senders, .before = "a\nb", .after = "b\nc"};
  EXPECT_EQ(in_words(change), "The senders that SPF allows changed: c came; a went");
  change = {.kind = WatchedKind::dkim, .name = "s1 a.example", .before = "", .after = "x"};
  EXPECT_EQ(in_words(change), "There is a DKIM key of selector s1 of a.example now");
}

TEST(ChangeMarks, CompareBeforeAndSince) {
  const std::chrono::sys_days day{std::chrono::days{20'000}};
  const std::vector<RecordChange> changes = {
      {.kind = WatchedKind::spf, .at = day, .before = "a", .after = "b"},
      {.kind = WatchedKind::mx, .at = day, .before = "a", .after = "b"}};
  const ByDay failing = {{day, 50}};
  const ByDay all = {{day - std::chrono::days{1}, 100}, {day, 100}};
  const auto marks = mark_changes(changes, failing, all);
  ASSERT_EQ(marks.size(), 1U);
  EXPECT_EQ(marks[0].before, (Share{0, 100}));
  EXPECT_EQ(marks[0].since, (Share{50, 100}));
  Document document{.question = "volume"};
  tell(marks, document);
  EXPECT_EQ(document.notes.front(),
            "2024-10-04: The SPF record changed: \"a\" became \"b\". Of the messages of these days "
            "0 % failed before, 50.0 % since then.");
}

}  // namespace
}  // namespace assay::analysis
