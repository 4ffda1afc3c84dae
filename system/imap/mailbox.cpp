#include "system/imap/mailbox.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "assay/base/ascii.h"
#include "assay/base/try.h"

namespace assay::imap {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::chrono::milliseconds a_while = std::chrono::seconds{1};
constexpr std::size_t batch = 500;  ///< UIDs in one command: keeps its line short

Finding finding(std::string_view code, std::string what) {
  return {.code = code, .what = std::move(what), .at = 0};
}

bool has_word(std::string_view line, std::string_view word) {
  while (!line.empty()) {
    const std::string_view one = line.substr(0, line.find(' '));
    if (ascii::iequals(one, word)) return true;
    line.remove_prefix(std::min(one.size() + 1, line.size()));
  }
  return false;
}

using Uids = std::vector<std::uint32_t>;
using Each = std::function<Expected<>(const Uids&)>;

Expected<> in_batches(const Uids& uids, const Each& each) {
  for (std::size_t at = 0; at < uids.size(); at += batch) {
    const auto begin = uids.begin() + static_cast<std::ptrdiff_t>(at);
    const auto end = begin + static_cast<std::ptrdiff_t>(std::min(batch, uids.size() - at));
    if (auto done = each(Uids(begin, end)); !done) return done;
  }
  return {};
}

}  // namespace

Mailbox::Mailbox(std::unique_ptr<Transport> transport, const MailboxOptions& options)
    : transport_(std::move(transport)),
      options_(options),
      reader_({.literal = options.max_message}) {}

Expected<std::unique_ptr<Mailbox>> Mailbox::open(std::unique_ptr<Transport> transport,
                                                 const MailboxOptions& options) {
  std::unique_ptr<Mailbox> mailbox(new Mailbox(std::move(transport), options));
  if (auto selected = mailbox->select(); !selected) return std::unexpected(selected.error());
  return mailbox;
}

Expected<> Mailbox::select() {
  const auto folder = quoted(options_.folder);
  if (!folder) return std::unexpected(finding("imap_refused", "no name of a folder"));
  const Take look = [this](const Response& response) {
    constexpr std::string_view word = "* capability ";
    if (!ascii::iequals(response.line.substr(0, word.size()), word)) return;
    can_idle_ = has_word(response.line, "idle");
    can_move_ = has_word(response.line, "move");
    can_expunge_by_uid_ = has_word(response.line, "uidplus");
  };
  if (auto asked = command("CAPABILITY", look); !asked) return asked;
  return command("SELECT " + *folder);
}

/// The next response, whole.
Expected<Response> Mailbox::read(Clock::time_point until) {
  std::array<char, 65'536> buffer;
  for (;;) {
    ASSAY_TRY(response, reader_.next());
    if (response) return std::move(*response);
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until - Clock::now());
    if (left.count() <= 0) {
      return std::unexpected(finding("imap_timeout", "the server does not answer"));
    }
    ASSAY_TRY(size, transport_->read(buffer, std::min(left, a_while)));
    reader_.feed({buffer.data(), size});
    if (size == 0 && options_.stop && options_.stop()) {
      return std::unexpected(finding("imap_stopped", "stopped while the server was silent"));
    }
  }
}

Expected<> Mailbox::read_ending_of(const std::string& tag, const Take& take) {
  for (std::size_t count = 0; count < options_.max_responses; ++count) {
    ASSAY_TRY(response, read(Clock::now() + options_.patience));
    if (const auto ending = read_ending(response.line, tag)) {
      if (ending->status == Status::ok) return {};
      return std::unexpected(
          finding("imap_refused", "the server says: " + ascii::printable(ending->text)));
    }
    if (take) take(std::move(response));
  }
  return std::unexpected(finding("imap_connection", "the server's answer does not end"));
}

Expected<> Mailbox::command(const std::string& text, const Take& take) {
  const std::string tag = "A" + std::to_string(++commands_);
  if (auto sent = transport_->write(tag + " " + text + "\r\n"); !sent) return sent;
  return read_ending_of(tag, take);
}

Expected<Uids> Mailbox::waiting() {
  Uids uids;
  const Take take = [&](const Response& response) {
    if (const auto found = read_search(response.line)) {
      uids.insert(uids.end(), found->begin(), found->end());
    }
  };
  if (auto asked = command("UID SEARCH UNDELETED UNFLAGGED", take); !asked) {
    return std::unexpected(asked.error());
  }
  std::ranges::sort(uids);
  uids.erase(std::ranges::unique(uids).begin(), uids.end());
  return uids;
}

