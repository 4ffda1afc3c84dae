#include "bin/web_channels.h"

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <limits>
#include <map>

#include "assay/base/ascii.h"
#include "system/net/endpoint.h"
#include "system/net/socket.h"

#include "bin/filter_role.h"
#include "bin/receive_imap.h"

namespace assay::cli {
namespace {

constexpr auto known_for = std::chrono::seconds{10};
constexpr std::size_t reports_looked_at = 2'000;
constexpr std::size_t page = 500;
constexpr std::chrono::milliseconds for_glance{500};
constexpr std::chrono::milliseconds for_test{5'000};

using webapi::Channel;
using webapi::Tested;

/// A connection, or nothing.
net::Descriptor connect_to(const net::Endpoint& at, std::chrono::milliseconds patience) {
  sockaddr_storage storage = {};
  socklen_t size = 0;
  if (!at.unix_path.empty()) {
    auto& to = reinterpret_cast<sockaddr_un&>(storage);
    to.sun_family = AF_UNIX;
    at.unix_path.copy(to.sun_path, sizeof to.sun_path - 1);
    size = sizeof to;
  } else if (at.address.is_v4()) {
    auto& to = reinterpret_cast<sockaddr_in&>(storage);
    to.sin_family = AF_INET;
    to.sin_port = htons(at.port);
    std::memcpy(&to.sin_addr, at.address.octets().data(), 4);
    size = sizeof to;
  } else {
    auto& to = reinterpret_cast<sockaddr_in6&>(storage);
    to.sin6_family = AF_INET6;
    to.sin6_port = htons(at.port);
    std::memcpy(&to.sin6_addr, at.address.octets().data(), 16);
    size = sizeof to;
  }
  net::Descriptor socket(
      ::socket(storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket) return {};
  if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&storage), size) == 0) {
    return socket;
  }
  if (errno != EINPROGRESS) return {};
  pollfd waiting = {socket.get(), POLLOUT, 0};
  int error = 0;
  socklen_t length = sizeof error;
  if (::poll(&waiting, 1, static_cast<int>(patience.count())) <= 0) return {};
  if (::getsockopt(socket.get(), SOL_SOCKET, SO_ERROR, &error, &length) != 0 || error != 0) {
    return {};
  }
  return socket;
}

/// One door that is listened at.
struct Door {
  std::string_view kind;
  std::string_view title;
  const std::string& address;
};

std::array<Door, 3> doors_of(const config::Receive& settings) {
  return {Door{"lmtp", "LMTP for a mail server", settings.lmtp},
          Door{"smtp", "SMTP", settings.smtp},
          Door{"upload", "Uploads by programs", settings.upload}};
}

bool is_open(const Door& door) {
  const auto at = net::parse_endpoint(door.address);
  return at && connect_to(*at, for_glance);
}

Channel look_at(const Door& door, bool role_is_here) {
  Channel channel{.name = std::string(door.kind), .kind = std::string(door.kind), .state = "off"};
  if (door.address.empty()) {
    channel.what = "Not configured: [receive] " + std::string(door.kind);
    return channel;
  }
  const bool open = role_is_here || is_open(door);
  channel.state = open ? "ok" : "off";
  channel.what = std::string(door.title) + " on " + door.address +
                 (open ? "" : ": nobody answers; is assay receive running?");
  return channel;
}

std::string folder_of(const config::Settings& settings) {
  const std::string& folder = settings.receive.folder;
  return folder.empty() ? data_folder(settings) + "/incoming" : folder;
}

Tested test_folder(const std::string& folder) {
  if (::access(folder.c_str(), R_OK | W_OK | X_OK) == 0) {
    return {.ok = true, .what = "Files can be taken from " + folder};
  }
  return {.ok = false,
          .what = folder + " cannot be used: " +
                  std::strerror(errno)};  // NOLINT(concurrency-mt-unsafe): glibc's is safe
}

/// Connects, and gives the first line that is said.
Tested test_door(const Door& door) {
  if (door.address.empty()) {
    return {.ok = false, .what = "It is not configured: [receive] " + std::string(door.kind)};
  }
  const auto at = net::parse_endpoint(door.address);
  if (!at) return {.ok = false, .what = at.error().what};
  net::Descriptor socket = connect_to(*at, for_test);
  if (!socket) {
    return {.ok = false,
            .what = "Nobody answers on " + door.address + "; is assay receive running?"};
  }
  if (door.kind == "upload") return {.ok = true, .what = door.address + " takes connections"};
  net::Connection connection(std::move(socket));
  std::array<char, 512> greeting = {};
  const auto got = connection.read(greeting, for_test, net::Connection::Heed::nothing);
  const std::string_view said(greeting.data(), got.size);
  const std::string line = ascii::printable(said.substr(0, said.find('\r')), 200);
  static_cast<void>(connection.write("QUIT\r\n", for_glance));
  if (said.starts_with("220")) return {.ok = true, .what = door.address + " answers: " + line};
  return {.ok = false, .what = door.address + " does not greet: " + line};
}

/// When a report last came by each channel, as far as the latest tell.
std::map<store::Channel, store::Instant> last_by_channel(store::ReceivedReports& reports) {
  std::map<store::Channel, store::Instant> last;
  store::ReportFilter filter{.before = std::numeric_limits<std::int64_t>::max(), .limit = page};
  for (std::size_t seen = 0; seen < reports_looked_at; seen += page) {
    const auto found = reports.reports(filter);
    if (!found) break;
    for (const store::ReceivedReport& each : *found) {
      store::Instant& at = last[each.channel];
      at = std::max(at, each.seen_last);
    }
    if (found->size() < page) break;
    filter.before = found->back().id;
  }
  return last;
}

}  // namespace

