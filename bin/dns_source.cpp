#include "bin/dns_source.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

#include "assay/base/ascii.h"
#include "assay/base/try.h"
#include "assay/dns_unbound/unbound_resolver.h"

#include "bin/files.h"

namespace assay::cli {
namespace {

constexpr std::size_t max_zone_file = std::size_t{1} << 30;
constexpr std::size_t max_suffix_file = std::size_t{64} << 20;
constexpr std::size_t most_known_zones = 16;
constexpr const char* installed_suffixes = "/usr/share/publicsuffix/public_suffix_list.dat";

Instant now() {
  return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
}

Expected<std::unique_ptr<dns::UnboundResolver>> open_network(
    const std::vector<std::string>& resolvers) {
  dns::UnboundOptions options;
  for (const std::string& text : resolvers) {
    const auto server = parse_server(text);
    if (!server) {
      return fail(Status::usage, "--resolver: \"" + ascii::printable(text) +
                                     "\" is not ADDR or ADDR@PORT; give one like 192.0.2.53");
    }
    options.servers.push_back(*server);
  }
  auto opened = dns::UnboundResolver::open(options);
  if (opened) return std::move(*opened);
  return fail(Status::unavailable, "the DNS cannot be asked: " + opened.error().what +
                                       "; name a server with --resolver, or a file with --zone");
}

}  // namespace

std::optional<dns::NameServer> parse_server(const std::string& text) {
  const std::size_t at = text.find('@');
  const auto address = IpAddress::parse(std::string_view(text).substr(0, at));
  if (!address) return std::nullopt;
  if (at == std::string::npos) return dns::NameServer{.address = *address};
  const auto port = ascii::parse_number(std::string_view(text).substr(at + 1));
  if (!port || *port == 0 || *port > 65'535) return std::nullopt;
  return dns::NameServer{.address = *address, .port = static_cast<std::uint16_t>(*port)};
}

/// What really asks, behind what remembers.
struct DnsSource::Network {
  explicit Network(std::unique_ptr<dns::UnboundResolver> opened)
      : resolver(std::move(opened)), cache(*resolver, now) {}

  std::unique_ptr<dns::UnboundResolver> resolver;
  dns::Cache cache;
};

DnsSource::DnsSource(DnsOptions options) : options_(std::move(options)) {}
DnsSource::~DnsSource() = default;

void add_dns_options(const Command& command, DnsOptions& options) {
  const Option zone = command
                          .option("--zone", options.zone_file,
                                  "Answers of the DNS come from this master file alone")
                          .named("FILE");
  command.option("--resolver", options.resolvers, "Ask this server (repeatable)")
      .named("ADDR[@PORT]")
      .repeatable()
      .excludes(zone);
}

Expected<> DnsSource::open() {
  if (options_.zone_file.empty()) {
    ASSAY_TRY(opened, open_network(options_.resolvers));
    network_ = std::make_unique<Network>(std::move(opened));
    return {};
  }
  ASSAY_TRY(text, read_file(options_.zone_file, max_zone_file));
  auto zone = dns::Zone::parse(text);
  if (!zone) {
    return fail(Status::bad_data, ascii::printable(options_.zone_file) + ": " + zone.error().what +
                                      "; repair the zone file");
  }
  zone_ = std::make_unique<dns::Zone>(std::move(*zone));
  return {};
}

Expected<dns::Resolver*> DnsSource::common() {
  const std::scoped_lock lock(mutex_);
  if (!zone_ && !network_) {
    if (auto opened = open(); !opened) return std::unexpected(std::move(opened.error()));
  }
  if (zone_) return zone_.get();
  return &network_->cache;
}

std::shared_ptr<dns::Zone> DnsSource::known_zone(const std::string& text) {
  const std::scoped_lock lock(mutex_);
  const auto found = std::ranges::find(known_, text, &KnownZone::text);
  if (found == known_.end()) return nullptr;
  known_.splice(known_.begin(), known_, found);
  return found->zone;
}

void DnsSource::keep_zone(const std::string& text, const std::shared_ptr<dns::Zone>& zone) {
  const std::scoped_lock lock(mutex_);
  known_.push_front({.text = text, .zone = zone});
  if (known_.size() > most_known_zones) known_.pop_back();
}

Expected<std::shared_ptr<dns::Resolver>> DnsSource::for_request(
    const std::optional<std::string>& zone) {
  if (!zone) {
    ASSAY_TRY(resolver, common());
    return std::shared_ptr<dns::Resolver>(std::shared_ptr<void>(), resolver);  // ours, not shared
  }
  if (std::shared_ptr<dns::Zone> known = known_zone(*zone)) return known;
  auto parsed = dns::Zone::parse(*zone);
  if (!parsed) return fail(Status::bad_data, "\"zone\": " + parsed.error().what);
  const auto made = std::make_shared<dns::Zone>(std::move(*parsed));
  keep_zone(*zone, made);
  return made;
}

dns::Recorder make_recorder(dns::Resolver& resolver) {
  return {resolver, &std::chrono::steady_clock::now};
}

Expected<suffix::SuffixList> SuffixSource::read() const {
  const std::string path = file_.empty() ? installed_suffixes : file_;
  auto text = read_file(path, max_suffix_file);
  if (!text && !file_.empty()) return std::unexpected(std::move(text.error()));
  auto list = text ? suffix::SuffixList::parse(*text) : suffix::SuffixList::built_in();
  if (list) return std::move(*list);
  if (file_.empty()) {
    return fail(Status::unavailable, "no public suffix list: " + list.error().what +
                                         "; install publicsuffix or give --psl FILE");
  }
  return fail(Status::bad_data, ascii::printable(file_) + ": " + list.error().what +
                                    "; give a list in the format of publicsuffix.org");
}

Expected<const suffix::SuffixList*> SuffixSource::get() {
  const std::scoped_lock lock(mutex_);
  if (!list_) {
    auto list = read();
    if (!list) return std::unexpected(std::move(list.error()));
    list_ = std::make_unique<suffix::SuffixList>(std::move(*list));
  }
  return list_.get();
}

}  // namespace assay::cli
