#pragma once

#include <chrono>
#include <optional>
#include <string_view>

#include "system/store/store.h"

/// When something is tried again. Pure; `chance` is between 0 and 1, so that what failed together
/// does not come back together.
namespace assay::reporting {

/// The next try of a delivery that has failed `attempts` times; nothing when it is over: the time
/// since `created` is longer than `give_up_after`.
std::optional<store::Instant> retry_at(unsigned attempts, store::Instant created,
                                       store::Instant now, std::chrono::seconds give_up_after,
                                       double chance);

/// How long a destination is left alone that refused `times` times in a row: a week, then twice as
/// long each time, at most 90 days.
std::chrono::seconds suppressed_for(unsigned times);

/// When deliveries made together leave: spread over a span, the first ones first.
store::Instant leave_at(store::Instant now, std::chrono::seconds spread, std::size_t number,
                        std::size_t all);

}  // namespace assay::reporting
