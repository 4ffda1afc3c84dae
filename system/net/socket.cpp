#include "system/net/socket.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

namespace assay::net {
namespace {

using std::chrono::milliseconds;

std::unexpected<Finding> failed(const Endpoint& at, std::string_view what, int error) {
  return std::unexpected(Finding{
      .code = "listen",
      .what = "cannot listen on " + to_text(at) + ": " + std::string(what) + std::strerror(error),
      .at = 0});
}

/// An address in the form of the system.
struct Address {
  sockaddr_storage storage = {};
  socklen_t size = 0;
  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
};

Address address_of(const Endpoint& at) {
  Address address;
  if (!at.unix_path.empty()) {
    auto& to = reinterpret_cast<sockaddr_un&>(address.storage);
    to.sun_family = AF_UNIX;
    at.unix_path.copy(to.sun_path, sizeof to.sun_path - 1);
    address.size = sizeof to;
  } else if (at.address.is_v4()) {
    auto& to = reinterpret_cast<sockaddr_in&>(address.storage);
    to.sin_family = AF_INET;
    to.sin_port = htons(at.port);
    std::memcpy(&to.sin_addr, at.address.octets().data(), 4);
    address.size = sizeof to;
  } else {
    auto& to = reinterpret_cast<sockaddr_in6&>(address.storage);
    to.sin6_family = AF_INET6;
    to.sin6_port = htons(at.port);
    std::memcpy(&to.sin6_addr, at.address.octets().data(), 16);
    address.size = sizeof to;
  }
  return address;
}

Descriptor new_socket(const Endpoint& at) {
  const int family = !at.unix_path.empty() ? AF_UNIX : at.address.is_v4() ? AF_INET : AF_INET6;
  return Descriptor(::socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
}

/// Whether somebody listens there; a socket file that nobody listens on is removed.
bool is_taken(const Endpoint& at) {
  struct stat found = {};
  if (::lstat(at.unix_path.c_str(), &found) != 0 || !S_ISSOCK(found.st_mode)) return false;
  const Descriptor probe = new_socket(at);
  const Address address = address_of(at);
  if (::connect(probe.get(), address.get(), address.size) == 0) return true;
  if (errno == ECONNREFUSED) ::unlink(at.unix_path.c_str());
  return false;
}

std::uint16_t port_of(int socket) {
  sockaddr_storage storage = {};
  socklen_t size = sizeof storage;
  if (::getsockname(socket, reinterpret_cast<sockaddr*>(&storage), &size) != 0) return 0;
  if (storage.ss_family == AF_INET) return ntohs(reinterpret_cast<sockaddr_in&>(storage).sin_port);
  return ntohs(reinterpret_cast<sockaddr_in6&>(storage).sin6_port);
}

int patience_left(std::chrono::steady_clock::time_point until) {
  const auto left = std::chrono::ceil<milliseconds>(until - std::chrono::steady_clock::now());
  return static_cast<int>(std::clamp<long long>(left.count(), 0, 1 << 30));
}

bool would_wait(int error) {
  return error == EAGAIN || error == EWOULDBLOCK || error == EINTR;
}

}  // namespace

Descriptor::~Descriptor() {
  if (fd_ >= 0) ::close(fd_);
}

Descriptor& Descriptor::operator=(Descriptor&& other) noexcept {
  std::swap(fd_, other.fd_);
  return *this;
}

Connection::Got Connection::read(std::span<char> buffer, milliseconds patience, Heed heed) {
  const auto until = std::chrono::steady_clock::now() + patience;
  for (;;) {
    // Often the next octets are there already, which saves a poll.
    const ssize_t size = ::recv(socket_.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (size > 0) return {Read::octets, static_cast<std::size_t>(size)};
    if (size == 0) return {Read::closed, 0};
    if (!would_wait(errno)) return {errno == ECONNRESET ? Read::closed : Read::failed, 0};
    pollfd waiting[2] = {{socket_.get(), POLLIN, 0}, {stop_, POLLIN, 0}};
    const nfds_t count = heed == Heed::stop && stop_ >= 0 ? 2 : 1;
    const int ready = ::poll(waiting, count, patience_left(until));
    if (ready == 0) return {Read::timeout, 0};
    if (ready < 0 && errno != EINTR) return {Read::failed, 0};
    if (count == 2 && waiting[0].revents == 0 && waiting[1].revents != 0) return {Read::stopped, 0};
  }
}

std::optional<IpAddress> Connection::peer() const {
  sockaddr_storage from = {};
  socklen_t size = sizeof from;
  if (::getpeername(socket_.get(), reinterpret_cast<sockaddr*>(&from), &size) != 0) return {};
  if (from.ss_family == AF_INET) {
    std::array<std::uint8_t, 4> octets = {};
    std::memcpy(octets.data(), &reinterpret_cast<const sockaddr_in&>(from).sin_addr, octets.size());
    return IpAddress::from_v4(octets);
  }
  if (from.ss_family != AF_INET6) return {};
  std::array<std::uint8_t, 16> octets = {};
  std::memcpy(octets.data(), &reinterpret_cast<const sockaddr_in6&>(from).sin6_addr, octets.size());
  return IpAddress::from_v6(octets);
}

bool Connection::write(std::string_view octets, milliseconds patience) {
  const auto until = std::chrono::steady_clock::now() + patience;
  while (!octets.empty()) {
    const ssize_t size =
        ::send(socket_.get(), octets.data(), octets.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (size >= 0) {
      octets.remove_prefix(static_cast<std::size_t>(size));
      continue;
    }
    if (!would_wait(errno)) return false;
    pollfd waiting = {socket_.get(), POLLOUT, 0};
    if (::poll(&waiting, 1, patience_left(until)) == 0) return false;
  }
  return true;
}

void Connection::finish(milliseconds patience, std::size_t most) {
  if (::shutdown(socket_.get(), SHUT_WR) != 0) return;
  const auto until = std::chrono::steady_clock::now() + patience;
  std::array<char, 16'384> thrown = {};
  std::size_t came = 0;
  while (came < most) {
    const Got got = read(thrown, milliseconds(patience_left(until)), Heed::stop);
    if (got.how != Read::octets) return;
    came += got.size;
  }
}

std::expected<Listening, Finding> Listening::open(const Endpoint& at, unsigned mode) {
  Descriptor socket = new_socket(at);
  if (!socket) return failed(at, "", errno);
  if (at.unix_path.empty()) {
    const int on = 1;
    ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  } else if (is_taken(at)) {
    return failed(at, "", EADDRINUSE);
  }
  const Address address = address_of(at);
  // The file gets its permissions before anybody can connect: none but the owner's until then.
  const mode_t before = at.unix_path.empty() ? 0 : ::umask(0177);
  const int bound = ::bind(socket.get(), address.get(), address.size);
  const int error = errno;
  if (!at.unix_path.empty()) ::umask(before);
  if (bound != 0) return failed(at, "", error);
  if (::listen(socket.get(), SOMAXCONN) != 0) return failed(at, "", errno);
  if (!at.unix_path.empty() && ::chmod(at.unix_path.c_str(), mode) != 0) {
    return failed(at, "chmod: ", errno);
  }
  Endpoint bound_at = at;
  if (at.unix_path.empty()) bound_at.port = port_of(socket.get());
  return Listening(std::move(socket), std::move(bound_at));
}

Listening::Listening(Listening&& other) noexcept
    : socket_(std::move(other.socket_)), at_(std::exchange(other.at_, {})) {}

Listening::~Listening() {
  if (socket_ && !at_.unix_path.empty()) ::unlink(at_.unix_path.c_str());
}

Descriptor Listening::accept() const {
  Descriptor socket(::accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
  if (socket && at_.unix_path.empty()) {
    const int on = 1;
    ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  }
  return socket;
}

}  // namespace assay::net
