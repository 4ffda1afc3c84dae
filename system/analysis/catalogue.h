#pragma once

#include <cstdint>
#include <expected>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "assay/base/finding.h"

/// Sending services by what they sign and send as. Recognizing a service says who it is, never
/// that it may send for a domain.
namespace assay::analysis {

enum class ServiceKind : std::uint8_t {
  mailbox,
  bulk,
  transactional,
  software,
  hosting,
  gateway,
  forwarder,
  list
};
std::string_view to_text(ServiceKind kind);
std::optional<ServiceKind> parse_service_kind(std::string_view word);

/// One service. Domains stand for themselves and for what is below them.
struct Service {
  std::string name;  ///< for people, and by which it is marked
  ServiceKind kind = ServiceKind::software;
  std::vector<std::string> dkim = {};         ///< domains it signs as (d=)
  std::vector<std::string> spf = {};          ///< what customers include in their SPF records
  std::vector<std::string> return_path = {};  ///< domains of its envelope senders
  std::vector<std::string> hosts = {};        ///< domains of its hosts' names, if confirmed
  std::vector<std::uint32_t> as_numbers = {};
  std::string source;  ///< how this is known
};

/// The services known; the one read last wins where two claim a domain.
class Catalogue {
 public:
  /// Reads the text of a catalogue, on top of what is known: a stanza a service,
  ///
  ///     service: Example Mailer
  ///     kind: bulk
  ///     dkim: mailer.example
  ///     spf: _spf.mailer.example
  ///     return-path: bounce.mailer.example
  ///     source: how it is known
  ///
  /// words separated by blanks, `#` at the start of a line for comments, an empty line between
  /// stanzas. All but service, kind and source may be left out. Errors: `catalogue`, with the line
  /// in its words; nothing of the text is taken then.
  std::expected<void, Finding> read(std::string_view text);

  /// The service that signs, sends, or has hosts under that name. Lives as long as nothing is read.
  const Service* by_dkim(std::string_view domain) const { return find(dkim_, domain); }
  const Service* by_envelope(std::string_view domain) const { return find(envelope_, domain); }
  const Service* by_host(std::string_view name) const { return find(host_, name); }
  const Service* by_include(std::string_view domain) const { return find(include_, domain); }
  const Service* by_name(std::string_view name) const;

  const std::vector<Service>& services() const { return services_; }

  static constexpr std::size_t max_services = 100'000;

 private:
  using Index = std::map<std::string, std::size_t, std::less<>>;
  const Service* find(const Index& index, std::string_view domain) const;
  void add(Service service);

  std::vector<Service> services_ = {};
  Index dkim_ = {};
  Index envelope_ = {};
  Index host_ = {};
  Index include_ = {};
  Index name_ = {};
};

}  // namespace assay::analysis
