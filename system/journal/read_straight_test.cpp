#include <gtest/gtest.h>

#include <optional>
#include <random>
#include <string>
#include <vector>

#include "system/journal/detail/read.h"
#include "system/journal/line.h"
#include "system/journal/testdata/full_entry.h"
#include "system/journal/testdata/usual_entry.h"

namespace assay::journal {
namespace {

using detail::read_any;

std::optional<Entry> read_straight(const std::string& line) {
  Entry entry;
  if (!detail::read_straight(line, entry)) return std::nullopt;
  return entry;
}

/// Every member, and nothing that must be escaped.
Entry plain_entry() {
  Entry entry = full_entry();
  entry.mail_from = "a@example.net";
  entry.action.reply = "250 2.0.0 held";
  entry.author_domains = {"mail.example.com", "example.com"};
  return entry;
}

TEST(ReadStraight, ReadsWhatWeWrite) {
  for (const Entry& entry : {usual_entry(), plain_entry()}) {
    const auto read = read_straight(to_line(entry));
    ASSERT_TRUE(read);
    EXPECT_EQ(*read, entry);
  }
}

TEST(ReadStraight, ViewsSayTheSame) {
  const Entry entry = plain_entry();
  const std::string line = to_line(entry);
  EntryView view;
  ASSERT_TRUE(view_line(line, view));
  EXPECT_EQ(view.id, entry.id);
  EXPECT_EQ(view.time, entry.time);
  EXPECT_EQ(view.client, entry.client);
  EXPECT_EQ(view.mail_from, entry.mail_from);
  ASSERT_TRUE(view.verdict);
  EXPECT_EQ(view.verdict->record, entry.verdict->record);
  ASSERT_EQ(view.dkim.size(), entry.dkim.size());
  EXPECT_EQ(view.dkim.back().selector, entry.dkim.back().selector);
  EXPECT_EQ(view.author_domains.back(), entry.author_domains.back());
  EXPECT_GE(view.id.data(), line.data());
  EXPECT_LE(view.id.data() + view.id.size(), line.data() + line.size());
  EntryView other;
  EXPECT_FALSE(view_line(line.substr(1), other));
}

TEST(ReadStraight, LeavesTheRestToTheOtherReader) {
  const std::string line = to_line(usual_entry());
  for (const std::string& other :
       {line + " ", " " + line, line + "}", "{\"v\": 1" + line.substr(6), std::string("{\"v\":1,}"),
        line.substr(0, line.size() - 1), line.substr(0, line.size() - 1) + ",\"later\":1}",
        line.substr(0, line.size() - 1) + ",\"size\":1}", std::string("{\"v\":1,\""),
        std::string()}) {
    EXPECT_FALSE(read_straight(other)) << other;
  }
  Entry entry = usual_entry();
  for (const char* text : {"\xc3\xa9", "\"", "\\", "\x01", "\xff"}) {
    entry.helo = text;
    EXPECT_FALSE(read_straight(to_line(entry)));
    EXPECT_TRUE(parse_line(to_line(entry)));
  }
}

TEST(ReadStraight, ListsWithoutEnd) {
  Entry entry = usual_entry();
  entry.recipient_domains.assign(3'999, "a.example");
  EXPECT_TRUE(read_straight(to_line(entry)));
  entry.recipient_domains.emplace_back("a.example");
  EXPECT_FALSE(read_straight(to_line(entry)));
  EXPECT_EQ(parse_line(to_line(entry)), entry);
}

/// A line with something changed: an octet, a piece taken out, doubled or brought to another place.
std::string changed(std::string line, std::mt19937& chance) {
  constexpr std::string_view octets = "{}[]\",:\\0123456789-+.eEtfn\n\x01\xff az";
  const std::size_t at = chance() % line.size();
  const std::size_t piece = 1 + chance() % (chance() % 4 == 0 ? 60 : 4);
  switch (chance() % 5) {
    case 0:
      line[at] = octets[chance() % octets.size()];
      break;
    case 1:
      line.erase(at, piece);
      break;
    case 2:
      line.insert(at, line.substr(chance() % line.size(), piece));
      break;
    case 3:
      line.insert(at, 1, octets[chance() % octets.size()]);
      break;
    default: {  // a whole member, from one comma to another
      const std::size_t begin = line.find(',', at);
      const std::size_t end = begin == std::string::npos ? begin : line.find(',', begin + 1);
      if (end == std::string::npos) break;
      const std::string member = line.substr(begin, end - begin);
      if (chance() % 2 == 0) line.erase(begin, member.size());
      if (chance() % 2 == 0) line.insert(begin, member);
      break;
    }
  }
  return line;
}

TEST(ReadStraight, SaysWhatTheOtherReaderSays) {
  std::mt19937 chance(7);  // NOLINT(cert-msc51-cpp): the same in every run
  const std::vector<std::string> lines = {to_line(usual_entry()), to_line(plain_entry()),
                                          to_line(full_entry())};
  unsigned straight = 0;
  for (int i = 0; i < 5'000; ++i) {
    std::string line = changed(lines[chance() % lines.size()], chance);
    if (chance() % 4 == 0) line = changed(line, chance);
    const auto read = read_straight(line);
    if (!read) continue;
    ++straight;
    EXPECT_EQ(read_any(line), *read) << line;
  }
  EXPECT_GT(straight, 500U);
}

}  // namespace
}  // namespace assay::journal
