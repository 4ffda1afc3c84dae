#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "system/config/settings.h"

namespace assay::config {

/// Reads a file with parse_settings.
/// Errors: those of parse_settings; a file that cannot be read, without a place.
std::expected<Settings, std::vector<Problem>> load_settings(const std::string& path);

/// "assay.toml:3:5: what", as compilers say it; without line and column where there is no place.
std::string to_text(const Problem& problem, std::string_view path);

}  // namespace assay::config
