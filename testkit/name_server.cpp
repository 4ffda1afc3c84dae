#include "testkit/name_server.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <sstream>
#include <utility>

namespace testkit {
namespace {

constexpr const char* nsd = "/usr/sbin/nsd";
constexpr int attempts_to_ask = 1500;  // of 20 ms each

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

/// The port that a socket of `type` was bound to, or 0; the socket is closed again.
std::uint16_t try_port(int type, std::uint16_t port) {
  const int descriptor = socket(AF_INET, type | SOCK_CLOEXEC, 0);
  sockaddr_in address = loopback(port);
  socklen_t length = sizeof address;
  auto* const generic = reinterpret_cast<sockaddr*>(&address);
  const bool bound =
      bind(descriptor, generic, length) == 0 && getsockname(descriptor, generic, &length) == 0;
  close(descriptor);
  return bound ? ntohs(address.sin_port) : std::uint16_t{0};
}

void write_file(const std::filesystem::path& path, const std::string& text) {
  std::ofstream(path, std::ios::binary) << text;
}

std::string read_file(const std::filesystem::path& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

std::string configuration(const std::filesystem::path& folder, std::uint16_t port,
                          const std::vector<ServedZone>& zones) {
  const std::string in = folder.string() + "/";
  std::string text = "server:\n  ip-address: 127.0.0.1\n  port: " + std::to_string(port) +
                     "\n  server-count: 1\n  username: \"\"\n  database: \"\"\n  pidfile: \"\"\n"
                     "  rrl-ratelimit: 0\n  logfile: \"" +
                     in + "log\"\n  zonesdir: \"" + in + "\"\n  xfrdfile: \"" + in +
                     "xfrd\"\n  xfrdir: \"" + in + "\"\n  zonelistfile: \"" + in +
                     "zones\"\n  cookie-secret-file: \"\"\n"
                     "remote-control:\n  control-enable: no\n";
  for (std::size_t i = 0; i < zones.size(); ++i) {
    text += "zone:\n  name: \"" + zones[i].name + ".\"\n  zonefile: \"" + in + "zone" +
            std::to_string(i) + "\"\n";
  }
  return text;
}

/// Starts nsd in the foreground; -1 where it cannot be.
pid_t spawn(const std::filesystem::path& folder) {
  std::string file = (folder / "nsd.conf").string();
  std::array<std::string, 4> words = {nsd, "-d", "-c", file};
  std::array<char*, 5> arguments = {words[0].data(), words[1].data(), words[2].data(),
                                    words[3].data(), nullptr};
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  const std::string output = (folder / "output").string();
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, output.c_str(),
                                   O_WRONLY | O_CREAT | O_TRUNC, 0600);
  posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO);
  pid_t process = -1;
  if (posix_spawn(&process, nsd, &actions, nullptr, arguments.data(), environ) != 0) process = -1;
  posix_spawn_file_actions_destroy(&actions);
  return process;
}

/// A question for the SOA of a zone, on the wire.
std::string soa_question(const std::string& zone) {
  std::string message("\x12\x34\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00", 12);
  std::istringstream labels(zone);
  for (std::string label; std::getline(labels, label, '.');) {
    message += static_cast<char>(label.size()) + label;
  }
  return message + std::string("\x00\x00\x06\x00\x01", 5);
}

}  // namespace

std::uint16_t free_port() {
  for (int i = 0; i < 100; ++i) {
    const std::uint16_t port = try_port(SOCK_DGRAM, 0);
    if (port != 0 && try_port(SOCK_STREAM, port) == port) return port;
  }
  ADD_FAILURE() << "no free port on 127.0.0.1";
  return 0;
}

std::unique_ptr<NameServer> NameServer::start(const std::vector<ServedZone>& zones) {
  if (access(nsd, X_OK) != 0) {
    ADD_FAILURE() << nsd << " is missing; install the package nsd";
    return nullptr;
  }
  std::string folder = (std::filesystem::temp_directory_path() / "assay-nsd-XXXXXX").string();
  if (mkdtemp(folder.data()) == nullptr) {
    ADD_FAILURE() << "no temporary folder: " << std::strerror(errno);
    return nullptr;
  }
  for (std::size_t i = 0; i < zones.size(); ++i) {
    write_file(folder + "/zone" + std::to_string(i), zones[i].text);
  }
  const std::uint16_t port = free_port();
  write_file(folder + "/nsd.conf", configuration(folder, port, zones));
  std::unique_ptr<NameServer> server(new NameServer(folder, port, spawn(folder)));
  for (int attempt = 0; attempt < attempts_to_ask && !server->ended(); ++attempt) {
    if (server->answers(zones.front().name)) return server;
  }
  ADD_FAILURE() << "nsd does not answer:\n"
                << read_file(folder + "/output") << read_file(folder + "/log");
  return nullptr;
}

NameServer::~NameServer() {
  if (process_ > 0) {
    kill(process_, SIGTERM);
    waitpid(process_, nullptr, 0);
  }
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

bool NameServer::ended() {
  if (process_ > 0 && waitpid(process_, nullptr, WNOHANG) == process_) process_ = -1;
  return process_ < 0;
}

bool NameServer::answers(const std::string& zone) {
  const int descriptor = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  const sockaddr_in address = loopback(port_);
  const std::string question = soa_question(zone);
  sendto(descriptor, question.data(), question.size(), 0,
         reinterpret_cast<const sockaddr*>(&address), sizeof address);
  pollfd polled = {.fd = descriptor, .events = POLLIN, .revents = 0};
  std::array<char, 512> reply = {};
  const bool came =
      poll(&polled, 1, 20) == 1 && recv(descriptor, reply.data(), reply.size(), 0) > 12;
  close(descriptor);
  return came && (reply[3] & 0x0f) == 0;  // no error
}

}  // namespace testkit
