// Properties: however the input is cut, the replies and the messages kept are the same; every line
// of the output is a reply; no more memory is held than a message may have; and a message that is
// sent as RFC 5321 §4.5.2 says comes out as it was.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "system/smtp/detail/mailbox.h"

namespace {

using namespace assay::smtp;

void require(bool holds) {
  if (!holds) std::abort();
}

struct Outcome {
  std::string output = {};
  std::vector<detail::Kept> kept = {};
  bool ended = false;
  friend bool operator==(const Outcome&, const Outcome&) = default;
};

Outcome run(std::string_view input, std::size_t piece, const Rules& rules) {
  detail::Mailbox mailbox(200'000);
  Outcome outcome;
  {
    Session session(rules, mailbox);
    for (std::size_t at = 0; at < input.size() && !session.ended(); at += piece) {
      outcome.output += session.feed(input.substr(at, piece));
    }
    outcome.ended = session.ended();
  }
  require(mailbox.claimed() == 0);
  outcome.kept = mailbox.kept();
  return outcome;
}

void require_replies(std::string_view output) {
  while (!output.empty()) {
    const std::size_t end = output.find("\r\n");
    require(end != std::string_view::npos && end >= 3);
    require(output[0] >= '2' && output[0] <= '5' && (output[3] == ' ' || output[3] == '-'));
    for (const char octet : output.substr(0, end)) require(octet >= ' ' && octet < 0x7F);
    output.remove_prefix(end + 2);
  }
}

std::string stuffed(std::string_view message) {
  std::string out;
  bool begin = true;
  for (std::size_t at = 0; at < message.size(); ++at) {
    if (begin && message[at] == '.') out += '.';
    out += message[at];
    begin = message[at] == '\n' && at > 0 && message[at - 1] == '\r';
  }
  return out + (begin ? ".\r\n" : "\r\n.\r\n");
}

void require_message(std::string_view octets) {
  const std::string out = "LHLO c\r\nMAIL FROM:<>\r\nRCPT TO:<a@reports.example>\r\nDATA\r\n" +
                          stuffed(octets) + "QUIT\r\n";
  const Outcome outcome = run(out, out.size(), {.max_message = 100'000});
  require(outcome.ended && outcome.kept.size() == 1);
  std::string_view message = outcome.kept.front().message;
  if (message.size() > octets.size())
    message.remove_suffix(2);  // the CRLF that ended its last line
  require(message == octets);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2 || size > 20'000) return 0;
  const std::string_view input(reinterpret_cast<const char*>(data) + 2, size - 2);
  const Rules rules{.protocol = (data[0] & 1) != 0 ? Protocol::smtp : Protocol::lmtp,
                    .max_message = (data[0] & 2) != 0 ? 50U : 100'000U,
                    .max_line = 200,
                    .takes_xforward = (data[0] & 4) != 0};
  const Outcome whole = run(input, input.size() + 1, rules);
  require(whole == run(input, 1 + data[1] % 64U, rules));
  require_replies(whole.output);
  require_message(input);
  return 0;
}
