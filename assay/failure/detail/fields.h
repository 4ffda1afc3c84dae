#pragma once

#include <algorithm>
#include <array>
#include <string_view>

#include "assay/base/ascii.h"

namespace assay::failure::detail {

/// The fields that Report has members for, in lower case.
inline constexpr std::array<std::string_view, 26> known_fields = {
    "feedback-type",
    "user-agent",
    "version",
    "auth-failure",
    "authentication-results",
    "identity-alignment",
    "delivery-result",
    "arrival-date",
    "received-date",
    "source-ip",
    "source-port",
    "reported-domain",
    "reported-uri",
    "original-envelope-id",
    "original-mail-from",
    "original-rcpt-to",
    "dkim-domain",
    "dkim-identity",
    "dkim-selector",
    "dkim-selector-dns",
    "dkim-adsp-dns",
    "dkim-canonicalized-header",
    "dkim-canonicalized-body",
    "spf-dns",
    "reporting-mta",
    "incidents",
};

template <class Range, class Value>
bool holds(const Range& range, const Value& value) {
  return std::ranges::find(range, value) != std::ranges::end(range);
}

inline bool is_known_field(std::string_view name) {
  return std::ranges::any_of(known_fields,
                             [&](std::string_view known) { return ascii::iequals(known, name); });
}

}  // namespace assay::failure::detail
