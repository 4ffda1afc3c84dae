#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace assay {

/// An instant in whole seconds, UTC.
using Instant = std::chrono::sys_seconds;

/// "2026-05-01T12:00:00Z" (RFC 3339).
std::string to_rfc3339(Instant at);

/// RFC 3339 with Z or an offset (fractions of a second are dropped), or Unix seconds.
/// Nothing for other text, a day that no calendar has, or an instant outside the years 0 to 9999.
std::optional<Instant> parse_instant(std::string_view text);

/// The same, and what is not RFC 3339 but can only be read one way: a space for the T, slashes in
/// the date, an offset without its colon or behind a space, "UTC" and "GMT", no zone (then UTC), no
/// time of day, a date or date and time of digits alone ("20260501", "20260501120000"), and Unix
/// milliseconds, microseconds and nanoseconds. Nothing outside the years 1970 to 2199.
std::optional<Instant> parse_loose_instant(std::string_view text);

}  // namespace assay
