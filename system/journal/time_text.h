#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "system/journal/entry.h"

namespace assay::journal {

/// "2026-05-01T12:00:00.123Z" (RFC 3339). A time outside the years 0 to 9999 becomes the nearest
/// that can be written.
std::string to_rfc3339(Time at);

/// RFC 3339 with Z or an offset; digits behind the milliseconds are dropped. Nothing for other
/// text.
std::optional<Time> parse_time(std::string_view text);

/// "20260501T12": the hour in the name of a file.
std::string hour_text(Time at);

/// "20260501T120000123": the start of a process in the name of a file.
std::string start_text(Time at);

}  // namespace assay::journal
