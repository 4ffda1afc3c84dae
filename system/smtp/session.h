#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "assay/base/ip_address.h"

/// The receiving side of SMTP (RFC 5321) and LMTP (RFC 2033): octets in, replies and messages out;
/// no socket (serve.h has one). It relays nothing: who may be written to is for the host to say.
///
///     smtp::Session session({.protocol = smtp::Protocol::lmtp, .name = "mx.example.org"}, host);
///     write(session.greeting());
///     while (!session.ended()) write(session.feed(read()));
namespace assay::smtp {

enum class Protocol : std::uint8_t { smtp, lmtp };

/// Who hands a message over, and what for.
struct Envelope {
  std::optional<IpAddress> client = {};  ///< nothing for a unix socket, or when it is not told
  std::string helo = {};                 ///< as the client says it
  std::string mail_from = {};            ///< without brackets; empty: the null reverse-path
  std::vector<std::string> recipients = {};
};

/// `text` without line breaks; `enhanced` is the code of RFC 3463, empty for none.
struct Reply {
  unsigned code = 250;
  std::string enhanced = {};
  std::string text = {};
  friend bool operator==(const Reply&, const Reply&) = default;
};

/// What a receiver decides. Called within feed(), one call at a time for a session; a host of
/// several sessions must be safe to call from several threads. Must not throw.
class Host {
 public:
  Host() = default;
  Host(const Host&) = delete;
  Host& operator=(const Host&) = delete;
  virtual ~Host() = default;

  /// Of an envelope that has no recipients yet. Nothing: go on; else the refusal.
  virtual std::optional<Reply> sender(const Envelope& envelope) = 0;
  /// Whether mail for the address is taken. Nothing: it is; else the refusal.
  virtual std::optional<Reply> recipient(const Envelope& envelope, std::string_view address) = 0;
  /// Asks for memory for octets of a message; false: there is none now. Each octet that was granted
  /// is given back.
  virtual bool claim(std::size_t octets) = 0;
  virtual void give_back(std::size_t octets) = 0;
  /// A message, whole, with the line ends as they came. A reply of 2xx promises that it is kept
  /// whatever happens next (RFC 5321 §4.2.5).
  virtual Reply deliver(const Envelope& envelope, std::string_view message) = 0;
};

struct Rules {
  Protocol protocol = Protocol::lmtp;
  std::string name = "localhost";                   ///< of this host, in greeting and replies
  std::size_t max_message = std::size_t{50} << 20;  ///< octets
  unsigned max_recipients = 100;                    ///< of a message
  unsigned max_errors = 20;                         ///< of a session, before it is ended
  std::size_t max_line = 2'048;                     ///< octets of a command
  /// XFORWARD tells the client that the MTA before us saw. Only for sockets that this MTA alone
  /// reaches: whoever says it is believed.
  bool takes_xforward = false;
  bool offers_tls = false;  ///< STARTTLS (RFC 3207)
};

/// One connection. Bounded in memory by its rules, whatever is fed; total.
class Session {
 public:
  /// `host` outlives it. `client`: who connected.
  Session(Rules rules, Host& host, std::optional<IpAddress> client = {});
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  /// What is said first (RFC 5321 §3.1).
  std::string greeting() const;
  /// Takes octets as they came, any part of them, and gives what is to be answered.
  std::string feed(std::string_view octets);
  /// STARTTLS was answered: what comes next is the client's part of TLS, and when that stands,
  /// secured() is to be called.
  bool wants_tls() const { return wants_tls_; }
  void secured();
  /// Nothing more is to be read.
  bool ended() const { return ended_; }
  /// Whether a message has begun and is not answered yet.
  bool busy() const { return in_data_; }

 private:
  void take_line(std::string_view line);
  void take_data(std::string_view& octets);
  void keep(std::string_view octets);
  void finish_message();
  void forget_message();
  void reset();

  void hello(std::string_view verb, std::string_view argument);
  void mail(std::string_view argument);
  void rcpt(std::string_view argument);
  void data(std::string_view argument);
  void xforward(std::string_view argument);
  void start_tls(std::string_view argument);

  void say(const Reply& reply);
  void complain(const Reply& reply);

  Rules rules_;
  Host& host_;
  std::optional<IpAddress> client_;          ///< who connected
  std::optional<IpAddress> forwarded_ = {};  ///< whom XFORWARD names
  std::string forwarded_helo_ = {};
  std::string helo_ = {};  ///< what the client calls itself
  Envelope envelope_ = {};
  bool greeted_ = false;
  bool has_sender_ = false;
  bool in_data_ = false;
  bool ended_ = false;
  bool wants_tls_ = false;
  unsigned errors_ = 0;
  std::string line_ = {};       ///< the beginning of a command
  bool line_too_long_ = false;  ///< and its rest is read over
  std::string message_ = {};
  std::size_t claimed_ = 0;
  Reply refusal_ = {};  ///< of the message under way
  bool refused_ = false;
  /// Where in a line of the message we are (RFC 5321 §4.5.2).
  enum class At : std::uint8_t { begin, within, cr, dot, dot_cr };
  At at_ = At::begin;
  std::string out_ = {};
};

}  // namespace assay::smtp
