#pragma once

#include <span>
#include <string>

#include "assay/dns/recorder.h"
#include "assay/spf/spf.h"

namespace assay::cli {

/// Each question that the recorder saw, with answer and time, a line each.
std::string dns_trace(dns::Recorder& recorder);

/// Each term of an SPF evaluation and its outcome, a line each.
std::string spf_trace(std::span<const spf::Outcome> outcomes);

}  // namespace assay::cli
