#pragma once

#include <optional>
#include <string_view>

#include "assay/base/time.h"

namespace assay {

/// What parse_instant reads, and what is not RFC 3339 but can only be read one way: a space for the
/// T, slashes in the date, an offset without its colon or behind a space, "UTC" and "GMT", no zone
/// (then UTC), no time of day, a date or date and time of digits alone ("20260501",
/// "20260501120000"), and Unix milliseconds, microseconds and nanoseconds. Nothing outside the
/// years 1970 to 2199.
std::optional<Instant> parse_loose_instant(std::string_view text);

}  // namespace assay
