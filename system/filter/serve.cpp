#include "system/filter/serve.h"

#include <memory>
#include <span>
#include <string>

namespace assay::filter {
namespace {

using net::Connection;
using net::Read;

/// Room for a whole body packet (65,535 octets of MTAs) with what goes before it.
constexpr std::size_t buffer_octets = std::size_t{128} << 10;
/// A message that takes longer from its first command to its last is cut off, however steadily its
/// octets drip in.
constexpr std::chrono::minutes longest_message{60};
constexpr std::chrono::seconds write_patience{60};

std::string_view describe(Read how) {
  switch (how) {
    case Read::octets:
      return "";
    case Read::closed:
      return "the MTA closed the connection within a message";
    case Read::timeout:
      return "the MTA was silent for too long within a message";
    case Read::stopped:
      return "";
    case Read::failed:
      return "reading from the MTA failed";
  }
  return "";
}

}  // namespace

void serve(Connection& connection, Shared& shared, std::size_t listener) {
  using Clock = std::chrono::steady_clock;
  MessageFilter filter(shared, listener);
  milter::Session session(filter);
  const auto room = std::make_unique_for_overwrite<char[]>(buffer_octets);
  const std::span<char> buffer(room.get(), buffer_octets);
  Clock::time_point began = Clock::now();
  for (;;) {
    const bool busy = filter.busy();
    if (!busy) began = Clock::now();
    const auto patience = shared.policy()->settings.filter.idle_time;
    const auto heed = busy ? Connection::Heed::nothing : Connection::Heed::stop;
    const Connection::Got got = connection.read(buffer, patience, heed);
    if (got.how != Read::octets) {
      if (busy) shared.watch.fault(describe(got.how));
      return;
    }
    if (busy && Clock::now() - began > longest_message) {
      return shared.watch.fault("a message took longer than an hour to arrive");
    }
    filter.set_leading_space(session.leading_space() ? HeaderOctets::LeadingSpace::kept
                                                     : HeaderOctets::LeadingSpace::taken_off);
    const std::string out = session.feed({buffer.data(), got.size});
    if (!out.empty() && !connection.write(out, write_patience)) {
      return shared.watch.fault("writing to the MTA failed");
    }
    if (!session.closed()) continue;
    if (!session.error().empty()) shared.watch.fault(session.error());
    return;
  }
}

}  // namespace assay::filter
