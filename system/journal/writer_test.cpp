#include "system/journal/writer.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <thread>

#include "system/journal/line.h"
#include "system/journal/reader.h"
#include "system/journal/testdata/full_entry.h"
#include "system/journal/testdata/scratch.h"

namespace assay::journal {
namespace {

using namespace std::chrono_literals;

constexpr Time noon{1'777'636'800'000ms};  // 2026-05-01T12:00:00Z

/// A clock that a test moves.
struct FakeClock {
  std::atomic<std::int64_t> milliseconds = noon.time_since_epoch().count();
  void set(Time to) { milliseconds = to.time_since_epoch().count(); }
  std::function<Time()> read() {
    return [this] { return Time{std::chrono::milliseconds{milliseconds.load()}}; };
  }
};

/// Fails as it is told; the real one otherwise.
struct BadDisk : Disk {
  std::atomic<bool> full = false;
  std::atomic<int> short_by = 0;  ///< the next write takes so many octets less, then it is full
  std::atomic<bool> no_truncate = false;
  std::atomic<bool> no_rename = false;
  std::atomic<bool> no_sync = false;
  std::atomic<int> writes = 0;
  std::atomic<int> syncs = 0;
  std::atomic<bool> hang = false;

  static int fail(int why) {
    errno = why;
    return -1;
  }
  ssize_t write(int file, std::string_view octets) override {
    ++writes;
    while (hang) std::this_thread::sleep_for(1ms);
    const int less = short_by.exchange(0);
    if (less > 0) {
      full = true;
      return Disk::write(file, octets.substr(0, octets.size() - static_cast<std::size_t>(less)));
    }
    return full ? fail(ENOSPC) : Disk::write(file, octets);
  }
  int truncate(int file, std::uint64_t octets) override {
    return no_truncate ? fail(EIO) : Disk::truncate(file, octets);
  }
  int sync(int file) override {
    ++syncs;
    return no_sync ? fail(EIO) : Disk::sync(file);
  }
  int rename(const std::string& from, const std::string& to) override {
    return no_rename ? fail(EACCES) : Disk::rename(from, to);
  }
};

/// What a test needs, and the entries that stand in the folder in the end.
struct Journal {
  Scratch scratch;
  FakeClock clock;
  BadDisk disk;

  WriterOptions options() {
    return {.folder = scratch.path("journal"),
            .host = "mx.example.org",
            .gather = 1ms,
            .retry_after = 1ms,
            .clock = clock.read(),
            .disk = &disk};
  }
  std::string folder() const { return scratch.path("journal"); }

  std::vector<std::string> ids(const std::string& end = ".journal") const {
    std::vector<std::string> found;
    const auto files = journal_files(folder());
    for (const std::string& path : *files) {
      if (!path.ends_with(end)) continue;
      auto reader = Reader::open(path);
      while (const auto line = reader->next()) {
        EXPECT_TRUE(line->entry) << describe(path, *line);
        if (line->entry) found.push_back(line->entry->id);
      }
    }
    return found;
  }

