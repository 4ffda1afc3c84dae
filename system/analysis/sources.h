#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "system/analysis/counts.h"
#include "system/analysis/document.h"
#include "system/analysis/flows.h"

/// Who sends as a domain, at three levels: services, networks, addresses.
namespace assay::analysis {

/// How many there are of something, and how that changed from the period before.
struct Presence {
  std::uint64_t now = 0;
  std::uint64_t fresh = 0;  ///< not seen in the period before
  std::uint64_t gone = 0;   ///< seen in the period before alone
};

/// What is told of a service, a network or an address.
struct SourceRow {
  std::string name;
  std::string service;  ///< whose it is; of the largest part where it is of several
  Identity identity = {};
  Class what = Class::unknown;
  bool confirmed = false;
  bool by_journal = false;
  places::Place place = {};  ///< of its busiest part; of a service there are several
  Tally tally = {};
  std::uint64_t networks = 0;
  std::uint64_t addresses = 0;
  std::chrono::sys_days first = {};
  std::chrono::sys_days last = {};
  bool fresh = false;
};
struct Sources {
  Presence services = {};
  Presence networks = {};
  Presence addresses = {};
  std::vector<SourceRow> by_service = {};  ///< most messages first, as are the next
  std::vector<SourceRow> by_network = {};
  std::vector<SourceRow> by_address = {};
  std::vector<SourceRow> gone = {};  ///< services seen before and not any more
  bool knows_before = false;         ///< there are messages of the period before
};
/// Both told apart by address.
Sources make_sources(std::span<const Flow> flows, std::span<const Flow> before);
void tell(const Sources& sources, Document& document);

/// Messages by class and day.
struct Volume {
  std::array<std::uint64_t, classes> all = {};
  std::array<std::uint64_t, classes> unconfirmed = {};  ///< of these, inferred alone
  std::map<std::chrono::sys_days, std::array<std::uint64_t, classes>> days = {};
};
/// `flows` by day.
Volume make_volume(std::span<const Flow> flows);
void tell(const Volume& volume, Document& document);

/// A source that passes and was not seen before.
struct Newcomer {
  std::string service;
  Class what = Class::unknown;
  bool new_network = false;   ///< of a service seen before: the network is what is new
  std::string network = {};   ///< of new_network
  std::string by = {};        ///< what let it pass: selector or envelope domain
  std::string selector = {};  ///< "s1 of example.com" where a signature did
  std::string spf_domain = {};
  std::string mechanism = {};  ///< the term of the SPF record, where the DNS was asked
  std::string address = {};    ///< one of its addresses
  places::Place place = {};    ///< of that address
  std::string known = {};      ///< what this host's own journal says of it
  std::uint64_t messages = 0;
  std::uint64_t networks = 0;
  std::chrono::sys_days first = {};
};
struct Newcomers {
  bool knows_before = false;
  std::chrono::sys_days known_from = {};  ///< first day of what counts as before
  std::vector<Newcomer> newcomers = {};   ///< new services first, then new networks; by messages
  std::uint64_t copies = 0;  ///< messages of forwarders not seen before, which are not listed
};
/// `flows` by address, `before` by network or address.
Newcomers make_newcomers(std::span<const Flow> flows, std::span<const Flow> before);
void tell(const Newcomers& newcomers, Document& document);

/// What speaks for a source being somebody, hardest to forge first.
struct Clue {
  By by = By::nothing;
  std::string value;
  std::string service = {};  ///< in the catalogue
  std::uint64_t messages = 0;
};
struct Who {
  std::string source;        ///< network
  std::string address = {};  ///< the one with most messages
  Identity identity = {};
  Class what = Class::unknown;
  places::Place place = {};   ///< of that address
  std::string evidence = {};  ///< for the class, a sentence
  std::vector<Clue> clues = {};
  std::vector<std::string> claims = {};  ///< what the mail says of itself and nothing proves
  std::uint64_t addresses = 0;
  std::uint64_t messages = 0;
};
/// Whose names would be asked first: one address for each network, most messages first.
std::vector<std::string> addresses_to_ask(std::span<const Flow> flows, std::size_t limit);
/// Whether a flow is of an address, a network or a service; of unknown sources and abuse where
/// nothing is wanted.
bool is_wanted(const Flow& flow, std::string_view wanted);
/// Of all flows of unknown sources and abuse, or of the networks that `wanted` names: an address, a
/// network or a service.
std::vector<Who> make_who(const View& view, std::span<const Flow> flows, std::string_view wanted);
void tell(std::span<const Who> who, const View& view, Document& document);

}  // namespace assay::analysis
