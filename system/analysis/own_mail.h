#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "system/journal/entry.h"

namespace assay::analysis {

/// What this host's own journals tell of mail that its own users sent as a domain: ground truth,
/// beside which reports are hearsay.
struct OwnMail {
  std::uint64_t messages = 0;
  std::optional<std::chrono::sys_days> read_from = {};  ///< the first day that was read
  std::optional<std::chrono::sys_days> first = {};      ///< of messages
  std::optional<std::chrono::sys_days> last = {};
  std::map<std::string, std::uint64_t, std::less<>> addresses = {};  ///< of own networks
  std::set<std::string, std::less<>> networks = {};                  ///< of these addresses
  /// "selector of domain", where it was signed before it came to the filter.
  std::map<std::string, std::uint64_t, std::less<>> signatures = {};
  std::map<std::string, std::uint64_t, std::less<>> hosts = {};  ///< filters that saw it
  static constexpr std::size_t max_names = 10'000;               ///< of each kind
};

/// Counts one message more, where own users sent it as `domain` or as what is below it. The client
/// of one who signed in is where he happens to be, and no address that sends.
void add(OwnMail& mail, std::string_view domain, const journal::Entry& entry);

}  // namespace assay::analysis
