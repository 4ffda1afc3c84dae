#include "system/webapi/server.h"

#include <httplib.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <map>
#include <mutex>
#include <optional>
#include <utility>

#include "assay/base/ascii.h"
#include "assay/base/try.h"
#include "system/net/tls.h"
#include "system/webapi/head.h"
#include "system/webapi/routes.h"

namespace assay::webapi {
namespace {

using std::chrono::milliseconds;
using Steady = std::chrono::steady_clock;

constexpr milliseconds for_handshake{10'000};
constexpr milliseconds for_head{15'000};
constexpr milliseconds for_rest{30'000};  ///< and a second for each of these octets
constexpr std::size_t octets_a_second = 16U << 10;
constexpr milliseconds for_farewell{2'000};
constexpr std::size_t most_thrown_away = 1U << 20;
constexpr std::size_t large_body = 1U << 20;
constexpr int large_bodies_at_once = 4;
constexpr std::size_t per_client = 64;  ///< connections of one address that is not this machine

constexpr std::array<std::pair<const char*, const char*>, 7> safe_fields = {{
    {"Content-Security-Policy",
     "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
     "font-src 'self'; connect-src 'self'; manifest-src 'self'; base-uri 'none'; "
     "form-action 'self'; frame-ancestors 'none'"},
    {"X-Content-Type-Options", "nosniff"},
    {"X-Frame-Options", "DENY"},
    {"Referrer-Policy", "no-referrer"},
    {"Cross-Origin-Opener-Policy", "same-origin"},
    {"Cross-Origin-Resource-Policy", "same-origin"},
    {"Permissions-Policy",
     "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), "
     "microphone=(), payment=(), usb=()"},
}};

/// One connection, plain or by TLS, with the time it has left: a budget that grows with the octets
/// that pass.
class Pipe {
 public:
  Pipe(net::Connection& connection, net::TlsConnection* tls) : connection_(connection), tls_(tls) {}

  void grant(milliseconds time) { until_ = Steady::now() + time; }

  /// 0: none came in time, or none will come.
  std::size_t read(std::span<char> buffer) {
    const milliseconds left = time_left();
    const net::Connection::Got got =
        tls_ != nullptr ? tls_->read(buffer, left)
                        : connection_.read(buffer, left, net::Connection::Heed::nothing);
    if (got.how != net::Read::octets) return 0;
    earn(got.size);
    return got.size;
  }
  bool write(std::string_view octets) {
    while (!octets.empty()) {
      const std::string_view piece = octets.substr(0, octets_a_second * 4);
      const bool done =
          tls_ != nullptr ? tls_->write(piece, time_left()) : connection_.write(piece, time_left());
      if (!done) return false;
      earn(piece.size());
      octets.remove_prefix(piece.size());
    }
    return true;
  }
  void finish() {
    if (tls_ != nullptr) tls_->close();
    connection_.finish(for_farewell, most_thrown_away);
  }

 private:
  void earn(std::size_t octets) { until_ += milliseconds(1000 * octets / octets_a_second); }
  milliseconds time_left() const {
    return std::max(std::chrono::ceil<milliseconds>(until_ - Steady::now()), milliseconds(0));
  }

  net::Connection& connection_;
  net::TlsConnection* tls_;
  Steady::time_point until_ = {};
};

/// What the library reads from and writes to: a head that was looked at already, then the rest.
class LibraryStream final : public httplib::Stream {
 public:
  LibraryStream(Pipe& pipe, std::string ready) : pipe_(pipe), ready_(std::move(ready)) {}

  bool is_readable() const override { return true; }
  bool is_writable() const override { return true; }
  ssize_t read(char* into, size_t size) override {
    if (at_ == ready_.size()) {
      ready_.resize(octets_a_second);
      ready_.resize(pipe_.read(ready_));
      at_ = 0;
      if (ready_.empty()) return 0;
    }
    const std::size_t count = std::min(size, ready_.size() - at_);
    std::copy_n(ready_.data() + at_, count, into);
    at_ += count;
    return static_cast<ssize_t>(count);
  }
  ssize_t write(const char* octets, size_t size) override {
    return pipe_.write({octets, size}) ? static_cast<ssize_t>(size) : -1;
  }
  void get_remote_ip_and_port(std::string& ip, int& port) const override {
    ip.clear();
    port = 0;
  }
  void get_local_ip_and_port(std::string& ip, int& port) const override {
    ip.clear();
    port = 0;
  }
  socket_t socket() const override { return INVALID_SOCKET; }

 private:
  Pipe& pipe_;
  std::string ready_;
  std::size_t at_ = 0;
};

/// The library's reading of bodies and writing of answers, without its sockets and threads.
class Library final : public httplib::Server {
 public:
  /// Without a listening socket it takes itself for one that is being stopped, and sends no files.
  Library() { svr_sock_ = 0; }
  void serve(httplib::Stream& stream) {
    bool closed = false;
    process_request(stream, true, closed, {});
  }
};

/// What the handler of this thread's connection needs; the library hands it nothing of ours.
struct Exchange {
  Request request = {};
  Head head = {};
  std::string what = "pages";
  int status = 0;
};
thread_local Exchange* current = nullptr;  // NOLINT(*-avoid-non-const-global-variables): see above

void put(httplib::Response& out, Response&& response) {
  out.status = response.status;
  current->status = response.status;
  for (const auto& [name, value] : safe_fields) out.set_header(name, value);
  bool cached = false;
  for (const auto& [name, value] : response.fields) {
    out.set_header(name, value);
    cached = cached || name == "Cache-Control";
  }
  if (!cached) out.set_header("Cache-Control", "no-store");
  if (response.type.empty()) return;
  if (!response.encoded) return out.set_content(response.body, response.type);
  // By a provider the library does not pack it once more.
  const auto body = std::make_shared<std::string>(std::move(response.body));
  out.set_content_provider(body->size(), response.type,
                           [body](size_t at, size_t size, httplib::DataSink& sink) {
                             return sink.write(body->data() + at, size);
                           });
}

}  // namespace

Origin origin_of(const IpAddress& peer, bool by_tls, std::string_view forwarded_for,
                 std::string_view forwarded_proto,
                 const std::function<bool(const IpAddress&)>& trusts) {
  Origin origin{.client = to_text(peer), .secure = by_tls};
  if (!trusts || !trusts(peer)) return origin;
  if (!forwarded_proto.empty()) {
    origin.secure = ascii::iequals(ascii::trim_wsp(forwarded_proto), "https");
  }
  if (forwarded_for.empty()) return origin;
  const auto parts = ascii::split(forwarded_for, ',');
  for (std::size_t i = parts.size(); i-- > 0;) {
    const auto address = IpAddress::parse(ascii::trim_wsp(parts[i]));
    if (!address) return origin;
    origin.client = to_text(*address);
    if (!trusts(*address)) return origin;
  }
  return origin;
}

struct Server::State {
  ServerSettings settings;
  Api& api;
  StaticFiles& files;
  Library library = {};
  std::unique_ptr<net::TlsKeys> keys = {};
  std::string address = {};
  std::mutex mutex = {};
  std::map<IpAddress, std::size_t> clients = {};
  std::atomic<int> large_bodies = 0;
  std::unique_ptr<net::Server> server = {};

  void prepare();
  void serve(net::Connection& connection);
  void serve_one(Pipe& pipe, const IpAddress& peer, bool by_tls);
  bool enter(const IpAddress& peer);
  void leave(const IpAddress& peer);
  Response respond(const httplib::ContentReader* reader);
  std::optional<std::string> read_body(const httplib::ContentReader* reader, std::size_t most);
};

/// The body, as far as it is permitted; nothing where it ended early.
std::optional<std::string> Server::State::read_body(const httplib::ContentReader* reader,
                                                    std::size_t most) {
  std::string body;
  if (reader == nullptr || !current->head.has_body()) return body;
  const bool whole = (*reader)([&](const char* octets, std::size_t size) {
    body.append(octets, size);
    return body.size() <= most;
  });
  if (whole || body.size() > most) return body;
  return std::nullopt;
}

Response Server::State::respond(const httplib::ContentReader* reader) {
  const Request& request = current->request;
  if (!is_api(request.target)) return files.answer(request);
  auto admitted = api.admit(request);
  if (auto* refused = std::get_if<Response>(&admitted)) {
    current->what = "refused";
    return std::move(*refused);
  }
  const Admission& admission = std::get<Admission>(admitted);
  current->what = request.method + " " + std::string(admission.route->pattern);
  if (current->head.length > admission.max_body) {
    return error_response(413, "too_large", "the body is too large");
  }
  const bool is_large = current->head.chunked || current->head.length > large_body;
  if (is_large && large_bodies.fetch_add(1) >= large_bodies_at_once) {
    --large_bodies;
    Response busy = error_response(503, "busy", "others are uploading; try again");
    busy.fields.emplace_back("Retry-After", "5");
    return busy;
  }
  auto body = read_body(reader, admission.max_body);
  Response response = body ? api.answer(admission, request, std::move(*body))
                           : error_response(400, "bad_request", "the body ended early");
  if (is_large) --large_bodies;
  return response;
}

void Server::State::prepare() {
  constexpr const char* all = R"([\s\S]*)";
  const auto plain = [this](const httplib::Request&, httplib::Response& out) {
    put(out, respond(nullptr));
  };
  const auto with_body = [this](const httplib::Request&, httplib::Response& out,
                                const httplib::ContentReader& reader) {
    put(out, respond(&reader));
  };
  library.Get(all, plain);
  library.Delete(all, plain);
  library.Post(all, with_body);
  library.Put(all, with_body);
  library.Patch(all, with_body);
  library.Delete(all, with_body);
  library.set_exception_handler(
      [](const httplib::Request&, httplib::Response& out, const std::exception_ptr&) {
        put(out, error_response(500, "failed", "something went wrong here"));
      });
  library.set_error_handler([](const httplib::Request&, httplib::Response& out) {
    if (!out.body.empty() || out.has_header("Content-Security-Policy")) return;
    put(out, error_response(out.status, "bad_request", "this request cannot be answered"));
  });
  library.set_payload_max_length(std::size_t{2} << 30);  // each route has its own limit
}

bool Server::State::enter(const IpAddress& peer) {
  const std::scoped_lock lock(mutex);
  std::size_t& open = clients[peer];
  const bool is_own = peer == *IpAddress::parse("127.0.0.1") || peer == *IpAddress::parse("::1");
  const bool is_proxy = settings.trusts && settings.trusts(peer);
  if (open >= per_client && !is_own && !is_proxy) return false;
  ++open;
  return true;
}

void Server::State::leave(const IpAddress& peer) {
  const std::scoped_lock lock(mutex);
  const auto found = clients.find(peer);
  if (--found->second == 0) clients.erase(found);
}

namespace {

/// Up to the end of the head; what came behind it stays in `rest`.
std::optional<std::string> take_head(Pipe& pipe, std::string& rest) {
  std::string text;
  std::array<char, 4096> piece = {};
  for (;;) {
    const std::size_t seen = text.size() < 3 ? 0 : text.size() - 3;
    const std::size_t size = pipe.read(piece);
    if (size == 0) return std::nullopt;
    text.append(piece.data(), size);
    const std::size_t end = text.find("\r\n\r\n", seen);
    if (end != std::string::npos) {
      rest = text.substr(end + 4);
      text.resize(end + 4);
      return text;
    }
    if (text.size() > max_head) return text;
  }
}

std::string plain_answer(int status, std::string_view what) {
  const Response response = error_response(status, "bad_request", what);
  std::string text = "HTTP/1.1 " + std::to_string(status) + " Refused\r\nConnection: close\r\n";
  for (const auto& [name, value] : safe_fields) {
    text += std::string(name) + ": " + value + "\r\n";
  }
  text += "Cache-Control: no-store\r\nContent-Type: " + response.type + "\r\n";
  return text + "Content-Length: " + std::to_string(response.body.size()) + "\r\n\r\n" +
         response.body;
}

}  // namespace

void Server::State::serve_one(Pipe& pipe, const IpAddress& peer, bool by_tls) {
  const Steady::time_point begin = Steady::now();
  pipe.grant(for_head);
  std::string rest;
  const auto text = take_head(pipe, rest);
  if (!text) return;
  auto head = read_head(*text);
  pipe.grant(for_rest);
  if (!head) {
    static_cast<void>(pipe.write(plain_answer(head.error().status, head.error().what)));
    return pipe.finish();
  }
  Exchange exchange{.head = std::move(*head)};
  Request& request = exchange.request;
  request.method = exchange.head.method;
  request.target = exchange.head.target;
  request.fields = exchange.head.fields;
  request.now = settings.now();
  const Origin origin = origin_of(peer, by_tls, request.field("x-forwarded-for"),
                                  request.field("x-forwarded-proto"), settings.trusts);
  request.client = origin.client;
  request.secure = origin.secure;
  // 100-continue is answered by the library.
  LibraryStream stream(pipe, write_head(exchange.head) + rest);
  current = &exchange;
  library.serve(stream);
  current = nullptr;
  pipe.finish();
  if (!settings.told) return;
  settings.told(exchange.what, exchange.status,
                std::chrono::duration_cast<std::chrono::microseconds>(Steady::now() - begin));
}

void Server::State::serve(net::Connection& connection) {
  const auto peer = connection.peer();
  const IpAddress from = peer.value_or(*IpAddress::parse("127.0.0.1"));  // a unix socket
  if (!enter(from)) return;
  std::unique_ptr<net::TlsConnection> tls;
  if (keys) {
    tls = net::TlsConnection::accept(connection, *keys, for_handshake);
    if (!tls) return leave(from);
  }
  Pipe pipe(connection, tls.get());
  serve_one(pipe, from, tls != nullptr);
  leave(from);
}

Server::Server() = default;

Server::~Server() {
  if (state_ && state_->server) state_->server->stop(milliseconds(0));
}

std::expected<std::unique_ptr<Server>, Finding> Server::start(const ServerSettings& settings,
                                                              Api& api, StaticFiles& files) {
  std::unique_ptr<Server> made(new Server);
  made->state_.reset(new State{.settings = settings, .api = api, .files = files});
  State& state = *made->state_;
  if (!settings.certificate.empty()) {
    ASSAY_TRY(keys, net::TlsKeys::open(settings.certificate, settings.key));
    state.keys = std::move(keys);
  }
  state.prepare();
  ASSAY_TRY(socket, net::Listening::open(settings.at));
  state.address = net::to_text(socket.at());
  std::vector<net::Listening> sockets;
  sockets.push_back(std::move(socket));
  state.server = std::make_unique<net::Server>(
      std::move(sockets),
      [state = &state](net::Connection& connection, std::size_t) { state->serve(connection); },
      net::ServerOptions{.max_connections = settings.max_connections});
  return made;
}

std::size_t Server::stop(milliseconds patience) {
  return state_->server->stop(patience);
}

const std::string& Server::address() const {
  return state_->address;
}

net::Server::Stats Server::stats() const {
  return state_->server->stats();
}

std::expected<void, Finding> Server::refresh() {
  if (!state_->keys) return {};
  return state_->keys->refresh();
}

}  // namespace assay::webapi
