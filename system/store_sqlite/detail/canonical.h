#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "assay/aggregate/report.h"
#include "system/store/store.h"

namespace assay::store_sqlite::detail {

/// Short octets that are equal where the values are, and only there. They stand in files: what is
/// written once is read for ever.
void append_canonical(std::string& octets, const store::Configuration& configuration);
void append_canonical(std::string& octets, const aggregate::Row& row);

/// The twins. Nothing for octets that were not written so (a damaged file).
std::optional<store::Configuration> read_configuration(std::string_view octets);
std::optional<aggregate::Row> read_row(std::string_view octets);

}  // namespace assay::store_sqlite::detail
