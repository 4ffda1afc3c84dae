#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "system/config/settings.h"

/// The table of all options, from which the reader works and against which the manual is tested.
namespace assay::config {

/// One option as it stands in the file.
struct Option {
  std::string_view section;  ///< "[filter]", "[[listen]]"; empty for the top
  std::string_view key;
  std::string value;  ///< TOML text
};

/// Every option with its default, in the order of the manual. Options of [[allow]] that say whom to
/// allow have no default: their value is empty.
std::vector<Option> default_options();

/// Every option with its value, as TOML: parse_settings reads it back to the same settings.
std::string to_toml(const Settings& settings);

}  // namespace assay::config
