#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <span>

#include "system/store/testdata/conformance_received.h"
#include "system/store_sqlite/detail/pieces.h"
#include "system/store_sqlite/detail/received_store.h"
#include "system/store_sqlite/store_sqlite.h"
#include "system/store_sqlite/testdata/meddle.h"
#include "system/store_sqlite/testdata/scratch.h"

namespace assay::store {
namespace {

struct SqliteReceivedBackend final : ReceivedBackend {
  store_sqlite::Scratch scratch;
  std::unique_ptr<ReceivedReports> open() override {
    return must(store_sqlite::open_received({.path = scratch.path("reports")}));
  }
};

std::unique_ptr<ReceivedBackend> make_sqlite() {
  return std::make_unique<SqliteReceivedBackend>();
}

INSTANTIATE_TEST_SUITE_P(Sqlite, ReceivedConformance, testing::Values(&make_sqlite));

}  // namespace
}  // namespace assay::store

namespace assay::store_sqlite {
namespace {

using namespace std::chrono_literals;
using store::arrival_of;
using store::code_of;
using store::must;
using store::record_of;

/// A report of each kind.
std::vector<store::Arrival> one_of_each() {
  store::Arrival tls = arrival_of("tls", {});
  tls.head.kind = store::ReportKind::tls;
  tls.tls = {{.type = "sts", .domain = "example.com", .successful = 3}};
  return {arrival_of("one", {record_of("192.0.2.1", 3), record_of("2001:db8::1", 4)}),
          store::failure_of(1, "192.0.2.1"), tls};
}

std::string filled(const Scratch& scratch) {
  std::string path = scratch.path("reports");
  must(must(open_received({.path = path}))->add(one_of_each(), store::add_all, {}));
  return path;
}

TEST(ReceivedFile, IsNotTheOther) {
  const Scratch scratch;
  const std::string path = filled(scratch);
  EXPECT_EQ(code_of(open({.path = path})), "store_foreign");
  must(open({.path = scratch.path("store")}));
  EXPECT_EQ(code_of(open_received({.path = scratch.path("store")})), "store_foreign");
  EXPECT_EQ(must(kind_of(path)), FileKind::received);
  EXPECT_EQ(must(kind_of(scratch.path("store"))), FileKind::evaluations);
  EXPECT_EQ(code_of(info(path)), "store_foreign");
  EXPECT_EQ(code_of(received_info(scratch.path("store"))), "store_foreign");
}

TEST(ReceivedFile, OfALaterVersionIsLeftAlone) {
  const Scratch scratch;
  const std::string path = filled(scratch);
  meddle(path, "PRAGMA user_version=99");
  EXPECT_EQ(code_of(open_received({.path = path})), "store_newer");
}

TEST(ReceivedFile, ThatWasMeddledWithIsFoundOut) {
  for (const char* sql :
       {"UPDATE daily SET messages = messages + 1", "DELETE FROM daily",
        "UPDATE daily_sums SET messages = messages + 1", "DELETE FROM daily_sums",
        "UPDATE tellers SET messages = messages + 1", "DELETE FROM tellers", "DELETE FROM chunks",
        "UPDATE chunks SET octets = x'0102'", "DELETE FROM names", "DELETE FROM raws",
        "DELETE FROM reports", "UPDATE reports SET standing = 1", "UPDATE reports SET records = 9",
        "UPDATE chunks SET octets = x''", "UPDATE reports SET head = x'ffffffffff'"}) {
    const Scratch scratch;
    const std::string path = filled(scratch);
    EXPECT_TRUE(must(check(path)).empty());
    meddle(path, sql);
    EXPECT_FALSE(must(check(path)).empty()) << sql;
    // It is read all the same, without harm.
    const auto received = must(open_received({.path = path}));
    for (int id = 1; id <= 3; ++id) {
      static_cast<void>(received->report(id));
      static_cast<void>(received->raw(id));
      static_cast<void>(received->failure(id));
      static_cast<void>(received->tls(id));
      static_cast<void>(received->each_record(id, [](const aggregate::Record&) { return true; }));
    }
    static_cast<void>(
        received->sources({.policy_domain = "example.com",
                           .days = {.until = std::chrono::sys_days{std::chrono::days{40'000}}}}));
  }
}

TEST(ReceivedFile, IsBackedUpWhileInUse) {
  const Scratch scratch;
  const std::string path = filled(scratch);
  const auto received = must(open_received({.path = path}));
  must(back_up(path, scratch.path("copy")));
  EXPECT_EQ(code_of(back_up(path, scratch.path("copy"))), "store_exists");
  EXPECT_TRUE(must(check(scratch.path("copy"))).empty());
  const ReceivedInfo info = must(received_info(scratch.path("copy")));
  EXPECT_EQ(info.books.reports, 3U);
  EXPECT_EQ(info.policy_domains, 1U);
  EXPECT_GT(info.record_octets, 0U);
}

TEST(ReceivedFile, HoldsNothingOfWhatWasErased) {
  const Scratch scratch;
  const std::string path = filled(scratch);
  const auto received = must(open_received({.path = path}));
  must(received->erase("example.com"));
  for (const std::string& name : scratch.names()) {
    EXPECT_EQ(scratch.read(name).find("example.com"), std::string::npos) << name;
  }
}

TEST(ReceivedFile, ThatIsFullKeepsWhatItHas) {
  const Scratch scratch;
  const std::string path = filled(scratch);
  const auto received = must(open_received({.path = path, .max_octets = std::uint64_t{400} << 10}));
  std::string code;
  for (int i = 0; i < 500 && code.empty(); ++i) {
    store::Arrival arrival = arrival_of("more" + std::to_string(i), {record_of("192.0.2.1", 1)});
    arrival.raw.octets.assign(50'000, static_cast<char>('a' + i % 26));
    const auto answer = received->add(std::vector{arrival}, store::add_all, {});
    if (!answer) code = answer.error().code;
  }
  EXPECT_EQ(code, "store_full");
  EXPECT_TRUE(must(received->recount()).empty());
  EXPECT_EQ(must(received->report(1)).messages, 7U);
}

/// Makes the file of which testdata/received_N.sql is the text, as for schema_N.sql.
TEST(ReceivedMigrations, DISABLED_MakeAFileOfThePresentVersion) {
  must(must(open_received({.path = "build/received.store"}))
           ->add(one_of_each(), store::add_all, {}));
}

/// testdata/received_N.sql is what version N of the schema had in a file: one_of_each().
TEST(ReceivedMigrations, EveryOlderFileIsBroughtToThePresent) {
  for (const detail::Migration& each : detail::received_migrations()) {
    const std::string name = "received_" + std::to_string(each.version) + ".sql";
    std::ifstream file("system/store_sqlite/testdata/" + name);
    ASSERT_TRUE(file) << name;
    const std::string sql{std::istreambuf_iterator<char>(file), {}};
    const Scratch scratch;
    const std::string path = scratch.path("reports");
    meddle(path, sql.c_str());
    const auto received = must(open_received({.path = path}));
    ASSERT_NE(received, nullptr) << name;
    EXPECT_EQ(must(received_info(path)).version, detail::received_migrations().back().version);
    EXPECT_TRUE(must(check(path)).empty()) << name;
    const std::vector<store::Arrival> sent = one_of_each();
    const store::ReceivedReport report = must(received->report(1));
    EXPECT_EQ(report.head, sent[0].head);
    EXPECT_EQ(report.remarks, sent[0].remarks);
    std::vector<aggregate::Record> records;
    must(received->each_record(1, [&](const aggregate::Record& record) {
      records.push_back(record);
      return true;
    }));
    EXPECT_EQ(records, (std::vector{record_of("192.0.2.1", 3), record_of("2001:db8::1", 4)}));
    EXPECT_EQ(must(received->failure(2)), sent[1].failure);
    EXPECT_EQ(must(received->tls(3)), sent[2].tls);
  }
}

/// `octets` in the place of raw ones that are held.
store::LargeOctets large(const std::string& octets, std::size_t ends = std::string::npos) {
  return {.size = octets.size(), .read_at = [octets, ends](std::uint64_t at, std::span<char> into) {
            const std::size_t most = std::min(octets.size(), ends);
            return at < most ? octets.substr(0, most).copy(into.data(), into.size(), at) : 0;
          }};
}

TEST(Received, KeepsWhatIsTooLargeToBeHeld) {
  std::string octets;
  for (unsigned i = 0; i < 400'000; ++i) octets += std::to_string(i);  // more than two pieces
  const Scratch scratch;
  const auto received = must(open_received({.path = scratch.path("reports")}));
  store::Arrival one = arrival_of("one", {record_of("192.0.2.1", 3)});
  one.raw = {.name = "large.gz", .member = "a.xml"};
  one.large_raw = large(octets);
  store::Arrival two = arrival_of("two", {record_of("192.0.2.2", 3)});
  two.raw = {.name = "large.gz", .member = "b.xml"};
  two.large_raw = large(octets);
  const std::vector<store::Arrival> both = {one, two};
  const auto placed = must(received->add(both, store::add_all, {}));
  for (std::size_t i = 0; i < 2; ++i) {
    const store::Raw raw = must(received->raw(placed[i].id));
    EXPECT_EQ(raw.octets, octets);
    EXPECT_EQ(raw.member, both[i].raw.member);
  }
}

TEST(Received, TakesNothingOfWhatChangesMeanwhile) {
  const std::string octets(1'000'000, 'x');
  const Scratch scratch;
  const auto received = must(open_received({.path = scratch.path("reports")}));
  store::Arrival one = arrival_of("one", {record_of("192.0.2.1", 3)});
  one.large_raw = large(octets, 600'000);
  const auto placed = received->add(std::vector<store::Arrival>{one}, store::add_all, {});
  EXPECT_EQ(code_of(placed), "store_failed");
  EXPECT_EQ(must(received->books()).reports, 0U);
  EXPECT_EQ(must(received->reports({})).size(), 0U);
}

}  // namespace
}  // namespace assay::store_sqlite