  std::vector<std::string> names() const {
    std::vector<std::string> found;
    for (const auto& each : std::filesystem::directory_iterator(folder())) {
      found.push_back(each.path().filename());
    }
    std::ranges::sort(found);
    return found;
  }
};

Entry entry_of(const std::string& id) {
  return {.id = id, .helo = std::string(200, 'h')};
}

std::vector<std::string> numbers(int count) {
  std::vector<std::string> found;
  for (int i = 0; i < count; ++i) found.push_back(std::to_string(i));
  return found;
}

unsigned mode_of(const std::string& path) {
  struct stat status = {};
  EXPECT_EQ(::stat(path.c_str(), &status), 0);
  return status.st_mode & 0777U;
}

/// Waits for another thread; a test that waits in vain fails.
template <class Condition>
void eventually(const Condition& condition) {
  for (int i = 0; i < 10'000 && !condition(); ++i) std::this_thread::sleep_for(1ms);
  EXPECT_TRUE(condition());
}

TEST(Writer, PartWhileItIsWrittenThenComplete) {
  Journal journal;
  Writer writer(journal.options());
  EXPECT_TRUE(writer.append(entry_of("0")));
  EXPECT_TRUE(writer.flush());
  const std::string stem = "mx.example.org-20260501T120000000-20260501T12.journal";
  EXPECT_EQ(journal.names(), std::vector{stem + ".part"});
  EXPECT_EQ(journal.ids(".part"), numbers(1));
  writer.close();
  EXPECT_EQ(journal.names(), std::vector{stem});
  EXPECT_EQ(mode_of(journal.folder()), 0750U);
  EXPECT_EQ(mode_of(journal.folder() + "/" + stem), 0640U);
  EXPECT_FALSE(writer.append(entry_of("1")));
  const WriterStats stats = writer.stats();
  EXPECT_EQ(stats.written, 1U);
  EXPECT_EQ(stats.lost, 1U);
  EXPECT_EQ(stats.waiting, 0U);
  EXPECT_EQ(stats.errors, 0U) << stats.last_error;
}

TEST(Writer, NoFileWithoutAMessage) {
  Journal journal;
  {
    const Writer writer(journal.options());
  }
  EXPECT_TRUE(journal.names().empty());
}

TEST(Writer, AnHourEndsItsFile) {
  Journal journal;
  Writer writer(journal.options());
  writer.append(entry_of("0"));
  ASSERT_TRUE(writer.flush());
  journal.clock.set(noon + 1h);
  ASSERT_TRUE(writer.flush());  // no message comes, and still the file is complete
  EXPECT_EQ(journal.names(),
            std::vector<std::string>{"mx.example.org-20260501T120000000-20260501T12.journal"});
  writer.append(entry_of("1"));
  writer.close();
  EXPECT_EQ(journal.names(),
            (std::vector<std::string>{"mx.example.org-20260501T120000000-20260501T12.journal",
                                      "mx.example.org-20260501T120000000-20260501T13.journal"}));
}

TEST(Writer, AnHourEndsItsFileWithoutACall) {
  Journal journal;
  journal.clock.set(noon + 1h - 20ms);
  Writer writer(journal.options());
  writer.append(entry_of("0"));
  ASSERT_TRUE(writer.flush());
  journal.clock.set(noon + 1h);
  eventually([&] { return journal.names().back().ends_with(".journal"); });
}

// SEC-12
TEST(Writer, AClockThatIsPutBackReplacesNoFile) {
  Journal journal;
  Writer writer(journal.options());
  int id = 0;
  for (const Time at : {noon, noon + 1h, noon, noon + 24h * 3'650, noon, noon + 1h}) {
    journal.clock.set(at);
    writer.append(entry_of(std::to_string(id++)));
    ASSERT_TRUE(writer.flush());
  }
  writer.close();
  EXPECT_EQ(journal.names().size(), 6U);
  auto ids = journal.ids();
  std::ranges::sort(ids);
  EXPECT_EQ(ids, numbers(6));
}

TEST(Writer, NoCompleteFileIsReplaced) {
  Journal journal;
  std::filesystem::create_directory(journal.folder());
  const std::string taken = journal.scratch.write(
      "journal/mx.example.org-20260501T120000000-20260501T12.journal", "taken");
  {
    Writer writer(journal.options());
    writer.append(entry_of("0"));
  }
  EXPECT_EQ(journal.scratch.read(taken.substr(journal.scratch.path("").size() + 1)), "taken");
  EXPECT_EQ(journal.names().size(), 2U);
}

TEST(Writer, ManyThreadsAndNothingMixedUp) {
  Journal journal;
  constexpr int threads = 4;
  constexpr int each = 500;
  {
    Writer writer(journal.options());
    std::vector<std::jthread> workers;
    for (int t = 0; t < threads; ++t) {
      workers.emplace_back([&, t] {
        for (int i = 0; i < each; ++i) writer.append(entry_of(std::to_string(t * each + i)));
      });
    }
    workers.clear();
    ASSERT_TRUE(writer.flush());
    EXPECT_EQ(writer.stats().written, std::uint64_t{threads} * each);
  }
  const auto ids = journal.ids();
  EXPECT_EQ(ids.size(), std::size_t{threads} * each);
  EXPECT_EQ(std::set(ids.begin(), ids.end()).size(), std::size_t{threads} * each);
}

TEST(Writer, TwoWritersShareAFolder) {
  Journal journal;
  {
    Writer one(journal.options());
    one.append(entry_of("0"));
    ASSERT_TRUE(one.flush());
    Writer two(journal.options());  // even of the same host and start
    two.append(entry_of("1"));
    eventually([&] { return two.stats().waiting == 0; });
    EXPECT_EQ(two.stats().recovered_files, 0U);
    one.append(entry_of("2"));
  }
  auto ids = journal.ids();
  std::ranges::sort(ids);
  EXPECT_EQ(ids, numbers(3));
}

TEST(Writer, LinesGoTogether) {
  Journal journal;
  auto options = journal.options();
  options.gather = 10s;
  options.sync_every = 1h;
  Writer writer(options);
  journal.disk.hang = true;
  for (int i = 0; i < 1'000; ++i) writer.append(entry_of(std::to_string(i)));
  journal.disk.hang = false;
  ASSERT_TRUE(writer.flush());
  EXPECT_LE(journal.disk.writes, 2);
  EXPECT_LE(journal.disk.syncs, 2);
}

TEST(Writer, ADiskThatHangsHoldsNobodyUp) {
  Journal journal;
  auto options = journal.options();
  options.max_backlog = 10'000;
  Writer writer(options);
  journal.disk.hang = true;
  int taken = 0;
  for (int i = 0; i < 1'000; ++i) taken += writer.append(entry_of(std::to_string(i))) ? 1 : 0;
  const WriterStats stats = writer.stats();
  EXPECT_GT(taken, 10);
  EXPECT_EQ(stats.lost, std::uint64_t(1'000 - taken));
  EXPECT_LE(stats.waiting, 10'000U);
  journal.disk.hang = false;
  writer.close();
  EXPECT_EQ(journal.ids(), numbers(taken));
}

TEST(Writer, AFullDiskKeepsWholeLinesAndLinesWait) {
  Journal journal;
  Writer writer(journal.options());
  writer.append(entry_of("0"));
  ASSERT_TRUE(writer.flush());
  journal.disk.short_by = 5;  // the first write after this ends within a line
  writer.append(entry_of("1"));
  EXPECT_FALSE(writer.flush());
  EXPECT_EQ(journal.ids(".part"), numbers(1));
  WriterStats stats = writer.stats();
  EXPECT_TRUE(stats.failing);
  EXPECT_GT(stats.waiting, 0U);
  EXPECT_NE(stats.last_error.find("cannot be written: No space left on device"), std::string::npos)
      << stats.last_error;
  writer.append(entry_of("2"));
  EXPECT_FALSE(writer.flush());
  journal.disk.full = false;
  writer.append(entry_of("3"));
  EXPECT_TRUE(writer.flush());
  stats = writer.stats();
  EXPECT_FALSE(stats.failing);
  EXPECT_EQ(stats.lost, 0U);
  EXPECT_EQ(stats.waiting, 0U);
  EXPECT_EQ(stats.written, 4U);
  writer.close();
  EXPECT_EQ(journal.ids(), numbers(4));
  EXPECT_EQ(journal.names().size(), 1U);
}

TEST(Writer, AShortWriteKeepsTheLinesThatAreWhole) {
  Journal journal;
  auto options = journal.options();
  options.gather = 10s;  // so that the lines go in one write
  options.retry_after = 1h;
  Writer writer(options);
  writer.append(entry_of("0"));
  ASSERT_TRUE(writer.flush());
  for (const char* id : {"1", "2", "3"}) writer.append(entry_of(id));
  journal.disk.short_by = 5;
  EXPECT_FALSE(writer.flush());
  EXPECT_EQ(journal.ids(".part"), numbers(3));
  EXPECT_EQ(writer.stats().written, 3U);
  journal.disk.full = false;
  EXPECT_TRUE(writer.flush());
  writer.close();
  EXPECT_EQ(journal.ids(), numbers(4));
}

TEST(Writer, RetriesByItself) {
  Journal journal;
  journal.disk.full = true;
  Writer writer(journal.options());
  writer.append(entry_of("0"));
  eventually([&] { return writer.stats().errors >= 3; });
  journal.disk.full = false;
  eventually([&] { return writer.stats().written == 1; });
}

TEST(Writer, BeyondTheBacklogLinesAreLostAndCounted) {
  Journal journal;
  journal.disk.full = true;
  auto options = journal.options();
  options.max_backlog = 1'000;
  Writer writer(options);
  EXPECT_TRUE(writer.append(entry_of("0")));
  EXPECT_TRUE(writer.append(entry_of("1")));
  for (int i = 2; i < 10; ++i) writer.append(entry_of(std::to_string(i)));
  const WriterStats stats = writer.stats();
  EXPECT_GE(stats.lost, 6U);
  EXPECT_LE(stats.waiting, 1'000U);
  journal.disk.full = false;
  writer.close();
  EXPECT_EQ(writer.stats().written + writer.stats().lost, 10U);
  EXPECT_EQ(journal.ids().size(), writer.stats().written);
}

TEST(Writer, WhatTheDiskDoesNotTakeByCloseIsLostAndCounted) {
  Journal journal;
  journal.disk.full = true;
  Writer writer(journal.options());
  writer.append(entry_of("0"));
  writer.close();
  EXPECT_EQ(writer.stats().lost, 1U);
  EXPECT_EQ(writer.stats().waiting, 0U);
  EXPECT_TRUE(journal.names().empty());  // nor an empty file
}

TEST(Writer, ACutThatCannotBeTakenBackEndsTheFile) {
  Journal journal;
  Writer writer(journal.options());
  writer.append(entry_of("0"));
  ASSERT_TRUE(writer.flush());
  journal.disk.no_truncate = true;
  journal.disk.short_by = 5;
  writer.append(entry_of("1"));
  EXPECT_FALSE(writer.flush());
  journal.disk.full = false;
  journal.disk.no_truncate = false;
  EXPECT_TRUE(writer.flush());
  writer.close();
  EXPECT_EQ(journal.ids(), numbers(2));
  const auto names = journal.names();
  ASSERT_EQ(names.size(), 3U);
  EXPECT_EQ(names[1], names[0] + ".damaged");
  EXPECT_TRUE(names[2].ends_with("T12_2.journal"));
}

TEST(Writer, AFileThatCannotBeRenamedIsCompletedLater) {
  Journal journal;
  Writer writer(journal.options());
  writer.append(entry_of("0"));
  ASSERT_TRUE(writer.flush());
  journal.disk.no_rename = true;
  journal.clock.set(noon + 1h);
  EXPECT_FALSE(writer.flush());
  journal.disk.no_rename = false;
  writer.append(entry_of("1"));
  EXPECT_TRUE(writer.flush());
  writer.close();
  EXPECT_EQ(journal.ids(), numbers(2));
}

TEST(Writer, ASyncThatFailsIsTold) {
  Journal journal;
  Writer writer(journal.options());
  journal.disk.no_sync = true;
  writer.append(entry_of("0"));
  EXPECT_FALSE(writer.flush());
  EXPECT_NE(writer.stats().last_error.find("may not be on the disk"), std::string::npos);
  EXPECT_EQ(writer.stats().written, 1U);
}

TEST(Writer, AFolderThatIsGoneIsMadeAgain) {
  Journal journal;
  Writer writer(journal.options());
  writer.append(entry_of("0"));
  ASSERT_TRUE(writer.flush());
  std::filesystem::remove_all(journal.folder());
  writer.append(entry_of("1"));
  EXPECT_FALSE(writer.flush());
  EXPECT_NE(writer.stats().last_error.find("was deleted"), std::string::npos);
  eventually([&] { return writer.stats().waiting == 0; });
  writer.close();
  EXPECT_EQ(journal.ids(), (std::vector<std::string>{"1"}));
}

TEST(Writer, AFolderThatCannotBeMade) {
  Journal journal;
  auto options = journal.options();
  options.folder = journal.scratch.write("file", "") + "/journal";
  Writer writer(options);
  writer.append(entry_of("0"));
  EXPECT_FALSE(writer.flush());
  EXPECT_NE(writer.stats().last_error.find("Not a directory"), std::string::npos);
}

TEST(Writer, FilesOfTheDeadAreCompleted) {
  Journal journal;
  std::filesystem::create_directory(journal.folder());
  const auto put = [&](const std::string& name, const std::string& octets) {
    journal.scratch.write("journal/" + name, octets);
  };
  const std::string line = to_line(entry_of("old")) + "\n";
  put("mx.example.org-20260501T100000000-20260501T10.journal.part", line);
  put("mx.example.org-20260501T100000000-20260501T11.journal.part", line + "{\"v\":1,\"id\":\"cu");
  put("mx.example.org-20260501T100000000-20260501T09.journal.part", "");
  put("mx.example.org-20260501T100000000-20260501T08.journal.part", "only a cut line");
  put("mx.example.org.example-20260501T100000000-20260501T10.journal.part", line);
  put("mx.example.org-two-20260501T100000000-20260501T10.journal.part", line);
  Writer writer(journal.options());
  ASSERT_TRUE(writer.flush());
  EXPECT_EQ(writer.stats().recovered_files, 4U);
  EXPECT_EQ(writer.stats().damaged_octets, 30U);
  EXPECT_EQ(journal.names(),
            (std::vector<std::string>{
                "mx.example.org-20260501T100000000-20260501T08.journal.damaged",
                "mx.example.org-20260501T100000000-20260501T10.journal",
                "mx.example.org-20260501T100000000-20260501T11.journal",
                "mx.example.org-20260501T100000000-20260501T11.journal.damaged",
                "mx.example.org-two-20260501T100000000-20260501T10.journal.part",
                "mx.example.org.example-20260501T100000000-20260501T10.journal.part"}));
  EXPECT_EQ(journal.scratch.read("journal/" + journal.names()[3]), "{\"v\":1,\"id\":\"cu\n");
  EXPECT_EQ(journal.ids(), (std::vector<std::string>{"old", "old"}));
}

TEST(Writer, ADamagedFileThatCannotBeSavedStaysAsItIs) {
  Journal journal;
  std::filesystem::create_directory(journal.folder());
  const std::string name = "mx.example.org-20260501T100000000-20260501T10.journal.part";
  journal.scratch.write("journal/" + name, "cut");
  journal.disk.full = true;
  Writer writer(journal.options());
  EXPECT_FALSE(writer.flush() && writer.stats().errors == 0);
  EXPECT_EQ(journal.scratch.read("journal/" + name), "cut");
}

TEST(Writer, AHostsNameCannotLeaveTheFolder) {
  Journal journal;
  auto options = journal.options();
  options.host = "../../etc/\n";
  {
    Writer writer(options);
    writer.append(entry_of("0"));
  }
  EXPECT_EQ(journal.names(),
            std::vector<std::string>{"_.._.._etc__-20260501T120000000-20260501T12.journal"});
}

/// Runs in a child process, which it ends; false where it ended otherwise than by exit code 0.
template <class Body>
bool in_child(const Body& body) {
  const pid_t child = ::fork();
  if (child == 0) {
    body();
    std::_Exit(::testing::Test::HasFailure() ? 1 : 0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

TEST(Writer, ARealLimitOfAFilesSize) {
  Journal journal;
  EXPECT_TRUE(in_child([&] {
    std::signal(SIGXFSZ, SIG_IGN);
    rlimit limit = {};
    ::getrlimit(RLIMIT_FSIZE, &limit);
    const rlim_t before = limit.rlim_cur;
    limit.rlim_cur = 1'000;
    ::setrlimit(RLIMIT_FSIZE, &limit);
    auto options = journal.options();
    options.disk = nullptr;
    Writer writer(options);
    for (int i = 0; i < 20; ++i) writer.append(entry_of(std::to_string(i)));
    EXPECT_FALSE(writer.flush());
    EXPECT_EQ(journal.ids(".part").size(), writer.stats().written);
    EXPECT_GT(writer.stats().written, 0U);
    limit.rlim_cur = before;
    ::setrlimit(RLIMIT_FSIZE, &limit);
    EXPECT_TRUE(writer.flush());
    writer.close();
  }));
  EXPECT_EQ(journal.ids(), numbers(20));
}

TEST(Writer, KilledAtAnyMoment) {
  Journal journal;
  constexpr int rounds = 12;
  std::uint64_t recovered = 0;
  for (int round = 0; round < rounds; ++round) {
    const pid_t child = ::fork();
    if (child == 0) {
      auto options = journal.options();
      options.clock = {};
      options.disk = nullptr;
      Writer writer(options);
      for (int i = 0;; ++i) {
        writer.append(full_entry());
        if (i % 50 == 49) writer.flush();
      }
    }
    std::this_thread::sleep_for(std::chrono::milliseconds{10 + 5 * round});
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    static_cast<void>(journal.ids(".part"));  // each line of it is whole
    Writer writer(journal.options());
    ASSERT_TRUE(writer.flush());
    recovered += writer.stats().recovered_files;
  }
  EXPECT_GT(recovered, 0U);
  EXPECT_GT(journal.ids().size(), 0U);
  for (const std::string& name : journal.names()) EXPECT_FALSE(name.ends_with(".part")) << name;
}

}  // namespace
}  // namespace assay::journal
