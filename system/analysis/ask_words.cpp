#include "system/analysis/ask_words.h"

#include <optional>

#include "assay/base/ascii.h"
#include "assay/base/domain_name.h"
#include "assay/base/try.h"

namespace assay::analysis {
namespace {

template <class T>
using Maybe = std::expected<std::optional<T>, Finding>;

std::unexpected<Finding> wrong(std::string_view code, std::string what) {
  return std::unexpected(Finding{.code = code, .what = std::move(what), .at = 0});
}

Maybe<std::chrono::sys_days> read_day(const std::string& option, const std::string& text) {
  if (text.empty()) return std::optional<std::chrono::sys_days>();
  const auto day = parse_day(text);
  if (day) return day;
  return wrong("bad_day",
               option + ": \"" + ascii::printable(text) + "\" is no day; give one like 2026-05-01");
}

Maybe<dmarc::Alignment> read_alignment(const std::string& option, const std::string& text) {
  if (text.empty()) return std::optional<dmarc::Alignment>();
  if (text == "s") return dmarc::Alignment::strict;
  if (text == "r") return dmarc::Alignment::relaxed;
  return wrong("bad_word", option + " is r or s");
}

std::expected<dmarc::Policy, Finding> read_policy(const std::string& option,
                                                  const std::string& text) {
  if (text.empty()) return dmarc::Policy::reject;
  const auto policy = dmarc::parse_policy(text);
  if (policy) return *policy;
  return wrong("bad_word", option + " is none, quarantine or reject");
}

std::expected<std::string, Finding> read_domain(const AskWords& words, Question question) {
  if (words.domain.empty()) {
    if (may_lack_domain(question)) return std::string();
    return wrong("no_domain", words.question + " is asked of a domain, such as example.com");
  }
  const auto name = to_a_labels(words.domain);
  if (!name) return wrong("bad_domain", "DOMAIN: " + name.error().what);
  return name->text();
}

}  // namespace

std::expected<Ask, Finding> read_ask(const AskWords& words, std::string_view prefix) {
  const auto option = [&](const char* name) { return std::string(prefix) + name; };
  const auto question = parse_question(words.question);
  if (!question) return wrong("bad_question", "there is no such question");
  Ask ask{.question = *question};
  ASSAY_TRY(domain, read_domain(words, *question));
  ASSAY_TRY(from, read_day(option("from"), words.from));
  ASSAY_TRY(to, read_day(option("to"), words.to));
  ASSAY_TRY(against, read_day(option("against"), words.against));
  if (from && to && *from > *to) {
    return wrong("bad_day", option("from") + " is after " + option("to"));
  }
  ASSAY_TRY(policy, read_policy(option("policy"), words.policy));
  ASSAY_TRY(adkim, read_alignment(option("adkim"), words.adkim));
  ASSAY_TRY(aspf, read_alignment(option("aspf"), words.aspf));
  ask.domain = std::move(domain);
  ask.from = from;
  ask.to = to;
  ask.against = against;
  ask.scenario = {.policy = policy, .test_mode = words.test_mode, .adkim = adkim, .aspf = aspf};
  ask.source = words.source;
  return ask;
}

}  // namespace assay::analysis
