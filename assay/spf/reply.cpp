#include "assay/spf/reply.h"

#include <algorithm>
#include <utility>

#include "assay/base/ascii.h"

namespace assay::spf {
namespace {

/// So that code, enhanced code and CRLF still fit into 512 octets (RFC 5321 §4.5.3.1.5).
constexpr std::size_t max_line_octets = 450;

/// Of an outcome that somebody else made, too, nothing may end the line.
std::string line(std::string_view text) {
  std::string shown;
  for (const char c : text.substr(0, max_line_octets)) {
    shown += ascii::is_graph(c) || c == ' ' ? c : '?';
  }
  return shown;
}

std::string_view name_of(Identity identity) {
  return identity == Identity::mfrom ? "MAIL FROM" : "HELO";
}

}  // namespace

std::optional<SmtpReply> rejection(const Outcome& outcome) {
  const std::string what = "SPF " + std::string(name_of(outcome.identity)) + " check ";
  switch (outcome.result) {
    case Result::fail: {
      // RFC 7208 §8.4, with the code that took the place of 5.7.1 (RFC 7372 §3.2)
      SmtpReply reply{.code = 550, .enhanced = "5.7.23"};
      reply.lines.push_back(line(what + "failed: " + outcome.reason));
      if (!outcome.explanation.empty()) {
        // RFC 7208 §6.2: not our words.
        reply.lines.push_back(line("The domain " + outcome.domain + " explains:"));
        reply.lines.push_back(line(outcome.explanation));
      }
      return reply;
    }
    case Result::temperror:
      // RFC 7208 §8.6; 4.7.24 in place of 4.4.3 (RFC 7372 §3.2)
      return SmtpReply{.code = 451,
                       .enhanced = "4.7.24",
                       .lines = {line(what + "could not be made: " + outcome.reason)}};
    case Result::permerror:
      // RFC 7208 §8.7; 5.7.24 in place of 5.5.2 (RFC 7372 §3.2)
      return SmtpReply{.code = 550,
                       .enhanced = "5.7.24",
                       .lines = {line(what + "is not possible: " + outcome.reason)}};
    case Result::softfail:  // RFC 7208 §8.5
    case Result::neutral:   // RFC 7208 §8.2
    case Result::none:
    case Result::pass:
      return std::nullopt;
  }
  return std::nullopt;
}

}  // namespace assay::spf
