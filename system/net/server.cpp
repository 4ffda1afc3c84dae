#include "system/net/server.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

namespace assay::net {

namespace {

/// A thread without work waits so long for more: MTAs open a connection for each SMTP session, and
/// a thread for each would cost more than most messages do.
constexpr std::chrono::seconds idle_time{10};

}  // namespace

/// Shared with the threads of connections, which may outlive the server that gave up on them.
struct Server::State : std::enable_shared_from_this<Server::State> {
  struct Work {
    Descriptor socket = {};
    std::size_t listener = 0;
  };
  /// A thread that waits for work; the acceptor wakes the one that has waited least, whose memory
  /// the processor still has at hand.
  struct Worker {
    Work work = {};
    std::condition_variable handed = {};
  };

  std::vector<Listening> sockets;
  Serve serve;
  ServerOptions options;
  Descriptor stopping{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
  std::mutex mutex = {};
  std::condition_variable ended = {};  ///< a connection or a thread
  std::vector<Worker*> idle = {};
  std::size_t threads = 0;
  bool ending = false;
  Stats stats = {};
  std::thread acceptor = {};

  void accept_all();
  void accept_from(std::size_t listener);
  bool admit();
  void hand_over(Work work);
  void begin_thread(Work work);
  void serve_one(Work work);
  bool wait_for_work(Worker& worker);
  void work_on(Work first);
};

void Server::State::accept_all() {
  std::vector<pollfd> polled;
  for (const Listening& one : sockets) polled.push_back({one.descriptor(), POLLIN, 0});
  polled.push_back({stopping.get(), POLLIN, 0});
  for (;;) {
    if (::poll(polled.data(), polled.size(), -1) < 0) continue;  // EINTR
    if (polled.back().revents != 0) return;
    for (std::size_t i = 0; i < sockets.size(); ++i) {
      if (polled[i].revents != 0) accept_from(i);
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
  if (admit()) hand_over({.socket = std::move(socket), .listener = listener});
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

void Server::State::hand_over(Work work) {
  std::unique_lock lock(mutex);
  if (idle.empty()) {
    ++threads;
    lock.unlock();
    return begin_thread(std::move(work));
  }
  Worker& worker = *idle.back();
  idle.pop_back();
  worker.work = std::move(work);
  // Woken before the lock is given up, because it may end as soon as it can have the lock.
  worker.handed.notify_one();
}

void Server::State::begin_thread(Work work) {
  const auto first = std::make_shared<Work>(std::move(work));
  try {
    std::thread([self = shared_from_this(), first] { self->work_on(std::move(*first)); }).detach();
  } catch (const std::system_error&) {  // no thread to be had
    const std::scoped_lock lock(mutex);
    --threads;
    --stats.open;
    ++stats.refused;
  }
}

void Server::State::serve_one(Work work) {
  Connection connection(std::move(work.socket), stopping.get());
  serve(connection, work.listener);
}

/// False when none has come for long, or none will.
bool Server::State::wait_for_work(Worker& worker) {
  std::unique_lock lock(mutex);
  if (ending) return false;
  idle.push_back(&worker);
  const auto woken = [&] { return worker.work.socket || ending; };
  if (!worker.handed.wait_for(lock, idle_time, woken)) std::erase(idle, &worker);
  return static_cast<bool>(worker.work.socket);
}

void Server::State::work_on(Work first) {
  Worker worker{.work = std::move(first)};
  do {
    serve_one(std::exchange(worker.work, {}));
    const std::scoped_lock lock(mutex);
    --stats.open;
    ended.notify_all();
  } while (wait_for_work(worker));
  const std::scoped_lock lock(mutex);
  --threads;
  ended.notify_all();
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
  state_->ending = true;
  for (State::Worker* worker : std::exchange(state_->idle, {})) worker->handed.notify_one();
  state_->ended.wait_for(lock, patience, [&] { return state_->threads == 0; });
  return state_->stats.open;
}

Server::Stats Server::stats() const {
  const std::scoped_lock lock(state_->mutex);
  return state_->stats;
}

}  // namespace assay::net
