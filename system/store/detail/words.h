#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <string_view>

namespace assay::store::detail {

/// The value whose word this is; `words` stand in the order of the values.
template <class Enum, std::size_t Size>
std::optional<Enum> read_word(const std::array<std::string_view, Size>& words,
                              std::string_view text) {
  const auto found = std::ranges::find(words, text);
  if (found == words.end()) return std::nullopt;
  return static_cast<Enum>(found - words.begin());
}

}  // namespace assay::store::detail
