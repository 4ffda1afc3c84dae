#include <benchmark/benchmark.h>

#include <unordered_map>

#include "assay/dmarc/dmarc.h"

namespace {

using namespace assay;
using namespace assay::dmarc;

DomainName name(const char* text) {
  return DomainName::parse(text).value();
}

/// Answers that are there already, as those of a warm cache.
class Warm : public dns::Resolver {
 public:
  void add(const char* owner, const char* record) {
    auto answer = std::make_shared<dns::Answer>();
    answer->outcome = dns::Outcome::records;
    answer->texts.emplace_back(record);
    answers_[{.name = name(owner)}] = std::move(answer);
  }
  dns::AnswerPtr ask(const dns::Question& question) override {
    const auto found = answers_.find(question);
    return found == answers_.end() ? absent_ : found->second;
  }

 private:
  std::unordered_map<dns::Question, dns::AnswerPtr> answers_ = {};
  dns::AnswerPtr absent_ =
      std::make_shared<dns::Answer>(dns::Answer{.outcome = dns::Outcome::name_error});
};

constexpr const char* policy =
    "v=DMARC1; p=reject; sp=quarantine; rua=mailto:dmarc@example.com; adkim=r; aspf=r";

void parsing(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(parse_record(policy));
}
BENCHMARK(parsing);

void walking(benchmark::State& state) {
  Warm resolver;
  resolver.add("_dmarc.example.com", policy);
  const DomainName start = name("news.example.com");
  for (auto _ : state) benchmark::DoNotOptimize(fetch_walk(start, resolver));
}
BENCHMARK(walking);

void judging(benchmark::State& state, const char* author, const char* spf, const char* dkim) {
  Warm resolver;
  resolver.add("_dmarc.example.com", policy);
  const DomainName author_domain = name(author);
  const std::vector<Identifier> identifiers = {{.method = Method::spf, .domain = name(spf)},
                                               {.method = Method::dkim, .domain = name(dkim)}};
  for (auto _ : state) {
    benchmark::DoNotOptimize(evaluate(gather(author_domain, identifiers, resolver)));
  }
}
BENCHMARK_CAPTURE(judging, same_domain, "example.com", "example.com", "example.com");
BENCHMARK_CAPTURE(judging, inherited, "news.example.com", "example.com", "example.com");
BENCHMARK_CAPTURE(judging, with_walk, "news.example.com", "bounce.example.com", "example.com");
BENCHMARK_CAPTURE(judging, elsewhere, "example.com", "bounce.example.net", "esp.example");
BENCHMARK_CAPTURE(judging, deep, "a.b.c.d.e.f.g.h.i.j.k.example.com", "example.com", "example.com");

}  // namespace
