#pragma once

#include <chrono>
#include <optional>
#include <string_view>

namespace assay {

/// A number and a unit, one of ms, s, m, h, d: "500ms", "60s", "5m", "2h", "7d". Nothing for other
/// text or for more than 63 bits hold.
std::optional<std::chrono::milliseconds> parse_duration(std::string_view text);

}  // namespace assay
