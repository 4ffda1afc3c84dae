#pragma once

#include <algorithm>
#include <cstddef>
#include <functional>
#include <numeric>
#include <utility>
#include <vector>

/// Sorting that leaves equal values in the order they had. (std::stable_sort of libstdc++ 12 calls
/// what C++17 deprecates, which clang refuses.)
namespace assay::analysis::detail {

template <class T, class Less>
void sort_stably(std::vector<T>& list, Less less) {
  std::vector<std::size_t> order(list.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::sort(order, [&](std::size_t a, std::size_t b) {
    if (less(list[a], list[b])) return true;
    return !less(list[b], list[a]) && a < b;
  });
  std::vector<T> sorted;
  sorted.reserve(list.size());
  for (const std::size_t each : order) sorted.push_back(std::move(list[each]));
  list = std::move(sorted);
}

/// `of`: a member or a function that says how large a value is.
template <class T, class Of>
void sort_largest_first(std::vector<T>& list, Of of) {
  sort_stably(list,
              [&](const T& a, const T& b) { return std::invoke(of, b) < std::invoke(of, a); });
}

}  // namespace assay::analysis::detail
