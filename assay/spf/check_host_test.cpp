#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "assay/base/time.h"
#include "assay/dns/cache.h"
#include "assay/dns/zone.h"
#include "assay/spf/spf.h"

#include "testkit/cases.h"
#include "testkit/slow_resolver.h"

namespace {

using namespace assay;

dns::Zone zone_of(std::string_view text) {
  auto zone = dns::Zone::parse(text);
  if (!zone) ADD_FAILURE() << zone.error().what;
  return zone.value();
}

IpAddress address(std::string_view text) {
  return IpAddress::parse(text).value();
}

/// Counts every question that is asked.
class Counting final : public dns::Resolver {
 public:
  explicit Counting(dns::Resolver& upstream) : upstream_(upstream) {}
  dns::AnswerPtr ask(const dns::Question& question) override {
    ++asked;
    return upstream_.ask(question);
  }
  void prefetch(std::span<const dns::Question> questions) override {
    announced += questions.size();
  }
  std::size_t asked = 0;
  std::size_t announced = 0;

 private:
  dns::Resolver& upstream_;
};

std::vector<std::string> steps_of(const spf::Outcome& outcome) {
  std::vector<std::string> lines;
  for (const spf::Step& step : outcome.steps) {
    lines.push_back(std::to_string(step.depth) + " " + step.domain.text() + " " + step.term + ": " +
                    step.outcome);
  }
  return lines;
}

std::vector<std::string> records_of(const spf::Outcome& outcome) {
  std::vector<std::string> lines;
  for (const spf::UsedRecord& record : outcome.records) {
    lines.push_back(record.domain.text() + " " + record.text);
  }
  return lines;
}

spf::Request request_of(const testkit::Case& c) {
  return {.client = address(c["ip"]),
          .helo = c.get("helo", "mx.example.net"),
          .mail_from = c.get("mail_from", "someone@example.com"),
          .receiver = c.get("receiver", "unknown"),
          .now = parse_instant(c.get("now", "0")).value()};
}

/// Compares what the case names.
void expect(const testkit::Case& c, const char* key, const std::string& found) {
  if (c.has(key)) {
    EXPECT_EQ(found, c[key]) << key;
  }
}
void expect_all(const testkit::Case& c, const char* key, const std::vector<std::string>& found) {
  if (c.has(key)) {
    EXPECT_EQ(found, c.all(key)) << key;
  }
}

CASES(CheckHost, "assay/spf/testdata/check_host.cases") {
  dns::Zone zone = zone_of(c.get("zone", ""));
  Counting resolver(zone);
  const spf::Request request = request_of(c);
  const bool helo = c.get("identity", "mfrom") == "helo";
  const spf::Outcome outcome =
      helo ? spf::check_helo(request, resolver) : spf::check_mail_from(request, resolver);
  EXPECT_EQ(spf::to_text(outcome.result), c["result"]) << outcome.reason;
  EXPECT_EQ(spf::to_text(outcome.identity), helo ? "helo" : "mfrom");
  EXPECT_FALSE(outcome.reason.empty());
  expect(c, "domain", outcome.domain);
  expect(c, "mechanism", outcome.mechanism);
  expect(c, "reason", outcome.reason);
  expect(c, "explanation", outcome.explanation);
  expect(c, "lookups", std::to_string(outcome.lookups));
  expect(c, "void", std::to_string(outcome.void_lookups));
  expect(c, "asked", std::to_string(resolver.asked));
  expect_all(c, "step", steps_of(outcome));
  expect_all(c, "record", records_of(outcome));
  EXPECT_LE(outcome.lookups, 11U);
  EXPECT_LE(resolver.announced, 110U);
}

/// The verdict is the same, bit for bit, without the trace.
CASES(CheckHostUntraced, "assay/spf/testdata/check_host.cases") {
  dns::Zone zone = zone_of(c.get("zone", ""));
  spf::Request request = request_of(c);
  request.trace = spf::Trace::off;
  const bool helo = c.get("identity", "mfrom") == "helo";
  const spf::Outcome outcome =
      helo ? spf::check_helo(request, zone) : spf::check_mail_from(request, zone);
  EXPECT_EQ(spf::to_text(outcome.result), c["result"]);
  EXPECT_TRUE(outcome.steps.empty());
  expect(c, "reason", outcome.reason);
  expect(c, "mechanism", outcome.mechanism);
}

constexpr std::string_view three_includes = R"(
example.com TXT "v=spf1 include:a.example.net include:b.example.net include:c.example.net -all"
a.example.net TXT "v=spf1 ip4:192.0.2.1 ip4:192.0.2.2 -all"
b.example.net TXT "v=spf1 ip4:192.0.2.3 -all"
c.example.net TXT "v=spf1 a:h1.example.net a:h2.example.net mx:example.net exists:e.example.net -all"
h1.example.net A 192.0.2.4
h2.example.net A 192.0.2.5
example.net MX 10 m1.example.net.
example.net MX 20 m2.example.net.
example.net MX 30 m3.example.net.
m1.example.net A 192.0.2.6
m2.example.net A 192.0.2.7
m3.example.net A 192.0.2.8
e.example.net TXT "no address"
)";

