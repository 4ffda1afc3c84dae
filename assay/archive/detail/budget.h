#pragma once

#include <string>
#include <string_view>

#include "assay/archive/unpack.h"

namespace assay::archive::detail {

/// What all that is unpacked together may cost, and what was found.
struct Budget {
  UnpackLimits limits = {};
  Findings findings = {};
  std::uint64_t expanded = 0;
  std::size_t members = 0;

  void complain(std::string_view code, std::string what, Level level = Level::error);
  /// Counts octets that have come out; false, with a finding, where a limit is reached. `out` and
  /// `in` are those of the one packed thing.
  bool spend(std::size_t octets, std::uint64_t out, std::uint64_t in);
  /// Counts a file; false, with a finding, where there are too many.
  bool open_member();
};

/// Octets of one gzip or zlib text.
Read read_deflated(std::string_view packed, const std::string& path, Budget& budget);

/// Calls `visit` for each file of a zip; it answers whether to go on.
void for_each_zip_member(
    std::string_view packed, const std::string& path, Budget& budget,
    const std::function<bool(const std::string& path, const Read& read)>& visit);

/// "path: " where there is a path.
std::string where(const std::string& path);

}  // namespace assay::archive::detail
