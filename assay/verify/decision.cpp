#include "assay/verify/decision.h"

namespace assay::verify {

std::string_view to_text(Disposition disposition) {
  switch (disposition) {
    case Disposition::none:
      return "none";
    case Disposition::pass:
      return "pass";
    case Disposition::quarantine:
      return "quarantine";
    case Disposition::reject:
      return "reject";
  }
  return "";
}

std::string_view to_text(Action action) {
  switch (action) {
    case Action::accept:
      return "accept";
    case Action::quarantine:
      return "quarantine";
    case Action::reject:
      return "reject";
    case Action::defer:
      return "defer";
  }
  return "";
}

namespace {

bool enforcing(const std::optional<dmarc::Policy>& policy) {
  return policy && *policy != dmarc::Policy::none;
}

/// Why the policy of the record does not hold as published for a message that failed.
void add_lowered(Decision& decision, const dmarc::Evaluation& evaluation) {
  if (evaluation.policy == evaluation.published_policy) return;
  if (evaluation.sampled_out) {
    decision.overrides.push_back({"sampled_out", "outside the sample that pct asks for"});
  } else if (evaluation.test_mode) {
    decision.overrides.push_back({"policy_test_mode", "t=y lowers the policy by one step"});
  }
}

Decision decide_failed(const dmarc::Evaluation& evaluation) {
  Decision decision;
  add_lowered(decision, evaluation);
  // RFC 9989 §5.4: p=none changes nothing.
  if (!enforcing(evaluation.policy)) return decision;
  decision.disposition = Disposition::quarantine;
  decision.action = Action::quarantine;
  if (*evaluation.policy == dmarc::Policy::reject) {
    // RFC 9989 §7.4: without other knowledge reject is treated as quarantine.
    decision.overrides.push_back(
        {"local_policy", "p=reject alone is no ground to reject (RFC 9989 section 7.4)"});
  }
  return decision;
}

}  // namespace

Decision decide(const dmarc::Evaluation& evaluation) {
  if (evaluation.result == dmarc::Result::fail) return decide_failed(evaluation);
  Decision decision;  // RFC 9989 §5.3.2: without a policy the message is not touched.
  const bool passed = evaluation.result == dmarc::Result::pass;
  // RFC 9990 §3.1.1.9: pass is said under an enforcing policy, as published before t.
  if (passed && enforcing(evaluation.published_policy)) decision.disposition = Disposition::pass;
  return decision;
}

}  // namespace assay::verify
