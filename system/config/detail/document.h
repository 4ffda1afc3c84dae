#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "system/config/settings.h"

/// TOML 1.0, less texts of several lines, as a plain tree with places, so that one file alone knows
/// the library that reads it.
namespace assay::config {

constexpr std::size_t max_document_octets = std::size_t{1} << 20;
/// Dots outside strings and comments, all together: `a.b.c` nests, and nesting costs stack.
constexpr std::size_t max_document_dots = 1000;

/// A value of the document. What is in a table has a key, what is in an array has none.
struct Node {
  enum class Kind : std::uint8_t { text, number, boolean, array, table, other };
  Kind kind = Kind::table;
  Place place = {};
  std::string key = {};
  Place key_place = {};
  std::string text = {};  ///< of text; of other, what it is: "a date"
  std::int64_t number = 0;
  bool boolean = false;
  std::vector<Node> items =
      {};  ///< of a table, in the order of their keys; of an array, as written

  /// What stands under a key of a table; null where nothing does. Lives as long as the node.
  const Node* find(std::string_view name) const;
};

/// "text", "a number", …, for people.
std::string_view kind_in_words(const Node& node);

/// The whole document as a table.
/// Errors: the first syntax error, with its place; a text beyond the two limits.
std::expected<Node, Problem> read_document(std::string_view toml);

}  // namespace assay::config
