#include <algorithm>
#include <utility>

#include "system/smtp/session.h"

/// The part of a session that reads a message (RFC 5321 §4.1.1.4, §4.5.2).
namespace assay::smtp {
namespace {

/// Memory is asked for in steps, so that many connections do not ask at each block.
constexpr std::size_t step = 65'536;

}  // namespace

/// Keeps octets of the message, unless it is refused already: then its rest is only read over.
void Session::keep(std::string_view octets) {
  if (refused_) return;
  const std::size_t size = message_.size() + octets.size();
  const auto refuse = [&](Reply reply) {
    forget_message();
    refused_ = true;
    refusal_ = std::move(reply);
  };
  if (size > rules_.max_message) {
    return refuse({552, "5.3.4",
                   "The message is larger than " + std::to_string(rules_.max_message) + " octets"});
  }
  if (size > claimed_) {
    const std::size_t more = std::max(step, size - claimed_);
    if (!host_.claim(more)) {
      return refuse({452, "4.3.1", "No room for the message now, try again later"});
    }
    claimed_ += more;
  }
  message_ += octets;
}

/// Takes octets until the message ends: at CRLF "." CRLF and at nothing that resembles it, since
/// what some take for an end and others do not is how a message is smuggled into another.
void Session::take_data(std::string_view& octets) {
  while (!octets.empty()) {
    const char next = octets.front();
    switch (at_) {
      case At::begin:
        if (next == '.') {
          octets.remove_prefix(1);
          at_ = At::dot;
          continue;
        }
        break;
      case At::dot:  // the first dot of a line is not kept
        if (next == '\r') {
          octets.remove_prefix(1);
          at_ = At::dot_cr;
          continue;
        }
        break;
      case At::dot_cr:
        if (next == '\n') {
          octets.remove_prefix(1);
          return finish_message();
        }
        keep("\r");
        at_ = At::cr;
        continue;
      case At::cr:
      case At::within:
        break;
    }
    // The rest of the line, or of the block.
    const std::size_t end = std::min(octets.find('\n'), octets.size() - 1) + 1;
    const std::string_view part = octets.substr(0, end);
    const bool after_cr = part.size() > 1 ? part[part.size() - 2] == '\r' : at_ == At::cr;
    keep(part);
    if (part.back() == '\n') {
      at_ = after_cr ? At::begin : At::within;
    } else {
      at_ = part.back() == '\r' ? At::cr : At::within;
    }
    octets.remove_prefix(end);
  }
}

void Session::finish_message() {
  const Reply reply = refused_ ? refusal_ : host_.deliver(envelope_, message_);
  // RFC 2033 §4.2: one reply for each recipient.
  const std::size_t replies = rules_.protocol == Protocol::lmtp ? envelope_.recipients.size() : 1;
  for (std::size_t i = 0; i < replies; ++i) say(reply);
  in_data_ = false;
  forwarded_.reset();
  forwarded_helo_.clear();
  reset();
}

void Session::forget_message() {
  if (claimed_ > 0) host_.give_back(std::exchange(claimed_, 0));
  message_ = {};
  refused_ = false;
  refusal_ = {};
}

}  // namespace assay::smtp
