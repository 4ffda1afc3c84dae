#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "assay/base/finding.h"
#include "system/journal/disk.h"
#include "system/journal/entry.h"

namespace assay::journal {

/// The hour in which the lines of a complete or damaged file were written, as its name says it;
/// nothing for another name.
std::optional<Time> hour_of_file(std::string_view name);

/// Removes the complete and damaged files of every host whose hour was over before `limit` (RFC
/// 9991 §7). Returns how many, and the first thing that went wrong.
struct Expired {
  std::size_t files = 0;
  std::optional<Finding> error = {};
};
Expired remove_files_before(const std::string& folder, Time limit, Disk& disk);

}  // namespace assay::journal
