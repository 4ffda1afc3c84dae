#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "assay/base/finding.h"
#include "system/net/endpoint.h"

namespace assay::net {

/// A file descriptor that closes itself.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor();
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept;

  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }

 private:
  int fd_ = -1;
};

/// How waiting for octets ended.
enum class Read : std::uint8_t { octets, closed, timeout, stopped, failed };

/// One connection that another side opened. Not thread-safe.
class Connection {
 public:
  /// `stop` becomes readable when the server wants to end; -1 for never.
  explicit Connection(Descriptor socket, int stop = -1) : socket_(std::move(socket)), stop_(stop) {}

  struct Got {
    Read how = Read::failed;
    std::size_t size = 0;  ///< octets in the buffer; at least 1 for Read::octets
  };
  enum class Heed : std::uint8_t { stop, nothing };
  /// Waits until something can be read; with Heed::stop also until the server wants to end.
  Got read(std::span<char> buffer, std::chrono::milliseconds patience, Heed heed);
  /// The other side's address; nothing for a unix socket, or when it is gone.
  std::optional<IpAddress> peer() const;
  /// Writes it all, or says false: the other side is gone, or took longer than `patience`.
  bool write(std::string_view octets, std::chrono::milliseconds patience);
  /// Nothing more is written; what still comes is thrown away until the other side closes, for as
  /// long as `patience` and up to `most` octets. Without it an answer may be lost where the other
  /// side was still sending.
  void finish(std::chrono::milliseconds patience, std::size_t most);
  /// For what is spoken above it.
  int descriptor() const { return socket_.get(); }
  int stop_descriptor() const { return stop_; }

 private:
  Descriptor socket_;
  int stop_;
};

/// A listening socket. A unix socket's file is removed at the end; one that a dead process left is
/// replaced, one that a living process listens on is an error.
class Listening {
 public:
  /// Errors: `listen` with what the system says. `mode`: permissions of a unix socket.
  static std::expected<Listening, Finding> open(const Endpoint& at, unsigned mode = 0660);
  ~Listening();
  Listening(Listening&&) noexcept;
  Listening& operator=(Listening&&) = delete;

  int descriptor() const { return socket_.get(); }
  /// With the port that was free, where 0 was asked for.
  const Endpoint& at() const { return at_; }
  /// The next connection, or an empty descriptor when there is none any more or now.
  Descriptor accept() const;

 private:
  Listening(Descriptor socket, Endpoint at) : socket_(std::move(socket)), at_(std::move(at)) {}
  Descriptor socket_;
  Endpoint at_;
};

}  // namespace assay::net
