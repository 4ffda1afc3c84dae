#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

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
Read read_deflated(const Source& packed, const std::string& path, Budget& budget);

/// Fills the span as far as there are octets.
std::size_t read_full(const Source& source, std::uint64_t at, std::span<char> into);

/// Octets that have been expanded already out of `packed` ones, given out within the budget.
Read read_expanded(std::string text, std::size_t packed, Budget& budget);

/// What is expanded at once at most; larger things come in pieces.
constexpr std::size_t small = 1U << 20;

/// One file of a zip.
struct PlainMember {
  std::string_view name = {};
  std::string text = {};
};
/// All files of a zip that is small and ordinary: stored or deflated, sound, not encrypted, of one
/// volume, nothing before, between and behind. Nothing for any other, which is for libarchive.
std::optional<std::vector<PlainMember>> plain_members(std::string_view zip,
                                                      const UnpackLimits& limits);

/// Calls `visit` for each file of a zip; it answers whether to go on.
void for_each_zip_member(
    std::string_view packed, const std::string& path, Budget& budget,
    const std::function<bool(const std::string& path, const Read& read)>& visit);
void for_each_zip_member(
    const Source& packed, const std::string& path, Budget& budget,
    const std::function<bool(const std::string& path, const Read& read)>& visit);

/// "path: " where there is a path.
std::string where(const std::string& path);

}  // namespace assay::archive::detail
