#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <thread>

namespace assay::ops {

/// Threads that count at the same time count in different cache lines most of the time.
constexpr std::size_t shard_count = 8;

inline std::size_t shard_of_this_thread() {
  // Neighbouring threads' ids differ in their middle bits; the multiplication spreads them.
  const std::uint64_t id = std::hash<std::thread::id>{}(std::this_thread::get_id());
  return static_cast<std::size_t>((id * 0x9E3779B97F4A7C15U) >> 61U);
}

}  // namespace assay::ops
