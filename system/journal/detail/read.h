#pragma once

#include <expected>
#include <string_view>

#include "assay/base/finding.h"
#include "system/journal/entry.h"

namespace assay::journal::detail {

/// Reads a line that stands there as to_line writes lines: members in that order, no blanks, no
/// escapes, ASCII, no longer than max_line_octets. False for any other text, whatever is wrong with
/// it or not: read_any knows. Where it is true, read_any gives the same, at several times the cost.
/// `entry` must be a new one; after false it is good for nothing.
bool read_straight(std::string_view line, Entry& entry);

/// The same; its texts are in the line.
bool read_straight(std::string_view line, EntryView& entry);

/// Reads any line, without line feed: what parse_line does.
std::expected<Entry, Finding> read_any(std::string_view line);

}  // namespace assay::journal::detail
