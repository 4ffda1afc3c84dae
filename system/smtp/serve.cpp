#include "system/smtp/serve.h"

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace assay::smtp {
namespace {

using net::Connection;
using net::Read;

constexpr std::size_t buffer_octets = std::size_t{64} << 10;

std::string closing(const Rules& rules, const char* why) {
  return "421 4.3.2 " + rules.name + " " + why + "\r\n";
}

}  // namespace

void serve(Connection& connection, Rules rules, Host& host, const Patience& patience,
           net::TlsKeys* keys) {
  using Clock = std::chrono::steady_clock;
  rules.offers_tls = keys != nullptr;
  Session session(rules, host, connection.peer());
  std::unique_ptr<net::TlsConnection> tls;
  const auto write = [&](std::string_view octets) {
    return tls ? tls->write(octets, patience.write) : connection.write(octets, patience.write);
  };
  const auto room = std::make_unique_for_overwrite<char[]>(buffer_octets);
  const std::span<char> buffer(room.get(), buffer_octets);
  const Clock::time_point began = Clock::now();
  if (!write(session.greeting())) return;
  while (!session.ended()) {
    const auto heed = session.busy() ? Connection::Heed::nothing : Connection::Heed::stop;
    const Connection::Got got =
        tls ? tls->read(buffer, patience.read, heed) : connection.read(buffer, patience.read, heed);
    if (got.how == Read::stopped) {
      write(closing(rules, "ends now, come again"));
      return;
    }
    if (got.how == Read::timeout || Clock::now() - began > patience.session) {
      write(closing(rules, "waited too long"));
      return;
    }
    if (got.how != Read::octets) return;
    const std::string out = session.feed({buffer.data(), got.size});
    if (!out.empty() && !write(out)) return;
    if (!session.wants_tls()) continue;
    static_cast<void>(keys->refresh());  // what cannot be read now leaves the former in force
    tls = net::TlsConnection::accept(connection, *keys, patience.write);
    if (!tls) return;
    session.secured();
  }
  if (tls) tls->close();
}

}  // namespace assay::smtp
