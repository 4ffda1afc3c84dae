// Properties: however the input is cut, the calls and the output are the same; what is sent is well
// formed, and at most two changes and a reply for each packet taken; a message begins with mail and
// ends once.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "system/milter/detail/codec.h"
#include "system/milter/detail/recorder.h"

namespace {

using namespace assay::milter;

void require(bool holds) {
  if (!holds) std::abort();
}

/// The first octets of an input say how the handler answers, the rest is what the MTA sends.
struct Plan {
  std::uint8_t stage = 0, reply = 0, options = 0, piece = 1;
};
constexpr std::size_t plan_octets = 4;

struct Outcome {
  detail::Recorder recorder = {};
  std::string output = {}, error = {};
  bool closed = false, in_message = false;
  friend bool operator==(const Outcome& a, const Outcome& b) {
    return a.recorder.calls == b.recorder.calls && a.output == b.output && a.error == b.error &&
           a.closed == b.closed && a.in_message == b.in_message;
  }
};

/// Six offers of an MTA that a fuzzer would hardly find; the last one leaves it to the input.
std::string greeting(std::uint8_t options) {
  constexpr std::uint32_t steps[] = {0x1fffff, 0x7f, 0x47f, 0xff, 0x17ffff, 0};
  std::string out;
  const unsigned which = options % 7;
  if (which < 6)
    detail::append_offer(out, {.version = 6, .actions = 0x1ff, .protocol = steps[which]});
  return out;
}

void set_answers(detail::Recorder& recorder, const Plan& plan) {
  constexpr const char* stages[] = {"none", "connect", "helo",          "mail", "recipient",
                                    "data", "header",  "end_of_header", "body"};
  const Reply reply{.kind = static_cast<Reply::Kind>(plan.reply % 7),
                    .text = plan.reply > 100 ? "550 5.7.1 no\r\nno" : "what"};
  recorder.replies[stages[plan.stage % 9]] = reply;
  recorder.shown_macros = {"i", "j", "{x}"};
  recorder.ending.edits = {{.name = "A", .value = "b"}, {.kind = Edit::Kind::quarantine}};
  if (plan.stage > 200) recorder.ending.reply = reply;
}

Outcome run(const Plan& plan, std::string_view input, std::size_t piece) {
  Outcome outcome;
  set_answers(outcome.recorder, plan);
  Session session(outcome.recorder, {.max_packet = 300,
                                     .want_recipients = (plan.options & 64) == 0,
                                     .want_body = (plan.options & 128) == 0,
                                     .answer_body = plan.piece > 128});
  for (std::size_t at = 0; at < input.size() && !session.closed(); at += piece) {
    outcome.output += session.feed(input.substr(at, piece));
  }
  outcome.error = session.error();
  outcome.closed = session.closed();
  outcome.in_message = session.in_message();
  require(session.feed("").empty());
  return outcome;
}

std::size_t count_packets(std::string_view octets) {
  std::size_t count = 0;
  while (!octets.empty()) {
    const auto size = detail::packet_size(octets, 1U << 20);
    if (!size || *size == 0 || *size > octets.size()) break;
    octets.remove_prefix(*size);
    ++count;
  }
  return count;
}

/// Every packet is whole and of a kind that an MTA knows.
void require_well_formed(std::string_view output) {
  while (!output.empty()) {
    const auto size = detail::packet_size(output, 1U << 20);
    require(size && *size >= 5 && *size <= output.size());
    require(std::string_view("Ocartdysiq").find(output[4]) != std::string_view::npos);
    output.remove_prefix(*size);
  }
}

/// Calls of a message come within one, and no message begins before the last one ended.
void require_order(const Outcome& outcome, bool decides_early) {
  bool inside = false;
  for (const std::string& line : outcome.recorder.calls) {
    const std::string call = line.substr(0, line.find(' '));
    const bool begins = call == "mail";
    const bool ends = call == "end_of_message" || call == "abort";
    const bool outside = call == "connect" || call == "helo" || call == "start_over";
    if (!decides_early) require(inside == (!begins && !outside));
    if (begins) inside = true;
    if (ends) inside = false;
  }
  if (!decides_early) require(inside == outcome.in_message);
  require(outcome.error.empty() || outcome.closed);
}

}  // namespace

// NOLINTNEXTLINE(readability-identifier-naming): the name libFuzzer calls
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < plan_octets) return 0;
  const Plan plan{.stage = data[0], .reply = data[1], .options = data[2], .piece = data[3]};
  const std::string input =
      greeting(plan.options) +
      std::string(reinterpret_cast<const char*>(data) + plan_octets, size - plan_octets);
  const Outcome whole = run(plan, input, input.size() + 1);
  require(whole == run(plan, input, 1));
  require(whole == run(plan, input, plan.piece + 1U));
  require_well_formed(whole.output);
  require(count_packets(whole.output) <= 3 * count_packets(input));
  const auto kind = static_cast<Reply::Kind>(plan.reply % 7);
  const bool never = plan.stage % 9 == 0;
  require_order(whole, !never && kind != Reply::Kind::proceed && kind != Reply::Kind::skip);
  return 0;
}
