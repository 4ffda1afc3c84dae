#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "assay/base/finding.h"
#include "assay/failure/report.h"

namespace assay::failure::detail {

/// Reads the fields of a message/feedback-report into a report without an original; at most
/// `most_values` of those that may repeat or are unknown. Findings as for `read`. Total.
Report read_feedback(std::string_view octets, std::size_t most_values, Findings& findings);

/// Reads the text that Exim and panels around it send: lines "Sender IP Address: …" and, behind a
/// line that ends in "detected.", the header of the message. Nothing where no address stands.
std::optional<Report> read_notice(std::string_view text);

}  // namespace assay::failure::detail
