#pragma once

#include <cstddef>
#include <expected>
#include <string>
#include <string_view>

#include "assay/base/finding.h"
#include "system/journal/entry.h"

namespace assay::journal {

/// The major version of the lines that are written and read (docs/journal.md).
inline constexpr unsigned line_version = 1;

/// No line is longer, in octets without its line feed.
inline constexpr std::size_t max_line_octets = 1'048'576;

/// The entry as one JSON object on one line, without line feed; its first member is "v". What is
/// absent is absent. Octets that are no UTF-8 become U+FFFD; what a terminal must not get is
/// escaped. An entry that would make a line above max_line_octets loses the ends of its longest
/// texts and lists, and the line says "shortened":true. Total.
std::string to_line(const Entry& entry);

/// Reads what to_line wrote. Members that are not known are passed over, so that a later version
/// can add some; null is as if the member were not there. A line feed at the end may stand there.
/// Errors: `journal_line` for text that is no line of a journal, with the octet offset where the
/// JSON ends to be JSON; `journal_version` for a line of a later major version; `journal_long`.
std::expected<Entry, Finding> parse_line(std::string_view line);

/// Reads a line that stands there as to_line writes most of them, at a fraction of the cost: the
/// texts of the entry, which must be a new one, are in the line. False for any other, which may be
/// well all the same: parse_line knows. Where it is true, parse_line gives the same.
bool view_line(std::string_view line, EntryView& entry);

}  // namespace assay::journal
