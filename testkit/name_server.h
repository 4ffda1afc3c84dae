#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace testkit {

/// A zone that a NameServer serves: its apex without a final dot and its master-file text.
struct ServedZone {
  std::string name;
  std::string text;
};

/// A real authoritative server: nsd with zones of the test's own, on a loopback port of its own
/// (UDP and TCP), in a temporary folder. Ends with the object. Questions outside its zones are
/// refused.
class NameServer {
 public:
  /// Waits until the server answers. Null, and the test has failed with the reason, where nsd is
  /// not installed or refuses the zones.
  static std::unique_ptr<NameServer> start(const std::vector<ServedZone>& zones);
  ~NameServer();
  NameServer(const NameServer&) = delete;
  NameServer& operator=(const NameServer&) = delete;

  std::uint16_t port() const { return port_; }

 private:
  NameServer(std::filesystem::path folder, std::uint16_t port, pid_t process)
      : folder_(std::move(folder)), port_(port), process_(process) {}
  bool answers(const std::string& zone);
  bool ended();

  std::filesystem::path folder_;
  std::uint16_t port_;
  pid_t process_;  // -1: none
};

/// A port of 127.0.0.1 that is free for UDP and TCP at this moment; nothing listens there.
std::uint16_t free_port();

}  // namespace testkit
