// Evaluations over a DNS made from the input: they end within the limits, whatever is published,
// and nothing that must not matter (trace, prefetch, a higher limit) changes a result.

#include <fuzzer/FuzzedDataProvider.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <string>
#include <utility>

#include "assay/spf/received_spf.h"
#include "assay/spf/reply.h"
#include "assay/spf/spf.h"

namespace {

using namespace assay;

void require(bool holds) {
  if (!holds) std::abort();
}

constexpr const char* names[] = {"example.com", "a.example.com", "b.example.com", "c.example.net",
                                 "d.example.net"};
constexpr const char* terms[] = {"all",
                                 "-all",
                                 "~all",
                                 "?all",
                                 "a",
                                 "mx",
                                 "ptr",
                                 "a/24//64",
                                 "mx/0",
                                 "-ip4:192.0.2.0/24",
                                 "ip4:192.0.2.1",
                                 "ip6:2001:db8::/32",
                                 "ip6:2001:db8::1",
                                 "include:a.example.com",
                                 "-include:b.example.com",
                                 "include:%{d}",
                                 "include:%{d}.%{d}",
                                 "redirect=c.example.net",
                                 "redirect=%{h}",
                                 "exists:%{ir}.%{v}.example.com",
                                 "exists:%{p}.example.com",
                                 "a:%{p}",
                                 "mx:d.example.net",
                                 "ptr:example.net",
                                 "exp=d.example.net",
                                 "exp=%{p2}.example.com",
                                 "exists:%{s}%{L}%{o2r}.%{h1r-}.example.com",
                                 "x=%{c}%%",
                                 "a:a..example.com",
                                 "foo",
                                 "a:%{z}",
                                 "include:%{l}.example.com",
                                 "exists:%{l}",
                                 "include:c.example.net",
                                 "redirect=%{o}"};

/// Answers what the input says; the same question always the same.
class FuzzedDns final : public dns::Resolver {
 public:
  explicit FuzzedDns(FuzzedDataProvider& input) : input_(input) {}

  dns::AnswerPtr ask(const dns::Question& question) override {
    ++asked;
    dns::AnswerPtr& answer = answers_[{question.name.text(), question.type}];
    if (answer == nullptr) answer = std::make_shared<const dns::Answer>(make(question.type));
    return answer;
  }
  void prefetch(std::span<const dns::Question> questions) override {
    announced += questions.size();
    for (const dns::Question& question : questions) require(!question.name.is_root());
  }

  std::size_t asked = 0;
  std::size_t announced = 0;

 private:
  dns::Answer make(dns::Type type) {
    dns::Answer answer;
    const auto kind = input_.ConsumeIntegralInRange(0, 9);
    if (kind == 0) answer.outcome = dns::Outcome::temporary_failure;
    if (kind == 1) answer.outcome = dns::Outcome::name_error;
    if (kind <= 2) return answer;
    answer.outcome = dns::Outcome::records;
    const int count = kind == 3 ? input_.ConsumeIntegralInRange(0, 14) : 1;
    for (int i = 0; i < count; ++i) add(answer, type);
    return answer;
  }

  void add(dns::Answer& answer, dns::Type type) {
    switch (type) {
      case dns::Type::txt:
        answer.texts.push_back(text());
        break;
      case dns::Type::a:
      case dns::Type::aaaa:
        answer.addresses.push_back(address());
        break;
      case dns::Type::mx:
        answer.exchanges.push_back({.host = input_.ConsumeBool() ? name() : DomainName()});
        break;
      case dns::Type::ptr:
        answer.names.push_back(name());
        break;
    }
  }

  DomainName name() { return DomainName::parse(input_.PickValueInArray(names)).value(); }

  IpAddress address() {
    return IpAddress::parse(input_.ConsumeBool() ? "192.0.2.1" : "2001:db8::1").value();
  }

  std::string text() {
    if (input_.ConsumeIntegralInRange(0, 7) == 0) return input_.ConsumeRandomLengthString(200);
    std::string record = "v=spf1";
    const int count = input_.ConsumeIntegralInRange(0, 14);
    for (int i = 0; i < count; ++i) record += std::string(" ") + input_.PickValueInArray(terms);
    return record;
  }

  FuzzedDataProvider& input_;
  std::map<std::pair<std::string, dns::Type>, dns::AnswerPtr> answers_;
};

/// The record, ten terms of at most 1 + 10 questions, the client's names, the explanation.
constexpr std::size_t most_asked = 1 + 10 * 11 + 1 + 10 + 1;
/// Ten terms ahead, the hosts of ten mx, the client's names for ptr and %{p}.
constexpr std::size_t most_announced = 10 + 100 + 11 * 10;

void check_outcome(const spf::Outcome& outcome, const spf::Request& request) {
  using enum spf::Result;
  require(outcome.lookups <= 11 && outcome.void_lookups <= 3);
  require(outcome.lookups <= 10 || outcome.result == permerror);
  require(outcome.void_lookups <= 2 || outcome.result == permerror);
  require(outcome.records.size() <= outcome.lookups + 1U);
  require(!outcome.reason.empty());
  const bool matched = outcome.result == pass || outcome.result == fail ||
                       outcome.result == softfail || outcome.result == neutral;
  require(matched != outcome.mechanism.empty());
  require(outcome.explanation.empty() || outcome.result == fail);
  require(outcome.explanation.size() <= 500);
  require(std::ranges::all_of(outcome.explanation, [](char c) { return c >= ' ' && c < '\x7f'; }));
  const std::string field = spf::received_spf(outcome, request);
  for (std::size_t at = field.find('\n'); at != std::string::npos; at = field.find('\n', at + 1)) {
    require(at > 0 && field[at - 1] == '\r' && field[at + 1] == ' ' && field[at + 2] != ' ');
  }
  const auto reply = spf::rejection(outcome);
  require(reply.has_value() ==
          (outcome.result == fail || outcome.result == temperror || outcome.result == permerror));
}

void check_same(const spf::Outcome& a, const spf::Outcome& b) {
  require(a.result == b.result && a.reason == b.reason && a.mechanism == b.mechanism);
  require(a.explanation == b.explanation && a.lookups == b.lookups);
  require(a.void_lookups == b.void_lookups && a.records.size() == b.records.size());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  FuzzedDataProvider input(data, size);
  spf::Request request{
      .client = IpAddress::parse(input.ConsumeBool() ? "192.0.2.1" : "2001:db8::1").value(),
      .helo = input.ConsumeBool() ? "mx.example.net" : input.ConsumeRandomLengthString(80),
      .mail_from =
          input.ConsumeBool() ? "someone@example.com" : input.ConsumeRandomLengthString(80)};
  FuzzedDns resolver(input);
  const spf::Limits limits{.clock = [] { return std::chrono::steady_clock::time_point(); }};
  const spf::Outcome outcome = spf::check_mail_from(request, resolver, limits);
  require(resolver.asked <= most_asked && resolver.announced <= most_announced);
  check_outcome(outcome, request);

  request.trace = spf::Trace::off;
  check_same(spf::check_mail_from(request, resolver, limits), outcome);

  // A higher limit changes nothing but what the limit decided.
  spf::Limits more = limits;
  more.terms = 20;
  more.void_lookups = 20;
  const spf::Outcome later = spf::check_mail_from(request, resolver, more);
  if (outcome.lookups <= 10 && outcome.void_lookups <= 2) check_same(later, outcome);

  check_outcome(spf::check_helo(request, resolver, limits), request);
  require(spf::first_questions(request).size() <= 2);
  return 0;
}
