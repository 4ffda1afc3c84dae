#include "assay/verify/judge.h"

#include <algorithm>
#include <utility>

#include "assay/base/ascii.h"
#include "system/evidence/detail/domains.h"
#include "system/evidence/evidence.h"

namespace assay::evidence {
namespace {

using dmarc::Policy;
using dmarc::Result;
using verify::Action;
using verify::Decision;
using verify::Disposition;

/// RFC 5321 §4.5.3.1.5: a reply line has 512 octets with its line end.
constexpr std::size_t max_reply = 510;
constexpr std::size_t max_overrides = 5;

bool any(std::span<const Finding> findings, Leans leans) {
  return std::ranges::find(findings, leans, &Finding::leans) != findings.end();
}

bool asks_for_more(Policy policy) {
  return policy != Policy::none;
}

/// How much an action keeps a message from its reader.
int strictness(Action action) {
  switch (action) {
    case Action::accept:
      return 0;
    case Action::defer:
      return 1;
    case Action::quarantine:
      return 2;
    case Action::reject:
      return 3;
  }
  return 0;
}

/// The author domain where it may stand in a reply (SEC-03), else words for it.
std::string name_for_reply(const DomainName& author) {
  return is_host_name(author) ? author.text() : "the author domain";
}

std::string replaced(std::string text, std::string_view old, const std::string& by) {
  for (std::size_t at = text.find(old); at != std::string::npos; at = text.find(old, at)) {
    text.replace(at, old.size(), by);
    at += by.size();
  }
  return text;
}

/// Whether a reply text begins with a code of the class `first`.
bool has_code(std::string_view text, char first) {
  return text.size() > 4 && text[0] == first && ascii::is_digit(text[1]) &&
         ascii::is_digit(text[2]) && text[3] == ' ';
}

/// The SMTP reply, one line of printable ASCII, with the code that the action needs whatever the
/// operator wrote.
std::string reply_of(std::string_view text, Action action, const DomainName& author) {
  const bool reject = action == Action::reject;
  std::string reply = replaced(std::string(text), "%d", name_for_reply(author));
  for (char& c : reply) {
    if (c != ' ' && !ascii::is_graph(c)) c = ' ';
  }
  // RFC 9989 §7.2: 5yz for a rejection, 4yz for a deferral.
  if (!has_code(reply, reject ? '5' : '4')) {
    reply = (reject ? "550 5.7.1 " : "451 4.7.1 ") + reply;
  }
  reply.resize(std::min(reply.size(), max_reply));
  return reply;
}

Disposition disposition_of(Action action) {
  switch (action) {
    case Action::quarantine:
      return Disposition::quarantine;
    case Action::reject:
      return Disposition::reject;
    case Action::accept:
    case Action::defer:
      break;
  }
  return Disposition::none;
}

void add_override(Decision& decision, std::string type, std::string comment) {
  const bool known = std::ranges::any_of(decision.overrides, [&](const verify::Override& one) {
    return one.type == type && one.comment == comment;
  });
  if (known || decision.overrides.size() == max_overrides) return;
  decision.overrides.push_back({std::move(type), std::move(comment)});
}

/// A message on its way to a decision.
class Judge {
 public:
  Judge(const verify::Verdict& verdict, std::span<const Finding> findings, const Rules& rules)
      : verdict_(verdict),
        dmarc_(verdict.dmarc),
        findings_(findings),
        rules_(rules),
        plain_(verify::decide(verdict.dmarc)) {}

  Decision judge() const {
    Decision decision = by_result();
    if (!watches() && !verdict_.authors.usable) hold_to_author(decision);
    return decision;
  }

 private:
  Decision by_result() const;
  Decision no_policy() const;
  Decision dns_failed() const;
  Decision failed() const;
  Decision failed_under(Policy policy) const;
  bool only_a_list() const;
  Decision set_aside() const;
  Decision accepted() const;
  Decision refused(Policy policy) const;
  Decision unused(std::string comment) const;
  Decision untouched() const;
  void hold_to_author(Decision& decision) const;
  void say_raised(Decision& decision, Policy policy) const;

