#include <gtest/gtest.h>

#include "system/store/testdata/conformance_facts.h"
#include "system/store/testdata/conformance_failures.h"
#include "system/store/testdata/conformance_outbox.h"
#include "system/store_sqlite/store_sqlite.h"
#include "system/store_sqlite/testdata/scratch.h"

namespace assay::store {
namespace {

struct SqliteBackend final : Backend {
  store_sqlite::Scratch scratch;
  std::unique_ptr<Store> open() override {
    return must(store_sqlite::open({.path = scratch.path("store")}));
  }
};

std::unique_ptr<Backend> make_sqlite() {
  return std::make_unique<SqliteBackend>();
}

INSTANTIATE_TEST_SUITE_P(Sqlite, Conformance, testing::Values(&make_sqlite));
INSTANTIATE_TEST_SUITE_P(Sqlite, OutboxConformance, testing::Values(&make_sqlite));
INSTANTIATE_TEST_SUITE_P(Sqlite, FailuresConformance, testing::Values(&make_sqlite));

}  // namespace
}  // namespace assay::store
