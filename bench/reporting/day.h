#pragma once

#include <cstdint>
#include <string>

#include "system/journal/entry.h"

/// The mail of a day, the same in every run.
namespace bench {

/// What tells one message from another: who it claims to be of, where it came from, and whether its
/// signature held.
struct Event {
  std::uint32_t domain = 0;
  std::uint32_t source = 0;  ///< an IPv4 address
  bool fails = false;
};

/// Events one after the other. A few domains send most; each has `sources` addresses.
class Events {
 public:
  explicit Events(unsigned domains, unsigned sources = 40) : domains_(domains), sources_(sources) {}
  Event next();

 private:
  unsigned domains_;
  unsigned sources_;
  std::uint64_t chance_ = 88'172'645'463'325'252U;
};

/// "d00017.example"
std::string domain_of(const Event& event);

/// What the filter writes of it. `number` of `all`, spread evenly over the day that begins at
/// `midnight`.
assay::journal::Entry entry_of(const Event& event, std::uint64_t number, std::uint64_t all,
                               assay::journal::Time midnight);

}  // namespace bench
