#include "bin/receive_imap.h"

#include <array>
#include <cstdio>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "assay/base/try.h"
#include "system/imap/curl_transport.h"

#include "bin/files.h"

namespace assay::cli {
namespace {

constexpr std::size_t longest_token = 64U << 10;
constexpr std::size_t mails_at_once = 200;  ///< before they are moved

struct ClosePipe {
  void operator()(std::FILE* pipe) const { ::pclose(pipe); }
};

std::unexpected<Finding> no_password(std::string what) {
  return std::unexpected(Finding{.code = "imap_password", .what = std::move(what), .at = 0});
}

/// What the command of the configuration prints: run by the shell, as its owner wrote it.
imap::Expected<std::string> token_of(const std::string& command) {
  const std::unique_ptr<std::FILE, ClosePipe> pipe(::popen(command.c_str(), "re"));
  if (!pipe) return no_password("token_command cannot be run");
  std::string text(longest_token, '\0');
  text.resize(std::fread(text.data(), 1, text.size(), pipe.get()));
  std::string token = first_line(text);
  if (token.empty()) return no_password("token_command printed nothing");
  return token;
}

imap::Expected<imap::Account> account_of(const config::Imap& settings) {
  imap::Account account{
      .server = settings.server,
      .tls = settings.tls == config::ImapTls::never ? imap::Tls::never : imap::Tls::require,
      .user = settings.user,
      .ca_file = settings.ca_file};
  if (!settings.token_command.empty()) {
    ASSAY_TRY(token, token_of(settings.token_command));
    account.bearer_token = std::move(token);
    return account;
  }
  auto password = read_secret_line(settings.password_file);
  if (!password) return no_password(password.error().what);
  account.password = std::move(*password);
  return account;
}

/// Takes these in; false: the Store keeps nothing now.
imap::Expected<bool> take_in(imap::Mailbox& mailbox, const std::vector<std::uint32_t>& uids,
                             const config::Imap& settings, Desk& desk) {
  std::vector<std::uint32_t> kept, refused;
  bool failed = false;
  const auto take = [&](std::uint32_t uid, const imap::Literal& mail) {
    if (failed) return;
    const bool whole = mail.octets.size() == mail.size;
    const std::string name = settings.user + " " + std::to_string(uid);
    const Receipt receipt = whole ? desk.take(mail.octets, name, store::Channel::imap) : Receipt{};
    failed = receipt.failure.has_value();
    if (!failed) (receipt.kept() ? kept : refused).push_back(uid);
  };
  if (auto fetched = mailbox.fetch(uids, take); !fetched) return std::unexpected(fetched.error());
  const bool removes = settings.after == config::AfterFetch::remove;
  const auto done = removes ? mailbox.remove(kept) : mailbox.move(kept, settings.to);
  if (!done) return std::unexpected(done.error());
  if (auto marked = mailbox.mark(refused); !marked) return std::unexpected(marked.error());
  return !failed;
}

imap::Expected<> fetch_until(const config::Imap& settings, std::size_t max_mail, Desk& desk,
                             const std::function<bool()>& stop) {
  ASSAY_TRY(account, account_of(settings));
  account.stop = stop;
  ASSAY_TRY(transport, imap::connect(account));
  ASSAY_TRY(mailbox, imap::Mailbox::open(
                         std::move(transport),
                         {.folder = settings.folder, .max_message = max_mail, .stop = stop}));
  while (!stop()) {
    ASSAY_TRY(uids, mailbox->waiting());
    bool kept_all = true;
    for (std::size_t at = 0; at < uids.size() && kept_all && !stop(); at += mails_at_once) {
      const auto begin = uids.begin() + static_cast<std::ptrdiff_t>(at);
      const auto count = std::min(mails_at_once, uids.size() - at);
      ASSAY_TRY(kept, take_in(*mailbox, {begin, begin + static_cast<std::ptrdiff_t>(count)},
                              settings, desk));
      kept_all = kept;
    }
    if (stop()) break;
    if (auto waited = mailbox->wait(settings.poll, stop); !waited) return waited;
  }
  return {};
}

}  // namespace

imap::Expected<> fetch_reports(const config::Imap& settings, std::size_t max_mail, Desk& desk,
                               const std::function<bool()>& stop) {
  auto done = fetch_until(settings, max_mail, desk, stop);
  // Mails that could not be moved any more come again, and what is in them is a duplicate.
  if (!done && done.error().code == "imap_stopped") return {};
  return done;
}

imap::Expected<std::size_t> try_imap(const config::Imap& settings) {
  ASSAY_TRY(account, account_of(settings));
  ASSAY_TRY(transport, imap::connect(account));
  ASSAY_TRY(mailbox,
            imap::Mailbox::open(std::move(transport),
                                {.folder = settings.folder, .patience = std::chrono::seconds{20}}));
  ASSAY_TRY(uids, mailbox->waiting());
  return uids.size();
}

}  // namespace assay::cli
