#include "system/journal/counts.h"

#include <algorithm>
#include <set>

namespace assay::journal {
namespace {

constexpr std::size_t max_words = 200;
constexpr std::size_t max_domains = 100'000;

template <class Checks>
bool has_temperror(const Checks& checks) {
  return std::ranges::any_of(checks, [](const auto& check) { return check.result == "temperror"; });
}

}  // namespace

void Tally::add(const std::string& word, std::size_t limit) {
  const auto at = words.find(word);
  if (at != words.end()) {
    ++at->second;
  } else if (words.size() < limit) {
    words.emplace(word, 1);
  } else {
    ++others;
  }
}

std::vector<std::pair<std::string, std::uint64_t>> Tally::top(std::size_t count) const {
  std::vector<std::pair<std::string, std::uint64_t>> list(words.begin(), words.end());
  std::ranges::sort(list, [](const auto& a, const auto& b) {
    return a.second != b.second ? a.second > b.second : a.first < b.first;
  });
  if (list.size() > count) list.resize(count);
  return list;
}

void add(Counts& counts, const Entry& entry) {
  ++counts.messages;
  counts.first = std::min(counts.first.value_or(entry.time), entry.time);
  counts.last = std::max(counts.last.value_or(entry.time), entry.time);
  if (!entry.exempt.empty()) counts.exempt.add(entry.exempt, max_words);
  counts.actions.add(entry.action.action, max_words);
  counts.dispositions.add(entry.action.disposition, max_words);
  std::set<std::string> types;
  for (const Override& reason : entry.overrides) types.insert(reason.type);
  for (const std::string& type : types) counts.overrides.add(type, max_words);
  if (entry.verdict) {
    counts.results.add(entry.verdict->result, max_words);
    counts.dns_dmarc += entry.verdict->result == "temperror" ? 1 : 0;
    if (entry.verdict->result == "fail") {
      counts.failing_authors.add(entry.verdict->author_domain, max_domains);
    }
  }
  counts.dns_spf += has_temperror(entry.spf) ? 1 : 0;
  counts.dns_dkim += has_temperror(entry.dkim) ? 1 : 0;
  counts.compared += entry.rfc7489 ? 1 : 0;
  counts.differing += entry.differs.empty() ? 0 : 1;
  for (const std::string& member : entry.differs) counts.differences.add(member, max_words);
}

}  // namespace assay::journal
