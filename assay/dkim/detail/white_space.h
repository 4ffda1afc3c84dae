#pragma once

#include <cstddef>

/// White space in the relaxed form of a body, block by block (RFC 6376 §3.4.4).
namespace assay::dkim::detail {

/// Octets read and octets written.
struct Reduced {
  std::size_t read = 0;
  std::size_t written = 0;
};

/// One way to do it, for one kind of processor. All ways answer the same for the same octets.
struct WhiteSpaceReducer {
  /// How many octets, from the first on, are in relaxed form already: no tab, and no space that is
  /// the last octet or that a space, a tab or a CR follows.
  std::size_t (*clean)(const char* octets, std::size_t size);
  /// Writes the relaxed form of all octets but the last two, which are needed to judge those before
  /// them: white space before white space or CRLF goes, other white space becomes a space. `out`
  /// must have room for `size` octets and write_slack more.
  Reduced (*reduce)(const char* octets, std::size_t size, char* out);
};

/// Octets that reduce() does not write, for want of a look behind them.
constexpr std::size_t look_ahead = 2;
constexpr std::size_t write_slack = 32;

/// Octet by octet, for any processor.
extern const WhiteSpaceReducer portable_reducer;

/// Those that this processor can run, the fastest last; at least one.
struct Reducers {
  const WhiteSpaceReducer* known[3] = {};
  std::size_t count = 0;
};
Reducers available_reducers();
const WhiteSpaceReducer& fastest_reducer();

}  // namespace assay::dkim::detail
