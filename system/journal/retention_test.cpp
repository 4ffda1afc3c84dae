#include "system/journal/detail/retention.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "system/journal/erase.h"
#include "system/journal/line.h"
#include "system/journal/testdata/full_entry.h"
#include "system/journal/testdata/scratch.h"
#include "system/journal/time_text.h"
#include "system/journal/writer.h"

namespace assay::journal {
namespace {

using namespace std::chrono_literals;

constexpr Time noon{1'777'636'800'000ms};  // 2026-05-01T12:00:00Z

TEST(JournalRetention, ReadsTheHourOfAName) {
  const auto hour = [](std::string_view name) {
    const auto found = hour_of_file(name);
    return found ? to_rfc3339(*found) : "none";
  };
  EXPECT_EQ(hour("mx-20260501T060102123-20260501T12.journal"), "2026-05-01T12:00:00.000Z");
  EXPECT_EQ(hour("mx.a-b-20260501T060102123-20260501T12_3.journal"), "2026-05-01T12:00:00.000Z");
  EXPECT_EQ(hour("mx-20260501T060102123-20260501T12.journal.damaged"), "2026-05-01T12:00:00.000Z");
  for (const char* other :
       {"mx-20260501T060102123-20260501T12.journal.part", "notes.txt", "my.journal",
        "mx-20260501T060102123-20260501T1.journal", "mx-20260501T99.journal",
        "mx-20260501T123.journal", "-.journal", ".journal", ""}) {
    EXPECT_EQ(hour(other), "none") << other;
  }
}

// RFC 9991 §7
TEST(JournalRetention, OldFilesGoWhenTheWriterStartsAndNothingElse) {
  const Scratch scratch;
  const std::string folder = scratch.path("journal");
  std::filesystem::create_directory(folder);
  const std::vector<std::string> stays = {"mx-20260401T000000000-20260401T12.journal",
                                          "mx-20260101T000000000-20260101T00.journal.part",
                                          "notes.txt"};
  for (const std::string& name : stays) std::ofstream(folder + "/" + name) << "x\n";
  for (const char* name :
       {"mx-20260101T000000000-20260401T10.journal", "other-20260101T000000000-20260101T00.journal",
        "mx-20260101T000000000-20260101T00_2.journal.damaged"}) {
    std::ofstream(folder + "/" + name) << "x\n";
  }
  Writer writer({.folder = folder, .host = "host", .keep = 30 * 24h, .clock = [] { return noon; }});
  ASSERT_TRUE(writer.flush());
  EXPECT_EQ(writer.stats().expired_files, 3U);
  std::size_t files = 0;
  for (const auto& each : std::filesystem::directory_iterator(folder))
    files += each.exists() ? 1 : 0;
  EXPECT_EQ(files, stays.size());
  for (const std::string& name : stays)
    EXPECT_TRUE(std::filesystem::exists(folder + "/" + name)) << name;
}

TEST(JournalRetention, OldFilesGoWithoutMailToo) {
  const Scratch scratch;
  const std::string folder = scratch.path("journal");
  std::filesystem::create_directory(folder);
  std::atomic<Time> now = noon;
  Writer writer(
      {.folder = folder, .host = "host", .keep = 30 * 24h, .expire_every = 5ms, .clock = [&] {
         return now.load();
       }});
  const std::string name = folder + "/mx-20260501T000000000-20260501T11.journal";
  std::ofstream(name) << "x\n";
  ASSERT_TRUE(writer.flush());
  EXPECT_TRUE(std::filesystem::exists(name));
  now = noon + 31 * 24h;
  while (writer.stats().expired_files == 0) std::this_thread::sleep_for(1ms);
  EXPECT_FALSE(std::filesystem::exists(name));
}

TEST(JournalErase, KeepsModeAndOwner) {
  const Scratch scratch;
  const std::string path = scratch.path("a.journal");
  Entry entry = full_entry();
  std::ofstream file(path);
  for (const char* id : {"a", "b"}) {
    entry.id = id;
    file << to_line(entry) << '\n';
  }
  file.close();
  ASSERT_EQ(::chmod(path.c_str(), 0604), 0);
  const bool is_root = ::geteuid() == 0;
  const uid_t owner = is_root ? 4711 : ::geteuid();  // others cannot give a file away
  const gid_t group = is_root ? 4712 : ::getegid();
  ASSERT_EQ(::chown(path.c_str(), owner, group), 0);
  const auto erased = erase_lines(path, [](const Entry& one) { return one.id == "a"; });
  ASSERT_TRUE(erased) << erased.error().what;
  EXPECT_EQ(erased->erased, 1U);
  struct stat status = {};
  ASSERT_EQ(::stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777U, 0604U);
  EXPECT_EQ(std::pair(status.st_uid, status.st_gid), std::pair(owner, group));
}

TEST(JournalErase, LeavesTheFileWhereALineCannotBeCopied) {
  const Scratch scratch;
  const std::string path = scratch.path("a.journal");
  std::ofstream(path) << R"({"v":1,"id":"a","time":"2026-05-01T12:00:00.000Z"})" << '\n'
                      << std::string(std::size_t{2} << 20, 'x') << '\n';
  const auto size = std::filesystem::file_size(path);
  const auto erased = erase_lines(path, [](const Entry&) { return true; });
  ASSERT_FALSE(erased);
  EXPECT_NE(erased.error().what.find(path + ":2:"), std::string::npos) << erased.error().what;
  EXPECT_EQ(std::filesystem::file_size(path), size);
  EXPECT_FALSE(std::filesystem::exists(path + ".erase"));
}

}  // namespace
}  // namespace assay::journal
