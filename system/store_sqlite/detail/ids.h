#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "assay/base/sip_hash.h"
#include "system/store_sqlite/detail/database.h"

namespace assay::store_sqlite::detail {

/// Octets that came lately and the id they have in a table. Holds at most twice `limit` of them:
/// when the newer half is full, it becomes the older one, and the older one goes.
class RecentIds {
 public:
  explicit RecentIds(std::size_t limit) : limit_(limit) {}

  /// 0 when it is not known.
  std::int64_t find(std::uint64_t hash, std::string_view octets);
  void add(std::uint64_t hash, std::string_view octets, std::int64_t id);
  void clear();

 private:
  struct Known {
    std::string octets;
    std::int64_t id;
  };
  using Half = std::unordered_map<std::uint64_t, Known>;

  std::size_t limit_;
  Half newer_ = {};
  Half older_ = {};
};

/// Distinct octets, in the order in which they came, numbered from 0: duplicates are found before
/// the database is asked.
class Distinct {
 public:
  struct Item {
    std::string octets;
    std::uint64_t hash;
    std::int64_t id = 0;  ///< in its table; for the caller
  };

  std::uint32_t number_of(std::string_view octets, const HashKey& key);
  std::vector<Item>& items() { return items_; }

 private:
  void grow();

  std::vector<Item> items_ = {};
  /// By hash, at most half full: the number of an item and 1, or 0.
  std::vector<std::uint32_t> places_ = std::vector<std::uint32_t>(64);
};

}  // namespace assay::store_sqlite::detail
