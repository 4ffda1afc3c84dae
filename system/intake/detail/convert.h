#pragma once

#include <optional>
#include <vector>

#include "assay/base/finding.h"
#include "system/intake/arrivals.h"

namespace assay::intake::detail {

/// An arrival as far as the document tells it.
struct Candidate {
  store::Arrival arrival = {};
  Seen seen = {};
};

/// What a document holds: one report; of a TLS report one for each policy domain. Or why none.
struct Converted {
  std::vector<Candidate> reports = {};
  std::optional<Finding> error = {};
};

Converted convert(Kind kind, const archive::Read& read, const ArrivalOptions& options,
                  store::Instant arrived);

}  // namespace assay::intake::detail
