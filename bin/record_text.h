#pragma once

#include <string>
#include <string_view>

#include "system/json/record_answer.h"

namespace assay::cli {

/// A record for people: whether it is used, what stands in it, and what is wrong.
std::string record_text(json::RecordKind kind, std::string_view text);

}  // namespace assay::cli
