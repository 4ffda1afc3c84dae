#include "bin/world.h"

#include <utility>

#include "assay/base/ascii.h"
#include "assay/base/try.h"

#include "bin/arguments.h"
#include "bin/dns_source.h"
#include "bin/files.h"

namespace assay::cli {
namespace {

constexpr std::size_t max_zone_file = std::size_t{1} << 30;
constexpr const char* root_anchor = "/usr/share/dns/root.ds";

Expected<std::unique_ptr<dns::UnboundResolver>> open_network(const config::Dns& dns,
                                                             std::chrono::milliseconds time) {
  dns::UnboundOptions options{.timeout = time};
  if (dns.recursive) options.resolv_conf.clear();
  if (dns.dnssec) options.trust_anchor_file = root_anchor;
  for (const std::string& text : dns.servers) {
    const auto server = parse_server(text);
    if (!server) {
      return fail(Status::bad_data,
                  "[dns] servers: \"" + ascii::printable(text) + "\" is not ADDR or ADDR@PORT");
    }
    options.servers.push_back(*server);
  }
  auto opened = dns::UnboundResolver::open(options);
  if (opened) return std::move(*opened);
  return fail(Status::unavailable, "the DNS cannot be asked: " + opened.error().what);
}

}  // namespace

Expected<std::unique_ptr<World>> World::open(const config::Dns& dns,
                                             std::chrono::milliseconds lookup_time) {
  auto world = std::make_unique<World>();
  if (!dns.zone.empty()) {
    ASSAY_TRY(text, read_file(dns.zone, max_zone_file));
    auto zone = dns::Zone::parse(text);
    if (!zone) {
      return fail(Status::bad_data,
                  ascii::printable(dns.zone) + ": " + zone.error().what + "; repair the zone file");
    }
    world->zone_ = std::make_unique<dns::Zone>(std::move(*zone));
    return world;
  }
  ASSAY_TRY(network, open_network(dns, lookup_time));
  world->network_ = std::move(network);
  world->cache_ = std::make_unique<dns::Cache>(*world->network_, machine_time,
                                               dns::CacheOptions{.max_octets = dns.cache_octets});
  return world;
}

dns::Resolver& World::resolver() {
  if (zone_) return *zone_;
  return *cache_;
}

dns::CacheStats World::cache_stats() const {
  return cache_ ? cache_->stats() : dns::CacheStats{};
}

dns::UnboundStats World::network_stats() const {
  return network_ ? network_->stats() : dns::UnboundStats{};
}

NamedDns::NamedDns(const DnsOptions& options)
    : named_(!options.zone_file.empty() || !options.resolvers.empty()), source_(options) {}

Expected<dns::Resolver*> NamedDns::open(const config::Settings& settings) {
  if (named_) return source_.common();
  ASSAY_TRY(world, World::open(settings.dns, settings.filter.lookup_time));
  world_ = std::move(world);
  return &world_->resolver();
}

}  // namespace assay::cli
