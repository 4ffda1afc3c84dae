#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "assay/failure/write.h"
#include "system/spool/folder.h"
#include "system/spool/writer.h"

namespace assay::spool {
namespace {

using namespace std::chrono_literals;

constexpr Instant noon{1777636800s};  // 2026-05-01T12:00:00Z

/// A folder of the test's own.
class Spool : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = testing::TempDir() + "spool-XXXXXX";
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    base = name;
    folder = base + "/failures";
  }
  void TearDown() override {
    ::chmod(folder.c_str(), 0700);
    std::filesystem::remove_all(base);
  }

  std::vector<std::string> names() const {
    std::vector<std::string> found;
    const auto files = list(folder);
    if (!files) return {files.error().what};
    for (const Listed& each : *files) found.push_back(each.name);
    return found;
  }
  /// What lies there as "policy domain, source, incidents".
  std::vector<std::string> items() const {
    std::vector<std::string> found;
    for (const std::string& name : names()) {
      const auto item = read_file(folder, name);
      found.push_back(item ? item->policy_domain + " " + item->report.source_ip + " " +
                                 std::to_string(item->report.incidents)
                           : item.error().what);
    }
    return found;
  }
  static unsigned mode_of(const std::string& path) {
    struct stat status = {};
    EXPECT_EQ(::stat(path.c_str(), &status), 0) << path;
    return status.st_mode & 0777U;
  }

  std::string base;
  std::string folder;
};

Item item_of(const std::string& source_ip, const std::string& domain = "example.com") {
  return {.time = noon,
          .policy_domain = domain,
          .record = "v=DMARC1; p=none; ruf=mailto:ruf@example.com",
          .report = {.user_agent = "Assay/1",
                     .auth_failure = "dmarc",
                     .authentication_results = {"mx.example.net; dmarc=fail"},
                     .identity_alignment = {"dkim", "spf"},
                     .arrival_date = "Fri, 01 May 2026 12:00:00 +0000",
                     .source_ip = source_ip,
                     .reported_domain = {domain},
                     .original = {failure::OriginalForm::headers, "Subject: a\r\n"}}};
}

using Words = std::vector<std::string>;

TEST_F(Spool, AnItemIsReadAsItWasWritten) {
  Item item = item_of("192.0.2.1");
  item.report = failure::normalized(item.report);
  const auto read = parse_item(to_text(item));
  ASSERT_TRUE(read) << read.error().what;
  EXPECT_EQ(*read, item);
}

TEST_F(Spool, NoTextOfARecordBeginsALine) {
  Item item = item_of("192.0.2.1");
  item.record = "v=DMARC1\npolicy_domain other.example\n\nFeedback-Type: abuse";
  const auto read = parse_item(to_text(item));
  ASSERT_TRUE(read) << read.error().what;
  EXPECT_EQ(read->policy_domain, "example.com");
  EXPECT_EQ(read->record, "v=DMARC1 policy_domain other.example  Feedback-Type: abuse");
}

TEST_F(Spool, WhatIsNoItemSaysWhere) {
  const std::string good = to_text(item_of("192.0.2.1"));
  for (const std::string& bad :
       {std::string(), std::string("assay-failure 2\n"), good.substr(0, 60),
        std::string("assay-failure 1\ntime noon\n\n"), std::string("assay-failure 1\nx y\n\n"),
        std::string("assay-failure 1\npolicy_domain a\nrecord b\n\nno mail"),
        std::string("assay-failure 1\npolicy_domain a\r\nrecord b\n") +
            good.substr(good.find("\n\n"))}) {
    const auto read = parse_item(bad);
    ASSERT_FALSE(read) << bad;
    EXPECT_EQ(read.error().code, "bad_item");
  }
}

TEST_F(Spool, FilesAreForTheirOwnerAlone) {
  const mode_t before = ::umask(0);
  {
    Writer writer({.folder = folder});
    writer.offer(item_of("192.0.2.1"));
  }
  ::umask(before);
  EXPECT_EQ(mode_of(folder), 0700U);
  ASSERT_EQ(names().size(), 1U);
  EXPECT_EQ(mode_of(folder + "/" + names()[0]), 0600U);
  EXPECT_EQ(items(), Words{"example.com 192.0.2.1 1"});
}

TEST_F(Spool, AFolderThatOthersMaySeeIsClosed) {
  ASSERT_EQ(::mkdir(folder.c_str(), 0755), 0);
  ASSERT_TRUE(make_folder(folder));
  EXPECT_EQ(mode_of(folder), 0700U);
}

TEST_F(Spool, LikesBecomeOneFile) {
  Writer writer({.folder = folder, .gather = 10min});
  for (int i = 0; i < 5; ++i) writer.offer(item_of("192.0.2.1"));
  writer.offer(item_of("192.0.2.2"));
  writer.close();
  EXPECT_EQ(items(), (Words{"example.com 192.0.2.1 5", "example.com 192.0.2.2 1"}));
  EXPECT_EQ(writer.stats().written, 6U);
  EXPECT_EQ(writer.stats().waiting, 0U);
}

