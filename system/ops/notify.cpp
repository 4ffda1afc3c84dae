#include "system/ops/notify.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <chrono>
#include <cstddef>
#include <cstdlib>
#include <cstring>

namespace assay::ops {

ServiceManager ServiceManager::from_environment() {
  const char* socket = std::getenv("NOTIFY_SOCKET");
  return ServiceManager(socket != nullptr ? socket : "");
}

bool ServiceManager::ready(std::string_view status) const {
  std::string state = "READY=1\nSTATUS=";
  for (const char c : status) state += c == '\n' ? ' ' : c;
  return send(state);
}

bool ServiceManager::reloading() const {
  const auto since_boot = std::chrono::steady_clock::now().time_since_epoch();
  const auto microseconds = std::chrono::floor<std::chrono::microseconds>(since_boot).count();
  return send("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(microseconds));
}

bool ServiceManager::stopping() const {
  return send("STOPPING=1");
}

bool ServiceManager::send(const std::string& state) const {
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  const bool named = socket_.starts_with('/') || socket_.starts_with('@');
  if (!named || socket_.size() >= sizeof address.sun_path) return false;
  std::memcpy(address.sun_path, socket_.data(), socket_.size());
  // "@" stands for the NUL before an abstract name.
  if (socket_.front() == '@') address.sun_path[0] = '\0';
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + socket_.size());

  const int fd = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return false;
  const ssize_t sent = ::sendto(fd, state.data(), state.size(), MSG_NOSIGNAL,
                                reinterpret_cast<const sockaddr*>(&address), size);
  ::close(fd);
  return sent == static_cast<ssize_t>(state.size());
}

}  // namespace assay::ops
