#include "system/smtp/session.h"

#include <algorithm>
#include <utility>

#include "assay/base/ascii.h"
#include "system/smtp/detail/xforward.h"
#include "system/smtp/path.h"

namespace assay::smtp {
namespace {

std::string three_digits(unsigned code) {
  return std::to_string(std::clamp(code, 200U, 599U));
}

const Reply bad_arguments{501, "5.5.4", "Syntax error in the argument"};
const Reply too_many_errors{421, "4.7.0", "Too many errors"};

Reply too_large(std::size_t limit) {
  return {552, "5.3.4", "The message is larger than " + std::to_string(limit) + " octets"};
}

}  // namespace

Session::Session(Rules rules, Host& host, std::optional<IpAddress> client)
    : rules_(std::move(rules)), host_(host), client_(client) {}

Session::~Session() {
  forget_message();
}

std::string Session::greeting() const {
  const bool lmtp = rules_.protocol == Protocol::lmtp;
  return "220 " + rules_.name + (lmtp ? " LMTP Assay\r\n" : " ESMTP Assay\r\n");
}

void Session::say(const Reply& reply) {
  out_ += three_digits(reply.code) + ' ';
  if (!reply.enhanced.empty()) out_ += reply.enhanced + ' ';
  out_ += ascii::printable(reply.text, 400) + "\r\n";
}

/// A reply to what should not have been said.
void Session::complain(const Reply& reply) {
  if (++errors_ < rules_.max_errors) return say(reply);
  say(too_many_errors);
  ended_ = true;
}

std::string Session::feed(std::string_view octets) {
  out_.clear();
  // RFC 3207 §4.2: what was sent behind STARTTLS before there was TLS is nobody's word.
  while (!octets.empty() && !ended_ && !wants_tls_) {
    if (in_data_) {
      take_data(octets);
      continue;
    }
    const std::size_t end = octets.find('\n');
    const std::string_view part = octets.substr(0, end);
    if (line_.size() + part.size() > rules_.max_line) line_too_long_ = true;
    if (!line_too_long_) line_ += part;
    if (end == std::string_view::npos) break;
    octets.remove_prefix(end + 1);
    std::string line = std::exchange(line_, {});
    if (line.ends_with('\r')) line.pop_back();
    if (std::exchange(line_too_long_, false)) {
      complain({500, "5.5.2", "The line is too long"});
    } else {
      take_line(line);
    }
  }
  return std::exchange(out_, {});
}

void Session::take_line(std::string_view line) {
  const std::string verb = ascii::to_lower(line.substr(0, line.find(' ')));
  const std::string_view argument =
      ascii::trim_wsp(line.substr(std::min(verb.size(), line.size())));
  if (verb == "lhlo" || verb == "ehlo" || verb == "helo") return hello(verb, argument);
  if (verb == "mail") return mail(argument);
  if (verb == "rcpt") return rcpt(argument);
  if (verb == "data") return data(argument);
  if (verb == "xforward" && rules_.takes_xforward) return xforward(argument);
  if (verb == "starttls" && rules_.offers_tls) return start_tls(argument);
  if (verb == "rset") {
    reset();
    return say({250, "2.0.0", "Ok"});
  }
  if (verb == "noop") return say({250, "2.0.0", "Ok"});
  if (verb == "vrfy") return say({252, "2.5.0", "Send it, then it will be seen"});
  if (verb == "help") return say({214, "2.0.0", "This host takes reports in, and nothing else"});
  if (verb == "quit") {
    ended_ = true;
    return say({221, "2.0.0", "Bye"});
  }
  complain({500, "5.5.1", "The command is not known"});
}

void Session::hello(std::string_view verb, std::string_view argument) {
  const bool lmtp = rules_.protocol == Protocol::lmtp;
  if ((verb == "lhlo") != lmtp) {  // RFC 2033 §4.1
    return complain({500, "5.5.1", lmtp ? "This is LMTP, say LHLO" : "This is SMTP, say EHLO"});
  }
  if (argument.empty()) return complain({501, "5.5.4", "Say who you are"});
  reset();
  greeted_ = true;
  helo_ = argument.substr(0, argument.find(' '));
  if (verb == "helo") return say({250, "", rules_.name});
  out_ += "250-" + rules_.name + "\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n";
  if (rules_.takes_xforward) out_ += "250-XFORWARD NAME ADDR PORT PROTO HELO IDENT SOURCE\r\n";
  if (rules_.offers_tls) out_ += "250-STARTTLS\r\n";
  out_ += "250-ENHANCEDSTATUSCODES\r\n250 SIZE " + std::to_string(rules_.max_message) + "\r\n";
}

void Session::mail(std::string_view argument) {
  if (!greeted_) return complain({503, "5.5.1", "Say hello first"});
  if (has_sender_) return complain({503, "5.5.1", "There is a sender already"});
  const auto path = parse_path(argument, "from:");
  if (!path) return complain(bad_arguments);
  for (const auto& [keyword, value] : path->parameters) {
    if (keyword == "size") {  // RFC 1870
      const auto size = ascii::parse_number(value);
      if (!size) return complain(bad_arguments);
      if (*size > rules_.max_message) return say(too_large(rules_.max_message));
    } else if (keyword != "body" && keyword != "smtputf8") {
      return complain({555, "5.5.4", "A parameter is not known: " + keyword});
    }
  }
  Envelope envelope{.client = forwarded_ ? forwarded_ : client_,
                    .helo = forwarded_helo_.empty() ? helo_ : forwarded_helo_,
                    .mail_from = path->address};
  if (const auto refusal = host_.sender(envelope)) return say(*refusal);
  envelope_ = std::move(envelope);
  has_sender_ = true;
  say({250, "2.1.0", "Ok"});
}

void Session::rcpt(std::string_view argument) {
  if (!has_sender_) return complain({503, "5.5.1", "Say from whom first"});
  const auto path = parse_path(argument, "to:");
  if (!path || path->address.empty()) return complain(bad_arguments);
  if (!path->parameters.empty()) return complain({555, "5.5.4", "A parameter is not known"});
  if (envelope_.recipients.size() >= rules_.max_recipients) {
    return say({452, "4.5.3", "Too many recipients"});
  }
  if (const auto refusal = host_.recipient(envelope_, path->address)) return say(*refusal);
  envelope_.recipients.push_back(path->address);
  say({250, "2.1.5", "Ok"});
}

void Session::data(std::string_view argument) {
  if (!argument.empty()) return complain(bad_arguments);
  if (envelope_.recipients.empty()) {  // RFC 2033 §4.2
    return complain({503, "5.5.1", "There is no recipient"});
  }
  in_data_ = true;
  at_ = At::begin;
  say({354, "", "Go on, end with <CRLF>.<CRLF>"});
}

void Session::xforward(std::string_view argument) {
  if (has_sender_) return complain({503, "5.5.1", "Not within a message"});
  const auto told = detail::read_xforward(argument);
  if (!told) return complain(bad_arguments);
  if (told->client) forwarded_ = *told->client;
  if (told->helo) forwarded_helo_ = *told->helo;
  say({250, "2.0.0", "Ok"});
}

void Session::start_tls(std::string_view argument) {
  if (!argument.empty()) return complain(bad_arguments);
  wants_tls_ = true;
  say({220, "2.0.0", "Begin TLS"});
}

// RFC 3207 §4.2: all that the client said before is forgotten.
void Session::secured() {
  reset();
  wants_tls_ = false;
  rules_.offers_tls = false;
  greeted_ = false;
  helo_.clear();
  forwarded_.reset();
  forwarded_helo_.clear();
}

void Session::reset() {
  forget_message();
  envelope_ = {};
  has_sender_ = false;
}

}  // namespace assay::smtp
