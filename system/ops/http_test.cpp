#include "system/ops/http.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <map>
#include <string>
#include <vector>

#include "system/ops/detail/http_request.h"

#include "testkit/cases.h"

namespace assay::ops {
namespace {

CASES(HttpRequestText, "system/ops/testdata/http_request.cases") {
  using Kind = HttpRequest::Kind;
  const std::map<std::string, Kind> kinds = {{"incomplete", Kind::incomplete},
                                             {"bad", Kind::bad},
                                             {"other_method", Kind::other_method},
                                             {"get", Kind::get},
                                             {"head", Kind::head}};
  const std::string octets = c["octets"];
  const HttpRequest request = read_request(octets);
  EXPECT_EQ(request.kind, kinds.at(c["kind"]));
  EXPECT_EQ(request.path, c.get("path", ""));
}

const IpAddress loopback = *IpAddress::parse("127.0.0.1");

std::unique_ptr<HttpServer> serve(HttpPages pages, const HttpOptions& options = {}) {
  auto server = HttpServer::start(loopback, 0, std::move(pages), options);
  EXPECT_TRUE(server) << server.error().what;
  return server ? std::move(*server) : nullptr;
}

/// A connection to the server under test.
class Peer {
 public:
  explicit Peer(const HttpServer& server) : fd_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in at = {};
    at.sin_family = AF_INET;
    at.sin_port = htons(server.port());
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::connect(fd_, reinterpret_cast<sockaddr*>(&at), sizeof at), 0);
    const timeval patience = {.tv_sec = 20, .tv_usec = 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  }
  ~Peer() { ::close(fd_); }
  Peer(const Peer&) = delete;

  bool send(std::string_view octets) const {
    return ::send(fd_, octets.data(), octets.size(), MSG_NOSIGNAL) ==
           static_cast<ssize_t>(octets.size());
  }
  /// All until the server closes.
  std::string rest() const {
    std::string all;
    char some[4096];
    for (ssize_t got = 0; (got = ::recv(fd_, some, sizeof some, 0)) > 0;) {
      all.append(some, static_cast<std::size_t>(got));
    }
    return all;
  }

 private:
  int fd_;
};

std::string ask(const HttpServer& server, std::string_view request) {
  const Peer peer(server);
  EXPECT_TRUE(peer.send(request));
  return peer.rest();
}

HttpPages pages(std::vector<std::string> reasons = {}) {
  return operating_pages([] { return "assay_up 1\n"; }, [reasons] { return reasons; });
}

TEST(Http, GivesMetricsAndHealth) {
  const auto server = serve(pages());
  EXPECT_EQ(ask(*server, "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n"),
            "HTTP/1.1 200 OK\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\n"
            "Content-Length: 11\r\nCache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n"
            "Connection: close\r\n\r\nassay_up 1\n");
  EXPECT_TRUE(ask(*server, "GET /healthz HTTP/1.1\r\n\r\n").ends_with("\r\n\r\nok\n"));
  EXPECT_TRUE(ask(*server, "HEAD /healthz HTTP/1.1\r\n\r\n").ends_with("close\r\n\r\n"));
  EXPECT_TRUE(ask(*server, "GET / HTTP/1.1\r\n\r\n").starts_with("HTTP/1.1 404 "));
  EXPECT_TRUE(ask(*server, "PUT / HTTP/1.1\r\n\r\n").starts_with("HTTP/1.1 405 "));
  EXPECT_TRUE(ask(*server, "hello\r\n\r\n").starts_with("HTTP/1.1 400 "));
}

TEST(Http, SaysWhyItIsNotWell) {
  const auto server = serve(pages({"the journal cannot be written", "no DNS server answers"}));
  const std::string answer = ask(*server, "GET /healthz HTTP/1.1\r\n\r\n");
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 503 Service Unavailable\r\n"));
  EXPECT_TRUE(answer.ends_with("\r\n\r\nthe journal cannot be written\nno DNS server answers\n"));
}

TEST(Http, TakesARequestInPieces) {
  const auto server = serve(pages());
  const Peer peer(*server);
  for (const char c : std::string("GET /healthz HTTP/1.1\r\n\r\n")) {
    ASSERT_TRUE(peer.send({&c, 1}));
  }
  EXPECT_TRUE(peer.rest().ends_with("ok\n"));
}

TEST(Http, SendsALongPageWhole) {
  const std::string page(5'000'000, 'x');
  const auto server = serve([&](std::string_view) { return HttpAnswer{.body = page}; });
  const std::string answer = ask(*server, "GET / HTTP/1.1\r\n\r\n");
  EXPECT_EQ(answer.substr(answer.find("\r\n\r\n") + 4), page);
}

TEST(Http, RefusesAHeaderWithoutEnd) {
  const auto server = serve(pages());
  const Peer peer(*server);
  ASSERT_TRUE(peer.send("GET /metrics HTTP/1.1\r\n"));
  for (int i = 0; i < 100'000 && peer.send("X-Name: value\r\n"); ++i) {
  }
  // The answer may be lost with the connection, which still holds octets that nobody read.
  const std::string answer = peer.rest();
  EXPECT_TRUE(answer.empty() || answer.starts_with("HTTP/1.1 431 ")) << answer;
}

TEST(Http, ClosesAPeerThatSaysNothing) {
  const auto server = serve(pages(), {.patience = std::chrono::milliseconds(50)});
  const Peer peer(*server);
  ASSERT_TRUE(peer.send("GET /met"));
  EXPECT_EQ(peer.rest(), "");
}

TEST(Http, AnswersThoughManyPeersSayNothing) {
  const auto server = serve(pages(), {.max_connections = 4, .patience = std::chrono::minutes(10)});
  std::vector<std::unique_ptr<Peer>> silent;
  for (int i = 0; i < 20; ++i) silent.push_back(std::make_unique<Peer>(*server));
  EXPECT_TRUE(ask(*server, "GET /healthz HTTP/1.1\r\n\r\n").ends_with("ok\n"));
  EXPECT_EQ(silent.front()->rest(), "");
}

TEST(Http, EndsWhilePeersAreConnected) {
  auto server = serve(pages());
  const Peer peer(*server);
  server.reset();
  EXPECT_EQ(peer.rest(), "");
}

TEST(Http, SaysThatThePortIsTaken) {
  const auto server = serve(pages());
  const auto second = HttpServer::start(loopback, server->port(), pages());
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, "listen");
  EXPECT_NE(second.error().what.find("Address already in use"), std::string::npos);
}

}  // namespace
}  // namespace assay::ops
