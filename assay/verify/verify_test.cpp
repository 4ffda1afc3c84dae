#include "assay/verify/verify.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

#include "assay/authres/authres.h"
#include "assay/dns/recorder.h"
#include "assay/dns/zone.h"

#include "testkit/cases.h"
#include "testkit/message_case.h"
#include "testkit/slow_resolver.h"
#include "testkit/suites.h"

namespace assay::verify {
namespace {

constexpr Instant now{std::chrono::seconds{1'760'000'000}};

dns::Zone zone_of(const std::string& text) {
  auto zone = dns::Zone::parse(text);
  EXPECT_TRUE(zone) << zone.error().what;
  return zone ? std::move(*zone) : *dns::Zone::parse("");
}

const suffix::SuffixList& suffixes() {
  static const auto list = suffix::SuffixList::parse("com\nnet\nuk\nco.uk\nexample\n");
  return *list;
}

Envelope envelope_of(const testkit::Case& c) {
  Envelope envelope{.helo = c.get("helo", ""), .mail_from = c.get("mail_from", "")};
  if (envelope.mail_from == "<>") envelope.mail_from.clear();
  if (c.has("ip")) envelope.client = IpAddress::parse(c["ip"]);
  return envelope;
}

Options options_of(const testkit::Case& c) {
  const std::string standard = c.get("standard", "rfc9989");
  Options options{.suffixes = &suffixes(), .authserv_id = "mx.example.org"};
  if (standard == "rfc7489") options.standard = Standard::rfc7489;
  if (standard == "compare") options.standard = Standard::compare;
  return options;
}

std::string yes_no(bool value) {
  return value ? "yes" : "no";
}

template <class T>
std::string optional_text(const std::optional<T>& value) {
  if (!value) return "";
  if constexpr (requires { value->text(); }) {
    return value->text();
  } else {
    return std::string(to_text(*value));
  }
}

template <class List, class Text>
std::string joined(const List& list, Text text_of) {
  std::string text;
  for (const auto& each : list) text += (text.empty() ? "" : " ") + std::string(text_of(each));
  return text;
}

/// Compares each fact the case states; a fact it does not state is not compared.
void expect_facts(const testkit::Case& c, const Verdict& verdict) {
  const auto expect = [&](const char* key, const std::string& got) {
    if (c.has(key)) {
      EXPECT_EQ(got, c[key]) << key;
    }
  };
  const dmarc::Evaluation& dmarc = verdict.dmarc;
  expect("dmarc", std::string(to_text(dmarc.result)));
  expect("author", dmarc.author.text());
  expect("authors", joined(verdict.authors.domains, [](const DomainName& d) { return d.text(); }));
  expect("policy_domain", optional_text(dmarc.policy_domain));
  expect("organizational", optional_text(dmarc.organizational));
  expect("published", optional_text(dmarc.published_policy));
  expect("policy", optional_text(dmarc.policy));
  expect("spf_aligned", yes_no(dmarc.spf_aligned));
  expect("dkim_aligned", yes_no(dmarc.dkim_aligned));
  const auto result_text = [](const auto& outcome) { return to_text(outcome.result); };
  expect("spf", joined(verdict.spf, result_text));
  expect("dkim", joined(verdict.dkim, result_text));
  expect("arc", std::string(to_text(verdict.arc.result)));
  expect("disposition", std::string(to_text(verdict.decision.disposition)));
  expect("action", std::string(to_text(verdict.decision.action)));
  expect("override", joined(verdict.decision.overrides, [](const Override& o) { return o.type; }));
  expect("rfc7489", verdict.rfc7489 ? std::string(to_text(verdict.rfc7489->result)) : "absent");
  expect("differs", joined(verdict.differs, [](const std::string& name) { return name; }));
  for (const std::string& code : c.all("finding")) {
    EXPECT_TRUE(std::ranges::any_of(dmarc.findings, [&](const Finding& f) {
      return f.code == code;
    })) << code;
  }
  EXPECT_FALSE(dmarc.reason.empty());
}

CASES(Verdict, "assay/verify/testdata/verdict.cases") {
  std::string message;
  for (const std::string& from : c.all("from")) message += "From: " + from + "\r\n";
  message += "Subject: x\r\n\r\nbody\r\n";
  std::string lines;
  for (const std::string& line : c.all("zone")) lines += line + "\n";
  dns::Zone zone = zone_of(lines);
  dns::Recorder recorder(zone, std::chrono::steady_clock::now);
  const auto verdict = verify(message, envelope_of(c), recorder, now, options_of(c));
  expect_facts(c, verdict);
  for (const std::string& name : c.all("not_asked")) {
    for (const auto& asked : recorder.asked()) EXPECT_NE(asked.question.name.text(), name);
  }
}

/// Each `*.eml.case` as a whole, and octet by octet: the cut of the chunks never matters.
void check_message_case(const std::string& path) {
  const testkit::MessageCase c = testkit::read_message_case(path);
  dns::Zone zone = zone_of(c.zone());
  const auto verdict = verify(c.message, envelope_of(c.facts), zone, now, options_of(c.facts));
  expect_facts(c.facts, verdict);

  Session session(envelope_of(c.facts), zone, now, options_of(c.facts));
  const std::size_t body = mail::find_body(c.message);
  session.header(std::string_view(c.message).substr(0, body));
  for (const char octet : std::string_view(c.message).substr(body)) session.body({&octet, 1});
  EXPECT_EQ(session.finish().authentication_results, verdict.authentication_results);
}

const int message_cases = [] {
  const auto files = testkit::message_case_files("assay/verify/testdata");
  for (const std::string& path : files) {
    testkit::register_test("MessageCase", path.substr(path.rfind('/') + 1),
                           [path] { check_message_case(path); });
  }
  return static_cast<int>(files.size());
}();

TEST(Session, AsksTogetherWhatItCanKnow) {
  // RFC 9989 §11.6: three SPF includes, two signatures and a walk of four labels: five round trips
  // at most.
  const testkit::MessageCase c =
      testkit::read_message_case("assay/verify/testdata/signed_twice.eml.case");
  std::string message = c.message;
  const std::size_t from = message.find("joe@football.example.com>");
  message.replace(from, 25, "joe@a.football.example.com>");
  dns::Zone zone = zone_of(
      c.zone() +
      "bounce.football.example.com. TXT \"v=spf1 include:a.example.net include:b.example.net "
      "include:c.example.net -all\"\n"
      "a.example.net. TXT \"v=spf1 ip4:198.51.100.1 -all\"\n"
      "b.example.net. TXT \"v=spf1 include:d.example.net -all\"\n"
      "c.example.net. TXT \"v=spf1 a:mx.example.net -all\"\n"
      "d.example.net. TXT \"v=spf1 ip4:198.51.100.2 -all\"\n"
      "mx.example.net. A 192.0.2.1\n");
  testkit::SlowResolver slow(zone);
  const Verdict verdict = verify(message,
                                 {.client = IpAddress::parse("192.0.2.1"),
                                  .helo = "mx.example.net",
                                  .mail_from = "b@bounce.football.example.com"},
                                 slow, now);
  EXPECT_EQ(verdict.spf.back().result, spf::Result::pass);
  EXPECT_EQ(verdict.dmarc.result, dmarc::Result::pass);
  EXPECT_LE(slow.round_trips(), 5U);
}

TEST(Session, JudgesTheSameTwice) {
  // The verdict is a function of message, envelope, DNS and instant (EVA-24).
  const testkit::MessageCase c =
      testkit::read_message_case("assay/verify/testdata/signed_twice.eml.case");
  dns::Zone zone = zone_of(c.zone());
  const auto once = verify(c.message, envelope_of(c.facts), zone, now);
  const auto twice = verify(c.message, envelope_of(c.facts), zone, now);
  EXPECT_EQ(once.authentication_results, twice.authentication_results);
  EXPECT_EQ(once.dmarc.reason, twice.dmarc.reason);
}

TEST(Session, NeedsNoHeader) {
  dns::Zone zone = zone_of("");
  Session session({}, zone, now);
  EXPECT_EQ(session.finish().dmarc.result, dmarc::Result::none);
  EXPECT_EQ(verify("", {}, zone, now).dmarc.result, dmarc::Result::none);
}

TEST(Session, AHeaderBeyondTheLimitsNeverPasses) {
  dns::Zone zone =
      zone_of("_dmarc.example.com. TXT \"v=DMARC1; p=reject\"\nexample.com. TXT \"v=spf1 +all\"\n");
  std::string message = "From: a@example.com\r\n";
  for (int i = 0; i < 200; ++i) message += "X-Filler: " + std::string(100, 'x') + "\r\n";
  message += "From: b@example.net\r\n\r\nbody\r\n";
  Options options;
  options.header.octets = 10'000;
  const Verdict verdict = verify(
      message, {.client = IpAddress::parse("192.0.2.1"), .helo = "x", .mail_from = "a@example.com"},
      zone, now, options);
  EXPECT_EQ(verdict.dmarc.result, dmarc::Result::none);
  EXPECT_TRUE(std::ranges::any_of(verdict.dmarc.findings,
                                  [](const Finding& f) { return f.code == "header_too_large"; }));
}

TEST(Session, TenThousandSignaturesCostAFew) {
  dns::Zone zone = zone_of("");
  dns::Recorder recorder(zone, std::chrono::steady_clock::now);
  std::string message;
  for (int i = 0; i < 10'000; ++i) {
    message += "DKIM-Signature: v=1; a=rsa-sha256; d=d" + std::to_string(i) +
               ".example.net; s=s; h=from; bh=AAAA; b=AAAA\r\n";
  }
  message += "From: a@example.com\r\n\r\nbody\r\n";
  const Verdict verdict = verify(message, {}, recorder, now);
  EXPECT_EQ(verdict.dkim.size(), 10'000U);
  EXPECT_LE(recorder.asked().size(), 10U + 8U);
}

TEST(AuthenticationResults, SaysAllThatWasTested) {
  // RFC 8601 §2.7, RFC 9989 §9.1
  const testkit::MessageCase c =
      testkit::read_message_case("assay/verify/testdata/signed_twice.eml.case");
  dns::Zone zone = zone_of(c.zone());
  const auto verdict = verify(c.message, envelope_of(c.facts), zone, now, options_of(c.facts));
  const std::string& text = verdict.authentication_results;
  const std::string prefix = "Authentication-Results: mx.example.org";
  EXPECT_TRUE(text.starts_with(prefix)) << text;
  const auto parsed = authres::parse(std::string_view(text).substr(text.find(':') + 1));
  ASSERT_TRUE(parsed) << parsed.error().what;
  EXPECT_EQ(joined(parsed->results, [](const auto& r) { return r.method + "=" + r.result; }),
            "spf=pass spf=none dkim=pass dkim=pass arc=none dmarc=pass");
  const auto has = [&](const char* piece) {
    EXPECT_NE(text.find(piece), std::string::npos) << piece << "\n" << text;
  };
  has("smtp.mailfrom=football.example.com");
  has("smtp.helo=mx.football.example.com");
  has("header.d=football.example.com");
  has("header.s=brisbane");
  has("header.a=rsa-sha256");
  has("header.b=F45dVWDf");
  has("header.from=football.example.com");
  has("policy.dmarc=quarantine");
}

}  // namespace
}  // namespace assay::verify
