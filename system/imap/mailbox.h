#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "assay/base/finding.h"
#include "system/imap/response.h"

namespace assay::imap {

template <class T = void>
using Expected = std::expected<T, Finding>;

/// A connection to a server that knows who we are already.
class Transport {
 public:
  Transport() = default;
  Transport(const Transport&) = delete;
  Transport& operator=(const Transport&) = delete;
  virtual ~Transport() = default;
  /// At least one octet into the buffer, or 0 when none came within `patience`.
  /// Errors: `imap_connection`.
  virtual Expected<std::size_t> read(std::span<char> buffer,
                                     std::chrono::milliseconds patience) = 0;
  virtual Expected<> write(std::string_view octets) = 0;
};

struct MailboxOptions {
  std::string folder = "INBOX";
  std::size_t max_message = std::size_t{50} << 20;               ///< larger ones are not fetched
  std::chrono::milliseconds patience = std::chrono::minutes{2};  ///< for an answer
  std::size_t max_responses = 2'000'000;                         ///< to one command
  std::function<bool()> stop = {};  ///< asked each second while the server is silent
};

/// A folder of a mail store, opened to take its mails away. What is fetched stays there until
/// move() or remove(): a mail is acknowledged when what it holds is kept.
///
///     ASSAY_TRY(mailbox, imap::Mailbox::open(std::move(transport), {}));
///     ASSAY_TRY(waiting, mailbox->waiting());
///     ASSAY_TRY(_, mailbox->fetch(some, [&](std::uint32_t uid, const Literal& mail) { … }));
///     ASSAY_TRY(_, mailbox->move(kept, "Processed"));
///
/// Errors: `imap_connection`, `imap_refused` with what the server says, `imap_timeout`,
/// `imap_stopped` where MailboxOptions::stop said so, and those of ResponseReader; after any but
/// imap_refused it is of no use.
class Mailbox {
 public:
  static Expected<std::unique_ptr<Mailbox>> open(std::unique_ptr<Transport> transport,
                                                 const MailboxOptions& options);

  /// Mails that are neither deleted nor flagged, by UID, ascending. Flagged are those that mark()
  /// put aside.
  Expected<std::vector<std::uint32_t>> waiting();

  /// Shows each mail; one above max_message, without octets. One that somebody removed meanwhile is
  /// left out. Nothing is marked as read.
  using ShowMail = std::function<void(std::uint32_t uid, const Literal& mail)>;
  Expected<> fetch(const std::vector<std::uint32_t>& uids, const ShowMail& show);

  /// Into another folder, which is made where it is missing (RFC 6851, or COPY and EXPUNGE).
  Expected<> move(const std::vector<std::uint32_t>& uids, std::string_view folder);
  Expected<> remove(const std::vector<std::uint32_t>& uids);
  /// Leaves mails where they are, flagged, for a person to see.
  Expected<> mark(const std::vector<std::uint32_t>& uids);

  /// Waits for mail: until the server tells of a change (RFC 2177, IDLE), or else for `patience`.
  /// `stop` is asked each second.
  Expected<> wait(std::chrono::milliseconds patience, const std::function<bool()>& stop);

  bool can_idle() const { return can_idle_; }

 private:
  using Take = std::function<void(Response)>;
  Mailbox(std::unique_ptr<Transport> transport, const MailboxOptions& options);
  Expected<> select();
  Expected<> command(const std::string& text, const Take& take = {});
  Expected<Response> read(std::chrono::steady_clock::time_point until);
  Expected<> read_ending_of(const std::string& tag, const Take& take);
  Expected<> expunge(const std::vector<std::uint32_t>& uids);
  Expected<> idle(std::chrono::steady_clock::time_point until, const std::function<bool()>& stop);

  std::unique_ptr<Transport> transport_;
  MailboxOptions options_;
  ResponseReader reader_;
  unsigned long commands_ = 0;
  bool can_idle_ = false;
  bool can_move_ = false;
  bool can_expunge_by_uid_ = false;
};

}  // namespace assay::imap
