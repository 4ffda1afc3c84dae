#pragma once

#include <string_view>

/// What the IANA registry "Email Authentication Parameters" names (RFC 8601 §6), in lower case.
namespace assay::authres::detail {

bool is_known_method(std::string_view method);
/// Whether the registry has this result for this method.
bool is_known_result(std::string_view method, std::string_view result);
bool is_known_ptype(std::string_view ptype);

}  // namespace assay::authres::detail
