#include "system/intake/arrivals.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <span>

#include "assay/aggregate/write.h"
#include "assay/archive/gzip.h"
#include "assay/base/base64.h"

namespace assay::intake {
namespace {

using namespace std::chrono_literals;

constexpr store::Instant midnight{1'777'593'600s};

aggregate::Report report_of(const std::string& id) {
  return {
      .metadata = {.org_name = "Reporter Inc.",
                   .email = "dmarc@Reporter.example",
                   .report_id = id,
                   .begin = midnight,
                   .end = midnight + 86'399s},
      .policy = {.domain = "Example.COM", .p = "reject"},
      .records = {
          {.row = {.source_ip = "192.0.2.1",
                   .disposition = "none",
                   .dkim = "pass",
                   .spf = "fail",
                   .header_from = "example.com",
                   .dkim_results = {{.domain = "example.com", .selector = "s1", .result = "pass"}},
                   .spf_results = {{.domain = "example.com", .scope = "mfrom", .result = "fail"}}},
           .count = 3}}};
}

std::string mail_of(const std::string& octets, const std::string& name = "r.xml.gz") {
  return "From: dmarc@reporter.example\r\nMIME-Version: 1.0\r\n"
         "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\n"
         "A report.\r\n--b\r\nContent-Type: application/gzip; name=" +
         name + "\r\nContent-Transfer-Encoding: base64\r\n\r\n" + base64::encode(octets) +
         "\r\n--b--\r\n";
}

Taken taken_from(const std::string& octets, const ArrivalOptions& options = {}) {
  return read_arrivals({.octets = octets, .name = "x", .arrived = midnight + 25h}, options);
}

TEST(Arrivals, OfAPlainReport) {
  const std::string xml = write_xml(report_of("one"));
  const Taken taken = taken_from(xml);
  EXPECT_TRUE(taken.refused.empty());
  ASSERT_EQ(taken.arrivals.size(), 1U);
  const store::Arrival& arrival = taken.arrivals[0];
  EXPECT_EQ(arrival.head.reporter, "reporter.example");
  EXPECT_EQ(arrival.head.policy_domain, "example.com");
  EXPECT_EQ(arrival.records.records(), 1U);
  EXPECT_EQ(arrival.records.messages(), 3U);
  EXPECT_EQ(arrival.digest.size(), 32U);
  EXPECT_EQ(arrival.authenticity.trust, store::Trust::unchecked);
  EXPECT_EQ(arrival.raw.octets, archive::gzip(xml));
}

TEST(Arrivals, AreTheSameHoweverTheyCome) {
  const std::string xml = write_xml(report_of("one"));
  const std::string packed = archive::gzip(xml);
  const std::string digest = taken_from(xml).arrivals.at(0).digest;
  const Taken mail = taken_from(mail_of(packed));
  ASSERT_EQ(mail.arrivals.size(), 1U);
  EXPECT_EQ(mail.arrivals[0].digest, digest);
  EXPECT_EQ(mail.arrivals[0].raw.octets, packed);
  // What is kept can be read again.
  const Taken again = taken_from(mail.arrivals[0].raw.octets);
  ASSERT_EQ(again.arrivals.size(), 1U);
  EXPECT_EQ(again.arrivals[0].digest, digest);
  EXPECT_EQ(again.arrivals[0].raw.member, mail.arrivals[0].raw.member);
}

TEST(Arrivals, TheDigestIsOfTheContent) {
  const std::string digest = taken_from(write_xml(report_of("one"))).arrivals.at(0).digest;
  EXPECT_EQ(taken_from(write_xml(report_of("two"))).arrivals.at(0).digest, digest);
  aggregate::Report other = report_of("one");
  other.records[0].count = 4;
  EXPECT_NE(taken_from(write_xml(other)).arrivals.at(0).digest, digest);
  other = report_of("one");
  other.metadata.end += 1s;
  EXPECT_NE(taken_from(write_xml(other)).arrivals.at(0).digest, digest);
}

TEST(Arrivals, OfAnMboxAreExaminedOneByOne) {
  const std::string packed = archive::gzip(write_xml(report_of("one")));
  const std::string mbox = "From a Fri May  1 00:00:00 2026\n" + mail_of(packed) +
                           "\nFrom b Fri May  1 00:00:00 2026\n" + mail_of(packed, "s.gz");
  int examined = 0;
  ArrivalOptions options;
  options.examine = [&](std::string_view mail) -> Examined {
    ++examined;
    EXPECT_EQ(mail.substr(0, 5), "From:");
    return {.trust = store::Trust::genuine,
            .author_domain = examined == 1 ? "reporter.example" : "other.example",
            .organizational_domain = examined == 1 ? "reporter.example" : "other.example"};
  };
  const Taken taken = taken_from(mbox, options);
  ASSERT_EQ(taken.arrivals.size(), 2U);
  EXPECT_EQ(examined, 2);
  EXPECT_EQ(taken.arrivals[0].authenticity.trust, store::Trust::genuine);
  EXPECT_EQ(taken.arrivals[1].authenticity.trust, store::Trust::unverified);
  EXPECT_NE(taken.arrivals[1].authenticity.reason.find("other.example"), std::string::npos);
}

TEST(Arrivals, WhatIsNoneIsRefusedWithTheReason) {
  EXPECT_EQ(taken_from("").refused.at(0).code, "not_a_report");
  EXPECT_EQ(taken_from("hello").refused.at(0).code, "not_a_report");
  EXPECT_EQ(taken_from("<html></html>").refused.size(), 1U);
  EXPECT_EQ(taken_from("Subject: x\r\n\r\nno report\r\n").refused.at(0).code, "no_report");
}

TEST(Arrivals, OfFailureReports) {
  const std::string mail =
      "From: reporter@mx.example\r\nMessage-ID: <1@mx.example>\r\nMIME-Version: 1.0\r\n"
      "Content-Type: multipart/report; report-type=feedback-report; boundary=b\r\n\r\n"
      "--b\r\nContent-Type: text/plain\r\n\r\nIt failed.\r\n"
      "--b\r\nContent-Type: message/feedback-report\r\n\r\nFeedback-Type: auth-failure\r\n"
      "User-Agent: x/1\r\nVersion: 1\r\nAuth-Failure: dmarc\r\nIdentity-Alignment: spf\r\n"
      "Source-IP: 192.0.2.9\r\nReported-Domain: Example.com\r\nIncidents: 3\r\n"
      "Arrival-Date: Fri, 01 May 2026 10:00:00 +0000\r\n\r\n"
      "--b\r\nContent-Type: text/rfc822-headers\r\n\r\nFrom: a@example.com\r\nSubject: Hi\r\n"
      "--b--\r\n";
  const Taken taken = taken_from(mail);
  ASSERT_EQ(taken.arrivals.size(), 1U);
  const store::Arrival& arrival = taken.arrivals[0];
  ASSERT_TRUE(arrival.failure);
  EXPECT_EQ(arrival.head.reporter, "mx.example");
  EXPECT_EQ(arrival.head.report_id, "<1@mx.example>");
  EXPECT_EQ(arrival.head.policy_domain, "example.com");
  EXPECT_EQ(arrival.head.begin, midnight + 10h);
  EXPECT_EQ(arrival.failure->source_ip, "192.0.2.9");
  EXPECT_EQ(arrival.failure->subject, "Hi");
  EXPECT_EQ(arrival.failure->incidents, 3U);
  EXPECT_NE(arrival.failure->original_header.find("Subject: Hi"), std::string::npos);
}

std::string text_of(const store::LargeOctets& octets) {
  std::string text(octets.size, '\0');
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t more = octets.read_at(at, std::span(text).subspan(at));
    if (more == 0) break;
    at += more;
  }
  return text;
}

TEST(Arrivals, OfWhatIsNotHeldAreTheSame) {
  const std::string xml = write_xml(report_of("one"));
  ArrivalOptions options;
  options.spill_folder = std::filesystem::temp_directory_path();
  for (const std::string& octets : {xml, archive::gzip(xml)}) {
    const archive::Source source{
        .size = octets.size(), .read_at = [octets](std::uint64_t at, std::span<char> into) {
          return at < octets.size() ? octets.copy(into.data(), into.size(), at) : 0;
        }};
    const Taken taken = read_arrivals(
        {.octets = {}, .source = source, .name = "x", .arrived = midnight + 25h}, options);
    const Taken held = taken_from(octets);
    ASSERT_EQ(taken.arrivals.size(), 1U);
    EXPECT_EQ(taken.arrivals[0].head, held.arrivals[0].head);
    EXPECT_EQ(taken.arrivals[0].digest, held.arrivals[0].digest);
    EXPECT_EQ(taken.arrivals[0].raw.name, "x");
    EXPECT_EQ(taken.arrivals[0].raw.octets, "");
    ASSERT_TRUE(taken.arrivals[0].large_raw);
    EXPECT_EQ(text_of(*taken.arrivals[0].large_raw), archive::gzip(xml));
  }
}

TEST(Arrivals, OfWhatIsPlainAndNotHeldNeedRoomToBePacked) {
  const std::string xml = write_xml(report_of("one"));
  const archive::Source source{
      .size = xml.size(), .read_at = [xml](std::uint64_t at, std::span<char> into) {
        return at < xml.size() ? xml.copy(into.data(), into.size(), at) : 0;
      }};
  const Taken taken =
      read_arrivals({.octets = {}, .source = source, .arrived = midnight + 25h}, {});
  ASSERT_EQ(taken.arrivals.size(), 1U);
  EXPECT_FALSE(taken.arrivals[0].large_raw);
  EXPECT_EQ(taken.arrivals[0].remarks.back().code, "raw_not_kept");
}

}  // namespace
}  // namespace assay::intake
