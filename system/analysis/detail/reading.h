#pragma once

#include <expected>
#include <span>
#include <vector>

#include "assay/base/finding.h"
#include "system/analysis/failures.h"
#include "system/analysis/ladder.h"
#include "system/analysis/questions.h"
#include "system/analysis/tls.h"

/// What some questions read of single reports. Errors: those of the Store.
namespace assay::analysis::detail {

/// At most so many failure and TLS reports are looked at.
constexpr std::size_t max_reports_read = 2'000;

std::expected<TlsAnswer, Finding> read_tls(store::ReceivedReports& reports, const Ask& ask,
                                           const store::Days& days,
                                           std::span<const store::ReporterCount> known);

std::expected<Failures, Finding> read_failures(store::ReceivedReports& reports, const Ask& ask,
                                               const store::Days& days);

/// What the Store knows of a domain (`known`), of others of its organization, and of all others.
std::expected<LadderFacts, Finding> read_ladder_facts(store::ReceivedReports& reports,
                                                      const View& view,
                                                      std::span<const store::ReporterCount> known);

}  // namespace assay::analysis::detail
