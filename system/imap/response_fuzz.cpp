// Properties: however the octets are cut, the responses are the same; no literal above the limit is
// kept; a quoted name stays within its quotes; a sequence-set names what it was made of.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "system/imap/response.h"

namespace {

using namespace assay::imap;

void require(bool holds) {
  if (!holds) std::abort();
}

constexpr ResponseLimits limits{.line = 2'000, .literal = 500, .literals = 4};

struct Outcome {
  std::vector<Response> responses = {};
  bool failed = false;
};

Outcome run(std::string_view input, std::size_t piece) {
  ResponseReader reader(limits);
  Outcome outcome;
  for (std::size_t at = 0; at < input.size() && !outcome.failed; at += piece) {
    reader.feed(input.substr(at, piece));
    for (;;) {
      auto response = reader.next();
      outcome.failed = !response;
      if (!response || !*response) break;
      outcome.responses.push_back(std::move(**response));
    }
  }
  return outcome;
}

void require_same(const Outcome& a, const Outcome& b) {
  require(a.failed == b.failed && a.responses.size() == b.responses.size());
  for (std::size_t i = 0; i < a.responses.size(); ++i) {
    require(a.responses[i].line == b.responses[i].line);
    require(a.responses[i].literals.size() == b.responses[i].literals.size());
    for (std::size_t k = 0; k < a.responses[i].literals.size(); ++k) {
      const Literal& one = a.responses[i].literals[k];
      require(one.octets == b.responses[i].literals[k].octets);
      require(one.octets.size() == (one.size > limits.literal ? 0 : one.size));
    }
  }
}

void require_understood(const Response& response) {
  require(response.line.size() <= limits.line + 2);
  read_ending(response.line, "A1");
  read_fetch(response);
  if (const auto numbers = read_search(response.line)) {
    const std::string set = sequence_set(*numbers);
    require(set.empty() == numbers->empty());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1 || size > 20'000) return 0;
  const std::string_view input(reinterpret_cast<const char*>(data) + 1, size - 1);
  const Outcome whole = run(input, input.size() + 1);
  require_same(whole, run(input, 1 + data[0] % 64U));
  for (const Response& response : whole.responses) require_understood(response);
  if (const auto text = quoted(input)) {
    require(text->front() == '"' && text->back() == '"' && text->find('\n') == std::string::npos);
  }
  return 0;
}
