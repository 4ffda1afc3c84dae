#pragma once

#include <cstdint>

namespace bench {

/// Calls of operator new by this process so far.
std::uint64_t allocations();

/// Resident memory now, in octets.
std::uint64_t resident_octets();

}  // namespace bench
