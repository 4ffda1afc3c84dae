#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "assay/base/ip_address.h"

/// The milter protocol, version 6, as Postfix and Sendmail speak it: octets in, calls of a Handler,
/// octets out. No socket, no thread, no clock: who calls it brings those.
///
///     milter::Session session(handler, options);
///     while (read some octets) { write(session.feed(octets)); if (session.closed()) break; }
namespace assay::milter {

/// The macros that the MTA sent for a stage, names without braces ("i", "auth_authen",
/// "client_name", "daemon_name"). Those of earlier stages of the same message stay visible.
class Macros {
 public:
  /// Empty where the MTA did not say.
  std::string_view find(std::string_view name) const;
  void set(std::string name, std::string value);
  void clear();

 private:
  std::vector<std::pair<std::string, std::string>> values_ = {};
};

struct Connection {
  std::string host_name = {};            ///< as the MTA found it; "[192.0.2.1]" where it found none
  std::optional<IpAddress> client = {};  ///< nothing for a unix socket or an unknown family
  std::uint16_t port = 0;
  std::string unix_path = {};
};

/// A path with its ESMTP arguments, as the MTA wrote it, angle brackets taken off.
struct Path {
  std::string address = {};
  std::vector<std::string> arguments = {};  ///< "SIZE=1000", "SMTPUTF8", …
};

/// What is answered to a stage.
struct Reply {
  enum class Kind : std::uint8_t { proceed, accept, reject, tempfail, discard, custom, skip };
  Kind kind = Kind::proceed;
  std::string text = {};  ///< custom: "550 5.7.1 words", several lines by CRLF, printable
  friend bool operator==(const Reply&, const Reply&) = default;
};

/// A change of the message, asked for at its end only. Values carry folding as LF and a tab, no
/// CR, and no leading space: Session puts there what the MTA wants.
struct Edit {
  enum class Kind : std::uint8_t {
    insert_header,
    add_header,
    change_header,
    delete_header,
    quarantine
  };
  Kind kind = Kind::insert_header;
  std::string name = {};
  std::string value = {};   ///< quarantine: the reason
  std::uint32_t index = 0;  ///< insert: the position, 0 above all; change, delete: which one of
                            ///< that name, 1 the first
  friend bool operator==(const Edit&, const Edit&) = default;
};

struct Ending {
  Reply reply = {};
  std::vector<Edit> edits = {};  ///< in order
};

/// What a filter does with the events of one connection, which may bring many messages. Called by
/// Session::feed, in the order of the protocol; a message begins with mail and ends with
/// end_of_message or abort.
class Handler {
 public:
  virtual ~Handler() = default;
  virtual Reply connect(const Connection& connection, const Macros& macros) = 0;
  virtual Reply helo(std::string_view name, const Macros& macros) = 0;
  virtual Reply mail(const Path& from, const Macros& macros) = 0;
  virtual Reply recipient(const Path& to, const Macros& macros) = 0;
  virtual Reply data(const Macros& macros) = 0;
  /// One field: `value` with every octet as on the wire (folding as CRLF or LF, leading space where
  /// the MTA gives it: with SMFIP_HDR_LEADSPC all of it, without it one space was taken off).
  virtual Reply header(std::string_view name, std::string_view value) = 0;
  virtual Reply end_of_header(const Macros& macros) = 0;
  virtual Reply body(std::string_view octets) = 0;
  virtual Ending end_of_message(const Macros& macros) = 0;
  /// The message is given up; the connection may go on.
  virtual void abort() = 0;
  /// Another connection begins on the same socket (SMFIC_QUIT_NC); like a new Handler.
  virtual void start_over() = 0;
};

struct Options {
  std::size_t max_packet = 2U << 20;  ///< octets; longer: the session closes with an error
  bool want_recipients = true;
  bool want_body = true;
  /// Lets the MTA wait for an answer to each body chunk (64 KB): only then a skip reaches it. Else
  /// a skip spares the Handler the rest of the body, not the MTA the sending.
  bool answer_body = false;
};

class Session {
 public:
  /// `handler` must outlive the session.
  explicit Session(Handler& handler, const Options& options = {});
  ~Session();

  /// Takes octets of any number and returns those to be sent, often none. After an error, and after
  /// QUIT, closed() holds and nothing more is taken.
  std::string feed(std::string_view octets);
  bool closed() const;
  /// Why it closed, where the peer broke the protocol; empty otherwise.
  const std::string& error() const;
  /// Whether a message is under way (mail seen, not ended).
  bool in_message() const;
  /// Whether header values come with their leading space (SMFIP_HDR_LEADSPC was agreed).
  bool leading_space() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace assay::milter
