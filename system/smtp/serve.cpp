#include "system/smtp/serve.h"

#include <cstddef>
#include <memory>
#include <span>
#include <string>

namespace assay::smtp {
namespace {

using net::Connection;
using net::Read;

constexpr std::size_t buffer_octets = std::size_t{64} << 10;

std::string closing(const Rules& rules, const char* why) {
  return "421 4.3.2 " + rules.name + " " + why + "\r\n";
}

}  // namespace

void serve(Connection& connection, const Rules& rules, Host& host, const Patience& patience) {
  using Clock = std::chrono::steady_clock;
  Session session(rules, host, connection.peer());
  const auto room = std::make_unique_for_overwrite<char[]>(buffer_octets);
  const std::span<char> buffer(room.get(), buffer_octets);
  const Clock::time_point began = Clock::now();
  if (!connection.write(session.greeting(), patience.write)) return;
  while (!session.ended()) {
    const auto heed = session.busy() ? Connection::Heed::nothing : Connection::Heed::stop;
    const Connection::Got got = connection.read(buffer, patience.read, heed);
    if (got.how == Read::stopped) {
      connection.write(closing(rules, "ends now, come again"), patience.write);
      return;
    }
    if (got.how == Read::timeout || Clock::now() - began > patience.session) {
      connection.write(closing(rules, "waited too long"), patience.write);
      return;
    }
    if (got.how != Read::octets) return;
    const std::string out = session.feed({buffer.data(), got.size});
    if (!out.empty() && !connection.write(out, patience.write)) return;
  }
}

}  // namespace assay::smtp
