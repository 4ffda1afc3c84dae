#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <vector>

#include "system/net/socket.h"

namespace assay::net {

struct ServerOptions {
  std::size_t max_connections = 500;
};

/// Accepts connections and serves each in a thread that is its own meanwhile and free to wait;
/// threads without a connection stay for ten seconds, for the next ones. A connection
/// beyond the limit is closed at once and counted, so that the other side falls back to what it
/// does without us.
class Server {
 public:
  /// `listener`: which of the sockets it came by. Must not throw.
  using Serve = std::function<void(Connection& connection, std::size_t listener)>;

  Server(std::vector<Listening> sockets, Serve serve, const ServerOptions& options = {});
  /// Like stop without patience.
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  const std::vector<Listening>& sockets() const;

  /// No new connections; those that heed it (Connection::Heed::stop) are told to end. Waits for the
  /// others as long as `patience` and gives the number still open then.
  std::size_t stop(std::chrono::milliseconds patience);

  struct Stats {
    std::size_t open = 0;
    std::size_t accepted = 0;
    std::size_t refused = 0;  ///< beyond the limit
  };
  Stats stats() const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace assay::net