Expected<> Mailbox::fetch(const Uids& uids, const ShowMail& show) {
  return in_batches(uids, [&](const Uids& some) -> Expected<> {
    Uids fitting;
    const Take measure = [&](Response response) {
      const auto message = read_fetch(std::move(response));
      if (!message || !message->size || !std::ranges::binary_search(some, message->uid)) return;
      if (*message->size <= options_.max_message) return fitting.push_back(message->uid);
      show(message->uid, {.size = static_cast<std::size_t>(*message->size)});
    };
    if (auto asked = command("UID FETCH " + sequence_set(some) + " (RFC822.SIZE)", measure); !asked)
      return asked;
    std::ranges::sort(fitting);
    if (fitting.empty()) return {};
    const Take take = [&](Response response) {
      const auto message = read_fetch(std::move(response));
      if (!message || !message->body || !std::ranges::binary_search(fitting, message->uid)) return;
      show(message->uid, *message->body);
    };
    return command("UID FETCH " + sequence_set(fitting) + " (BODY.PEEK[])", take);
  });
}

Expected<> Mailbox::move(const Uids& uids, std::string_view folder) {
  const auto name = quoted(folder);
  if (!name) return std::unexpected(finding("imap_refused", "no name of a folder"));
  const std::string verb = can_move_ ? "UID MOVE " : "UID COPY ";
  return in_batches(uids, [&](const Uids& some) -> Expected<> {
    const std::string text = verb + sequence_set(some) + " " + *name;
    auto moved = command(text);
    if (!moved && moved.error().code == "imap_refused") {
      if (auto made = command("CREATE " + *name); !made) return moved;
      moved = command(text);
    }
    if (!moved || can_move_) return moved;
    return expunge(some);
  });
}

Expected<> Mailbox::remove(const Uids& uids) {
  return in_batches(uids, [&](const Uids& some) { return expunge(some); });
}

/// Without UIDPLUS others that somebody marked as deleted go as well (RFC 4315 §2.1): then they are
/// left for whoever expunges next.
Expected<> Mailbox::expunge(const Uids& uids) {
  const std::string set = sequence_set(uids);
  auto marked = command("UID STORE " + set + " +FLAGS.SILENT (\\Deleted)");
  if (!marked || !can_expunge_by_uid_) return marked;
  return command("UID EXPUNGE " + set);
}

Expected<> Mailbox::mark(const Uids& uids) {
  return in_batches(uids, [&](const Uids& some) {
    return command("UID STORE " + sequence_set(some) + " +FLAGS.SILENT (\\Flagged)");
  });
}

Expected<> Mailbox::wait(std::chrono::milliseconds patience, const std::function<bool()>& stop) {
  const auto until = Clock::now() + patience;
  if (can_idle_) return idle(until, stop);
  std::array<char, 4'096> buffer;
  while (Clock::now() < until && !stop()) {
    ASSAY_TRY(size, transport_->read(buffer, a_while));
    reader_.feed({buffer.data(), size});
  }
  return command("NOOP");
}

/// RFC 2177: the server is told again before it takes us for gone (29 minutes are permitted).
Expected<> Mailbox::idle(Clock::time_point until, const std::function<bool()>& stop) {
  const std::string tag = "A" + std::to_string(++commands_);
  if (auto sent = transport_->write(tag + " IDLE\r\n"); !sent) return sent;
  std::array<char, 4'096> buffer;
  bool changed = false;
  until = std::min(until, Clock::now() + std::chrono::minutes{25});
  while (!changed && Clock::now() < until && !stop()) {
    ASSAY_TRY(size, transport_->read(buffer, a_while));
    reader_.feed({buffer.data(), size});
    for (;;) {
      ASSAY_TRY(response, reader_.next());
      if (!response) break;
      const std::string_view line = response->line;
      if (const auto ending = read_ending(line, tag)) {
        return std::unexpected(
            finding("imap_refused", "the server says: " + ascii::printable(ending->text)));
      }
      changed = changed || line.ends_with(" EXISTS");
    }
  }
  if (auto sent = transport_->write("DONE\r\n"); !sent) return sent;
  return read_ending_of(tag, {});
}

}  // namespace assay::imap