  /// Whether mail is only watched: nothing is done to it.
  bool watches() const { return rules_.mode == Mode::monitor || !rules_.enforced; }
  Policy asked() const { return dmarc_.policy.value_or(Policy::none); }
  Policy held_to() const { return std::max(asked(), rules_.stricter.value_or(Policy::none)); }
  bool raised() const { return held_to() > asked(); }

  const verify::Verdict& verdict_;
  const dmarc::Evaluation& dmarc_;
  std::span<const Finding> findings_;
  const Rules& rules_;
  Decision plain_;  ///< what a receiver without other knowledge does
};

Decision Judge::by_result() const {
  switch (dmarc_.result) {
    case Result::fail:
      return failed();
    case Result::temperror:
      return dns_failed();
    case Result::none:
      return no_policy();
    case Result::permerror:
      return unused("the policy could not be applied (permerror)");
    case Result::pass:
      break;
  }
  return plain_;
}

/// Nothing done although the record asks for something, and why.
Decision Judge::unused(std::string comment) const {
  Decision decision = plain_;
  if (asks_for_more(asked())) add_override(decision, "other", std::move(comment));
  return decision;
}

/// RFC 9989 §5.3.2: without a policy the message is not touched, unless the operator holds the
/// domain to one of his own. Then an identifier of its organization, or a check that a DNS error
/// left open, keeps the message as it is.
Decision Judge::no_policy() const {
  const bool own = rules_.stricter && asks_for_more(*rules_.stricter);
  if (!own || dmarc_.author.is_root() || !verdict_.authors.usable) return plain_;
  const auto found = verify::identifiers(verdict_.spf, verdict_.dkim);
  const bool vouched = std::ranges::any_of(found, [&](const dmarc::Identifier& one) {
    return one.check != dmarc::Check::failed && related(one.domain, dmarc_.author);
  });
  return vouched ? plain_ : failed();
}

/// RFC 9989 §5.3.6: the policy is not applied to a message that could not be judged.
Decision Judge::dns_failed() const {
  Decision decision =
      unused("a DNS error left the result open, so that the policy was not applied");
  if (watches() || !rules_.defer_on_dns_failure) return decision;
  decision.action = Action::defer;  // RFC 9989 §7.2
  decision.reply = reply_of(rules_.defer_text, Action::defer, dmarc_.author);
  return decision;
}

/// Accepted, with no other override than what the record itself lowers (t, pct).
Decision Judge::untouched() const {
  Decision decision = plain_;
  decision.action = Action::accept;
  decision.disposition = Disposition::none;
  std::erase_if(decision.overrides,
                [](const verify::Override& one) { return one.type == "local_policy"; });
  return decision;
}

Decision Judge::failed() const {
  const Policy policy = held_to();
  // RFC 9989 §5.4: p=none changes nothing.
  if (!asks_for_more(policy)) return plain_;
  if (!watches()) return failed_under(policy);
  Decision decision = untouched();
  if (asks_for_more(asked())) {
    add_override(decision, "local_policy",
                 rules_.mode == Mode::monitor
                     ? "this host only monitors and enforces no policy"
                     : "this message is outside what this host enforces so far");
  }
  return decision;
}

Decision Judge::failed_under(Policy policy) const {
  if (rules_.mode == Mode::published) return refused(policy);
  if (any(findings_, Leans::indirect)) {
    // Anybody can name a list of his own: that alone does not outweigh what speaks against it.
    if (only_a_list() && any(findings_, Leans::abuse)) return set_aside();
    return accepted();  // RFC 9989 §5.4
  }
  // RFC 9989 §7.4, §8: p=reject alone is no ground to reject.
  if (policy == Policy::reject && !any(findings_, Leans::abuse)) {
    Decision decision = refused(Policy::quarantine);
    if (!raised()) {
      add_override(decision, "local_policy",
                   "p=reject alone is no ground to reject (RFC 9989 section 7.4)");
    }
    return decision;
  }
  return refused(policy);
}

/// Whether all that speaks for the message is that a mailing list sent it.
bool Judge::only_a_list() const {
  return std::ranges::all_of(findings_, [](const Finding& one) {
    return one.leans == Leans::abuse || one.kind == Kind::mailing_list;
  });
}

/// Neither refused nor delivered as if nothing were the matter.
Decision Judge::set_aside() const {
  Decision decision = refused(Policy::quarantine);
  if (held_to() == Policy::reject && !raised()) {
    add_override(decision, "mailing_list",
                 "a mailing list sent it, yet other findings speak against it");
  }
  return decision;
}

/// With each reason that stands for an honest flow (RFC 9990 §3.1.6).
Decision Judge::accepted() const {
  Decision decision = untouched();
  if (!asks_for_more(asked())) return decision;
  for (const Finding& finding : findings_) {
    if (finding.leans != Leans::indirect) continue;
    add_override(decision, finding.override_type.empty() ? "local_policy" : finding.override_type,
                 finding.override_comment);
  }
  return decision;
}

/// Quarantined or rejected, as `policy` says.
Decision Judge::refused(Policy policy) const {
  Decision decision = untouched();
  decision.action = policy == Policy::reject ? Action::reject : Action::quarantine;
  decision.disposition = disposition_of(decision.action);
  if (decision.action == Action::reject) {
    decision.reply = reply_of(rules_.reject_text, Action::reject, dmarc_.author);
  }
  if (raised()) say_raised(decision, held_to());
  return decision;
}

/// The record was lowered by t or pct perhaps, but that is not what was done.
void Judge::say_raised(Decision& decision, Policy policy) const {
  decision.overrides.clear();
  add_override(decision, "local_policy",
               "this host holds the domain to " + std::string(to_text(policy)) + " at least");
}

/// RFC 9989 §11.5: a message that does not say with certainty who it is from.
void Judge::hold_to_author(Decision& decision) const {
  if (strictness(rules_.no_author) <= strictness(decision.action)) return;
  decision.action = rules_.no_author;
  decision.disposition = disposition_of(decision.action);
  decision.reply.clear();
  if (decision.action == Action::reject || decision.action == Action::defer) {
    const bool reject = decision.action == Action::reject;
    decision.reply = std::string(reject ? "550 5.7.1" : "451 4.7.1") +
                     " DMARC needs a From field that names one author for certain";
  }
  decision.overrides.clear();
  add_override(decision, "local_policy",
               "the From field does not say for certain who the author is");
}

}  // namespace

std::string_view to_text(Kind kind) {
  switch (kind) {
    case Kind::author_signature_recovered:
      return "author_signature_recovered";
    case Kind::mailing_list:
      return "mailing_list";
    case Kind::trusted_arc:
      return "trusted_arc";
    case Kind::known_forwarder:
      return "known_forwarder";
    case Kind::listed:
      return "listed";
    case Kind::passed_lately:
      return "passed_lately";
    case Kind::always_passes:
      return "always_passes";
    case Kind::only_failing_client:
      return "only_failing_client";
    case Kind::no_relay:
      return "no_relay";
    case Kind::non_existent_author:
      return "non_existent_author";
    case Kind::misleading_from:
      return "misleading_from";
  }
  return "";
}

std::string_view to_text(Leans leans) {
  return leans == Leans::indirect ? "indirect" : "abuse";
}

std::string_view to_text(Mode mode) {
  switch (mode) {
    case Mode::monitor:
      return "monitor";
    case Mode::rfc9989:
      return "rfc9989";
    case Mode::published:
      return "published";
  }
  return "";
}

Decision judge(const verify::Verdict& verdict, std::span<const Finding> findings,
               const Rules& rules) {
  return Judge(verdict, findings, rules).judge();
}

}  // namespace assay::evidence
