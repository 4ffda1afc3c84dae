#pragma once

#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace testkit {

/// A UDP socket on 127.0.0.1 that plays a server as good or bad as the test wants: each datagram is
/// given to `respond`, and what it returns is sent back, as so many datagrams; nothing is silence.
class UdpPeer {
 public:
  using Respond = std::function<std::vector<std::string>(const std::string& datagram)>;
  explicit UdpPeer(Respond respond);
  ~UdpPeer();
  UdpPeer(const UdpPeer&) = delete;
  UdpPeer& operator=(const UdpPeer&) = delete;

  std::uint16_t port() const { return port_; }

  struct Received {
    std::uint16_t from_port = 0;
    std::string datagram = {};
  };
  std::vector<Received> received() const;

 private:
  void run();

  Respond respond_;
  int socket_ = -1;
  int stop_ = -1;
  std::uint16_t port_ = 0;
  mutable std::mutex mutex_;
  std::vector<Received> received_;
  std::jthread thread_;
};

}  // namespace testkit
