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

}  // namespace assay
