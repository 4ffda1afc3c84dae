#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <string>
#include <thread>

#include "system/net/server.h"

namespace assay::net {
namespace {

using std::chrono::milliseconds;
constexpr milliseconds long_time{60'000};

TEST(Endpoint, IsReadAndWritten) {
  for (const char* text : {"127.0.0.1:8891", "[::1]:25", "unix:/run/x.sock"}) {
    const auto endpoint = parse_endpoint(text);
    ASSERT_TRUE(endpoint) << text;
    EXPECT_EQ(to_text(*endpoint), text);
  }
  EXPECT_EQ(to_text(*parse_endpoint("localhost:1")), "127.0.0.1:1");
  for (const std::string text : {"", "8891", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "host:1",
                                 "unix:", ":1", "[::1]"}) {
    EXPECT_FALSE(parse_endpoint(text)) << text;
  }
  EXPECT_FALSE(parse_endpoint("unix:" + std::string(108, 'x')));
}

/// A unix socket in a folder of its own, and clients of it.
class Unix : public testing::Test {
 protected:
  Unix() { path_ = std::filesystem::path(testing::TempDir()) / ("net" + std::to_string(getpid())); }
  ~Unix() override { std::filesystem::remove(path_); }

  Endpoint at() const { return {.unix_path = path_.string()}; }
  std::vector<Listening> listen() const {
    auto socket = Listening::open(at(), 0600);
    EXPECT_TRUE(socket) << (socket ? "" : socket.error().what);
    std::vector<Listening> all;
    if (socket) all.push_back(std::move(*socket));
    return all;
  }
  Descriptor connect() const {
    Descriptor client(::socket(AF_UNIX, SOCK_STREAM, 0));
    sockaddr_un to = {};
    to.sun_family = AF_UNIX;
    path_.string().copy(to.sun_path, sizeof to.sun_path - 1);
    EXPECT_EQ(::connect(client.get(), reinterpret_cast<sockaddr*>(&to), sizeof to), 0);
    return client;
  }

 private:
  std::filesystem::path path_;
};

/// Sends back what comes, until the other side or the server ends.
void echo(Connection& connection, std::size_t /*listener*/) {
  char buffer[100];
  for (;;) {
    const auto got = connection.read(buffer, long_time, Connection::Heed::stop);
    if (got.how != Read::octets) return;
    if (!connection.write({buffer, got.size}, long_time)) return;
  }
}

std::string read_some(const Descriptor& client) {
  char buffer[100];
  const ssize_t size = ::recv(client.get(), buffer, sizeof buffer, 0);
  return size > 0 ? std::string(buffer, static_cast<std::size_t>(size)) : "";
}

TEST_F(Unix, SocketHasItsModeAndGoesAtTheEnd) {
  {
    const auto sockets = listen();
    struct stat found = {};
    ASSERT_EQ(::stat(at().unix_path.c_str(), &found), 0);
    EXPECT_EQ(found.st_mode & 0777U, 0600U);
    EXPECT_FALSE(Listening::open(at())) << "somebody listens there";
  }
  EXPECT_FALSE(std::filesystem::exists(at().unix_path));
}

TEST_F(Unix, SocketOfADeadProcessIsReplaced) {
  {
    const Descriptor left(::socket(AF_UNIX, SOCK_STREAM, 0));
    sockaddr_un to = {};
    to.sun_family = AF_UNIX;
    at().unix_path.copy(to.sun_path, sizeof to.sun_path - 1);
    ASSERT_EQ(::bind(left.get(), reinterpret_cast<sockaddr*>(&to), sizeof to), 0);
  }
  EXPECT_EQ(listen().size(), 1U);
}

TEST_F(Unix, ServerServesSeveralAndStops) {
  Server server(listen(), echo);
  const Descriptor one = connect();
  const Descriptor two = connect();
  ASSERT_EQ(::send(one.get(), "one", 3, 0), 3);
  ASSERT_EQ(::send(two.get(), "two", 3, 0), 3);
  EXPECT_EQ(read_some(two), "two");
  EXPECT_EQ(read_some(one), "one");
  EXPECT_EQ(server.stats().open, 2U);
  EXPECT_EQ(server.stop(long_time), 0U) << "idle connections heed it";
  EXPECT_EQ(read_some(one), "") << "closed";
}

TEST_F(Unix, ServerRefusesBeyondItsLimit) {
  Server server(listen(), echo, {.max_connections = 1});
  const Descriptor one = connect();
  ASSERT_EQ(::send(one.get(), "x", 1, 0), 1);
  EXPECT_EQ(read_some(one), "x");
  const Descriptor two = connect();
  EXPECT_EQ(read_some(two), "") << "closed at once";
  EXPECT_EQ(server.stats().refused, 1U);
}

TEST_F(Unix, ServerWaitsForThoseThatAreBusy) {
  std::atomic<bool> go_on = false;
  Server server(listen(), [&](Connection& connection, std::size_t) {
    char buffer[10];
    static_cast<void>(connection.read(buffer, long_time, Connection::Heed::nothing));
    go_on.wait(false);
  });
  const Descriptor client = connect();
  ASSERT_EQ(::send(client.get(), "x", 1, 0), 1);
  while (server.stats().open == 0) std::this_thread::yield();
  EXPECT_EQ(server.stop(milliseconds(1)), 1U);
  go_on = true;
  go_on.notify_all();
  EXPECT_EQ(server.stop(long_time), 0U);
}

TEST_F(Unix, ReadTellsSilenceFromTheEnd) {
  std::atomic<int> seen = -1;
  Server server(listen(), [&](Connection& connection, std::size_t) {
    char buffer[10];
    seen =
        static_cast<int>(connection.read(buffer, milliseconds(1), Connection::Heed::nothing).how);
    seen.notify_all();
  });
  const Descriptor client = connect();
  seen.wait(-1);
  EXPECT_EQ(seen, static_cast<int>(Read::timeout));
}

}  // namespace
}  // namespace assay::net
