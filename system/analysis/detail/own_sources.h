#pragma once

#include "system/analysis/alerts.h"

namespace assay::analysis::detail {

/// Whether at least half of what failed since then is of own and approved sources.
bool fails_by_own(const DomainFacts& facts, std::chrono::sys_days since,
                  std::chrono::sys_days today);

/// Whether one of them failed on the last day with mail of it.
bool is_any_broken(const DomainFacts& facts, const Judging& judging);

}  // namespace assay::analysis::detail
