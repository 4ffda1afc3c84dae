#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <string>

#include "assay/base/finding.h"
#include "system/journal/entry.h"

namespace assay::journal {

/// What became of the lines of a file.
struct Erased {
  std::uint64_t lines = 0;   ///< before
  std::uint64_t erased = 0;  ///< of those
};

/// Rewrites a complete file with blanks in place of the lines whose entry is `unwanted` (RFC 9991
/// §7); all others stay as and where they are. The new file takes the place of the old one when it
/// is on the disk; a file with no such line is not touched, and one of which nothing is left is
/// removed. Errors: `journal_file` with the reason; the file is then as it was.
std::expected<Erased, Finding> erase_lines(const std::string& path,
                                           const std::function<bool(const Entry&)>& unwanted);

}  // namespace assay::journal
