#include "system/accounts/login_guard.h"

#include <algorithm>

namespace assay::accounts {

std::optional<std::chrono::seconds> LoginGuard::wait(Tries& tries, const std::string& key,
                                                     std::size_t most, Instant now) const {
  const auto found = tries.find(key);
  if (found == tries.end()) return std::nullopt;
  std::deque<Instant>& times = found->second;
  while (!times.empty() && times.front() + limits_.window <= now) times.pop_front();
  if (times.empty()) {
    tries.erase(found);
    return std::nullopt;
  }
  if (times.size() < most) return std::nullopt;
  return times.front() + limits_.window - now;
}

void LoginGuard::add(Tries& tries, const std::string& key, Instant now) const {
  if (tries.size() >= limits_.most && !tries.contains(key)) {
    // A flood from many addresses: what was tried least lately makes room.
    const auto oldest =
        std::ranges::min_element(tries, {}, [](const auto& each) { return each.second.back(); });
    tries.erase(oldest);
  }
  tries[key].push_back(now);
}

std::optional<std::chrono::seconds> LoginGuard::may_try(const std::string& address,
                                                        const std::string& name, Instant now) {
  const std::scoped_lock lock(mutex_);
  if (const auto left = wait(addresses_, address, limits_.per_address, now)) return left;
  const bool known = known_.contains({name, address});
  // From a known address, tries in vain count for the address alone.
  if (!known) {
    if (const auto left = wait(names_, name, limits_.per_name, now)) return left;
    add(names_, name, now);
  }
  add(addresses_, address, now);
  return std::nullopt;
}

void LoginGuard::succeeded(const std::string& address, const std::string& name) {
  const std::scoped_lock lock(mutex_);
  const auto take_back = [](Tries& tries, const std::string& key) {
    const auto found = tries.find(key);
    if (found == tries.end()) return;
    found->second.pop_back();
    if (found->second.empty()) tries.erase(found);
  };
  take_back(addresses_, address);
  if (!known_.contains({name, address})) take_back(names_, name);
  if (known_.size() >= limits_.most) known_.clear();
  known_.insert({name, address});
}

}  // namespace assay::accounts