TEST(Prefetch, AsksWhatARecordNeedsTogether) {
  dns::Zone zone = zone_of(three_includes);
  testkit::SlowResolver slow(zone);
  const spf::Request request{.client = address("198.51.100.1"),
                             .helo = "mx.example.net",
                             .mail_from = "someone@example.com"};
  const spf::Outcome outcome = spf::check_mail_from(request, slow);
  EXPECT_EQ(outcome.result, spf::Result::fail);
  // The record; three includes; what the third one asks; the addresses of the MX hosts.
  EXPECT_EQ(slow.round_trips(), 4U);
  EXPECT_EQ(slow.asked().size(), 11U);
  EXPECT_EQ(slow.sent(), 11U);
}

TEST(Prefetch, AsksNothingBehindALocalMatch) {
  dns::Zone zone = zone_of(R"(
example.com TXT "v=spf1 a:h.example.com ip4:192.0.2.1 include:a.example.net mx:example.net -all"
h.example.com A 192.0.2.9
)");
  Counting resolver(zone);
  const spf::Request request{
      .client = address("192.0.2.1"), .helo = {}, .mail_from = "someone@example.com"};
  EXPECT_EQ(spf::check_mail_from(request, resolver).result, spf::Result::pass);
  EXPECT_EQ(resolver.announced, 0U);
  EXPECT_EQ(resolver.asked, 2U);
}

TEST(Prefetch, ClientFamilyDecides) {
  dns::Zone zone = zone_of(R"(
example.com TXT "v=spf1 a mx exists:e.example.com redirect=r.example.com"
example.com AAAA 2001:db8::1
r.example.com TXT "v=spf1 -all"
)");
  testkit::SlowResolver slow(zone);
  const spf::Request request{
      .client = address("2001:db8::1"), .helo = {}, .mail_from = "someone@example.com"};
  EXPECT_EQ(spf::check_mail_from(request, slow).result, spf::Result::pass);
  EXPECT_EQ(slow.round_trips(), 2U);
  EXPECT_EQ(slow.sent(), 5U);  // TXT; then AAAA, MX, A of exists, TXT of redirect
}

