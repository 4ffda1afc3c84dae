#include <algorithm>
#include <array>
#include <expected>
#include <optional>

#include "assay/base/ascii.h"
#include "system/milter/detail/codec.h"
#include "system/milter/detail/negotiation.h"
#include "system/milter/detail/stage_macros.h"

namespace assay::milter {
namespace {

using detail::Command;
using detail::Stage;

/// How far the conversation is.
enum class Phase : std::uint8_t {
  greeting,   // nothing negotiated yet
  agreed,     // no client yet
  connected,  // no message
  envelope,   // MAIL seen
  header,     // DATA or a field seen
  body,       // end of header seen
};

/// Whether a reply ends what it is given to.
bool decides(const Reply& reply) {
  return reply.kind != Reply::Kind::proceed && reply.kind != Reply::Kind::skip;
}

bool refuses(const Reply& reply) {
  using enum Reply::Kind;
  return reply.kind == reject || reply.kind == tempfail || reply.kind == custom;
}

/// The memory kept for the next packet while no message is under way, at most.
constexpr std::size_t idle_buffer = 4096;

}  // namespace

struct Session::State {
  Handler& handler;
  Options options = {};

  detail::Offer agreement = {};
  Phase phase = Phase::greeting;
  detail::StageMacros macros = {};
  std::string partial = {};  // the packet that is not complete
  std::string out = {};
  std::string error = {};
  bool closed = false;

  // A decision before the end stands for all that follows: for the connection, until the next HELO,
  // for the message. Where no reply may be sent it waits for the next one that may.
  std::optional<Reply> connection_reply = {};
  std::optional<Reply> helo_reply = {};
  std::optional<Reply> message_reply = {};
  bool message_answered = false;  // the MTA knows the decision
  bool skips_body = false;

  State(Handler& the_handler, const Options& the_options)
      : handler(the_handler), options(the_options) {}

  void take(std::string_view octets);
  std::size_t fill_partial(std::string_view octets);
  void handle(std::string_view packet);
  void fail(std::string what);

  bool in_message() const { return phase >= Phase::envelope; }
  const Reply* standing() const;
  bool may_reply(std::uint32_t unanswered) const { return (agreement.protocol & unanswered) == 0; }
  void send(const Reply& reply) { detail::append_reply(out, reply); }
  template <class Ask>
  void stage(std::uint32_t unanswered, std::optional<Reply>& decision, const Ask& ask);
  void forget_message();
  void give_up_message();
  void pass_end_of_header();
  Reply pass_body(std::string_view octets);
  void write(const Ending& ending);

