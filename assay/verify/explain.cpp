#include "assay/verify/explain.h"

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

#include "assay/base/ascii.h"
#include "assay/verify/detail/evaluated.h"

namespace assay::verify {
namespace {

using namespace detail;
using dmarc::Alignment;

constexpr std::size_t most_signatures = 4;
constexpr std::size_t most_remarks = 5;
constexpr std::size_t most_lookups = 6;

/// A reason as a sentence of its own, behind a space. A domain at its beginning stays as it is.
std::string sentence(std::string_view reason) {
  std::string text = clean(reason);
  if (text.empty()) return text;
  const bool word = text.substr(0, text.find(' ')).find_first_of(".:=") == std::string::npos;
  if (word && ascii::is_lower(text.front()))
    text.front() = static_cast<char>(text.front() - 'a' + 'A');
  return " " + text + (text.ends_with('.') ? "" : ".");
}

std::string_view asks_for(dmarc::Policy policy) {
  switch (policy) {
    case dmarc::Policy::none:
      return "to treat it like any other mail and only report (none)";
    case dmarc::Policy::quarantine:
      return "to treat it as suspicious (quarantine)";
    case dmarc::Policy::reject:
      return "to refuse it (reject)";
  }
  return "";
}

/// Who signs or vouches, and how that relates to the author domain.
struct Check {
  std::string_view tag;  ///< "aspf" or "adkim"
  Alignment mode = Alignment::relaxed;
  std::optional<DomainName> domain = {};
  bool passed = false;
};

/// Does it count, and by which rule?
std::string alignment_line(const Evaluated& about, const Check& check) {
  if (!check.domain || !about.has_record()) return "";
  const auto method = check.tag == "aspf" ? dmarc::Method::spf : dmarc::Method::dkim;
  const std::optional<bool> aligned = about.aligns(method, *check.domain);
  const std::string domain = for_people(*check.domain);
  if (!aligned) return "Whether it counts is not known, since the DNS did not answer.";
  const std::string counts = check.passed ? "It counts" : "It would count if it passed";
  if (*aligned && *check.domain == about.evaluation().author) {
    return counts + ": it is the author's domain itself.";
  }
  if (*aligned) {
    return counts + ": " + domain + " and " + about.author() + " belong to one organization, " +
           for_people(about.organizational()) + " (relaxed alignment).";
  }
  const std::string not_counts = check.passed ? "It does not count: " : "It could not count: ";
  if (check.mode == Alignment::strict) {
    return not_counts + std::string(check.tag) + "=s asks for exactly " + about.author() +
           ", and " + domain + " is another name (strict alignment).";
  }
  return not_counts + domain + " does not belong to the author's organization, " +
         for_people(about.organizational()) + " (relaxed alignment).";
}

// ---- the verdict ----

std::string vouchers(const dmarc::Evaluation& evaluation) {
  if (evaluation.spf_aligned && evaluation.dkim_aligned) return "SPF and DKIM";
  return evaluation.spf_aligned ? "SPF" : "DKIM";
}

std::string none_words(const Evaluated& about) {
  if (!about.names_author()) return "the message does not say who it is from";
  if (about.has_record()) return "the From field does not say with certainty who it is from";
  return about.author() + " publishes no DMARC policy";
}

std::string verdict_line(const Evaluated& about) {
  const dmarc::Evaluation& evaluation = about.evaluation();
  switch (evaluation.result) {
    case dmarc::Result::pass:
      return "DMARC: PASS — " + about.author() + " vouched for this message, by " +
             vouchers(evaluation);
    case dmarc::Result::fail:
      return "DMARC: FAIL — nobody who may send as " + about.author() + " vouched for this message";
    case dmarc::Result::none:
      return "DMARC: NONE — " + none_words(about);
    case dmarc::Result::temperror:
      return "DMARC: TEMPERROR — the DNS did not answer, so the message cannot be judged now";
    case dmarc::Result::permerror:
      return "DMARC: PERMERROR — the policy for " + about.author() + " cannot be applied";
  }
  return "";
}

// ---- the author and the policy ----

Section author_section(const Evaluated& about, const Authors* authors) {
  Section section{.heading = "From"};
  if (!about.names_author()) {
    section.lines.emplace_back("No author domain could be read from the From field.");
    return section;
  }
  section.lines.push_back("The message claims to be from " + about.author() + ".");
  if (authors == nullptr || authors->domains.size() < 2) return section;
  std::string others = "It names several author domains, and the strictest verdict rules:";
  for (const DomainName& domain : authors->domains) others += " " + for_people(domain);
  section.lines.push_back(others + ".");
  return section;
}

/// By which tag the record says so, where that is not p.
std::string tag_words(const dmarc::Evaluation& evaluation) {
  using dmarc::Place;
  const auto record = dmarc::parse_record(evaluation.record);
  if (!record || evaluation.policy_domain == evaluation.author) return "";
  const auto existing = dmarc::policy_for(*record, Place::existing_subdomain);
  const auto missing = dmarc::policy_for(*record, Place::non_existent_subdomain);
  if (evaluation.published_policy != existing && evaluation.published_policy == missing) {
    return ": by np, as there is no " + for_people(evaluation.author) + " in the DNS";
  }
  if (evaluation.published_policy == dmarc::policy_for(*record, Place::own_domain)) return "";
  return ": by sp, as " + for_people(evaluation.author) + " is below that domain";
}

/// How the policy of the record came to be another one for this message.
std::string lowered_line(const dmarc::Evaluation& evaluation) {
  if (!evaluation.policy || evaluation.policy == evaluation.published_policy) return "";
  const std::string why = evaluation.sampled_out ? "pct leaves this message out of its sample"
                          : evaluation.test_mode ? "t=y says that the policy is being tested"
                                                 : "of the record's options";
  return "For this message that becomes " + std::string(to_text(*evaluation.policy)) + ", since " +
         why + ".";
}

Section policy_section(const Evaluated& about) {
  const dmarc::Evaluation& evaluation = about.evaluation();
  Section section{.heading = "Policy"};
  if (!about.names_author()) return section;
  if (!about.has_record()) {
    const bool unknown = evaluation.result == dmarc::Result::temperror;
    section.lines.push_back((unknown ? "The DNS did not say whether there is a DMARC record for "
                                     : "There is no DMARC record for ") +
                            about.author() + " or a domain above it.");
    return section;
  }
  if (evaluation.policy_domain) {
    const bool inherited = *evaluation.policy_domain != evaluation.author;
    section.lines.push_back(
        "_dmarc." + for_people(*evaluation.policy_domain) +
        (inherited ? ", as there is none for " + about.author() + " itself:" : " says:"));
  }
  section.lines.push_back(clean(evaluation.record));
  if (evaluation.published_policy) {
    section.lines.push_back("When mail fails, receivers are asked " +
                            std::string(asks_for(*evaluation.published_policy)) +
                            tag_words(evaluation) + ".");
  }
  section.lines.push_back(lowered_line(evaluation));
  return section;
}

// ---- SPF ----

Check check_of(const Evaluated& about, const spf::Outcome& outcome) {
  return {.tag = "aspf",
          .mode = about.mode(dmarc::Method::spf),
          .domain = name_of(outcome.domain),
          .passed = outcome.result == spf::Result::pass};
}

Check check_of(const Evaluated& about, const dkim::Outcome& outcome) {
  return {.tag = "adkim",
          .mode = about.mode(dmarc::Method::dkim),
          .domain = name_of(outcome.domain),
          .passed = outcome.result == dkim::Result::pass};
}

Section spf_section(const Evaluated& about, const Verdict& verdict, const Envelope& envelope) {
  Section section{.heading = "SPF"};
  const spf::Outcome* outcome = mail_from_outcome(verdict);
  if (outcome == nullptr) {
    section.lines.emplace_back("Not checked, since no client address is known.");
    return section;
  }
  const bool null_path = envelope.mail_from.empty();
  section.lines.push_back(
      "May " + (envelope.client ? to_text(*envelope.client) : "the client") + " send for " +
      shown(outcome->domain) + ", the " +
      (null_path ? "HELO name (the envelope sender is empty)" : "domain of the envelope sender") +
      "? " + std::string(to_text(outcome->result)) + ". " + sentence(outcome->reason));
  if (!outcome->explanation.empty()) {
    section.lines.push_back("That domain's own words: " + clean(outcome->explanation));
  }
  section.lines.push_back(alignment_line(about, check_of(about, *outcome)));
  return section;
}

// ---- DKIM and ARC ----

std::string signature_line(const dkim::Outcome& outcome) {
  std::string line = "Signature of " + shown(outcome.domain);
  if (!outcome.selector.empty()) line += ", selector " + clean(outcome.selector);
  if (outcome.key_bits != 0) line += ", " + std::to_string(outcome.key_bits) + " bits";
  line += ": " + std::string(to_text(outcome.result)) + ".";
  if (outcome.result != dkim::Result::pass) line += sentence(outcome.reason);
  return line;
}

Section dkim_section(const Evaluated& about, const Verdict& verdict) {
  Section section{.heading = "DKIM"};
  if (verdict.dkim.empty()) section.lines.emplace_back("The message is not signed.");
  for (const dkim::Outcome& outcome : verdict.dkim) {
    if (section.lines.size() >= 2 * most_signatures) break;
    section.lines.push_back(signature_line(outcome));
    section.lines.push_back(alignment_line(about, check_of(about, outcome)));
  }
  if (verdict.dkim.size() > most_signatures) {
    section.lines.push_back("… and " + std::to_string(verdict.dkim.size() - most_signatures) +
                            " more signatures.");
  }
  return section;
}

Section arc_section(const arc::Outcome& outcome) {
  Section section{.heading = "ARC"};
  if (outcome.result == arc::Result::none) return section;
  if (outcome.result == arc::Result::fail) {
    section.lines.push_back("The chain of seals is broken." + sentence(outcome.reason));
    return section;
  }
  std::string sealers;
  for (const std::string& sealer : outcome.sealers) {
    if (sealers.size() > most_octets_of_a_text) break;
    sealers += (sealers.empty() ? "" : ", ") + shown(sealer);
  }
  section.lines.push_back("An intact chain of " + std::to_string(outcome.instances) +
                          " seal(s): " + sealers +
                          ". It does not change the verdict; a receiver that trusts the last of "
                          "them may let the message through all the same.");
  return section;
}

// ---- what follows ----

std::string action_line(const dmarc::Evaluation& evaluation, const Decision& decision) {
  switch (decision.action) {
    case Action::quarantine:
      return "Treats the message as suspicious: spam folder, or held for review.";
    case Action::reject:
      return "Refuses the message: " + clean(decision.reply);
    case Action::defer:
      return "Asks the sender to try again later: " + clean(decision.reply);
    case Action::accept:
      break;
  }
  switch (evaluation.result) {
    case dmarc::Result::pass:
      return "Delivers the message as far as DMARC is concerned.";
    case dmarc::Result::fail:
      return "Delivers the message: the policy for it asks for no more than reports.";
    case dmarc::Result::temperror:
      return "Cannot apply the policy; delivers the message, or asks for another try later.";
    default:
      return "Decides without DMARC.";
  }
}

Section receiver_section(const dmarc::Evaluation& evaluation, const Decision& decision) {
  Section section{.heading = "Receiver"};
  section.lines.push_back(action_line(evaluation, decision));
  for (const Override& entry : decision.overrides) {
    section.lines.push_back("Departs from the published policy: " + clean(entry.comment) + " (" +
                            clean(entry.type) + ").");
  }
  return section;
}

Section dns_section(const dmarc::Evaluation& evaluation, std::span<const dns::Asked> asked) {
  Section section{.heading = "DNS"};
  std::size_t failed = 0;
  for (const dns::Asked& each : asked) {
    if (each.outcome != dns::Outcome::temporary_failure || ++failed > most_lookups) continue;
    section.lines.push_back("No answer: " + std::string(dns::to_text(each.question.type)) + " " +
                            clean(each.question.name.text()) +
                            (each.why.empty() ? "" : " (" + clean(each.why) + ")"));
  }
  if (failed > most_lookups) {
    section.lines.push_back("… and " + std::to_string(failed - most_lookups) + " more.");
  }
  if (evaluation.unresolved.empty()) return section;
  std::string decisive = "That could have changed the verdict:";
  for (const std::string& lookup : evaluation.unresolved) {
    if (decisive.size() > most_octets_of_a_text) break;
    decisive += " " + clean(lookup) + ";";
  }
  decisive.back() = '.';
  section.lines.push_back(std::move(decisive));
  return section;
}

Section old_standard_section(const Verdict& verdict) {
  Section section{.heading = "RFC 7489"};
  if (!verdict.rfc7489) return section;
  const dmarc::Evaluation& old = *verdict.rfc7489;
  std::string line = "Receivers of the older standard say " + std::string(to_text(old.result));
  if (old.policy) line += " under the policy " + std::string(to_text(*old.policy));
  std::string names;
  for (const std::string& name : verdict.differs) names += (names.empty() ? "" : ", ") + name;
  section.lines.push_back(
      line + (names.empty() ? "; nothing differs." : "; these differ: " + names + "."));
  return section;
}

Section remarks_section(const Findings& findings) {
  Section section{.heading = "Found"};
  for (const Finding& finding : findings) {
    if (finding.level == Level::info) continue;
    if (section.lines.size() == most_remarks) break;
    section.lines.push_back("- " + clean(finding.what));
  }
  return section;
}

/// Keeps what says something.
void add(Explanation& explanation, Section section) {
  std::erase(section.lines, std::string());
  if (!section.lines.empty()) explanation.sections.push_back(std::move(section));
}

// ---- layout ----

constexpr std::size_t heading_columns = 12;

/// Columns that a text takes: its code points.
std::size_t width(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count_if(
      text, [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

/// The first `columns` code points of a text.
std::string_view first_columns(std::string_view text, std::size_t columns) {
  std::size_t end = 0;
  for (std::size_t taken = 0; end < text.size(); ++end) {
    const bool begins = (static_cast<unsigned char>(text[end]) & 0xc0) != 0x80;
    if (begins && taken++ == columns) break;
  }
  return text.substr(0, end);
}

/// The words of a line; what is longer than a row is cut into rows.
std::vector<std::string_view> words_of(std::string_view line, std::size_t columns) {
  std::vector<std::string_view> words;
  for (std::string_view word : ascii::split(line, ' ')) {
    for (; width(word) > columns; word.remove_prefix(words.back().size())) {
      words.push_back(first_columns(word, columns));
    }
    if (!word.empty()) words.push_back(word);
  }
  return words;
}

/// Appends `line` broken at spaces; `margin` goes before its second and later rows.
void append_wrapped(std::string& out, std::string_view line, std::string_view margin,
                    std::size_t columns) {
  const std::size_t indent = width(margin) - heading_columns;
  std::size_t used = 0;
  bool first = true;
  for (const std::string_view word : words_of(line, columns - indent)) {
    if (!first && used + 1 + width(word) > columns) {
      out += "\n";
      out += margin;
      used = indent;
    } else if (!first) {
      out += ' ';
      ++used;
    }
    out += word;
    used += width(word);
    first = false;
  }
  out += '\n';
}

}  // namespace

Explanation explain(const Verdict& verdict, const Envelope& envelope,
                    std::span<const dns::Asked> asked) {
  const Evaluated about(verdict.dmarc);
  Explanation explanation{.verdict = verdict_line(about)};
  add(explanation, author_section(about, &verdict.authors));
  add(explanation, policy_section(about));
  add(explanation, spf_section(about, verdict, envelope));
  add(explanation, dkim_section(about, verdict));
  add(explanation, arc_section(verdict.arc));
  add(explanation, advice_section(about, verdict, envelope));
  add(explanation, receiver_section(verdict.dmarc, verdict.decision));
  add(explanation, dns_section(verdict.dmarc, asked));
  add(explanation, old_standard_section(verdict));
  add(explanation, remarks_section(verdict.dmarc.findings));
  return explanation;
}

Explanation explain(const dmarc::Evaluation& evaluation, const Decision& decision,
                    std::span<const dns::Asked> asked) {
  const Evaluated about(evaluation);
  Explanation explanation{.verdict = verdict_line(about)};
  add(explanation, author_section(about, nullptr));
  add(explanation, policy_section(about));
  Section identifiers{.heading = "Checked"};
  for (const dmarc::PlacedIdentifier& placed : evaluation.identifiers) {
    const bool spf = placed.identifier.method == dmarc::Method::spf;
    const bool passed = placed.identifier.check == dmarc::Check::passed;
    identifiers.lines.push_back(std::string(spf ? "SPF" : "DKIM") + " of " +
                                for_people(placed.identifier.domain) +
                                (passed ? " passed. " : " did not pass. ") +
                                alignment_line(about, {.tag = spf ? "aspf" : "adkim",
                                                       .mode = about.mode(placed.identifier.method),
                                                       .domain = placed.identifier.domain,
                                                       .passed = passed}));
  }
  add(explanation, std::move(identifiers));
  add(explanation, receiver_section(evaluation, decision));
  add(explanation, dns_section(evaluation, asked));
  add(explanation, remarks_section(evaluation.findings));
  return explanation;
}

std::string to_text(const Explanation& explanation, std::size_t columns) {
  const std::string margin(heading_columns, ' ');
  const std::size_t room = std::max<std::size_t>(columns, 40) - heading_columns;
  std::string out = explanation.verdict + "\n\n";
  for (const Section& section : explanation.sections) {
    std::string heading = section.heading;
    heading.resize(std::max(heading_columns, heading.size() + 1), ' ');
    for (const std::string& line : section.lines) {
      out += &line == &section.lines.front() ? heading : margin;
      append_wrapped(out, line, line.starts_with("- ") ? margin + "  " : margin, room);
    }
  }
  return out;
}

}  // namespace assay::verify
