#include "testkit/udp_peer.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <utility>

namespace testkit {

UdpPeer::UdpPeer(Respond respond)
    : respond_(std::move(respond)),
      socket_(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)),
      stop_(eventfd(0, EFD_CLOEXEC)) {
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  auto* const generic = reinterpret_cast<sockaddr*>(&address);
  const bool bound =
      bind(socket_, generic, length) == 0 && getsockname(socket_, generic, &length) == 0;
  EXPECT_TRUE(bound) << "no UDP socket on 127.0.0.1";
  port_ = ntohs(address.sin_port);
  thread_ = std::jthread([this] { run(); });
}

UdpPeer::~UdpPeer() {
  eventfd_write(stop_, 1);
  thread_.join();
  close(socket_);
  close(stop_);
}

void UdpPeer::run() {
  std::array<pollfd, 2> polled = {pollfd{.fd = socket_, .events = POLLIN, .revents = 0},
                                  pollfd{.fd = stop_, .events = POLLIN, .revents = 0}};
  std::string buffer(65536, '\0');
  while (poll(polled.data(), polled.size(), -1) < 0 || polled[1].revents == 0) {
    sockaddr_in from = {};
    socklen_t length = sizeof from;
    auto* const generic = reinterpret_cast<sockaddr*>(&from);
    const ssize_t got =
        recvfrom(socket_, buffer.data(), buffer.size(), MSG_DONTWAIT, generic, &length);
    if (got < 0) continue;
    const std::string datagram = buffer.substr(0, static_cast<std::size_t>(got));
    {
      const std::scoped_lock lock(mutex_);
      received_.push_back({.from_port = ntohs(from.sin_port), .datagram = datagram});
    }
    for (const std::string& reply : respond_(datagram)) {
      sendto(socket_, reply.data(), reply.size(), 0, generic, length);
    }
  }
}

std::vector<UdpPeer::Received> UdpPeer::received() const {
  const std::scoped_lock lock(mutex_);
  return received_;
}

}  // namespace testkit