/// A record of 64 KiB, every term of which names another domain.
TEST(Prefetch, IsBoundedByTheTermsHoweverLongTheRecord) {
  std::string record = "v=spf1";
  for (int i = 0; record.size() < 65'000; ++i) {
    record +=
        " include:i" + std::to_string(i) + ".example.net a:a" + std::to_string(i) + ".example.net";
  }
  class Hostile final : public dns::Resolver {
   public:
    explicit Hostile(std::string text) : text_(std::move(text)) {}
    dns::AnswerPtr ask(const dns::Question& question) override {
      ++asked;
      if (question.type != dns::Type::txt) return std::make_shared<const dns::Answer>();
      return std::make_shared<const dns::Answer>(
          dns::Answer{.outcome = dns::Outcome::records, .texts = {text_}});
    }
    void prefetch(std::span<const dns::Question> questions) override {
      announced += questions.size();
    }
    std::size_t asked = 0;
    std::size_t announced = 0;

   private:
    std::string text_;
  } hostile(record);
  const spf::Request request{
      .client = address("192.0.2.1"), .helo = {}, .mail_from = "someone@example.com"};
  const spf::Outcome outcome = spf::check_mail_from(request, hostile);
  EXPECT_EQ(outcome.result, spf::Result::permerror);
  EXPECT_LE(hostile.asked, 11U);
  EXPECT_LE(hostile.announced, 10U);
}

