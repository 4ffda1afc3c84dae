#include "system/journal/line.h"

#include <gtest/gtest.h>

#include <limits>

#include "assay/base/utf8.h"
#include "system/journal/testdata/full_entry.h"
#include "system/journal/time_text.h"

#include "testkit/cases.h"
#include <nlohmann/json.hpp>

namespace assay::journal {
namespace {

using namespace std::chrono_literals;

CASES(JournalLine, "system/journal/testdata/line.cases") {
  const auto entry = parse_line(testkit::unquote(c["line"]));
  if (c.has("error")) {
    ASSERT_FALSE(entry);
    EXPECT_EQ(std::string(entry.error().code) + ": " + entry.error().what, c["error"]);
  } else {
    ASSERT_TRUE(entry) << entry.error().what;
    EXPECT_EQ(to_line(*entry), c["rewritten"]);
    EXPECT_EQ(parse_line(to_line(*entry)), *entry);
  }
}

TEST(Line, EveryMemberSurvives) {
  const Entry entry = full_entry();
  const std::string line = to_line(entry);
  EXPECT_EQ(line.find('\n'), std::string::npos);
  const auto read = parse_line(line + "\n");
  ASSERT_TRUE(read) << read.error().what;
  EXPECT_EQ(*read, entry);
}

TEST(Line, VersionStandsFirstAndAnotherReaderAgrees) {
  const std::string line = to_line(full_entry());
  EXPECT_TRUE(line.starts_with(R"({"v":1,"id":")"));
  const auto other = nlohmann::json::parse(line);
  EXPECT_EQ(other["time"], "2026-05-01T12:00:00.123Z");
  EXPECT_EQ(other["client"], "2001:db8::25");
  EXPECT_EQ(other["verdict"]["test_mode"], true);
  EXPECT_EQ(other["action"]["reply"], "250 2.0.0 held\r\n");
  EXPECT_EQ(other["size"], std::numeric_limits<std::uint64_t>::max());
}

TEST(Line, AbsentIsAbsent) {
  EXPECT_EQ(to_line({}), R"({"v":1,"id":"","time":"1970-01-01T00:00:00.000Z",)"
                         R"("action":{"action":"accept","disposition":"none"}})");
  EXPECT_EQ(parse_line(to_line({})), Entry{});
  // Empty words where the default is none.
  const Entry entry{.verdict = Verdict{.result = "", .discovery = ""},
                    .spf = {{}},
                    .dkim = {{}},
                    .arc = {.result = ""},
                    .evidence = {{}},
                    .overrides = {{}},
                    .action = {.action = "", .disposition = ""}};
  EXPECT_EQ(parse_line(to_line(entry)), entry);
}

// SEC-03
TEST(Line, OctetsOfAMessageAreEscaped) {
  const Entry entry{.helo = "\x1b[2J\n\xe2\x80\xae\x7f", .mail_from = "a\xff@example.com"};
  const std::string line = to_line(entry);
  EXPECT_TRUE(utf8::is_harmless(line)) << line;
  EXPECT_NE(line.find(R"("helo":"\u001b[2J\n\u202e\u007f")"), std::string::npos) << line;
  const auto read = parse_line(line);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->helo, entry.helo);
  EXPECT_EQ(read->mail_from, "a\xef\xbf\xbd@example.com");
}

TEST(Line, TimesOutsideTheCalendarAreTheNearest) {
  EXPECT_EQ(to_rfc3339(Time::max()), "9999-12-31T23:59:59.999Z");
  EXPECT_EQ(to_rfc3339(Time::min()), "0000-01-01T00:00:00.000Z");
  EXPECT_EQ(to_rfc3339(Time{-1ms}), "1969-12-31T23:59:59.999Z");
  EXPECT_EQ(parse_time("1969-12-31T23:59:59.999Z"), Time{-1ms});
  EXPECT_EQ(hour_text(Time{1'777'636'800'123ms}), "20260501T12");
  EXPECT_EQ(start_text(Time{1'777'636'800'123ms}), "20260501T120000123");
}

TEST(Line, TimesThatAreNone) {
  for (const char* text :
       {"", "2026-05-01", "2026-05-01T12:00:00", "2026-05-01T12:00:00.Z", "2026-05-01T12:00:00.1",
        "1777636800", "01777636800123456789", "2026-05-01T12:00:00.123Z\n"}) {
    EXPECT_FALSE(parse_time(text)) << text;
  }
  EXPECT_EQ(parse_time("2026-05-01T12:00:00.12Z"), Time{1'777'636'800'120ms});
}

// SEC-02
TEST(Line, AnEntryBeyondAnyLineIsShortened) {
  Entry entry = full_entry();
  entry.message_id = std::string(300'000, '\x01');  // six octets each when escaped
  entry.helo = std::string(100, 'h');
  const std::string line = to_line(entry);
  EXPECT_LE(line.size(), max_line_octets);
  EXPECT_TRUE(line.ends_with(R"("shortened":true})"));
  const auto read = parse_line(line);
  ASSERT_TRUE(read) << read.error().what;
  EXPECT_EQ(read->message_id, std::string(16'384, '\x01'));
  EXPECT_EQ(read->helo, entry.helo);
  EXPECT_EQ(read->verdict, entry.verdict);
}

TEST(Line, ListsBeyondAnyLineAreShortened) {
  Entry entry = full_entry();
  entry.recipient_domains.assign(200'000, "");  // few octets, many values
  entry.dkim.assign(50'000, {.domain = std::string(255, 'd'), .result = "pass"});
  const auto read = parse_line(to_line(entry));
  ASSERT_TRUE(read) << read.error().what;
  EXPECT_EQ(read->action, entry.action);
  EXPECT_FALSE(read->dkim.empty());
}

TEST(Line, AShortenedTextEndsAtACodePoint) {
  Entry entry;
  for (std::size_t i = 0; i < 400'000; ++i) entry.helo += "\xe2\x82\xac";
  const auto read = parse_line(to_line(entry));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->helo.size() % 3, 0U);
  EXPECT_EQ(read->helo.find("\xef\xbf\xbd"), std::string::npos);
}

TEST(Line, TooLong) {
  const auto read = parse_line(std::string(max_line_octets + 1, ' '));
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, "journal_long");
}

TEST(Line, TheErrorSaysWhere) {
  const auto read = parse_line(R"({"v":1,x})");
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().at, 7U);
}

}  // namespace
}  // namespace assay::journal
