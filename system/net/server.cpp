#include "system/net/server.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <system_error>
#include <thread>

namespace assay::net {

/// Shared with the threads of connections, which may outlive the server that gave up on them.
struct Server::State : std::enable_shared_from_this<Server::State> {
  std::vector<Listening> sockets;
  Serve serve;
  ServerOptions options;
  Descriptor stopping{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
  std::mutex mutex = {};
  std::condition_variable ended = {};
  Stats stats = {};
  std::thread acceptor = {};

  void accept_all();
  void accept_from(std::size_t listener);
  void start(Descriptor socket, std::size_t listener);
  void run(Descriptor socket, std::size_t listener);
  bool admit();
  void release();
};

void Server::State::accept_all() {
  std::vector<pollfd> waiting;
  for (const Listening& one : sockets) waiting.push_back({one.descriptor(), POLLIN, 0});
  waiting.push_back({stopping.get(), POLLIN, 0});
  for (;;) {
    if (::poll(waiting.data(), waiting.size(), -1) < 0) continue;  // EINTR
    if (waiting.back().revents != 0) return;
    for (std::size_t i = 0; i < sockets.size(); ++i) {
      if (waiting[i].revents != 0) accept_from(i);
    }
  }
}

void Server::State::accept_from(std::size_t listener) {
  Descriptor socket = sockets[listener].accept();
  if (!socket) {
    // No descriptor left, or the other side is gone: not at full speed.
    ::poll(nullptr, 0, 10);
    return;
  }
  if (admit()) start(std::move(socket), listener);
}

bool Server::State::admit() {
  const std::scoped_lock lock(mutex);
  if (stats.open >= options.max_connections) {
    ++stats.refused;
    return false;
  }
  ++stats.open;
  ++stats.accepted;
  return true;
}

void Server::State::release() {
  const std::scoped_lock lock(mutex);
  --stats.open;
  ended.notify_all();
}

void Server::State::start(Descriptor socket, std::size_t listener) {
  auto holder = std::make_shared<Descriptor>(std::move(socket));
  try {
    std::thread([self = shared_from_this(), holder, listener] {
      self->run(std::move(*holder), listener);
    }).detach();
  } catch (const std::system_error&) {  // no thread to be had
    release();
    const std::scoped_lock lock(mutex);
    ++stats.refused;
  }
}

void Server::State::run(Descriptor socket, std::size_t listener) {
  {
    Connection connection(std::move(socket), stopping.get());
    serve(connection, listener);
  }
  release();
}

Server::Server(std::vector<Listening> sockets, Serve serve, const ServerOptions& options)
    : state_(std::make_shared<State>()) {
  state_->sockets = std::move(sockets);
  state_->serve = std::move(serve);
  state_->options = options;
  state_->acceptor = std::thread([state = state_.get()] { state->accept_all(); });
}

Server::~Server() {
  stop(std::chrono::milliseconds(0));
}

const std::vector<Listening>& Server::sockets() const {
  return state_->sockets;
}

std::size_t Server::stop(std::chrono::milliseconds patience) {
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t told = ::write(state_->stopping.get(), &one, sizeof one);
  if (state_->acceptor.joinable()) {
    state_->acceptor.join();
    state_->sockets.clear();
  }
  std::unique_lock lock(state_->mutex);
  state_->ended.wait_for(lock, patience, [&] { return state_->stats.open == 0; });
  return state_->stats.open;
}

Server::Stats Server::stats() const {
  const std::scoped_lock lock(state_->mutex);
  return state_->stats;
}

}  // namespace assay::net