/// 64 KiB of macros that expand to nothing, over a sender made for it.
TEST(Limits, MacrosThatComeToNothingCostLittle) {
  std::string record = "v=spf1 exists:";
  while (record.size() < 65'000) record += "%{l1r.-+,/_=}";
  record += ".example.com -all";
  const std::string text = "example.com TXT";
  std::string zone_text = text;
  for (std::size_t at = 0; at < record.size(); at += 200) {
    zone_text += " \"" + record.substr(at, 200) + "\"";
  }
  dns::Zone zone = zone_of(zone_text);
  const spf::Request request{.client = address("192.0.2.1"),
                             .helo = {},
                             .mail_from = std::string(60'000, '.') + "@example.com"};
  EXPECT_EQ(spf::check_mail_from(request, zone).result, spf::Result::fail);
}

TEST(Limits, TimeIsLookedAtBeforeEachLookup) {
  dns::Zone zone = zone_of(R"(
example.com TXT "v=spf1 a:a.example.com a:b.example.com ip4:192.0.2.1 -all"
a.example.com A 192.0.2.9
b.example.com A 192.0.2.9
)");
  Counting resolver(zone);
  std::chrono::steady_clock::time_point now{};
  // Each look at the clock is nine seconds behind the one before: the start, then one a lookup.
  const spf::Limits limits{.clock = [&] { return now += std::chrono::seconds(9); }};
  const spf::Request request{
      .client = address("192.0.2.1"), .helo = {}, .mail_from = "someone@example.com"};
  const spf::Outcome outcome = spf::check_mail_from(request, resolver, limits);
  EXPECT_EQ(outcome.result, spf::Result::temperror);
  EXPECT_EQ(outcome.reason, "the time for the whole check is over");
  EXPECT_EQ(resolver.asked, 2U);
}

TEST(Limits, AnOvertimePtrIsNoMatchThatHidesIt) {
  dns::Zone zone = zone_of(R"(example.com TXT "v=spf1 ptr -all")");
  std::chrono::steady_clock::time_point now{};
  const spf::Limits limits{.clock = [&] { return now += std::chrono::seconds(15); }};
  const spf::Request request{
      .client = address("192.0.2.1"), .helo = {}, .mail_from = "someone@example.com"};
  EXPECT_EQ(spf::check_mail_from(request, zone, limits).result, spf::Result::temperror);
}

TEST(Limits, TwentySecondsAndTheNumbersOfTheRfcAreTheDefault) {
  const spf::Limits limits;
  EXPECT_EQ(limits.terms, 10U);
  EXPECT_EQ(limits.void_lookups, 2U);
  EXPECT_EQ(limits.mx_names, 10U);
  EXPECT_EQ(limits.ptr_names, 10U);
  EXPECT_GE(limits.time, std::chrono::seconds(20));
}

TEST(Limits, VoidLookupsAreConfigurable) {
  dns::Zone zone = zone_of(R"(example.com TXT "v=spf1 a mx exists:gone.example.com -all")");
  const spf::Request request{
      .client = address("192.0.2.1"), .helo = {}, .mail_from = "someone@example.com"};
  EXPECT_EQ(spf::check_mail_from(request, zone).result, spf::Result::permerror);
  EXPECT_EQ(spf::check_mail_from(request, zone, {.void_lookups = 3}).result, spf::Result::fail);
}

TEST(Limits, ALongExplanationIsCut) {
  dns::Zone zone = zone_of(R"(
example.com TXT "v=spf1 -all exp=why.example.com"
why.example.com TXT "0123456789%{d}0123456789"
)");
  const spf::Request request{
      .client = address("192.0.2.1"), .helo = {}, .mail_from = "someone@example.com"};
  const spf::Outcome outcome = spf::check_mail_from(request, zone, {.explanation_octets = 15});
  EXPECT_EQ(outcome.explanation, "0123456789examp");
}

/// Records are kept with the answers; what they come to is worked out for each client.
TEST(WarmEvaluation, ResultsAreNotShared) {
  dns::Zone zone = zone_of(R"(
example.com TXT "v=spf1 exists:%{l}.%{i}.users.example.com -all"
one.192.0.2.1.users.example.com A 127.0.0.2
)");
  dns::Cache cache(zone, [] { return Instant(std::chrono::seconds(0)); });
  const auto result = [&](std::string_view ip, const std::string& local_part) {
    return spf::check_mail_from({.client = address(ip),
                                 .helo = "mx.example.net",
                                 .mail_from = local_part + "@example.com"},
                                cache)
        .result;
  };
  EXPECT_EQ(result("192.0.2.1", "one"), spf::Result::pass);
  EXPECT_EQ(result("192.0.2.2", "one"), spf::Result::fail);
  EXPECT_EQ(result("192.0.2.1", "two"), spf::Result::fail);
  EXPECT_EQ(result("192.0.2.1", "one"), spf::Result::pass);
}

/// An alias shares its target's answer, and so its parsed record; names without one still differ.
TEST(WarmEvaluation, ASharedAnswerDoesNotCarryTheOtherName) {
  const auto record = std::make_shared<const dns::Answer>(
      dns::Answer{.outcome = dns::Outcome::records, .texts = {"v=spf1 a -all"}});
  class Shared final : public dns::Resolver {
   public:
    explicit Shared(dns::AnswerPtr answer) : record_(std::move(answer)) {}
    dns::AnswerPtr ask(const dns::Question& question) override {
      if (question.type == dns::Type::txt) return record_;
      const bool one = question.name.text() == "one.example.com";
      return std::make_shared<const dns::Answer>(
          dns::Answer{.outcome = dns::Outcome::records,
                      .addresses = {address(one ? "192.0.2.1" : "192.0.2.2")}});
    }

   private:
    dns::AnswerPtr record_;
  } shared(record);
  const auto result = [&](const std::string& domain) {
    return spf::check_mail_from(
               {.client = address("192.0.2.2"), .helo = {}, .mail_from = "a@" + domain}, shared)
        .result;
  };
  EXPECT_EQ(result("one.example.com"), spf::Result::fail);
  EXPECT_EQ(result("two.example.com"), spf::Result::pass);
}

TEST(FirstQuestions, AreTheRecordsOfBothIdentities) {
  const auto questions = [](std::string helo, std::string mail_from) {
    std::vector<std::string> names;
    for (const dns::Question& question : spf::first_questions(
             {.client = {}, .helo = std::move(helo), .mail_from = std::move(mail_from)})) {
      EXPECT_EQ(question.type, dns::Type::txt);
      names.push_back(question.name.text());
    }
    return names;
  };
  using Names = std::vector<std::string>;
  EXPECT_EQ(questions("mx.example.net", "a@example.com"), (Names{"mx.example.net", "example.com"}));
  EXPECT_EQ(questions("mx.example.net", ""), (Names{"mx.example.net"}));
  EXPECT_EQ(questions("[192.0.2.1]", "a@Example.com"), (Names{"example.com"}));
  EXPECT_EQ(questions("localhost", ""), Names{});
}

}  // namespace
