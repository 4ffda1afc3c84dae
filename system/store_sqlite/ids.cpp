#include "system/store_sqlite/detail/ids.h"

#include <utility>

namespace assay::store_sqlite::detail {

HashKey fingerprint_key(const HashKey& key) {
  return {.first = SipHash(key)("fingerprint 0"), .second = SipHash(key)("fingerprint 1")};
}

Fingerprint fingerprint_of(std::uint64_t first, std::string_view octets, const HashKey& key) {
  return {.first = first, .second = SipHash(key)(octets)};
}

/// Where it is, or where it would be.
RecentIds::Known& RecentIds::Half::place_of(const Fingerprint& octets) {
  const std::size_t mask = places.size() - 1;
  std::size_t at = octets.first & mask;
  while (places[at].id != 0 && places[at].octets != octets) at = (at + 1) & mask;
  return places[at];
}

void RecentIds::Half::add(const Known& known) {
  Known& place = place_of(known.octets);
  if (place.id == 0) ++count;
  place = known;
  if (2 * count < places.size()) return;
  std::vector<Known> all = std::exchange(places, std::vector<Known>(2 * places.size()));
  for (const Known& each : all) {
    if (each.id != 0) place_of(each.octets) = each;
  }
}

std::int64_t RecentIds::find(const Fingerprint& octets) {
  if (const std::int64_t id = newer_.place_of(octets).id; id != 0) return id;
  const std::int64_t id = older_.place_of(octets).id;
  if (id != 0) add(octets, id);
  return id;
}

void RecentIds::add(const Fingerprint& octets, std::int64_t id) {
  if (newer_.count >= limit_) older_ = std::exchange(newer_, {});
  newer_.add({.octets = octets, .id = id});
}

void RecentIds::clear() {
  newer_ = {};
  older_ = {};
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