  void negotiate(std::string_view data);
  void macro(std::string_view data);
  void connect(std::string_view data);
  void helo(std::string_view data);
  void mail(std::string_view data);
  void recipient(std::string_view data);
  void data(std::string_view data);
  void header(std::string_view data);
  void end_of_header(std::string_view data);
  void body(std::string_view data);
  void end_of_message(std::string_view data);
  void abort(std::string_view data);
  void unknown(std::string_view data);
  void quit(std::string_view data);
  void quit_and_start_over(std::string_view data);
};

// ---- octets to packets

void Session::State::fail(std::string what) {
  if (in_message() && standing() == nullptr) handler.abort();
  error = std::move(what);
  closed = true;
}

/// Moves what the partial packet still needs from the front of `octets`; gives how many octets.
std::size_t Session::State::fill_partial(std::string_view octets) {
  std::size_t taken = 0;
  const auto fill_to = [&](std::size_t size) {
    const std::string_view more = octets.substr(taken, size - std::min(size, partial.size()));
    partial += more;
    taken += more.size();
  };
  fill_to(detail::length_octets);
  const auto size = detail::packet_size(partial, options.max_packet);
  if (!size) {
    fail(size.error().what);
    return taken;
  }
  if (*size > 0) fill_to(*size);
  if (*size > 0 && partial.size() == *size) {
    handle(std::string_view(partial).substr(detail::length_octets));
    partial.clear();
  }
  return taken;
}

void Session::State::take(std::string_view octets) {
  while (!closed && !octets.empty()) {
    if (!partial.empty()) {
      octets.remove_prefix(fill_partial(octets));
      continue;
    }
    const auto size = detail::packet_size(octets, options.max_packet);
    if (!size) return fail(size.error().what);
    if (*size == 0 || *size > octets.size()) {
      partial = octets;
      return;
    }
    handle(octets.substr(detail::length_octets, *size - detail::length_octets));
    octets.remove_prefix(*size);
  }
}

void Session::State::handle(std::string_view packet) {
  struct Rule {
    Command command;
    Phase first, last;  // when it may come
    void (State::*run)(std::string_view data);
  };
  using enum Phase;
  static constexpr std::array rules = {
      Rule{Command::negotiate, greeting, agreed, &State::negotiate},
      Rule{Command::macro, agreed, Phase::body, &State::macro},
      Rule{Command::connect, agreed, agreed, &State::connect},
      Rule{Command::helo, connected, Phase::body, &State::helo},
      Rule{Command::mail, connected, Phase::body, &State::mail},
      Rule{Command::recipient, envelope, envelope, &State::recipient},
      Rule{Command::data, envelope, envelope, &State::data},
      Rule{Command::header, envelope, Phase::header, &State::header},
      Rule{Command::end_of_header, envelope, Phase::header, &State::end_of_header},
      Rule{Command::body, envelope, Phase::body, &State::body},
      Rule{Command::end_of_message, envelope, Phase::body, &State::end_of_message},
      Rule{Command::abort, greeting, Phase::body, &State::abort},
      Rule{Command::unknown, agreed, Phase::body, &State::unknown},
      Rule{Command::quit, greeting, Phase::body, &State::quit},
      Rule{Command::quit_and_start_over, agreed, Phase::body, &State::quit_and_start_over},
  };
  for (const Rule& rule : rules) {
    if (static_cast<char>(rule.command) != packet.front()) continue;
    if (phase < rule.first || phase > rule.last) {
      return fail("the command " + ascii::printable(packet.substr(0, 1)) + " is out of order");
    }
    return (this->*rule.run)(packet.substr(1));
  }
  fail("the command " + ascii::printable(packet.substr(0, 1)) + " is unknown");
}

// ---- decisions and replies

const Reply* Session::State::standing() const {
  for (const std::optional<Reply>* one : {&connection_reply, &helo_reply, &message_reply}) {
    if (one->has_value()) return &**one;
  }
  return nullptr;
}

/// Asks the handler unless it has decided, and replies where the MTA waits for it: each command
/// gets one reply or, as agreed, none.
template <class Ask>
void Session::State::stage(std::uint32_t unanswered, std::optional<Reply>& decision,
                           const Ask& ask) {
  bool skips = false;
  if (standing() == nullptr) {
    Reply reply = ask();
    skips = reply.kind == Reply::Kind::skip;
    if (decides(reply)) decision = std::move(reply);
  }
  if (!may_reply(unanswered)) return;
  const Reply* decided = standing();
  if (decided != nullptr && in_message()) message_answered = true;
  if (decided != nullptr) return send(*decided);
  const bool knows_skip =
      unanswered == detail::step::body_unanswered && (agreement.protocol & detail::step::skip) != 0;
  send({.kind = skips && knows_skip ? Reply::Kind::skip : Reply::Kind::proceed});
}

void Session::State::forget_message() {
  phase = Phase::connected;
  message_reply.reset();
  message_answered = false;
  skips_body = false;
}

void Session::State::give_up_message() {
  if (!in_message()) return;
  if (standing() == nullptr) handler.abort();
  forget_message();
}

// ---- the connection

void Session::State::negotiate(std::string_view data) {
  const auto offer = detail::parse_offer(data);
  if (!offer) return fail(offer.error().what);
  const auto agreed = detail::negotiate(*offer, options);
  if (!agreed) return fail(agreed.error().what);
  agreement = *agreed;
  phase = Phase::agreed;
  detail::append_offer(out, agreement);
}

void Session::State::macro(std::string_view data) {
  const auto packet = detail::parse_macros(data);
  if (!packet) return fail(packet.error().what);
  macros.keep(*packet);
}

void Session::State::connect(std::string_view data) {
  const auto connection = detail::parse_connect(data);
  if (!connection) return fail(connection.error().what);
  phase = Phase::connected;
  const Macros& visible = macros.enter(Stage::connect);
  stage(detail::step::connect_unanswered, connection_reply,
        [&] { return handler.connect(*connection, visible); });
}

/// EHLO in the middle of a message gives it up, like RSET (RFC 5321 §4.1.4).
void Session::State::helo(std::string_view data) {
  const auto name = detail::parse_helo(data);
  if (!name) return fail(name.error().what);
  give_up_message();
  helo_reply.reset();
  const Macros& visible = macros.enter(Stage::helo);
  stage(detail::step::helo_unanswered, helo_reply, [&] { return handler.helo(*name, visible); });
}

void Session::State::unknown(std::string_view) {
  if (may_reply(detail::step::unknown_unanswered)) send({});
}

void Session::State::quit(std::string_view) {
  give_up_message();
  closed = true;
}

void Session::State::quit_and_start_over(std::string_view) {
  give_up_message();
  phase = Phase::agreed;
  connection_reply.reset();
  helo_reply.reset();
  macros.clear();
  handler.start_over();
}

// ---- the message

void Session::State::mail(std::string_view data) {
  const auto from = detail::parse_path(data);
  if (!from) return fail(from.error().what);
  if (in_message()) macros.replace_message();
  give_up_message();
  phase = Phase::envelope;
  const Macros& visible = macros.enter(Stage::mail);
  stage(detail::step::mail_unanswered, message_reply, [&] { return handler.mail(*from, visible); });
}

/// A refusal is for this recipient alone, if it can be sent; if not, it can only be for the
/// message.
void Session::State::recipient(std::string_view data) {
  const auto to = detail::parse_path(data);
  if (!to) return fail(to.error().what);
  const Macros& visible = macros.enter(Stage::recipient);
  constexpr std::uint32_t unanswered = detail::step::recipient_unanswered;
  std::optional<Reply> refusal;
  const auto ask = [&]() -> Reply {
    if (!options.want_recipients) return {};
    return handler.recipient(*to, visible);
  };
  if (standing() != nullptr || !may_reply(unanswered)) return stage(unanswered, message_reply, ask);
  Reply reply = ask();
  if (refuses(reply)) return send(reply);
  stage(unanswered, message_reply, [&] { return reply; });
}

void Session::State::data(std::string_view) {
  phase = Phase::header;
  const Macros& visible = macros.enter(Stage::data);
  stage(detail::step::data_unanswered, message_reply, [&] { return handler.data(visible); });
}

void Session::State::header(std::string_view data) {
  const auto field = detail::parse_header(data);
  if (!field) return fail(field.error().what);
  phase = Phase::header;
  stage(detail::step::header_unanswered, message_reply,
        [&] { return handler.header(field->name, field->value); });
}

void Session::State::end_of_header(std::string_view) {
  phase = Phase::body;
  const Macros& visible = macros.enter(Stage::end_of_header);
  stage(detail::step::end_of_header_unanswered, message_reply,
        [&] { return handler.end_of_header(visible); });
}

/// A message may come without the command for the end of its header; the handler need not know.
void Session::State::pass_end_of_header() {
  if (phase == Phase::body) return;
  phase = Phase::body;
  const Macros& visible = macros.enter(Stage::end_of_header);
  if (standing() != nullptr) return;
  Reply reply = handler.end_of_header(visible);
  if (decides(reply)) message_reply = std::move(reply);
}

Reply Session::State::pass_body(std::string_view octets) {
  if (!options.want_body || octets.empty()) return {};
  if (skips_body) return {.kind = Reply::Kind::skip};
  Reply reply = handler.body(octets);
  if (reply.kind == Reply::Kind::skip) skips_body = true;
  return reply;
}

void Session::State::body(std::string_view data) {
  pass_end_of_header();
  stage(detail::step::body_unanswered, message_reply, [&] { return pass_body(data); });
}

/// Changes come before the reply, which ends the message. With a refusal there is nothing to
/// change.
void Session::State::write(const Ending& ending) {
  using enum Reply::Kind;
  const bool keeps = !decides(ending.reply) || ending.reply.kind == accept;
  const bool with_space = (agreement.protocol & detail::step::leading_space) != 0;
  if (keeps) {
    for (const Edit& edit : ending.edits) {
      detail::append_edit(
          out, edit,
          with_space ? detail::LeadingSpace::written : detail::LeadingSpace::left_to_mta);
    }
  }
  send(ending.reply.kind == skip ? Reply{} : ending.reply);
}

void Session::State::end_of_message(std::string_view data) {
  pass_end_of_header();
  if (standing() == nullptr) {
    Reply reply = pass_body(data);
    if (decides(reply)) message_reply = std::move(reply);
  }
  if (const Reply* decided = standing()) {
    send(*decided);
  } else {
    write(handler.end_of_message(macros.enter(Stage::end_of_message)));
  }
  forget_message();
  macros.end_message();
}

void Session::State::abort(std::string_view) {
  if (phase >= Phase::connected) macros.end_message();
  give_up_message();
}

// ---- what is public

Session::Session(Handler& handler, const Options& options)
    : state_(std::make_unique<State>(handler, options)) {}

Session::~Session() = default;

std::string Session::feed(std::string_view octets) {
  state_->take(octets);
  std::string& partial = state_->partial;
  if (!state_->in_message() && partial.empty() && partial.capacity() > idle_buffer) {
    partial.shrink_to_fit();
  }
  return std::exchange(state_->out, {});
}

bool Session::closed() const {
  return state_->closed;
}

const std::string& Session::error() const {
  return state_->error;
}

bool Session::in_message() const {
  return !state_->closed && state_->in_message() && !state_->message_answered;
}

bool Session::leading_space() const {
  return (state_->agreement.protocol & detail::step::leading_space) != 0;
}

}  // namespace assay::milter
