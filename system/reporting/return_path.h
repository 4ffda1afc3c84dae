#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "system/config/settings.h"

/// The envelope sender of a delivery: by its number a bounce is told apart, by its tag it is known
/// to answer a mail that we sent, since nobody else can make one.
namespace assay::reporting {

/// "bounces+17-k3jx7aqm2c@example.com" for the delivery 17; `key`: store::Store::tag_key().
std::string return_path_of(const config::Reports& settings, std::string_view key,
                           std::int64_t delivery);

/// The delivery that an address of return_path_of() names, compared without regard to case.
/// Nothing for any other address, also one with a tag that is not ours.
std::optional<std::int64_t> parse_return_path(const config::Reports& settings, std::string_view key,
                                              std::string_view address);

}  // namespace assay::reporting
