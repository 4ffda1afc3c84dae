#pragma once

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <string>

namespace assay::store_sqlite {

/// Does SQL to a file behind the Store's back.
inline void meddle(const std::string& path, const char* sql) {
  sqlite3* handle = nullptr;
  ASSERT_EQ(sqlite3_open(path.c_str(), &handle), SQLITE_OK);
  EXPECT_EQ(sqlite3_exec(handle, sql, nullptr, nullptr, nullptr), SQLITE_OK)
      << sqlite3_errmsg(handle);
  sqlite3_close(handle);
}

}  // namespace assay::store_sqlite
