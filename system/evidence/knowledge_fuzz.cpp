// Properties: what is read from any octets survives being written and read; every entry that is
// taken gives a file that reads back.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "system/evidence/knowledge.h"

namespace {

using namespace assay;

void require(bool holds) {
  if (!holds) std::abort();
}

void require_twins(const evidence::Knowledge& knowledge) {
  const std::string text = write_knowledge(knowledge);
  const auto again = evidence::read_knowledge(text);
  require(again.has_value());
  require(write_knowledge(*again) == text);
}

/// An entry whose texts are pieces of the octets.
journal::Entry make_entry(std::string_view octets) {
  const std::size_t third = octets.size() / 3;
  journal::Entry entry;
  entry.mail_from = std::string(octets.substr(0, third));
  entry.client = IpAddress::parse(octets.substr(third, third));
  if (octets.size() % 2 == 0) entry.client = IpAddress::parse("192.0.2.1");
  entry.verdict = journal::Verdict{.result = octets.size() % 3 == 0 ? "pass" : "fail",
                                   .author_domain = std::string(octets.substr(2 * third)),
                                   .dkim_aligned = octets.size() % 5 != 0};
  entry.spf.push_back({.identity = "mfrom", .domain = "x", .result = "fail"});
  return entry;
}

}  // namespace

// NOLINTNEXTLINE(readability-identifier-naming): the name libFuzzer calls
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view octets(reinterpret_cast<const char*>(data), size);
  const auto knowledge = evidence::read_knowledge(octets);
  if (knowledge) require_twins(*knowledge);
  if (!knowledge) require(!knowledge.error().what.empty());
  const std::string first = "{\"assay_evidence\":1,\"made\":\"2026-05-01T00:00:00Z\"}\n";
  const auto behind = evidence::read_knowledge(first + std::string(octets) + "\n");
  if (behind) require_twins(*behind);
  evidence::Learner learner;
  learner.take(make_entry(octets));
  require_twins(learner.finish(Instant{}));
  return 0;
}
