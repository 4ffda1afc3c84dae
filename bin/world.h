#pragma once

#include <memory>

#include "assay/dns/cache.h"
#include "assay/dns/zone.h"
#include "assay/dns_unbound/unbound_resolver.h"
#include "system/config/settings.h"

#include "bin/dns_source.h"
#include "bin/failure.h"

namespace assay::cli {

/// The DNS as a configuration names it: a cache before what really asks, or a zone file alone.
class World {
 public:
  /// Errors: those of reading the zone file; unavailable where nothing can be asked.
  static Expected<std::unique_ptr<World>> open(const config::Dns& dns,
                                               std::chrono::milliseconds lookup_time);

  dns::Resolver& resolver();
  /// All zero for a zone file.
  dns::CacheStats cache_stats() const;
  dns::UnboundStats network_stats() const;

 private:
  std::unique_ptr<dns::UnboundResolver> network_ = {};
  std::unique_ptr<dns::Cache> cache_ = {};
  std::unique_ptr<dns::Zone> zone_ = {};
};

/// The DNS as the command line names it, or else the configuration.
class NamedDns {
 public:
  explicit NamedDns(const DnsOptions& options);
  /// Valid as long as this. Errors: those of World::open and DnsSource::common.
  Expected<dns::Resolver*> open(const config::Settings& settings);

 private:
  bool named_;
  DnsSource source_;
  std::unique_ptr<World> world_ = {};
};

}  // namespace assay::cli
