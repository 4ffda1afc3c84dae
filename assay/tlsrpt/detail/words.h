#pragma once

#include <span>
#include <string_view>

/// The words of RFC 8460.
namespace assay::tlsrpt::detail {

std::span<const std::string_view> policy_types();
std::span<const std::string_view> result_types();
bool is_policy_type(std::string_view word);
bool is_result_type(std::string_view word);

}  // namespace assay::tlsrpt::detail