std::vector<Channel> WebChannels::look(store::ReceivedReports& reports) const {
  std::vector<Channel> channels;
  bool any_open = false;
  for (const Door& door : doors_of(settings_.receive)) {
    channels.push_back(look_at(door, receive_ != nullptr));
    any_open = any_open || channels.back().state == "ok";
  }
  std::vector<std::string> troubles;
  if (receive_ != nullptr) troubles = receive_->channel_troubles();
  troubles.resize(1 + settings_.imap.size());
  const auto add = [&](Channel channel, const std::string& trouble) {
    channel.state = !trouble.empty() ? "trouble" : any_open ? "ok" : "off";
    if (!trouble.empty()) channel.what = trouble;
    if (channel.state == "off") channel.what += ": assay receive does not run";
    channels.push_back(std::move(channel));
  };
  add({.name = "folder", .kind = "folder", .state = {}, .what = "Files in " + folder_of(settings_)},
      troubles[0]);
  for (std::size_t i = 0; i < settings_.imap.size(); ++i) {
    const config::Imap& account = settings_.imap[i];
    add({.name = "imap-" + std::to_string(i + 1),
         .kind = "imap",
         .state = {},
         .what = account.user + " at " + account.server},
        troubles[1 + i]);
  }
  const auto last = last_by_channel(reports);
  for (Channel& each : channels) {
    const auto kind = store::parse_channel(each.kind);
    if (kind && last.contains(*kind)) each.last = last.at(*kind);
  }
  return channels;
}

std::vector<Channel> WebChannels::all(store::ReceivedReports& reports) {
  const std::scoped_lock lock(mutex_);
  const auto now = std::chrono::steady_clock::now();
  if (known_.empty() || looked_ + known_for <= now) {
    known_ = look(reports);
    looked_ = now;
  }
  return known_;
}

webapi::Expected<Tested> WebChannels::test(std::string_view name) const {
  for (const Door& door : doors_of(settings_.receive)) {
    if (door.kind == name) return test_door(door);
  }
  if (name == "folder") return test_folder(folder_of(settings_));
  for (std::size_t i = 0; i < settings_.imap.size(); ++i) {
    if (name != "imap-" + std::to_string(i + 1)) continue;
    const auto waiting = try_imap(settings_.imap[i]);
    if (!waiting) return Tested{.ok = false, .what = waiting.error().what};
    return Tested{.ok = true,
                  .what = "Signed in; " + std::to_string(*waiting) + " mails wait in " +
                          settings_.imap[i].folder};
  }
  return std::unexpected(Finding{.code = "not_found", .what = "there is no such channel", .at = 0});
}

}  // namespace assay::cli
