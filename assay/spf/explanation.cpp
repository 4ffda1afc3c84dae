#include <algorithm>
#include <expected>
#include <utility>

#include "assay/base/ascii.h"
#include "assay/spf/detail/evaluation.h"

namespace assay::spf::detail {
namespace {

/// What an explanation may be shown as: US-ASCII, and nothing that ends a line (RFC 7208 §6.2).
bool is_showable(char c) {
  return ascii::is_graph(c) || c == ' ';
}

using ExplainString = std::expected<MacroString, Finding>;

}  // namespace

/// The domain's own words for a fail; empty where there are none or they cannot be used
/// (RFC 7208 §6.2). Its lookup is outside the limits of the evaluation.
std::string Evaluation::fetch_explanation(const Frame& frame) {
  if (!frame.loaded.explanation) return {};
  const DomainSpec* domain = domain_of(frame.term(*frame.loaded.explanation));
  dns::Question question{.name = {}, .type = dns::Type::txt};
  if (expand_target(frame, *domain, question.name) != Aim::ready) return {};
  const dns::AnswerPtr answer = ask(question);
  // RFC 7208 §6.2: exactly one record.
  if (answer->outcome != dns::Outcome::records || answer->texts.size() != 1) return {};
  const auto& explain = answer->memo.get<ExplainString>(
      [&] { return parse_macro_string(answer->texts.front(), MacroPlace::explanation); });
  if (!explain) return {};
  MacroValues values = macro_values(frame);
  std::string validated;
  if (explain->uses("p")) {
    validated = validated_name(frame.domain);
    values.validated_name = validated;
  }
  // RFC 7208 §6.2
  std::string text = expand_text(*explain, values, limits_.explanation_octets);
  return std::ranges::all_of(text, is_showable) ? text : std::string();
}

/// One sentence for the person who looks after the domain or the receiver.
std::string Evaluation::reason(Result result) const {
  const std::string client = to_text(request_.client);
  const std::string domain = ascii::printable(decisive_domain_.text());
  const auto matched = [&] {
    return outcome_.mechanism + " matched" + (inner_.empty() ? "" : " (" + inner_ + ")");
  };
  switch (result) {
    case Result::pass:
      return client + " is among the addresses that " + domain + " authorizes: " + matched();
    case Result::fail:
      return client + " is not among the addresses that " + domain + " authorizes: " + matched();
    case Result::softfail:
      return client + " is probably not authorized by " + domain + ": " + matched();
    case Result::neutral:
      return domain + " says nothing about " + client + ": " +
             (outcome_.mechanism == "default" ? "no mechanism matched" : matched());
    case Result::none:
    case Result::temperror:
    case Result::permerror:
      return problem_;
  }
  return {};
}

std::string Evaluation::shown(const Term& term) {
  // A term of a record that could be read is printable, but may be very long.
  constexpr std::size_t most = 200;
  return term.written.size() <= most ? term.written : term.written.substr(0, most) + "...";
}

std::string Evaluation::to_words(const dns::Question& question) {
  return std::string(dns::to_text(question.type)) + " of " + ascii::printable(question.name.text());
}

std::string Evaluation::no_answer(const dns::Question& question, const dns::Answer& answer) {
  return "the DNS gave no answer for " + to_words(question) +
         (answer.why.empty() ? "" : ": " + ascii::printable(answer.why));
}

Result Evaluation::problem(Result result, std::string what) {
  problem_ = std::move(what);
  return result;
}

Evaluation::Match Evaluation::problem(Match match, std::string what) {
  problem_ = std::move(what);
  return match;
}

std::size_t Evaluation::begin_step(const Frame& frame, const Term& term) {
  if (request_.trace == Trace::off) return 0;
  outcome_.steps.push_back(
      {.depth = frame.depth, .domain = frame.domain, .term = shown(term), .outcome = {}});
  return outcome_.steps.size() - 1;
}

void Evaluation::end_step(std::size_t step, Match match) {
  if (request_.trace == Trace::off) return;
  const auto noted = [&](std::string text) {
    return note_.empty() ? text : std::move(text) + " (" + std::string(note_) + ")";
  };
  std::string& outcome = outcome_.steps[step].outcome;
  switch (match) {
    case Match::no:
      outcome = noted("no match");
      break;
    case Match::yes:
      outcome = noted("match");
      break;
    case Match::temperror:
      outcome = "temperror: " + problem_;
      break;
    case Match::permerror:
      outcome = "permerror: " + problem_;
      break;
  }
}

void Evaluation::note_unusable(const dns::Question& question, unsigned depth, Result result) {
  if (request_.trace == Trace::off) return;
  outcome_.steps.push_back({.depth = depth,
                            .domain = question.name,
                            .term = "TXT",
                            .outcome = std::string(to_text(result)) + ": " + problem_});
}

}  // namespace assay::spf::detail
