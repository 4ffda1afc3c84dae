#include <gtest/gtest.h>

#include "system/store/testdata/conformance_received.h"
#include "system/store_sqlite/store_sqlite.h"
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
