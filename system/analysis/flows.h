#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "system/analysis/catalogue.h"
#include "system/analysis/marks.h"
#include "system/analysis/own_mail.h"
#include "system/places/places.h"
#include "system/store/received_values.h"

/// What reports say of each source, sorted out: who it is, which kind of source it is, and why its
/// mail fails where it does. Everything is inferred from what reports and owners say; each
/// conclusion names its evidence and how sure it is.
namespace assay::analysis {

enum class Confidence : std::uint8_t { none, low, medium, high };
std::string_view to_text(Confidence confidence);

/// What an identity is known by, the hardest to forge first.
enum class By : std::uint8_t {
  dkim,            ///< a signature of that domain passes
  spf,             ///< that domain allows the address
  confirmed_name,  ///< reverse name that leads back to the address
  as_number,       ///< the autonomous system, which a great many may share
  bare_name,       ///< reverse name that does not, which anybody can write
  nothing,
};
std::string_view to_text(By by);

/// Who a source is.
struct Identity {
  std::string service;  ///< its name: of a service, a domain, or "network 192.0.2.0/24"
  std::optional<ServiceKind> kind = {};  ///< of a service in the catalogue
  bool own = false;                      ///< named by identifiers of the domain itself
  By by = By::nothing;
  Confidence confidence = Confidence::none;
};

/// What a source is to the domain.
enum class Class : std::uint8_t { own, approved, forwarder, unknown, abuse };
std::string_view to_text(Class what);
constexpr std::size_t classes = 5;

/// Why mail that passes by neither identifier fails.
enum class Cause : std::uint8_t {
  passes,      ///< it does not fail
  broken_own,  ///< a source of the owner that is not set up rightly
  forwarding,  ///< forwarders and lists
  abuse,
  unknown,
};
std::string_view to_text(Cause cause);

struct ReverseName {
  std::string name;
  bool confirmed = false;  ///< it leads back to the address
};

/// What is known beside the reports.
struct View {
  std::string domain;  ///< policy domain
  const Catalogue* catalogue = nullptr;
  const Marks* marks = nullptr;
  /// Which domains are of one organization, for grouping. An approximation: a receiver finds out by
  /// the DNS (RFC 9989 §4.10.2), and what it found is in the aligned results.
  std::function<std::string(std::string_view)> organization = {};
  std::map<std::string, ReverseName, std::less<>> names = {};  ///< by address, where asked
  const places::Places* places = nullptr;                      ///< where files are given
  const OwnMail* own = nullptr;                                ///< where there are journals
  /// Addresses of the hosts that journalled own mail, and the host; where the DNS was asked.
  std::map<std::string, std::string, std::less<>> host_addresses = {};

  std::string organization_of(std::string_view domain) const;
  bool is_own(std::string_view domain) const;
  /// Of an address, or of the first one of a network.
  places::Place place_of(std::string_view source) const;
  /// What the journals say of a source, a sentence; empty: nothing.
  std::string own_evidence(const store::SourceCount& source) const;
};

/// "AS64500 Example Net"; empty where it is not known.
std::string as_words(const places::Place& place);

/// A SourceCount with what was found out about it.
struct Flow {
  store::SourceCount source;
  std::string network;       ///< /24 or /48; the text itself where that is no address
  places::Place place = {};  ///< where files tell
  Identity identity = {};
  Class what = Class::unknown;
  bool confirmed = false;   ///< the owner has said so
  bool by_journal = false;  ///< this host's own journal shows that it is the owner's
  Cause cause = Cause::unknown;
  Confidence confidence = Confidence::none;  ///< of the cause
  std::string evidence = {};                 ///< for class and cause, a sentence

  bool passes() const;
};

bool passes(const store::Cell& cell);
/// Both results are known and neither is pass.
bool fails(const store::Cell& cell);

/// Sorts sources out, seeing all of them: what passes from a network explains what fails there.
/// `before`: of earlier days, as evidence alone.
std::vector<Flow> sort_out(const View& view, std::span<const store::SourceCount> sources,
                           std::span<const store::SourceCount> before = {});

/// The network of an address; a network or another text is given back as it is.
std::string network_of(std::string_view source);

}  // namespace assay::analysis
