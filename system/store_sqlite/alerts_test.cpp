#include <gtest/gtest.h>

#include "system/store/testdata/conformance_alerts.h"
#include "system/store_sqlite/detail/alert_book.h"
#include "system/store_sqlite/store_sqlite.h"
#include "system/store_sqlite/testdata/meddle.h"
#include "system/store_sqlite/testdata/scratch.h"

namespace assay::store {
namespace {

struct SqliteAlertBackend final : AlertBackend {
  store_sqlite::Scratch scratch;
  std::unique_ptr<AlertBook> open() override {
    return must(store_sqlite::open_alerts({.path = scratch.path("alerts")}));
  }
};

std::unique_ptr<AlertBackend> make_sqlite() {
  return std::make_unique<SqliteAlertBackend>();
}

INSTANTIATE_TEST_SUITE_P(Sqlite, AlertConformance, testing::Values(&make_sqlite));

}  // namespace
}  // namespace assay::store

namespace assay::store_sqlite {
namespace {

using store::code_of;
using store::must;

TEST(AlertFile, IsNoneOfTheOthers) {
  const Scratch scratch;
  const std::string path = scratch.path("alerts");
  must(open_alerts({.path = path}));
  EXPECT_EQ(must(kind_of(path)), FileKind::alerts);
  EXPECT_EQ(code_of(open({.path = path})), "store_foreign");
  EXPECT_EQ(code_of(open_received({.path = path})), "store_foreign");
  must(open_received({.path = scratch.path("reports")}));
  EXPECT_EQ(code_of(open_alerts({.path = scratch.path("reports")})), "store_foreign");
  EXPECT_EQ(code_of(alert_info(scratch.path("reports"))), "store_foreign");
  EXPECT_EQ(must(alert_info(path)).version, 1);
  meddle(path, "PRAGMA user_version=99");
  EXPECT_EQ(code_of(open_alerts({.path = path})), "store_newer");
}

TEST(AlertFile, IsCheckedAndCopied) {
  const Scratch scratch;
  const std::string path = scratch.path("alerts");
  const auto book = must(open_alerts({.path = path}));
  must(book->post(std::vector{store::Letter{.to = "a@example.com", .about = "x", .octets = "x"}}));
  EXPECT_TRUE(must(check(path)).empty());
  must(back_up(path, scratch.path("copy")));
  EXPECT_EQ(must(alert_info(scratch.path("copy"))).letters_waiting, 1U);
  meddle(path, "INSERT INTO events (alert, at, event, what) VALUES (7, 0, 0, '')");
  EXPECT_FALSE(must(check(path)).empty());
}

TEST(AlertFile, ThatWasMeddledWithIsReadWithoutHarm) {
  const Scratch scratch;
  const std::string path = scratch.path("alerts");
  const auto book = must(open_alerts({.path = path}));
  must(book->post(std::vector{store::Letter{.to = "a@example.com", .about = "x", .octets = "x"}}));
  must(book->note_records(std::vector{store::RecordSight{.domain = "example.com"}}, {}));
  meddle(path,
         "UPDATE letters SET state = 77, kind = -3; UPDATE records SET kind = 99; INSERT INTO "
         "alerts VALUES (1, 'no rule', 'x', x'ff00', '', '', '', 55, 0, 0, -1, 0, '', 0)");
  EXPECT_EQ(must(book->letters({})).size(), 1U);
  EXPECT_EQ(must(book->records("")).size(), 1U);
  EXPECT_EQ(must(book->alerts({})).size(), 1U);
}

}  // namespace
}  // namespace assay::store_sqlite
