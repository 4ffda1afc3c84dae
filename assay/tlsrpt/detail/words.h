#pragma once

#include <string_view>

/// The words of RFC 8460.
namespace assay::tlsrpt::detail {

bool is_policy_type(std::string_view word);
bool is_result_type(std::string_view word);

}  // namespace assay::tlsrpt::detail
