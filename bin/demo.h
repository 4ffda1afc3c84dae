#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <vector>

#include "assay/base/finding.h"
#include "system/config/settings.h"
#include "system/store/received.h"

/// A demonstration world: reports on made-up domains, of the months up to yesterday. They are
/// written as reporters write them and taken in as all others are.
namespace assay::cli {

struct DemoLoaded {
  std::uint64_t reports = 0;
  std::uint64_t domains = 0;
};

/// Errors: `not_empty` where there are reports already; those of the Store.
std::expected<DemoLoaded, Finding> load_demo(const config::Settings& settings,
                                             store::ReceivedReports& received, store::Instant now);
/// Errors: those of the Store.
std::expected<void, Finding> erase_demo(store::ReceivedReports& received);

}  // namespace assay::cli
