#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "assay/base/finding.h"

namespace assay::archive {

/// What octets are, by themselves: names and media types do not count.
enum class Format : std::uint8_t {
  plain,  ///< none of the others
  gzip,   ///< RFC 1952
  zlib,   ///< RFC 1950, as some reporters send it
  zip,
};
Format detect(std::string_view octets);

struct UnpackLimits {
  std::size_t packed = 512U << 20;  ///< octets of a packed thing that is held, also inside another
  std::uint64_t expanded = 32ULL << 30;  ///< octets that come out, all together
  std::uint64_t ratio = 500;             ///< octets that may come out of one that goes in …
  std::uint64_t ratio_from = 16U << 20;  ///< … counted when so many have come out
  std::size_t members = 1'000;           ///< files that are looked at, all together
  std::size_t depth = 4;                 ///< packed things in one another
};

/// Fills the beginning of the span and says how many octets; 0 at the end.
using Read = std::function<std::size_t(std::span<char>)>;

/// One file: its path as the archives name it ("a.zip/b.xml"; empty where none does), and its
/// octets, which can be read within the call only; what is not read costs nothing.
using Visit = std::function<void(const std::string& path, const Read& read)>;

/// Octets that can be read at any place and are not held: a large file.
struct Source {
  std::uint64_t size = 0;
  /// Fills the beginning of the span with what stands at `at` and says how many octets; 0 where
  /// there are none, or where they cannot be read any more.
  std::function<std::size_t(std::uint64_t at, std::span<char> into)> read_at = {};
};
/// One octet behind the other from the beginning on. The source must outlive it.
Read read_all(const Source& source);

/// Calls `visit` for each file in `packed`, whatever it is packed in: gzip of any number of
/// members, zlib, every file of a zip, and these in one another. What is plain is one file. Nothing
/// is expanded further than `visit` reads, and nothing expanded is held but a packed thing inside
/// another. Each limit and each defect is a finding, and what came out before it counts. `at` is 0.
/// error: `packed_too_large`, `expanded_too_large`, `ratio`, `too_many_members`, `too_deep`,
/// `encrypted`, `damaged`, `truncated`. warning: `trailing` (octets behind a gzip).
Findings unpack(std::string_view packed, const Visit& visit, const UnpackLimits& limits = {});

/// The same with a path that comes before those inside.
Findings unpack(std::string_view packed, const std::string& path, const Visit& visit,
                const UnpackLimits& limits = {});

/// The same without holding what is packed.
Findings unpack(const Source& packed, const std::string& path, const Visit& visit,
                const UnpackLimits& limits = {});

}  // namespace assay::archive
