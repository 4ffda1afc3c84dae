#pragma once

#include <cstdint>

namespace bench {

/// What the least that could be called a generator comes to.
struct FloorWork {
  std::uint64_t rows = 0;
  std::uint64_t xml = 0;   ///< octets
  std::uint64_t gzip = 0;  ///< octets
};

/// Counts events by domain, source and result in one table of integers, writes an XML text for each
/// domain and packs it (libdeflate, level 6): no validation, no time, nothing kept, nothing sent.
FloorWork run_floor(std::uint64_t events, unsigned domains);

}  // namespace bench
