/// Rules beside the truth of a world that is known (testdata/world.h), and by themselves.
#include "system/analysis/alerts.h"

#include <gtest/gtest.h>

#include "assay/dns/zone.h"
#include "system/analysis/digest.h"
#include "system/analysis/testdata/answers.h"

#include <nlohmann/json.hpp>

namespace assay::analysis {
namespace {

using namespace std::chrono_literals;
using store::Alert;
using store::AlertChange;
using store::Severity;

/// An AlertBook's part in settling, without a database.
class Ledger {
 public:
  std::vector<AlertChange> settle(const Evaluated& evaluated, const Judging& judging) {
    std::vector<AlertChange> changes = analysis::settle(alerts, evaluated, judging);
    for (AlertChange& each : changes) {
      if (each.alert.id == 0) {
        each.alert.id = static_cast<std::int64_t>(alerts.size()) + 1;
        alerts.push_back(each.alert);
      } else {
        alerts[static_cast<std::size_t>(each.alert.id) - 1] = each.alert;
      }
    }
    return changes;
  }
  bool is_open(Rule rule, std::string_view domain, std::string_view cause) const {
    return std::ranges::any_of(alerts, [&](const Alert& each) {
      return each.open() && each.rule == to_text(rule) && each.domain == domain &&
             each.cause == cause;
    });
  }

  std::vector<Alert> alerts = {};
};

/// A day on which something was told: its number in the world, and of what.
struct Told {
  int day = 0;
  std::string what;  ///< "opened source_broken example.com source Bulk Mailer"
};

/// Lives through a world day by day, seeing no report before it arrives.
class Life {
 public:
  explicit Life(WorldPlan plan) : world_(std::move(plan)) {
    EXPECT_TRUE(catalogue_.read(services));
    for (const std::string& domain : WorldOfMail::domains()) {
      Known& known = known_[domain];
      const store::Days all{.from = WorldOfMail::begin, .until = WorldOfMail::end()};
      known.counts = *world_.store().daily(
          {.policy_domain = domain, .days = all, .by_domain = false, .by_reporter = true});
      known.sources = *world_.store().sources({.policy_domain = domain,
                                               .days = all,
                                               .source = store::SourceLevel::network,
                                               .by_day = true});
      std::ranges::sort(known.counts, {}, &store::DailyCount::day);
      std::ranges::sort(known.sources, {}, &store::SourceCount::first);
    }
  }

  std::vector<Told> live(int from, int until) {
    std::vector<Told> told;
    for (int number = from; number < until; ++number) {
      for (const AlertChange& each : day(number)) {
        if (!each.tell) continue;
        const Alert& alert = each.alert;
        told.push_back({number, std::string(to_text(*each.event)) + " " + alert.rule + " " +
                                    alert.domain + " " + alert.cause});
        EXPECT_FALSE(alert.what.empty() || alert.evidence.empty() || alert.advice.empty());
      }
    }
    return told;
  }

  std::vector<AlertChange> day(int number) {
    const Judging judging{
        .settings = settings,
        .now = WorldOfMail::day(number) + 12h,
        .is_open = [&](Rule rule, std::string_view domain, std::string_view cause) {
          return ledger.is_open(rule, domain, cause);
        }};
    Evaluated evaluated{.domains = {""}, .signs = signs_of(common(number), judging)};
    for (const auto& [domain, known] : known_) {
      evaluated.domains.insert(domain);
      std::ranges::move(signs_of(facts(domain, known, number), judging),
                        std::back_inserter(evaluated.signs));
    }
    return ledger.settle(evaluated, judging);
  }

  Ledger ledger = {};
  std::vector<RuleSetting> settings = {};
  Marks marks = {};
  std::vector<store::RecordChange> changes = {};

 private:
  struct Known {
    std::vector<store::DailyCount> counts = {};
    std::vector<store::SourceCount> sources = {};
  };

  const ReporterOfWorld& reporter(const std::string& name) const {
    return *std::ranges::find(world_.reporters(), name, &ReporterOfWorld::name);
  }
  /// A report arrives three hours after its period.
  bool has_arrived(const std::string& name, sys_days day, int now) const {
    const int every = reporter(name).every;
    const int of = static_cast<int>((day - WorldOfMail::begin).count());
    return of - of % every + every <= now;
  }

