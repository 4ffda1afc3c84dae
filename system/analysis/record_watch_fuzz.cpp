/// Values of watched records as a file may hold them, and SPF as the DNS may.
#include <algorithm>
#include <cstdint>
#include <cstdlib>

#include "assay/dns/resolver.h"
#include "system/analysis/record_watch.h"

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

/// Answers each question with pieces of the input.
class Hostile final : public assay::dns::Resolver {
 public:
  explicit Hostile(std::string_view input) : input_(input) {}
  assay::dns::AnswerPtr ask(const assay::dns::Question& question) override {
    ++asked;
    auto answer = std::make_shared<assay::dns::Answer>();
    const std::size_t size =
        std::min<std::size_t>(input_.size(), 1 + question.name.text().size() * 7);
    answer->outcome = assay::dns::Outcome::records;
    answer->texts.push_back("v=spf1 " + std::string(input_.substr(0, size)));
    input_.remove_prefix(size);
    return answer;
  }
  std::size_t asked = 0;

 private:
  std::string_view input_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace assay;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto seen = analysis::parse_dmarc_seen(text)) {
    require(analysis::parse_dmarc_seen(analysis::to_value(*seen)) == seen);
  }
  const auto policy = analysis::policy_in_force("example.com", text);
  require(analysis::strength(policy) <= 2);
  store::RecordChange change{.domain = "example.com", .before = std::string(text), .after = "x"};
  for (std::size_t kind = 0; kind < store::watched_kinds; ++kind) {
    change.kind = static_cast<store::WatchedKind>(kind);
    const std::string words = analysis::in_words(change);
    require(words.find('\n') == std::string::npos && words.size() < 10'000);
  }
  Hostile resolver(text);
  const auto senders = analysis::flatten_spf(*DomainName::parse("example.com"), resolver);
  require(resolver.asked <= analysis::max_spf_includes + 1);
  require(senders.lines.size() <= analysis::max_spf_lines);
  require(std::ranges::is_sorted(senders.lines));
  for (const std::string& each : senders.lines) {
    require(std::ranges::all_of(each, [](char c) { return c >= ' ' && c <= '~'; }));
  }
  return 0;
}
