#include "system/journal/reader.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "system/journal/counts.h"
#include "system/journal/line.h"
#include "system/journal/testdata/full_entry.h"
#include "system/journal/testdata/scratch.h"

namespace assay::journal {
namespace {

std::string line_of(const std::string& id) {
  return to_line({.id = id});
}

TEST(Reader, LinesWithNumbersAndOffsets) {
  const Scratch folder;
  const std::string one = line_of("1");
  const std::string path = folder.write("a.journal", one + "\n" + line_of("2") + "\n");
  auto reader = Reader::open(path);
  ASSERT_TRUE(reader) << reader.error().what;
  const auto first = reader->next();
  ASSERT_TRUE(first && first->entry);
  EXPECT_EQ(first->text, one);
  EXPECT_EQ(first->number, 1U);
  EXPECT_EQ(first->at, 0U);
  const auto second = reader->next();
  ASSERT_TRUE(second && second->entry);
  EXPECT_EQ(second->entry->id, "2");
  EXPECT_EQ(second->number, 2U);
  EXPECT_EQ(second->at, one.size() + 1);
  EXPECT_FALSE(reader->next());
  EXPECT_FALSE(reader->next());
}

TEST(Reader, BrokenLinesAreToldAndReadingGoesOn) {
  const Scratch folder;
  const std::string one = line_of("1");
  const std::string path = folder.write(
      "a.journal", one + "\nhello\n\n" + std::string("\0\0\n", 3) + line_of("2") + "\n{\"v\":2}\n");
  auto reader = Reader::open(path);
  ASSERT_TRUE(reader);
  ASSERT_TRUE(reader->next()->entry);
  const auto broken = reader->next();
  ASSERT_TRUE(broken && !broken->entry);
  EXPECT_EQ(describe(path, *broken), path + ":2: octet " + std::to_string(one.size() + 1) +
                                         ": no JSON text: this is no JSON value");
  EXPECT_FALSE(reader->next()->entry);
  EXPECT_FALSE(reader->next()->entry);
  const auto good = reader->next();
  ASSERT_TRUE(good && good->entry);
  EXPECT_EQ(good->number, 5U);
  const auto later = reader->next();
  ASSERT_TRUE(later && !later->entry);
  EXPECT_EQ(later->entry.error().code, "journal_version");
  EXPECT_FALSE(reader->next());
}

// SEC-02
TEST(Reader, ALineTooLongIsPassedOverInFlatMemory) {
  const Scratch folder;
  const std::string path = folder.path("a.journal");
  constexpr std::size_t megabytes = 40;
  {
    std::ofstream out(path, std::ios::binary);
    out << line_of("1") << "\n";
    const std::string megabyte(1U << 20, 'x');
    for (std::size_t i = 0; i < megabytes; ++i) out << megabyte;
    out << "\n" << line_of("2") << "\n";
  }
  auto reader = Reader::open(path);
  ASSERT_TRUE(reader->next()->entry);
  const auto broken = reader->next();
  ASSERT_TRUE(broken && !broken->entry);
  EXPECT_EQ(broken->entry.error().code, "journal_long");
  EXPECT_EQ(broken->at, line_of("1").size() + 1);
  EXPECT_TRUE(broken->text.empty());
  const auto good = reader->next();
  ASSERT_TRUE(good && good->entry);
  EXPECT_EQ(good->entry->id, "2");
  EXPECT_EQ(good->number, 3U);
  EXPECT_EQ(good->at, line_of("1").size() + (megabytes << 20) + 2);
  EXPECT_FALSE(reader->next());
}

TEST(Reader, ALineTooLongMayBeTheLastAndWithoutItsEnd) {
  const Scratch folder;
  for (const char* name : {"a.journal", "a.journal.part"}) {
    auto reader = Reader::open(folder.write(name, std::string(3 * max_line_octets, 'x')));
    const bool complete = std::string(name).ends_with(".journal");
    const auto broken = reader->next();
    ASSERT_EQ(broken.has_value(), complete) << name;
    if (complete) {
      EXPECT_EQ(broken->entry.error().code, "journal_long");
    }
    EXPECT_FALSE(reader->next());
  }
}

TEST(Reader, LinesAtTheLimit) {
  const Scratch folder;
  const std::string line = line_of("1");
  const std::string longest = line + std::string(max_line_octets - line.size(), ' ');
  auto reader =
      Reader::open(folder.write("a.journal", longest + "\n" + longest + " \n" + line + "\n"));
  EXPECT_TRUE(reader->next()->entry);
  const auto broken = reader->next();
  ASSERT_FALSE(broken->entry);
  EXPECT_EQ(broken->entry.error().code, "journal_long");
  EXPECT_TRUE(reader->next()->entry);
}

TEST(Reader, ACutLastLine) {
  const Scratch folder;
  auto complete = Reader::open(folder.write("a.journal", line_of("1") + "\n" + line_of("2")));
  EXPECT_TRUE(complete->next()->entry);
  const auto broken = complete->next();
  ASSERT_TRUE(broken && !broken->entry);
  EXPECT_EQ(broken->entry.error().what, "the last line is cut: it has no line feed");
  EXPECT_FALSE(complete->next());
}

TEST(Reader, AFileThatGrows) {
  const Scratch folder;
  const std::string path = folder.write("a.journal.part", line_of("1") + "\n" + line_of("2"));
  auto reader = Reader::open(path);
  EXPECT_EQ(reader->next()->entry->id, "1");
  EXPECT_FALSE(reader->next());
  EXPECT_EQ(reader->unfinished(), line_of("2").size());
  std::ofstream(path, std::ios::app | std::ios::binary) << "\n" << line_of("3") << "\n";
  EXPECT_EQ(reader->next()->entry->id, "2");
  EXPECT_EQ(reader->next()->entry->id, "3");
  EXPECT_FALSE(reader->next());
  EXPECT_EQ(reader->unfinished(), 0U);
}

TEST(Reader, WhatCannotBeRead) {
  const Scratch folder;
  EXPECT_EQ(Reader::open(folder.path("none")).error().what,
            folder.path("none") + ": cannot be opened: No such file or directory");
  auto reader = Reader::open(folder.path(""));
  ASSERT_TRUE(reader);
  const auto broken = reader->next();
  ASSERT_TRUE(broken && !broken->entry);
  EXPECT_NE(broken->entry.error().what.find("Is a directory"), std::string::npos);
  EXPECT_FALSE(reader->next());
}

TEST(Reader, TheFilesOfAFolder) {
  const Scratch folder;
  for (const char* name : {"b.journal", "a.journal.part", "a.journal.damaged", "notes"}) {
    folder.write(name, "");
  }
  EXPECT_EQ(*journal_files(folder.path("")),
            (std::vector<std::string>{folder.path("a.journal.part"), folder.path("b.journal")}));
  EXPECT_EQ(*journal_files(folder.path("notes")), std::vector{folder.path("notes")});
  EXPECT_FALSE(journal_files(folder.path("none")));
}

TEST(Counts, ThreeFactsAndTheDns) {
  Counts counts;
  Entry entry = full_entry();
  add(counts, entry);
  entry.verdict->result = "temperror";
  entry.time += std::chrono::hours{1};
  entry.spf.clear();
  entry.differs.clear();
  entry.rfc7489.reset();
  add(counts, entry);
  EXPECT_EQ(counts.messages, 2U);
  EXPECT_EQ(*counts.last - *counts.first, std::chrono::hours{1});
  EXPECT_EQ(counts.results.words.at("fail"), 1U);
  EXPECT_EQ(counts.actions.words.at("quarantine"), 2U);
  EXPECT_EQ(counts.overrides.words.at("mailing_list"), 2U);
  EXPECT_EQ(counts.failing_authors.top(5),
            (std::vector<std::pair<std::string, std::uint64_t>>{{"mail.example.com", 1}}));
  EXPECT_EQ(counts.dns_dmarc, 1U);
  EXPECT_EQ(counts.dns_spf, 1U);
  EXPECT_EQ(counts.compared, 1U);
  EXPECT_EQ(counts.differing, 1U);
  EXPECT_EQ(counts.differences.words.size(), 2U);
}

TEST(Counts, ATallyIsBounded) {
  Tally tally;
  for (int i = 0; i < 10; ++i) tally.add(std::to_string(i), 3);
  tally.add("1", 3);
  EXPECT_EQ(tally.words.size(), 3U);
  EXPECT_EQ(tally.others, 7U);
  EXPECT_EQ(tally.top(1), (std::vector<std::pair<std::string, std::uint64_t>>{{"1", 2}}));
}

}  // namespace
}  // namespace assay::journal
