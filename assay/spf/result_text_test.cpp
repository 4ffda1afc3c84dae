// What a result becomes outside: the trace field and the reply.

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "assay/base/ascii.h"
#include "assay/dns/zone.h"
#include "assay/spf/received_spf.h"
#include "assay/spf/reply.h"

#include "testkit/cases.h"

namespace {

using namespace assay;

struct Checked {
  spf::Request request;
  spf::Outcome outcome;
};

Checked check(const testkit::Case& c) {
  dns::Zone zone = dns::Zone::parse(c.get("zone", "")).value();
  Checked checked{.request = {.client = IpAddress::parse(c["ip"]).value(),
                              .helo = c.get("helo", "mx.example.net"),
                              .mail_from = c.get("mail_from", "someone@example.com"),
                              .receiver = "mx.example.org"},
                  .outcome = {}};
  checked.outcome = c.get("identity", "mfrom") == "helo"
                        ? spf::check_helo(checked.request, zone)
                        : spf::check_mail_from(checked.request, zone);
  return checked;
}

CASES(ReceivedSpf, "assay/spf/testdata/received_spf.cases") {
  const Checked checked = check(c);
  EXPECT_EQ(spf::received_spf(checked.outcome, checked.request), c["field"]);
}

TEST(ReceivedSpfLimits, NoLineIsTooLong) {
  const std::string long_text(100'000, '"');
  const spf::Request request{
      .client = {}, .helo = long_text, .mail_from = long_text, .receiver = long_text};
  const spf::Outcome outcome{.domain = long_text,
                             .result = spf::Result::permerror,
                             .mechanism = long_text,
                             .reason = long_text};
  const std::string field = spf::received_spf(outcome, request);
  for (const std::string_view line : ascii::split(field, '\n')) EXPECT_LT(line.size(), 998U);
}

CASES(SpfReply, "assay/spf/testdata/reply.cases") {
  std::vector<std::string> lines;
  if (const auto reply = spf::rejection(check(c).outcome)) {
    for (const std::string& line : reply->lines) {
      lines.push_back(std::to_string(reply->code) + " " + std::string(reply->enhanced) + " " +
                      line);
    }
  }
  EXPECT_EQ(lines, c.all("reply"));
}

TEST(SpfReplyLimits, AForeignOutcomeCannotEndTheLine) {
  const spf::Outcome outcome{.domain = "example.com\r\n250 ok",
                             .result = spf::Result::fail,
                             .explanation = "a\r\nb\x7f" + std::string(1'000, 'x'),
                             .reason = "c\nd"};
  const auto reply = spf::rejection(outcome).value();
  ASSERT_EQ(reply.lines.size(), 3U);
  for (const std::string& line : reply.lines) {
    EXPECT_LE(line.size(), 450U);
    EXPECT_EQ(line.find_first_of("\r\n\x7f"), std::string::npos);
  }
}

}  // namespace
