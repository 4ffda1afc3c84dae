#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "assay/suffix/suffix.h"
#include "system/config/settings.h"
#include "system/evidence/evidence.h"

namespace assay::filter {

/// What a message is judged by: the settings, and what was made of them and of the snapshot. It
/// never changes; a reload makes another one, and messages under way keep theirs.
struct Policy {
  config::Settings settings = {};
  std::string authserv_id = {};
  evidence::Sources sources = {};
  evidence::Knowledge knowledge = {};
  std::shared_ptr<const suffix::SuffixList> suffixes = {};  ///< for rfc7489 and compare
};

/// The operator's words in the form that evidence takes.
evidence::Sources sources_of(const config::Settings& settings);

/// How a verdict is treated: the mode of the listener, the limits by share, author domain and
/// recipient, and the stricter policy of own domains. `sample`: 0 to 99, the same for the same
/// message.
evidence::Rules rules_for(const Policy& policy, const config::Listener& listener,
                          const verify::Verdict& verdict,
                          const std::vector<std::string>& recipients, unsigned sample);

verify::Options verify_options(const Policy& policy, const config::Listener& listener);

}  // namespace assay::filter