  template <class Row>
  static std::span<const Row> cut(const std::vector<Row>& rows, sys_days Row::* day, sys_days from,
                                  sys_days until) {
    return {std::ranges::lower_bound(rows, from, {}, day),
            std::ranges::lower_bound(rows, until, {}, day)};
  }

  DomainFacts facts(const std::string& domain, const Known& known, int number) const {
    DomainFacts facts{.domain = domain};
    const sys_days today = WorldOfMail::day(number);
    for (const store::DailyCount& each :
         cut(known.counts, &store::DailyCount::day, today - spike_history - days{7}, today)) {
      if (has_arrived(each.reporter, each.day, number)) facts.counts.push_back(each);
    }
    const auto sources = cut(known.sources, &store::SourceCount::first,
                             today - newcomer_days - newcomer_history, today);
    facts.flows = sort_out(
        {.domain = domain, .catalogue = &catalogue_, .marks = &marks, .organization = organization},
        sources);
    for (const store::RecordChange& each : changes) {
      if (each.domain == domain && each.at <= today + 12h) facts.changes.push_back(each);
    }
    return facts;
  }

  CommonFacts common(int number) const {
    CommonFacts facts;
    std::map<std::pair<sys_days, std::string>, std::uint64_t> sums;
    for (const auto& [domain, known] : known_) {
      for (const ReporterOfWorld& each : world_.reporters()) {
        const int whole = std::min(number, each.until) / each.every;
        if (whole == 0) continue;
        const Instant last = WorldOfMail::day(whole * each.every);
        facts.reporters.push_back({.reporter = each.name,
                                   .policy_domain = domain,
                                   .reports = static_cast<std::uint64_t>(whole),
                                   .first = WorldOfMail::begin,
                                   .last = last,
                                   .arrived = last + 3h});
      }
      const sys_days today = WorldOfMail::day(number);
      for (const store::DailyCount& each :
           cut(known.counts, &store::DailyCount::day, today - days{91}, today)) {
        if (has_arrived(each.reporter, each.day, number)) {
          sums[{each.day, each.reporter}] += each.messages;
        }
      }
    }
    for (const auto& [key, messages] : sums) {
      facts.reporter_days.push_back(
          {.day = key.first, .reporter = key.second, .messages = messages});
    }
    return facts;
  }

