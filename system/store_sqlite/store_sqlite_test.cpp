#include "system/store_sqlite/store_sqlite.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "assay/base/sip_hash.h"
#include "system/store/testdata/conformance.h"
#include "system/store_sqlite/detail/canonical.h"
#include "system/store_sqlite/detail/sqlite_store.h"
#include "system/store_sqlite/testdata/meddle.h"
#include "system/store_sqlite/testdata/scratch.h"

namespace assay::store_sqlite {
namespace {

using namespace std::chrono_literals;
using store::code_of;
using store::must;
using store::noon;

const std::vector one_batch = {
    store::batch_of("a", 0, {store::evaluation_of("example.com", "192.0.2.1")})};

std::unique_ptr<store::Store> open_at(const std::string& path) {
  return must(open({.path = path}));
}

/// A file with one evaluation, closed.
std::string filled(const Scratch& scratch) {
  std::string path = scratch.path("store");
  must(open_at(path)->add(one_batch, noon));
  return path;
}

void expect_code(const Finding& finding, std::string_view code, const std::string& path) {
  EXPECT_EQ(finding.code, code) << finding.what;
  EXPECT_NE(finding.what.find(path), std::string::npos) << finding.what;
}

TEST(StoreFile, IsForItsOwnerAndGroup) {
  const Scratch scratch;
  const std::string path = filled(scratch);
  struct stat status = {};
  ASSERT_EQ(::stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U & ~0640U, 0U);
  EXPECT_EQ(scratch.names(), std::vector<std::string>{"store"});  // no log when it is closed
}

TEST(StoreFile, CannotBeMadeWithoutAFolder) {
  const Scratch scratch;
  const std::string path = scratch.path("none/store");
  const auto opened = open({.path = path});
  ASSERT_FALSE(opened);
  expect_code(opened.error(), "store_read_only", path);
}

TEST(StoreFile, IsNotMadeByReading) {
  const Scratch scratch;
  const std::string path = scratch.path("store");
  EXPECT_FALSE(open({.path = path, .access = Access::read}));
  EXPECT_FALSE(check(path));
  EXPECT_FALSE(info(path));
  EXPECT_FALSE(back_up(path, scratch.path("copy")));
  EXPECT_TRUE(scratch.names().empty());
}

TEST(StoreFile, IsNotWrittenByReading) {
  const Scratch scratch;
  const std::string path = filled(scratch);
  const auto reader = must(open({.path = path, .access = Access::read}));
  ASSERT_NE(reader, nullptr);
  EXPECT_EQ(must(reader->offset_of("a")), 1U);
  EXPECT_EQ(must(reader->books()).waiting, 1U);
  const auto answer = reader->add(std::vector{store::batch_of("b", 0, {})}, noon);
  ASSERT_FALSE(answer);
  expect_code(answer.error(), "store_read_only", path);
}

TEST(StoreFile, OfALaterVersionIsLeftAlone) {
  const Scratch scratch;
  const std::string path = filled(scratch);
  meddle(path, "PRAGMA user_version=99");
  const std::string before = scratch.read("store");
  const auto opened = open({.path = path});
  ASSERT_FALSE(opened);
  expect_code(opened.error(), "store_newer", path);
  EXPECT_EQ(scratch.read("store"), before);
  EXPECT_EQ(code_of(check(path)), "store_newer");
}

TEST(StoreFile, OfAnotherProgramIsLeftAlone) {
  const Scratch scratch;
  const std::string path = scratch.path("other");
  meddle(path, "CREATE TABLE mails (id)");
  const std::string before = scratch.read("other");
  const auto opened = open({.path = path});
  ASSERT_FALSE(opened);
  expect_code(opened.error(), "store_foreign", path);
  EXPECT_EQ(scratch.read("other"), before);
  EXPECT_EQ(scratch.names(), std::vector<std::string>{"other"});
}

TEST(StoreFile, ThatIsNoDatabase) {
  const Scratch scratch;
  const std::string path = scratch.write("store", std::string(10'000, 'x'));
  for (const Access access : {Access::write, Access::read}) {
    const auto opened = open({.path = path, .access = access});
    ASSERT_FALSE(opened);
    expect_code(opened.error(), "store_damaged", path);
  }
  EXPECT_EQ(scratch.read("store"), std::string(10'000, 'x'));
}

TEST(StoreFile, ThatIsDamagedIsFoundOut) {
  const Scratch scratch;
  const std::string path = filled(scratch);
  EXPECT_TRUE(must(check(path)).empty());
  std::string octets = scratch.read("store");
  std::fill(octets.begin() + 4'096, octets.end(), 'x');
  scratch.write("store", octets);
  const auto found = check(path);
  EXPECT_TRUE(!found || !found->empty());
  const auto opened = open({.path = path});
  const std::string code =
      opened
          ? code_of((*opened)->add(std::vector{store::batch_of(
                                       "b", 0, {store::evaluation_of("example.com", "192.0.2.2")})},
                                   noon))
          : code_of(opened);
  EXPECT_EQ(code, "store_damaged");
}

TEST(StoreFile, ThatWasMeddledWithIsFoundOut) {
  for (const char* sql :
       {"DELETE FROM tuples", "DELETE FROM configurations", "UPDATE facts SET count = 2",
        "UPDATE facts SET settlement = 7", "UPDATE tuples SET octets = x'ffff'",
        "UPDATE configurations SET octets = x''", "UPDATE numbers SET value = 7"}) {
    const Scratch scratch;
    const std::string path = filled(scratch);
    meddle(path, sql);
    EXPECT_FALSE(must(check(path)).empty()) << sql;
  }
}

TEST(StoreFile, ThatIsFullKeepsWhatItHas) {
  const Scratch scratch;
  const std::string path = scratch.path("store");
  const auto small = must(open({.path = path, .max_octets = std::uint64_t{200} * 4'096}));
  std::uint64_t taken = 0;
  std::string code;
  for (int i = 0; i < 100 && code.empty(); ++i) {
    std::vector<store::Evaluation> many;
    for (int j = 0; j < 500; ++j) {
      many.push_back(store::evaluation_of("example" + std::to_string(i) + ".com",
                                          "192.0.2." + std::to_string(j)));
    }
    const auto answer = small->add(std::vector{store::batch_of("a", taken, many)}, noon);
    if (answer) {
      taken += many.size();
    } else {
      code = answer.error().code;
    }
  }
  EXPECT_EQ(code, "store_full");
  EXPECT_GT(taken, 0U);
  EXPECT_EQ(must(small->offset_of("a")), taken);
  const store::Books books = must(small->books());
  EXPECT_EQ(books.taken, taken);
  EXPECT_EQ(books.waiting, taken);
  must(small->forget({.facts = noon + 1h}));  // which makes room
  must(small->add(
      std::vector{store::batch_of("a", taken, {store::evaluation_of("example.com", "192.0.2.1")})},
      noon));
}

/// Whether another process sees a lock of ours where SQLite has its shared locks: without it, that
/// process would take itself for the last one and remove the WAL.
bool is_locked_for_others(const std::string& path) {
  const pid_t child = ::fork();
  if (child == 0) {
    constexpr off_t shared_first = 0x40000002;
    constexpr off_t shared_size = 510;
    const int file = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
    struct flock lock = {};
    lock.l_type = F_WRLCK;
    lock.l_whence = SEEK_SET;
    lock.l_start = shared_first;
    lock.l_len = shared_size;
    ::_exit(::fcntl(file, F_GETLK, &lock) == 0 && lock.l_type != F_UNLCK ? 0 : 1);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

TEST(StoreFile, StaysLockedWhenTheSameProcessOpensItAgain) {
  const Scratch scratch;
  const std::string path = filled(scratch);
  const auto first = must(open({.path = path}));
  EXPECT_EQ(must(first->offset_of("a")), 1U);
  EXPECT_TRUE(is_locked_for_others(path));
  const auto second = must(open({.path = path}));
  EXPECT_TRUE(is_locked_for_others(path));
}

TEST(StoreFile, ThatAnotherProgramHoldsIsBusy) {
  const Scratch scratch;
  const std::string path = filled(scratch);
  const auto patient = must(open({.path = path, .patience = 1ms}));
  const auto other = must(detail::Database::open({.path = path}));
  ASSERT_TRUE(other->run("BEGIN IMMEDIATE"));
  const auto answer = patient->add(std::vector{store::batch_of("b", 0, {})}, noon);
  ASSERT_FALSE(answer);
  expect_code(answer.error(), "store_busy", path);
  EXPECT_EQ(must(patient->offset_of("a")), 1U);  // reading goes on
  ASSERT_TRUE(other->run("COMMIT"));
  must(patient->add(std::vector{store::batch_of("b", 0, {})}, noon));
}

TEST(StoreFile, TwoProgramsTakeInAndErase) {
  const Scratch scratch;
  const auto one = open_at(scratch.path("store"));
  const auto two = open_at(scratch.path("store"));
  must(one->add(one_batch, noon));
  EXPECT_EQ(must(two->add(one_batch, noon)).known_batches, 1U);
  must(two->erase("example.com"));  // with ids that the first still remembers
  must(two->add(
      std::vector{store::batch_of("b", 0, {store::evaluation_of("example.org", "192.0.2.1")})},
      noon));
  must(one->add(
      std::vector{store::batch_of("a", 1, {store::evaluation_of("example.com", "192.0.2.1")})},
      noon));
  EXPECT_TRUE(must(check(scratch.path("store"))).empty());
  const auto cut = must(one->cut(noon + 1h));
  const auto counted = must(unreported(*one, "example.com", cut));
  ASSERT_EQ(counted.size(), 1U);
  EXPECT_EQ(counted[0].records.at(0).row, store::row_of("example.com", "192.0.2.1"));
}

TEST(StoreFile, HoldsNothingOfWhatWasErased) {
  const Scratch scratch;
  const std::string path = scratch.path("store");
  const auto store = open_at(path);
  must(store->add(one_batch, noon));
  must(store->erase("example.com"));
  for (const std::string& name : scratch.names()) {
    EXPECT_EQ(scratch.read(name).find("example.com"), std::string::npos) << name;
  }
}

// ---- Copies ------------------------------------------------------------------------------------

TEST(Backup, IsOneStateWhileOthersWrite) {
  const Scratch scratch;
  const std::string path = scratch.path("store");
  const auto store = open_at(path);
  std::jthread writer([&](const std::stop_token& stop) {
    for (std::uint64_t i = 0; !stop.stop_requested() && i < 10'000; ++i) {
      must(store->add(std::vector{store::batch_of(
                          "a", i, {store::evaluation_of("example.com", std::to_string(i))})},
                      noon));
    }
  });
  for (int i = 0; i < 3; ++i) {
    const std::string copy = scratch.path("copy" + std::to_string(i));
    must(back_up(path, copy));
    EXPECT_TRUE(must(check(copy)).empty());
    const auto restored = open_at(copy);
    EXPECT_EQ(must(restored->offset_of("a")), must(restored->books()).taken);
  }
  writer.request_stop();
}

TEST(Backup, ReplacesNothing) {
  const Scratch scratch;
  const std::string path = filled(scratch);
  const std::string copy = scratch.write("copy", "mine");
  EXPECT_EQ(code_of(back_up(path, copy)), "store_exists");
  EXPECT_EQ(scratch.read("copy"), "mine");
  scratch.write("other.part", "of a backup that was broken off");
  must(back_up(path, scratch.path("other")));
  EXPECT_EQ(scratch.names(), (std::vector<std::string>{"copy", "other", "store"}));
  EXPECT_EQ(code_of(back_up(path, scratch.path("none/copy"))), "store_failed");
}

TEST(Info, SaysWhatIsThere) {
  const Scratch scratch;
  const Info found = must(info(filled(scratch)));
  EXPECT_EQ(found.version, detail::migrations().back().version);
  EXPECT_GT(found.octets, 4'096U);
  EXPECT_EQ(found.sources, 1U);
  EXPECT_EQ(found.policy_domains, 1U);
  EXPECT_EQ(found.configurations, 1U);
  EXPECT_EQ(found.tuples, 1U);
  EXPECT_EQ(found.facts, 1U);
  EXPECT_EQ(found.books.waiting, 1U);
}

// ---- Versions ----------------------------------------------------------------------------------

TEST(Migrations, HaveNoGap) {
  int version = 0;
  for (const detail::Migration& each : detail::migrations()) EXPECT_EQ(each.version, ++version);
}

/// Makes the file of which testdata/schema_N.sql is the text; the README says how.
TEST(Migrations, DISABLED_MakeAFileOfThePresentVersion) {
  const auto store = open_at("build/schema.store");
  must(store->add(
      std::vector{store::batch_of("a", 0, {store::evaluation_of("example.com", "192.0.2.1")})},
      noon));
  const auto cut = must(store->cut(noon + 1h));
  const auto counted = must(store->configurations("example.com", cut));
  must(store->settle(std::vector<store::Settlement>{
      {.cut = cut,
       .configuration = counted.at(0).id,
       .messages = 1,
       .at = noon,
       .report_id = "r1",
       .deliveries = {{.destination = "mailto:d@example.com", .octets = "octets"}}}}));
  must(store->sent(1, noon));
  must(store->suppress({.address = "a@example.com", .since = noon, .until = noon + 1h}));
  must(store->add(
      std::vector{store::batch_of("a", 1, {store::evaluation_of("example.com", "192.0.2.2")})},
      noon));
  must(store->post({.at = noon,
                    .delivery = {.report_id = "f1",
                                 .policy_domain = "example.com",
                                 .destination = "ruf@example.com",
                                 .octets = "mail"},
                    .sources = {"1.failure"}}));
}

/// testdata/schema_N.sql is what version N of the schema had in a file: two evaluations of
/// example.com, one of them sent as report r1; from version 2 on a failure report too.
TEST(Migrations, EveryOlderFileIsBroughtToThePresent) {
  for (const detail::Migration& each : detail::migrations()) {
    const std::string name = "schema_" + std::to_string(each.version) + ".sql";
    std::ifstream file("system/store_sqlite/testdata/" + name);
    ASSERT_TRUE(file) << name;
    const std::string sql{std::istreambuf_iterator<char>(file), {}};
    const Scratch scratch;
    const std::string path = scratch.path("store");
    meddle(path, sql.c_str());
    const auto store = open_at(path);
    ASSERT_NE(store, nullptr) << name;
    EXPECT_EQ(must(info(path)).version, detail::migrations().back().version);
    EXPECT_TRUE(must(check(path)).empty()) << name;
    EXPECT_EQ(must(store->offset_of("a")), 2U);
    EXPECT_EQ(must(store->books()).sent, 1U);
    EXPECT_EQ(must(store->delivery(1)).report_id, "r1");
    EXPECT_EQ(must(store->delivery(1)).kind, store::ReportKind::aggregate);
    EXPECT_EQ(must(store->is_posted("1.failure", "ruf@example.com")), each.version >= 2);
    const auto counted = must(unreported(*store, "example.com", must(store->cut(noon + 24h))));
    ASSERT_EQ(counted.size(), 1U) << name;
    EXPECT_EQ(counted[0].configuration, store::configuration_of("example.com"));
    EXPECT_EQ(counted[0].records.at(0).row, store::row_of("example.com", "192.0.2.2"));
    // Its hashes are still those of its rows: nothing is stored a second time.
    must(store->add(
        std::vector{store::batch_of("b", 0, {store::evaluation_of("example.com", "192.0.2.2")})},
        noon));
    EXPECT_EQ(must(info(path)).tuples, 2U);
  }
}

TEST(Migrations, TheNextIsOneMoreEntry) {
  const Scratch scratch;
  const std::string path = filled(scratch);
  const int last = detail::migrations().back().version;
  std::vector steps(detail::migrations().begin(), detail::migrations().end());
  steps.push_back({.version = last + 1, .sql = "ALTER TABLE sources ADD COLUMN note TEXT"});
  const auto newer = must(detail::open({.path = path}, steps));
  EXPECT_EQ(must(newer->offset_of("a")), 1U);
  EXPECT_EQ(code_of(open({.path = path})), "store_newer");
  EXPECT_TRUE(detail::open({.path = path}, steps));
  EXPECT_TRUE(detail::open({.path = scratch.path("fresh")}, steps));
  steps.push_back({.version = last + 2, .sql = "SELECT 1"});
  EXPECT_EQ(code_of(detail::open({.path = path, .access = Access::read}, steps)), "store_older");
}

TEST(Migrations, OneThatFailsChangesNothing) {
  const Scratch scratch;
  const std::string path = filled(scratch);
  std::vector steps(detail::migrations().begin(), detail::migrations().end());
  steps.push_back({.version = steps.back().version + 1,
                   .sql = "CREATE TABLE fresh (id); DROP TABLE sources; SELECT * FROM none"});
  EXPECT_EQ(code_of(detail::open({.path = path}, steps)), "store_failed");
  EXPECT_EQ(must(open_at(path)->offset_of("a")), 1U);
}

// ---- Parts -------------------------------------------------------------------------------------

TEST(Canonical, OctetsThatWereNotWrittenAreNoValue) {
  std::string octets;
  detail::append_canonical(octets, store::row_of("example.com", "192.0.2.1"));
  EXPECT_EQ(detail::read_row(octets), store::row_of("example.com", "192.0.2.1"));
  for (std::size_t i = 0; i < octets.size(); ++i) {
    EXPECT_EQ(detail::read_row(octets.substr(0, i)), std::nullopt) << i;
  }
  EXPECT_EQ(detail::read_row(octets + '\0'), std::nullopt);
  EXPECT_EQ(detail::read_row(std::string(30, '\xff')), std::nullopt);
  EXPECT_EQ(detail::read_configuration(std::string(1, '\x05')), std::nullopt);
}

TEST(RecentIds, ForgetTheOldest) {
  const auto octets = [](std::uint64_t i) { return detail::Fingerprint{.first = i, .second = i}; };
  detail::RecentIds recent(2);
  for (const std::int64_t id : {1, 2, 3}) recent.add(octets(static_cast<std::uint64_t>(id)), id);
  EXPECT_EQ(recent.find(octets(1)), 1);  // which makes it a new one
  recent.add(octets(4), 4);
  recent.add(octets(5), 5);
  EXPECT_EQ(recent.find(octets(2)), 0);
  EXPECT_EQ(recent.find({.first = 5, .second = 4}), 0);
  EXPECT_EQ(recent.find(octets(5)), 5);
  recent.clear();
  EXPECT_EQ(recent.find(octets(5)), 0);
}

TEST(RecentIds, GrowWithWhatTheyHold) {
  const auto octets = [](std::uint64_t i) {
    return detail::Fingerprint{.first = i * 64, .second = i};
  };
  detail::RecentIds recent(10'000);
  for (std::uint64_t i = 1; i <= 9'000; ++i) recent.add(octets(i), static_cast<std::int64_t>(i));
  for (std::uint64_t i = 1; i <= 9'000; ++i) {
    EXPECT_EQ(recent.find(octets(i)), static_cast<std::int64_t>(i));
  }
  EXPECT_EQ(recent.find(octets(9'001)), 0);
}

TEST(Fingerprint, TellsOctetsApart) {
  const HashKey key = {.first = 1, .second = 2};
  const detail::Fingerprint one = detail::fingerprint_of(7, "one", key);
  EXPECT_EQ(one, detail::fingerprint_of(7, "one", key));
  EXPECT_NE(one, detail::fingerprint_of(7, "two", key));
  EXPECT_NE(one, detail::fingerprint_of(7, "one", {.first = 1, .second = 3}));
}

}  // namespace
}  // namespace assay::store_sqlite
