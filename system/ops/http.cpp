#include "system/ops/http.h"

#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <list>
#include <system_error>
#include <thread>
#include <utility>

#include "system/ops/detail/http_request.h"

namespace assay::ops {

namespace {

using Steady = std::chrono::steady_clock;

/// Closes itself.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  int get() const { return fd_; }

 private:
  int fd_;
};

struct SocketAddress {
  sockaddr_storage storage = {};
  socklen_t size = sizeof(sockaddr_storage);
  sockaddr* get() { return reinterpret_cast<sockaddr*>(&storage); }
};

SocketAddress socket_address(const IpAddress& address, std::uint16_t port) {
  SocketAddress out;
  if (address.is_v4()) {
    sockaddr_in v4 = {};
    v4.sin_family = AF_INET;
    v4.sin_port = htons(port);
    std::memcpy(&v4.sin_addr, address.octets().data(), 4);
    std::memcpy(&out.storage, &v4, sizeof v4);
    out.size = sizeof v4;
  } else {
    sockaddr_in6 v6 = {};
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(port);
    std::memcpy(&v6.sin6_addr, address.octets().data(), 16);
    std::memcpy(&out.storage, &v6, sizeof v6);
    out.size = sizeof v6;
  }
  return out;
}

std::uint16_t port_of(int fd) {
  SocketAddress at;
  if (::getsockname(fd, at.get(), &at.size) != 0) return 0;
  // The port stands at the same place in both.
  return ntohs(reinterpret_cast<const sockaddr_in*>(&at.storage)->sin_port);
}

/// One request and its answer.
struct Exchange {
  Descriptor socket;
  Steady::time_point deadline;
  std::string request = {};
  std::string answer = {};
  std::size_t sent = 0;
  bool ended = false;

  bool reads() const { return answer.empty(); }
};

std::string complaint(unsigned status, std::string_view what) {
  return write_answer({.status = status, .body = std::string(what) + "\n"}, HttpRequest::Kind::get);
}

std::string answer_to(const HttpRequest& request, const HttpPages& pages) {
  switch (request.kind) {
    case HttpRequest::Kind::incomplete:
      return {};
    case HttpRequest::Kind::bad:
      return complaint(400, "this is no request");
    case HttpRequest::Kind::other_method:
      return complaint(405, "only GET and HEAD");
    case HttpRequest::Kind::get:
    case HttpRequest::Kind::head:
      break;
  }
  return write_answer(pages(request.path), request.kind);
}

}  // namespace

struct HttpServer::State {
  HttpPages pages;
  HttpOptions options;
  Descriptor listening{-1};
  Descriptor stop{-1};
  std::list<Exchange> exchanges = {};  // oldest first
  std::jthread thread = {};

  void run();
  int wait(std::vector<pollfd>& ready) const;
  void take_connection();
  void go_on(Exchange& exchange) const;
  void read(Exchange& exchange) const;
  static void write(Exchange& exchange);
};

void HttpServer::State::run() {
  std::vector<pollfd> ready;
  while (true) {
    if (wait(ready) < 0) continue;
    if (ready[0].revents != 0) return;
    std::size_t i = 2;
    for (Exchange& exchange : exchanges) {
      if (ready[i++].revents != 0) go_on(exchange);
    }
    const auto now = Steady::now();
    std::erase_if(exchanges, [&](const Exchange& e) { return e.ended || e.deadline <= now; });
    if (ready[1].revents != 0) take_connection();
  }
}

/// Waits until something can be done, or the oldest exchange has used up its time.
int HttpServer::State::wait(std::vector<pollfd>& ready) const {
  ready.assign({{.fd = stop.get(), .events = POLLIN, .revents = 0},
                {.fd = listening.get(), .events = POLLIN, .revents = 0}});
  for (const Exchange& exchange : exchanges) {
    const short events = exchange.reads() ? POLLIN : POLLOUT;
    ready.push_back({.fd = exchange.socket.get(), .events = events, .revents = 0});
  }
  int patience = -1;
  if (!exchanges.empty()) {
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(exchanges.front().deadline - Steady::now());
    patience = static_cast<int>(std::max<std::int64_t>(left.count(), 0));
  }
  return ::poll(ready.data(), ready.size(), patience);
}

void HttpServer::State::take_connection() {
  Descriptor socket(::accept4(listening.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
  if (socket.get() < 0) {
    // Out of descriptors: the listener stays readable; do not spin until there are some again.
    if (errno == EMFILE || errno == ENFILE)
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
    return;
  }
  if (exchanges.size() >= options.max_connections) exchanges.pop_front();
  exchanges.push_back({.socket = std::move(socket), .deadline = Steady::now() + options.patience});
}

void HttpServer::State::go_on(Exchange& exchange) const {
  if (exchange.reads()) {
    read(exchange);
  } else {
    write(exchange);
  }
}

void HttpServer::State::read(Exchange& exchange) const {
  std::array<char, 2048> octets;
  const ssize_t got = ::recv(exchange.socket.get(), octets.data(), octets.size(), 0);
  if (got < 0) {
    exchange.ended = errno != EAGAIN && errno != EINTR;
    return;
  }
  exchange.ended = got == 0;
  exchange.request.append(octets.data(), static_cast<std::size_t>(got));
  exchange.answer = answer_to(read_request(exchange.request), pages);
  if (exchange.answer.empty() && exchange.request.size() > options.max_request) {
    exchange.answer = complaint(431, "the request is too large");
  }
  if (!exchange.answer.empty()) write(exchange);
}

void HttpServer::State::write(Exchange& exchange) {
  const std::string_view rest = std::string_view(exchange.answer).substr(exchange.sent);
  const ssize_t sent = ::send(exchange.socket.get(), rest.data(), rest.size(), MSG_NOSIGNAL);
  if (sent < 0) {
    exchange.ended = errno != EAGAIN && errno != EINTR;
    return;
  }
  exchange.sent += static_cast<std::size_t>(sent);
  exchange.ended = exchange.sent == exchange.answer.size();
}

HttpServer::HttpServer() : state_(std::make_unique<State>()) {}

HttpServer::~HttpServer() {
  if (!state_->thread.joinable()) return;
  eventfd_write(state_->stop.get(), 1);
  state_->thread.join();
}

std::uint16_t HttpServer::port() const {
  return port_of(state_->listening.get());
}

std::expected<std::unique_ptr<HttpServer>, Finding> HttpServer::start(const IpAddress& address,
                                                                      std::uint16_t port,
                                                                      HttpPages pages,
                                                                      const HttpOptions& options) {
  std::unique_ptr<HttpServer> server(new HttpServer());
  State& state = *server->state_;
  state.pages = std::move(pages);
  state.options = options;
  state.options.max_connections = std::max<std::size_t>(options.max_connections, 1);
  SocketAddress at = socket_address(address, port);
  state.listening =
      Descriptor(::socket(at.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  state.stop = Descriptor(::eventfd(0, EFD_CLOEXEC));
  const int yes = 1;
  ::setsockopt(state.listening.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  if (state.stop.get() < 0 || ::bind(state.listening.get(), at.get(), at.size) != 0 ||
      ::listen(state.listening.get(), 64) != 0) {
    const std::string what = std::generic_category().message(errno);
    return std::unexpected(Finding{.code = "listen",
                                   .what = "cannot listen for HTTP on " + to_text(address) +
                                           " port " + std::to_string(port) + ": " + what});
  }
  state.thread = std::jthread([&state] { state.run(); });
  return server;
}

}  // namespace assay::ops
