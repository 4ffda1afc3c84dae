#pragma once

#include <sys/types.h>

#include <atomic>
#include <cstdint>
#include <string>

namespace bench {

/// An SMTP server on the loopback that takes every mail, in a process of its own, so that what it
/// costs is not counted as ours.
class Sink {
 public:
  /// To be made before there are threads.
  Sink();
  ~Sink();
  Sink(const Sink&) = delete;
  Sink& operator=(const Sink&) = delete;

  std::string server() const { return "127.0.0.1:" + std::to_string(port_); }
  std::uint64_t mails() const { return shared_->mails; }
  std::uint64_t connections() const { return shared_->connections; }

 private:
  struct Shared {
    std::atomic<std::uint64_t> mails = 0;
    std::atomic<std::uint64_t> connections = 0;
  };
  void serve(int listener);

  Shared* shared_ = nullptr;
  unsigned port_ = 0;
  ::pid_t process_ = 0;
};

}  // namespace bench
