#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "assay/dmarc/evaluate.h"

namespace assay::verify {

/// What a report says was done (RFC 9990): pass is "nothing, as it passed under an enforcing
/// policy".
enum class Disposition : std::uint8_t { none, pass, quarantine, reject };
enum class Action : std::uint8_t { accept, quarantine, reject, defer };
std::string_view to_text(Disposition disposition);
std::string_view to_text(Action action);

/// Why the disposition departs from the policy (RFC 9990 §3.1.6).
struct Override {
  std::string type;
  std::string comment;
};

struct Decision {
  Disposition disposition = Disposition::none;
  Action action = Action::accept;
  std::string reply = {};  ///< the SMTP reply where action is reject or defer
  std::vector<Override> overrides = {};
};

/// What a receiver without other knowledge does with a verdict (RFC 9989 §5.4, §7.4, §8): it never
/// rejects, since p=reject alone is no ground for it.
Decision decide(const dmarc::Evaluation& evaluation);

}  // namespace assay::verify
