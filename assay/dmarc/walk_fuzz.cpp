#include <cstdint>
#include <cstdlib>
#include <set>
#include <string>
#include <vector>

#include "assay/base/ascii.h"
#include "assay/dmarc/tree_walk.h"

namespace {

using namespace assay;
using namespace assay::dmarc;

void require(bool holds) {
  if (!holds) std::abort();
}

/// Gives each name some of the texts of the input, by a hash of the name.
class TextResolver : public dns::Resolver {
 public:
  explicit TextResolver(std::vector<std::string_view> texts) : texts_(std::move(texts)) {}

  dns::AnswerPtr ask(const dns::Question& question) override {
    require(announced.contains(question.name.text()) && question.type == dns::Type::txt);
    asked.push_back(question.name.text());
    auto answer = std::make_shared<dns::Answer>();
    const std::size_t hash = std::hash<DomainName>{}(question.name);
    answer->outcome = static_cast<dns::Outcome>(hash % 4);
    if (hash % 16 != 3 && answer->outcome == dns::Outcome::temporary_failure) {
      answer->outcome = dns::Outcome::records;
    }
    if (answer->outcome == dns::Outcome::records) {
      for (std::size_t i = 0; i < 1 + hash / 64 % 2; ++i) {
        answer->texts.emplace_back(texts_[(hash / 256 + i) % texts_.size()]);
      }
    }
    return answer;
  }

  void prefetch(std::span<const dns::Question> questions) override {
    for (const dns::Question& question : questions) announced.insert(question.name.text());
  }

  std::set<std::string> announced = {};
  std::vector<std::string> asked = {};

 private:
  std::vector<std::string_view> texts_;
};

/// RFC 9989 §4.10 over a list of labels, as the text has it.
std::vector<std::string> targets_by_steps(const DomainName& start) {
  std::vector<std::string> labels;
  for (const std::string_view label : ascii::split(start.text(), '.')) labels.emplace_back(label);
  std::vector<std::string> targets;
  bool first = true;
  while (!labels.empty()) {
    std::string name;
    for (const std::string& label : labels) name += (name.empty() ? "" : ".") + label;
    targets.push_back(name);
    do labels.erase(labels.begin());
    while (first && labels.size() > 7);
    first = false;
  }
  return targets;
}

void require_route(const Walk& walk, const DomainName& start) {
  std::vector<std::string> targets;
  for (const DomainName& target : walk_targets(start)) targets.push_back(target.text());
  require(targets == targets_by_steps(start));
  require(walk.steps.size() <= targets.size());
  for (std::size_t i = 0; i < walk.steps.size(); ++i) {
    require(walk.steps[i].domain.text() == targets[i]);
    const bool last = i + 1 == walk.steps.size();
    const bool ends = walk.steps[i].record != nullptr && walk.steps[i].record->psd != Psd::u;
    require(last || !ends);
  }
}

}  // namespace

/// The first line is where to start, the others are TXT records of the names that are asked: at
/// most eight, all announced; the Organizational Domain is the start or above it; a record is found
/// where the RFC lets one be.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  std::vector<std::string_view> lines = ascii::split(input, '\n');
  const auto start = DomainName::parse(lines.front());
  if (!start) return 0;
  if (lines.size() == 1) lines.emplace_back("v=DMARC1; p=none");
  TextResolver resolver({lines.begin() + 1, lines.end()});
  const Walk walk = fetch_walk(*start, resolver);
  require(resolver.asked.size() <= max_walk_queries);
  require_route(walk, *start);
  const auto organizational = organizational_domain(walk);
  require(organizational.has_value() != walk.failed);
  if (organizational) require(start->equal_or_below(*organizational));
  const PolicyDiscovery found = discover_policy(walk);
  require(found.policy_domain.has_value() == (found.record != nullptr));
  if (!found.record) return 0;
  const bool own = found.policy_domain == *start;
  const bool suffix = found.record->psd == Psd::y;
  require(own || suffix || found.policy_domain == organizational);
  return 0;
}
