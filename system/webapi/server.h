#pragma once

#include <chrono>
#include <cstddef>
#include <expected>
#include <functional>
#include <memory>
#include <string>

#include "assay/base/finding.h"
#include "assay/base/ip_address.h"
#include "system/net/endpoint.h"
#include "system/net/server.h"
#include "system/webapi/api.h"
#include "system/webapi/static_files.h"

namespace assay::webapi {

struct ServerSettings {
  net::Endpoint at = {};
  std::string certificate = {};  ///< PEM files; empty: plain HTTP
  std::string key = {};
  std::size_t max_connections = 256;
  /// Whether a proxy at this address is believed whom it speaks for, and by TLS or not.
  std::function<bool(const IpAddress&)> trusts = {};
  std::function<Instant()> now = {};
  /// Told of each answer: what was asked ("GET /show/:question", "pages"), its status, and how long
  /// it took.
  std::function<void(std::string_view what, int status, std::chrono::microseconds took)> told = {};
};

/// HTTP/1.1 at the edge: octets to requests, answers to octets (cpp-httplib), TLS. One request a
/// connection. No peer can hold a thread longer than the time its octets deserve, send a head above
/// 32 KiB, or a body before it is known who he is.
class Server {
 public:
  /// `api` and `files` outlive it. Errors: `listen`, `tls`.
  static std::expected<std::unique_ptr<Server>, Finding> start(const ServerSettings& settings,
                                                               Api& api, StaticFiles& files);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  /// No new connections; waits for answers under way. How many did not end: their threads still use
  /// what was given.
  std::size_t stop(std::chrono::milliseconds patience);
  /// host:port, with the port that was free where 0 was asked for.
  const std::string& address() const;
  net::Server::Stats stats() const;
  /// Takes up a certificate that was replaced. Errors: `tls`; the former stays.
  std::expected<void, Finding> refresh();

 private:
  Server();
  struct State;
  std::unique_ptr<State> state_;
};

/// Of whom a request is: of the peer, or of the one that trusted proxies name in X-Forwarded-For,
/// read from its end.
struct Origin {
  std::string client = {};
  bool secure = false;
};
Origin origin_of(const IpAddress& peer, bool by_tls, std::string_view forwarded_for,
                 std::string_view forwarded_proto,
                 const std::function<bool(const IpAddress&)>& trusts);

}  // namespace assay::webapi
