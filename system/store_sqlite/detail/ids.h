#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "assay/base/sip_hash.h"
#include "system/store_sqlite/detail/database.h"

namespace assay::store_sqlite::detail {

/// Stands for octets: 128 bits that nobody can foresee who does not know the key. Two different
/// octets that have one are not to be expected while there are machines.
struct Fingerprint {
  std::uint64_t first = 0;  ///< the hash that tables are sorted by
  std::uint64_t second = 0;
  friend bool operator==(const Fingerprint&, const Fingerprint&) = default;
};

/// The key of their second half, made of the key of the first.
HashKey fingerprint_key(const HashKey& key);

/// `first`: SipHash of the octets under the key of the first half; `key`: that of the second.
Fingerprint fingerprint_of(std::uint64_t first, std::string_view octets, const HashKey& key);

/// Octets that came lately and the id they have in a table. Holds at most twice `limit` of them:
/// when the newer half is full, it becomes the older one, and the older one goes.
class RecentIds {
 public:
  explicit RecentIds(std::size_t limit) : limit_(limit) {}

  /// 0 when it is not known.
  std::int64_t find(const Fingerprint& octets);
  void add(const Fingerprint& octets, std::int64_t id);
  void clear();

 private:
  struct Known {
    Fingerprint octets = {};
    std::int64_t id = 0;  ///< 0: no one is here
  };
  /// By hash, at most half full.
  struct Half {
    std::vector<Known> places = std::vector<Known>(64);
    std::size_t count = 0;

    Known& place_of(const Fingerprint& octets);
    void add(const Known& known);
  };

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
