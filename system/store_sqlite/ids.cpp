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
  std::size_t place = hash & (places_.size() - 1);
  for (; places_[place] != 0; place = (place + 1) & (places_.size() - 1)) {
    const Item& item = items_[places_[place] - 1];
    if (item.hash == hash && item.octets == octets) return places_[place] - 1;
  }
  items_.push_back({.octets = std::string(octets), .hash = hash});
  const auto count = static_cast<std::uint32_t>(items_.size());
  places_[place] = count;
  if (2 * items_.size() > places_.size()) grow();
  return count - 1;
}

void Distinct::grow() {
  places_.assign(2 * places_.size(), 0);
  std::uint32_t count = 0;
  for (const Item& item : items_) {
    std::size_t place = item.hash & (places_.size() - 1);
    while (places_[place] != 0) place = (place + 1) & (places_.size() - 1);
    places_[place] = ++count;
  }
}

}  // namespace assay::store_sqlite::detail
