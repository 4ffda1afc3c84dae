#include "bench/reporting/sink.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <new>
#include <string_view>
#include <vector>

namespace bench {
namespace {

/// A connection: what came and is not understood yet, and whether a mail is coming.
struct Peer {
  int socket = -1;
  std::string octets = {};
  bool in_mail = false;
};

void say(const Peer& peer, std::string_view text) {
  static_cast<void>(::send(peer.socket, text.data(), text.size(), MSG_NOSIGNAL));
}

/// False where the other side is done.
bool answer(Peer& peer, std::string_view command) {
  if (command.starts_with("QUIT")) return false;
  if (command.starts_with("EHLO")) {
    say(peer, "250-sink.example\r\n250 8BITMIME\r\n");
  } else if (command.starts_with("DATA")) {
    peer.in_mail = true;
    say(peer, "354 go on\r\n");
  } else {
    say(peer, "250 2.0.0 well\r\n");
  }
  return true;
}

/// Understands what came. False where the other side is done; `mails` counts.
bool read_on(Peer& peer, std::atomic<std::uint64_t>& mails) {
  while (true) {
    const std::string_view end = peer.in_mail ? "\r\n.\r\n" : "\r\n";
    const std::size_t at = peer.octets.find(end);
    if (at == std::string::npos) return true;
    const std::string command = peer.octets.substr(0, peer.in_mail ? 0 : at);
    peer.octets.erase(0, at + end.size());
    if (peer.in_mail) {
      peer.in_mail = false;
      ++mails;
      say(peer, "250 2.0.0 taken\r\n");
    } else if (!answer(peer, command)) {
      return false;
    }
  }
}

}  // namespace

Sink::Sink() {
  void* const memory =
      ::mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) std::abort();
  shared_ = new (memory) Shared;
  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* const any = reinterpret_cast<sockaddr*>(&address);
  if (::bind(listener, any, size) != 0 || ::listen(listener, 64) != 0) std::abort();
  if (::getsockname(listener, any, &size) != 0) std::abort();
  port_ = ntohs(address.sin_port);
  process_ = ::fork();
  if (process_ == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    serve(listener);
    ::_exit(0);
  }
  ::close(listener);
}

Sink::~Sink() {
  ::kill(process_, SIGKILL);
  ::waitpid(process_, nullptr, 0);
  ::munmap(shared_, sizeof(Shared));
}

void Sink::serve(int listener) {
  std::vector<Peer> peers;
  std::vector<char> block(65'536);
  while (true) {
    std::vector<pollfd> polled = {{.fd = listener, .events = POLLIN, .revents = 0}};
    for (const Peer& peer : peers)
      polled.push_back({.fd = peer.socket, .events = POLLIN, .revents = 0});
    ::poll(polled.data(), polled.size(), -1);
    for (std::size_t i = peers.size(); i > 0; --i) {
      if (polled[i].revents == 0) continue;
      Peer& peer = peers[i - 1];
      const ssize_t got = ::recv(peer.socket, block.data(), block.size(), 0);
      if (got > 0) peer.octets.append(block.data(), static_cast<std::size_t>(got));
      if (got > 0 && read_on(peer, shared_->mails)) continue;
      ::close(peer.socket);
      peers.erase(peers.begin() + static_cast<std::ptrdiff_t>(i) - 1);
    }
    if (polled.front().revents == 0) continue;
    peers.push_back({.socket = ::accept(listener, nullptr, nullptr)});
    ++shared_->connections;
    say(peers.back(), "220 sink.example ESMTP\r\n");
  }
}

}  // namespace bench
