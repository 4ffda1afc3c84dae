#include <algorithm>
#include <array>

#include "system/analysis/alerts.h"

namespace assay::analysis {
namespace {

using namespace std::chrono_literals;
using std::chrono::days;

struct About {
  std::string_view name;
  std::string_view purpose;
  std::string_view thresholds;
  Thresholds usual;
};

constexpr std::array<About, rules> about = {
    About{"newcomer",
          "A service that was not seen before passes as the domain.",
          "minimum: messages of it",
          {.minimum = 10, .cool_down = days{14}}},
    About{"spike",
          "Far more mail fails SPF and DKIM on a day than on others like it.",
          "minimum: messages that fail on the day; factor: so many times the usual number",
          {.minimum = 100, .factor = 3, .cool_down = days{3}}},
    About{"source_broken",
          "An own or approved source passed for weeks and now fails.",
          "minimum: messages that fail; share: percent of its messages of a day that fail",
          {.minimum = 20, .share = 50, .cool_down = days{2}}},
    About{"reporter_silent",
          "Somebody who reported regularly sends no reports any more.",
          "minimum: reports before; factor: so many times the usual pause; after: at least so long",
          {.minimum = 10, .factor = 4, .after = days{4}, .cool_down = days{7}}},
    About{"record_changed",
          "The DNS says something else of a watched record than before.",
          "after: so long it stays open",
          {.after = days{7}, .cool_down = days{0}}},
    About{"policy_weaker",
          "The policy in force is weaker than the one that is planned.",
          "none",
          {.cool_down = days{1}}},
    About{"intake_refusing",
          "Reports are refused or set aside, or a channel of the intake fails.",
          "minimum: reports in a day; share: percent of all that came by the channel",
          {.minimum = 10, .share = 20, .cool_down = days{1}}}};

bool is_of(const RuleSetting& setting, std::string_view domain) {
  if (setting.domains.empty()) return true;
  return std::ranges::any_of(setting.domains, [&](const std::string& each) {
    return domain == each || (domain.size() > each.size() && domain.ends_with(each) &&
                              domain[domain.size() - each.size() - 1] == '.');
  });
}

template <class Of>
void take(Of& value, const std::optional<Of>& set) {
  if (set) value = *set;
}

}  // namespace

std::string_view to_text(Rule rule) {
  return about[static_cast<std::size_t>(rule)].name;
}
std::optional<Rule> parse_rule(std::string_view word) {
  const auto found = std::ranges::find(about, word, &About::name);
  if (found == about.end()) return std::nullopt;
  return static_cast<Rule>(found - about.begin());
}
std::string_view purpose_of(Rule rule) {
  return about[static_cast<std::size_t>(rule)].purpose;
}
std::string_view thresholds_in_words(Rule rule) {
  return about[static_cast<std::size_t>(rule)].thresholds;
}
Thresholds usual_thresholds(Rule rule) {
  return about[static_cast<std::size_t>(rule)].usual;
}

Thresholds thresholds_of(std::span<const RuleSetting> settings, Rule rule,
                         std::string_view domain) {
  Thresholds found = usual_thresholds(rule);
  for (const RuleSetting& each : settings) {
    if (each.rule != rule || !is_of(each, domain)) continue;
    found.enabled = each.enabled;
    take(found.minimum, each.minimum);
    take(found.factor, each.factor);
    take(found.share, each.share);
    take(found.after, each.after);
    take(found.cool_down, each.cool_down);
  }
  return found;
}

}  // namespace assay::analysis
