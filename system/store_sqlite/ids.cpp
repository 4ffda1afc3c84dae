#include "system/store_sqlite/detail/ids.h"

#include <utility>

namespace assay::store_sqlite::detail {

std::int64_t RecentIds::find(std::uint64_t hash, std::string_view octets) {
  for (const Half* half : {&newer_, &older_}) {
    const auto found = half->find(hash);
    if (found == half->end() || found->second.octets != octets) continue;
    const std::int64_t id = found->second.id;
    if (half == &older_) add(hash, octets, id);
    return id;
  }
  return 0;
}

void RecentIds::add(std::uint64_t hash, std::string_view octets, std::int64_t id) {
  if (newer_.size() >= limit_) older_ = std::exchange(newer_, {});
  newer_.insert_or_assign(hash, Known{.octets = std::string(octets), .id = id});
}

void RecentIds::clear() {
  newer_.clear();
  older_.clear();
}

std::uint32_t Distinct::number_of(std::string_view octets, const HashKey& key) {
  const std::uint64_t hash = SipHash(key)(octets);
  const auto [from, to] = places_.equal_range(hash);
  for (auto place = from; place != to; ++place) {
    if (items_[place->second].octets == octets) return place->second;
  }
  const auto number = static_cast<std::uint32_t>(items_.size());
  items_.push_back({.octets = std::string(octets), .hash = hash});
  places_.emplace(hash, number);
  return number;
}

}  // namespace assay::store_sqlite::detail