TEST_F(Spool, WhatFindsNoRoomIsToldWithTheNext) {
  Writer writer({.folder = folder, .max_files = 1, .gather = 0ms, .look_again = 0ms});
  writer.offer(item_of("192.0.2.1"));
  const auto wait = [&](auto holds) {
    while (!holds(writer.stats())) ::usleep(1'000);
  };
  wait([](const WriterStats& stats) { return stats.written == 1; });
  for (std::uint64_t i = 1; i <= 3; ++i) {
    writer.offer(item_of("192.0.2.2"));
    wait([&](const WriterStats& stats) { return stats.dropped == i; });
  }
  EXPECT_FALSE(writer.stats().failing);  // it is full, not broken
  ASSERT_TRUE(remove_file(folder, names().at(0)));
  writer.offer(item_of("192.0.2.2"));
  wait([](const WriterStats& stats) { return stats.written == 2; });
  EXPECT_EQ(items(), Words{"example.com 192.0.2.2 4"});
}

TEST_F(Spool, IsBoundedInOctets) {
  Writer writer({.folder = folder, .max_octets = 2'000, .look_again = 0ms});
  for (int i = 0; i < 10; ++i) writer.offer(item_of("192.0.2." + std::to_string(i)));
  writer.close();
  std::uint64_t octets = 0;
  const auto files = list(folder);
  ASSERT_TRUE(files);
  for (const Listed& each : *files) octets += each.octets;
  EXPECT_GT(octets, 0U);
  EXPECT_LE(octets, 2'000U);
  EXPECT_EQ(writer.stats().written + writer.stats().dropped, 10U);
}

TEST_F(Spool, IsBoundedInMemory) {
  Writer writer({.folder = folder, .max_waiting = 20'000, .gather = 10min});
  for (int i = 0; i < 100; ++i) writer.offer(item_of("192.0.2." + std::to_string(i)));
  EXPECT_LE(writer.stats().waiting, 20'000U);
  EXPECT_GT(writer.stats().dropped, 0U);
  writer.close();
  writer.offer(item_of("192.0.2.1"));
  EXPECT_EQ(writer.stats().written + writer.stats().dropped, 101U);
}

TEST_F(Spool, ADiskThatRefusesHoldsNobodyUp) {
  std::ofstream(folder) << "in the way";
  Writer writer({.folder = folder, .gather = 0ms});
  writer.offer(item_of("192.0.2.1"));
  while (writer.stats().dropped == 0) ::usleep(1'000);
  EXPECT_TRUE(writer.stats().failing);
  EXPECT_NE(writer.stats().last_error.find(folder), std::string::npos);
  std::filesystem::remove(folder);
  while (writer.stats().failing) {
    writer.offer(item_of("192.0.2.1"));
    ::usleep(1'000);
  }
  writer.close();
  std::uint64_t told = 0;
  for (const std::string& name : names()) told += read_file(folder, name)->report.incidents;
  EXPECT_EQ(told, writer.stats().offered);
}

TEST_F(Spool, RemainsOfTheDeadGo) {
  ASSERT_TRUE(make_folder(folder));
  std::ofstream(folder + "/1.failure.part") << "old";
  std::ofstream(folder + "/2.failure.part") << "new";
  std::filesystem::last_write_time(folder + "/1.failure.part",
                                   std::filesystem::file_time_type::clock::now() - 2h);
  remove_remains(folder);
  EXPECT_FALSE(is_there(folder, "1.failure.part"));
  EXPECT_TRUE(is_there(folder, "2.failure.part"));
  EXPECT_TRUE(names().empty());
}

TEST_F(Spool, ErasesADomainAndThoseBelowIt) {
  {
    Writer writer({.folder = folder});
    for (const char* domain : {"example.com", "a.example.com", "bad-example.com", "example.org"}) {
      writer.offer(item_of("192.0.2.1", domain));
    }
  }
  EXPECT_EQ(spool::erase(folder, *DomainName::parse("example.com")), 2U);
  EXPECT_EQ(items().size(), 2U);
  EXPECT_EQ(spool::erase(base + "/none", *DomainName::parse("example.com")), 0U);
}

TEST_F(Spool, TheKeyIsMadeOnceForItsOwnerAlone) {
  const std::string path = base + "/failure.key";
  const auto key = open_key(path);
  ASSERT_TRUE(key) << key.error().what;
  EXPECT_EQ(key->size(), 64U);
  EXPECT_EQ(mode_of(path), 0600U);
  EXPECT_EQ(open_key(path), *key);
  EXPECT_NE(open_key(base + "/other.key"), *key);
  ASSERT_EQ(::chmod(path.c_str(), 0640), 0);
  const auto open = open_key(path);
  ASSERT_FALSE(open);
  EXPECT_EQ(open.error().code, "open_key");
  EXPECT_EQ(open.error().what.find(*key), std::string::npos);
  std::ofstream(path) << "short";
  ASSERT_EQ(::chmod(path.c_str(), 0600), 0);
  EXPECT_EQ(open_key(path).error().code, "bad_key");
}

}  // namespace
}  // namespace assay::spool
