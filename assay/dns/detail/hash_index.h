#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <optional>
#include <vector>

namespace assay::dns::detail {

/// Finds values by a hash that the caller has and an equality that the caller knows: open
/// addressing in one array, so that finding costs one look into memory where a map of nodes costs
/// three. `Value` is cheap to copy. Not thread-safe.
template <class Value>
class HashIndex {
 public:
  explicit HashIndex(std::size_t expected) : slots_(room_for(expected)) {}

  std::size_t size() const { return size_; }

  /// The value with this hash for which `same(value)` holds, or null; until the next change.
  template <class Same>
  const Value* find(std::size_t hash, Same same) const {
    for (std::size_t at = home(hash);; at = next(at)) {
      const Slot& slot = slots_[at];
      if (!slot.value) return nullptr;
      if (slot.hash == hash && same(*slot.value)) return &*slot.value;
    }
  }

  /// `value` is not in the index yet.
  void insert(std::size_t hash, Value value) {
    if ((size_ + 1) * 4 > slots_.size() * 3) grow();
    place({.hash = hash, .value = std::move(value)});
    ++size_;
  }

  template <class Same>
  void erase(std::size_t hash, Same same) {
    std::size_t hole = home(hash);
    while (slots_[hole].value && !(slots_[hole].hash == hash && same(*slots_[hole].value))) {
      hole = next(hole);
    }
    if (!slots_[hole].value) return;
    slots_[hole].value.reset();
    --size_;
    // Those behind the hole that could not stand nearer to their home move up.
    for (std::size_t at = next(hole); slots_[at].value; at = next(at)) {
      const std::size_t from_home = (at - home(slots_[at].hash)) & mask();
      if (from_home < ((at - hole) & mask())) continue;
      std::swap(slots_[hole], slots_[at]);
      hole = at;
    }
  }

 private:
  struct Slot {
    std::size_t hash = 0;
    std::optional<Value> value = {};  // nothing: free
  };

  static std::size_t room_for(std::size_t expected) {
    return std::bit_ceil(std::max<std::size_t>(expected * 2, 16));
  }
  std::size_t mask() const { return slots_.size() - 1; }
  std::size_t home(std::size_t hash) const { return hash & mask(); }
  std::size_t next(std::size_t at) const { return (at + 1) & mask(); }

  void place(Slot slot) {
    std::size_t at = home(slot.hash);
    while (slots_[at].value) at = next(at);
    slots_[at] = std::move(slot);
  }
  void grow() {
    std::vector<Slot> old(slots_.size() * 2);
    old.swap(slots_);
    for (Slot& slot : old) {
      if (slot.value) place(std::move(slot));
    }
  }

  std::vector<Slot> slots_;  // a power of two, never full
  std::size_t size_ = 0;
};

}  // namespace assay::dns::detail
