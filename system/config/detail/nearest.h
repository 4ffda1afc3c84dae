#pragma once

#include <cstddef>
#include <span>
#include <string_view>

namespace assay::config {

/// How many single letters must be added, left out, changed or swapped with their neighbour to get
/// from one to the other. Looks at the first 64 octets of each.
std::size_t edit_distance(std::string_view a, std::string_view b);

/// The known word that was probably meant; empty where none is near.
std::string_view nearest(std::string_view word, std::span<const std::string_view> known);

}  // namespace assay::config
