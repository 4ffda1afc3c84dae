#pragma once

#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "assay/dns/cache.h"
#include "assay/dns/recorder.h"
#include "assay/dns/zone.h"
#include "assay/dns_unbound/unbound_resolver.h"
#include "assay/suffix/suffix.h"

#include "bin/command_line.h"
#include "bin/failure.h"

namespace assay::cli {

/// Where answers of the DNS come from, as the command line says.
struct DnsOptions {
  std::string zone_file = {};
  std::vector<std::string> resolvers = {};  ///< ADDR[@PORT]
};

/// ADDR or ADDR@PORT; nothing for other text.
std::optional<dns::NameServer> parse_server(const std::string& text);

/// --zone and --resolver.
void add_dns_options(const Command& command, DnsOptions& options);

/// The resolvers of one run: one for all that brings no zone of its own, and a few of the zones
/// that requests bring, parsed once. Thread-safe.
class DnsSource {
 public:
  explicit DnsSource(DnsOptions options);
  ~DnsSource();

  /// The file, the server or the system's resolver, made when it is first wanted. Lives as long as
  /// this. Errors: those of reading the zone file; usage for a bad address; unavailable.
  Expected<dns::Resolver*> common();

  /// A zone from the text of a request, or else the common resolver. Errors: bad_data for the
  /// zone; those of common.
  Expected<std::shared_ptr<dns::Resolver>> for_request(const std::optional<std::string>& zone);

 private:
  struct Network;
  struct KnownZone {
    std::string text;
    std::shared_ptr<dns::Zone> zone;
  };

  Expected<> open();
  std::shared_ptr<dns::Zone> known_zone(const std::string& text);
  void keep_zone(const std::string& text, const std::shared_ptr<dns::Zone>& zone);

  DnsOptions options_;
  std::mutex mutex_;
  std::unique_ptr<dns::Zone> zone_;
  std::unique_ptr<Network> network_;
  std::list<KnownZone> known_;  ///< the latest used first
};

/// A Recorder that measures with the machine's clock.
dns::Recorder make_recorder(dns::Resolver& resolver);

/// The public suffix list, read when it is first wanted. Thread-safe.
class SuffixSource {
 public:
  /// `file`: empty for the installed list, or else the one that is built in.
  explicit SuffixSource(std::string file) : file_(std::move(file)) {}

  /// Lives as long as this. Errors: those of reading the file; bad_data; unavailable.
  Expected<const suffix::SuffixList*> get();

 private:
  Expected<suffix::SuffixList> read() const;

  std::string file_;
  std::mutex mutex_;
  std::unique_ptr<suffix::SuffixList> list_;
};

}  // namespace assay::cli
