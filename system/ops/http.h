#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "assay/base/finding.h"
#include "assay/base/ip_address.h"

/// The small port for those who operate the program: /metrics and /healthz. One thread; each
/// connection gets one answer (HTTP/1.1, RFC 9112), within bounds of octets and time that no peer
/// can stretch.
namespace assay::ops {

struct HttpAnswer {
  unsigned status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  std::string body = {};
};

/// Answers GET for a path, without its query. Called by the server's thread; must not throw.
using HttpPages = std::function<HttpAnswer(std::string_view path)>;

/// /metrics with what `metrics` gives. /healthz: 200 "ok", or 503 with a line for each of the
/// reasons that `health` gives. 404 for others.
HttpPages operating_pages(std::function<std::string()> metrics,
                          std::function<std::vector<std::string>()> health);

struct HttpOptions {
  std::size_t max_connections = 32;          ///< beyond that, the one waited for longest is closed
  std::size_t max_request = 8192;            ///< octets of request line and header
  std::chrono::milliseconds patience{5000};  ///< from the first octet to the last of the answer
};

class HttpServer {
 public:
  /// `port` 0: one that is free. Errors: `listen`, with what the system says.
  static std::expected<std::unique_ptr<HttpServer>, Finding> start(const IpAddress& address,
                                                                   std::uint16_t port,
                                                                   HttpPages pages,
                                                                   const HttpOptions& options = {});
  /// Closes all connections; waits for a page that is being made.
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  std::uint16_t port() const;

 private:
  HttpServer();
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace assay::ops
