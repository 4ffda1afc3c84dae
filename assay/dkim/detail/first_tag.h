#pragma once

#include <optional>
#include <string_view>

#include "assay/base/tag_list.h"

namespace assay::dkim::detail {

/// The first tag of that name in what may be no tag list at all: nothing is kept or said of the
/// others, so that a message of many broken signatures costs little.
std::optional<Tag> first_tag(std::string_view value, std::string_view name);

}  // namespace assay::dkim::detail