  WorldOfMail world_;
  Catalogue catalogue_ = {};
  std::map<std::string, Known> known_ = {};
};

/// Nothing happens: what the usual world has of events is left out.
WorldPlan uneventful() {
  return {
      .ends = {{"newcomer", 0}}, .falls = {{"silent.example", 1'000'000}}, .weekly_rhythm = true};
}

Stream bulk() {
  return {.name = "bulk again",
          .what = Class::approved,
          .domain = "example.com",
          .address = "198.51.100.20",
          .spf_domain = "bounce.bulk.example",
          .spf = "pass",
          .dkim_domain = "example.com",
          .selector = "bulk1",
          .dkim = "pass",
          .dkim_aligned = true,
          .daily = 200};
}

std::vector<std::string> words(const std::vector<Told>& told) {
  std::vector<std::string> list;
  list.reserve(told.size());
  for (const Told& each : told) list.push_back(std::to_string(each.day) + " " + each.what);
  return list;
}
using Words = std::vector<std::string>;

TEST(AlertsOfAWorld, NoFalseAlarmInTwoYears) {
  Life life(uneventful());
  EXPECT_EQ(words(life.live(1, WorldOfMail::length)), Words{});
}

TEST(AlertsOfAWorld, EachEventOnceAndNothingElse) {
  WorldPlan plan = uneventful();
  // On day 300 the bulk mailer's key is lost, and comes back ten days later.
  plan.ends["bulk"] = 300;
  Stream broken = bulk();
  broken.name = "bulk broken";
  broken.dkim = "fail";
  broken.dkim_aligned = false;
  broken.cause = Cause::broken_own;
  broken.from = 300;
  broken.until = 310;
  Stream again = bulk();
  again.from = 310;
  // On day 400 somebody lets a new service send.
  const Stream newcomer{.name = "shadow",
                        .domain = "example.com",
                        .address = "203.0.113.77",
                        .spf_domain = "bounces.shadow.example",
                        .spf = "pass",
                        .dkim_domain = "example.com",
                        .selector = "shadow",
                        .dkim = "pass",
                        .dkim_aligned = true,
                        .daily = 15,
                        .from = 400};
  // On day 500 an attack lasts two days.
  const Stream attack{.name = "great attack",
                      .what = Class::abuse,
                      .cause = Cause::abuse,
                      .domain = "example.com",
                      .spf_domain = "example.com",
                      .spf = "fail",
                      .daily = 2'000,
                      .from = 500,
                      .until = 502};
  plan.more = {broken, again, newcomer, attack};
  plan.falls["silent.example"] = 600;  // and one falls silent
  Life life(std::move(plan));
  const std::vector<Told> told = life.live(200, WorldOfMail::length);
  EXPECT_EQ(words(told), (Words{"301 opened source_broken example.com source Bulk Mailer",
                                "311 over source_broken example.com source Bulk Mailer",
                                "400 opened newcomer example.com service shadow.example",
                                "501 opened spike example.com unauthenticated",
                                "505 over spike example.com unauthenticated",
                                "604 opened reporter_silent  reporter silent.example"}));
}

// ---- Rules by themselves -----------------------------------------------------------------------

constexpr Instant noon{std::chrono::sys_days{days{20'600}} + 12h};

Sign sign_of(const std::string& cause, Severity severity = Severity::medium) {
  return {.rule = Rule::spike,
          .domain = "example.com",
          .cause = cause,
          .what = "what",
          .severity = severity,
          .since = noon};
}

class Settling : public testing::Test {
 protected:
  /// "opened!", "again", "": the event of the only change, with ! where it is told.
  std::string at(Instant now, const std::vector<Sign>& signs,
                 std::set<std::string> domains = {"example.com"}) {
    const auto changes = ledger.settle({.domains = std::move(domains), .signs = signs},
                                       {.settings = settings, .now = now});
    EXPECT_LE(changes.size(), 1U);
    if (changes.empty()) return "none";
    const AlertChange& change = changes.front();
    return (change.event ? std::string(to_text(*change.event)) : "") + (change.tell ? "!" : "");
  }

  Ledger ledger = {};
  std::vector<RuleSetting> settings = {{.rule = Rule::spike, .cool_down = 24h}};
};

TEST_F(Settling, OpensOnceAndSaysWhenItIsOver) {
  EXPECT_EQ(at(noon, {sign_of("a")}), "opened!");
  EXPECT_EQ(at(noon + 1h, {sign_of("a")}), "");
  EXPECT_EQ(at(noon + 2h, {sign_of("a", Severity::high)}), "worse!");
  EXPECT_EQ(at(noon + 3h, {}), "over!");
  EXPECT_EQ(at(noon + 4h, {}), "none");
}

TEST_F(Settling, WhatComesBackSoonIsNotToldAgain) {
  at(noon, {sign_of("a")});
  at(noon + 1h, {});
  EXPECT_EQ(at(noon + 2h, {sign_of("a")}), "again");
  EXPECT_EQ(at(noon + 3h, {}), "over!");
  EXPECT_EQ(at(noon + 4h, {}), "none");
  EXPECT_EQ(at(noon + 27h, {sign_of("a")}), "opened!");
  EXPECT_EQ(ledger.alerts.size(), 2U);
}

TEST_F(Settling, WhatWasClosedByHandStaysSo) {
  at(noon, {sign_of("a")});
  ledger.alerts[0].until = noon + 1h;
  ledger.alerts[0].closed_by = "somebody";
  for (int hour = 2; hour < 100; hour += 10) {
    EXPECT_EQ(at(noon + std::chrono::hours{hour}, {sign_of("a")}), "") << hour;
  }
  EXPECT_EQ(at(noon + 100h, {}), "none");
  EXPECT_EQ(at(noon + 130h, {sign_of("a")}), "opened!") << "it was gone for longer than a day";
}

TEST_F(Settling, IgnoranceClosesNothing) {
  at(noon, {sign_of("a")});
  EXPECT_EQ(at(noon + 1h, {}, {"example.org"}), "none");
  EXPECT_TRUE(ledger.alerts[0].open());
}

TEST(Thresholds, AreThoseOfTheLastThatSaysSomething) {
  const std::vector<RuleSetting> settings = {
      {.rule = Rule::spike, .minimum = 7},
      {.rule = Rule::spike, .domains = {"example.com"}, .factor = 9},
      {.rule = Rule::newcomer, .enabled = false}};
  EXPECT_EQ(thresholds_of(settings, Rule::spike, "a.example.com").minimum, 7U);
  EXPECT_EQ(thresholds_of(settings, Rule::spike, "a.example.com").factor, 9U);
  EXPECT_EQ(thresholds_of(settings, Rule::spike, "notexample.com").factor, 3U);
  EXPECT_FALSE(thresholds_of(settings, Rule::newcomer, "x").enabled);
  EXPECT_TRUE(thresholds_of(settings, Rule::spike, "x").enabled);
  for (std::size_t i = 0; i < rules; ++i) {
    const auto rule = static_cast<Rule>(i);
    EXPECT_EQ(parse_rule(to_text(rule)), rule);
    EXPECT_FALSE(purpose_of(rule).empty() || thresholds_in_words(rule).empty());
    EXPECT_LT(usual_thresholds(rule).cool_down, longest_cool_down);
  }
}

/// Failing messages of a domain, a number a day up to yesterday.
DomainFacts failing_days(const std::vector<std::uint64_t>& failing,
                         const std::string& reporter = "r.example") {
  DomainFacts facts{.domain = "example.com"};
  sys_days day = std::chrono::floor<days>(noon) - days{static_cast<int>(failing.size())};
  for (const std::uint64_t messages : failing) {
    facts.counts.push_back({.day = day,
                            .reporter = reporter,
                            .cell = {.spf = store::Aligned::fail, .dkim = store::Aligned::fail},
                            .messages = messages});
    day += days{1};
  }
  return facts;
}

TEST(Spike, IsNoneOfSmallNumbers) {
  std::vector<std::uint64_t> series(60, 0);
  series.back() = 90;
  EXPECT_TRUE(find_spike(failing_days(series), {.now = noon}).empty());
  series.back() = 110;
  EXPECT_EQ(find_spike(failing_days(series), {.now = noon}).size(), 1U);
}

TEST(Spike, KnowsTheWeek) {
  // 1000 on one day of each week, 100 on others; yesterday is such a day.
  std::vector<std::uint64_t> series(63, 100);
  for (std::size_t i = 6; i < series.size(); i += 7) series[i] = 1'000;
  EXPECT_TRUE(find_spike(failing_days(series), {.now = noon}).empty());
  series.back() = 5'000;
  EXPECT_EQ(find_spike(failing_days(series), {.now = noon}).size(), 1U);
}

TEST(Spike, IsNoneOfANewReporter) {
  DomainFacts facts = failing_days(std::vector<std::uint64_t>(60, 100));
  const DomainFacts more = failing_days({9'000, 9'000}, "new.example");
  facts.counts.insert(facts.counts.end(), more.counts.begin(), more.counts.end());
  EXPECT_TRUE(find_spike(facts, {.now = noon}).empty());
}

TEST(WeakerPolicy, ComparesWhatIsInForceWithThePlan) {
  DomainFacts facts{.domain = "example.com",
                    .dmarc = store::RecordState{.domain = "example.com",
                                                .value = "example.com\nv=DMARC1; p=reject; t=y",
                                                .known = true,
                                                .since = noon - 1h},
                    .planned = PolicyInForce{.policy = dmarc::Policy::reject}};
  facts.changes = {{.domain = "example.com",
                    .at = noon - 1h,
                    .before = "example.com\nv=DMARC1; p=reject",
                    .after = facts.dmarc->value}};
  const auto signs = signs_of(facts, {.now = noon});
  ASSERT_EQ(signs.size(), 1U) << "the change is told with it";
  EXPECT_EQ(signs[0].rule, Rule::policy_weaker);
  facts.planned = PolicyInForce{.policy = dmarc::Policy::quarantine};
  EXPECT_TRUE(find_weaker_policy(facts, {.now = noon}).empty());
  facts.dmarc->known = false;
  facts.planned = PolicyInForce{.policy = dmarc::Policy::reject};
  EXPECT_TRUE(find_weaker_policy(facts, {.now = noon}).empty()) << "not known is not weaker";
}

TEST(SilentReporters, AllAtOnceAreOne) {
  CommonFacts facts;
  for (const char* name : {"a.example", "b.example", "c.example"}) {
    facts.reporters.push_back({.reporter = name,
                               .policy_domain = "example.com",
                               .reports = 100,
                               .first = noon - days{110},
                               .last = noon - days{10},
                               .arrived = noon - days{10}});
  }
  auto signs = find_silent_reporters(facts, {.now = noon});
  ASSERT_EQ(signs.size(), 1U);
  EXPECT_EQ(signs[0].cause, "all reporters");
  facts.reporters[0].arrived = noon - 1h;
  signs = find_silent_reporters(facts, {.now = noon});
  EXPECT_EQ(signs.size(), 2U);
  // A channel that fails explains the silence of all.
  facts.reporters[0].arrived = noon - days{10};
  facts.intake = {{.hour = noon - 1h, .channel = "lmtp", .outcome = "failed", .count = 1}};
  signs = signs_of(facts, {.now = noon});
  ASSERT_EQ(signs.size(), 1U);
  EXPECT_EQ(signs[0].rule, Rule::intake_refusing);
}

TEST(Refusals, AreAShareAndANumber) {
  CommonFacts facts;
  const auto count = [&](const char* outcome, std::uint64_t number) {
    facts.intake.push_back({.hour = noon - 2h,
                            .channel = "lmtp",
                            .outcome = outcome,
                            .count = number,
                            .sample = "forged"});
  };
  count("added", 30);
  count("refused", 9);
  EXPECT_TRUE(find_refusals(facts, {.now = noon}).empty()) << "too few";
  count("set_aside", 5);
  ASSERT_EQ(find_refusals(facts, {.now = noon}).size(), 1U);
  count("added", 100);
  EXPECT_TRUE(find_refusals(facts, {.now = noon}).empty()) << "too small a share";
}

TEST(AlertJson, IsWhatPagesList) {
  const Alert alert{.id = 3,
                    .rule = "spike",
                    .domain = "example.com",
                    .cause = "c",
                    .what = "w",
                    .severity = Severity::high,
                    .since = noon,
                    .opened = noon};
  const auto json = nlohmann::json::parse(to_json(alert));
  EXPECT_EQ(json["id"], 3);
  EXPECT_EQ(json["severity"], "high");
  EXPECT_EQ(json["seen"], false);
  EXPECT_FALSE(json.contains("until"));
}

TEST(WeekDue, IsTheLastThatIsOver) {
  const sys_days monday{std::chrono::year{2026} / 5 / 4};
  EXPECT_EQ(monday_of(monday), monday);
  EXPECT_EQ(monday_of(monday + days{6}), monday);
  // On Tuesdays at seven.
  EXPECT_EQ(week_due(monday + days{8} + 7h, 2, 7), monday);
  EXPECT_EQ(week_due(monday + days{8} + 7h - 1s, 2, 7), monday - days{7});
  EXPECT_EQ(week_due(monday + days{13} + 23h, 2, 7), monday);
}

TEST(Digest, OfAQuietWeekSaysSo) {
  WeekDigest digest{.week = {.from = sys_days{days{20'000}}, .until = sys_days{days{20'007}}},
                    .domains = {{.domain = "example.com"}}};
  EXPECT_NE(to_text(digest).find("A quiet week"), std::string::npos);
  EXPECT_NE(to_html(digest).find("A quiet week"), std::string::npos);
  EXPECT_NE(subject_of(digest).find("a quiet week"), std::string::npos);
  digest.domains[0].newcomers = {"<script>alert(1)</script>"};
  EXPECT_EQ(to_text(digest).find("A quiet week"), std::string::npos);
  EXPECT_EQ(to_html(digest).find("<script"), std::string::npos);
  EXPECT_EQ(to_html(digest).find("src="), std::string::npos);
  EXPECT_EQ(html_escaped("a&b\xff\"'"), "a&amp;b?&quot;&#39;");
}

}  // namespace
}  // namespace assay::analysis
