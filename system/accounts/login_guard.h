#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "assay/base/time.h"

namespace assay::accounts {

/// How many tries to sign in are let through, in memory. A name that others try in vain stays open
/// to those addresses from which its owner signed in before, so that nobody can lock him out.
/// Thread-safe. Bounded: the address or name longest without a try is forgotten first.
class LoginGuard {
 public:
  struct Limits {
    std::size_t per_address = 30;  ///< tries in vain within `window`
    std::size_t per_name = 10;
    std::chrono::seconds window = std::chrono::minutes{15};
    std::size_t most = 50'000;  ///< addresses and names that are remembered
  };
  explicit LoginGuard(const Limits& limits) : limits_(limits) {}

  /// How long to wait before the next try; nothing: it may be made. A try that is let through
  /// counts until succeeded() takes it back.
  std::optional<std::chrono::seconds> may_try(const std::string& address, const std::string& name,
                                              Instant now);
  void succeeded(const std::string& address, const std::string& name);

 private:
  using Tries = std::map<std::string, std::deque<Instant>, std::less<>>;
  std::optional<std::chrono::seconds> wait(Tries& tries, const std::string& key, std::size_t most,
                                           Instant now) const;
  void add(Tries& tries, const std::string& key, Instant now) const;

  Limits limits_;
  std::mutex mutex_ = {};
  Tries addresses_ = {};
  Tries names_ = {};
  std::set<std::pair<std::string, std::string>> known_ = {};  ///< name and address
};

}  // namespace assay::accounts
