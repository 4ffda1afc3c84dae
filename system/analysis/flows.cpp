#include "system/analysis/flows.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <unordered_map>

#include "assay/base/ascii.h"
#include "assay/base/ip_address.h"

namespace assay::analysis {
namespace {

using store::Aligned;
using store::OverrideType;
using store::SourceCount;

constexpr std::array<std::string_view, 4> confidences = {"none", "low", "medium", "high"};
constexpr std::array<std::string_view, 6> by_words = {"dkim",      "spf",       "confirmed_name",
                                                      "as_number", "bare_name", "nothing"};
constexpr std::array<std::string_view, classes> class_words = {"own", "approved", "forwarder",
                                                               "unknown", "abuse"};
constexpr std::array<std::string_view, 5> cause_words = {"passes", "broken_own", "forwarding",
                                                         "abuse", "unknown"};

/// A source of so few days that authenticates as nothing is taken for abuse, not for a server.
/// Two weeks, since a report of a week shows mail of a day on all of its days.
constexpr std::chrono::days short_lived{14};
/// A network whose share of a signature is smaller carries copies of it.
constexpr std::uint64_t copies_of_a_hundred = 10;

std::string count_in_words(std::uint64_t messages) {
  return fmt::format("{} {}", messages, messages == 1 ? "message" : "messages");
}

bool spf_aligned(const SourceCount& source) {
  return source.cell.spf == Aligned::pass;
}
bool dkim_aligned(const SourceCount& source) {
  return source.cell.dkim == Aligned::pass;
}
bool says_forwarded(OverrideType type) {
  return type == OverrideType::mailing_list || type == OverrideType::trusted_forwarder ||
         type == OverrideType::forwarded;
}

// ---- What all sources together say -------------------------------------------------------------

struct NetworkSum {
  std::uint64_t direct = 0;  ///< messages that pass by SPF, or by a signature not known elsewhere
  std::uint64_t failing = 0;
  std::chrono::sys_days first = std::chrono::sys_days::max();
  std::chrono::sys_days last = std::chrono::sys_days::min();
};

struct SignatureSum {
  std::uint64_t passing = 0;  ///< messages with the signature valid and aligned
  std::uint64_t direct = 0;   ///< of these, those that pass by SPF too
  std::unordered_map<std::string, std::uint64_t> networks = {};
};

/// Reports of RFC 7489 may leave the selector out.
std::string signer_of(const SourceCount& source) {
  if (source.dkim_selector.empty()) return "signature of " + source.dkim_domain;
  return fmt::format("selector {} of {}", source.dkim_selector, source.dkim_domain);
}

std::string signature_of(const SourceCount& source) {
  return source.dkim_domain + "/" + source.dkim_selector;
}

class Sums {
 public:
  void add(std::span<const SourceCount> sources) {
    for (const SourceCount& each : sources) add(each);
  }
  const NetworkSum& network(const std::string& name) const { return networks_.at(name); }
  const SignatureSum* signature(const std::string& name) const {
    const auto found = signatures_.find(name);
    return found == signatures_.end() ? nullptr : &found->second;
  }

 private:
  void add(const SourceCount& source) {
    const std::string name = network_of(source.source_ip);
    NetworkSum& network = networks_[name];
    network.first = std::min(network.first, source.first);
    network.last = std::max(network.last, source.last);
    if (spf_aligned(source)) network.direct += source.messages;
    if (fails(source.cell)) network.failing += source.messages;
    if (!dkim_aligned(source)) return;
    SignatureSum& signature = signatures_[signature_of(source)];
    signature.passing += source.messages;
    if (spf_aligned(source)) signature.direct += source.messages;
    signature.networks[name] += source.messages;
  }

  std::unordered_map<std::string, NetworkSum> networks_ = {};
  std::unordered_map<std::string, SignatureSum> signatures_ = {};
};

// ---- One source --------------------------------------------------------------------------------

/// Sees one source with all of them in view.
class Sorter {
 public:
  Sorter(const View& view, const Sums& sums) : view_(view), sums_(sums) {}

  Flow sort(const SourceCount& source) const {
    Flow flow{.source = source, .network = network_of(source.source_ip)};
    flow.place = view_.place_of(source.source_ip);
    flow.identity = identify(flow);
    if (passes(source.cell)) {
      flow.cause = Cause::passes;
      flow.confidence = Confidence::high;
      sort_passing(flow);
    } else {
      sort_failing(flow);
    }
    apply_journal(flow);
    apply_mark(flow);
    return flow;
  }

 private:
  Identity name_by(By by, const Service* service, std::string_view domain) const {
    const Confidence sure = by == By::dkim        ? Confidence::high
                            : by >= By::as_number ? Confidence::low
                                                  : Confidence::medium;
    if (service != nullptr) {
      return {.service = service->name, .kind = service->kind, .by = by, .confidence = sure};
    }
    return {.service = view_.organization_of(domain), .by = by, .confidence = sure};
  }

  /// A signature that comes mostly from elsewhere, in another envelope: mail that was passed on.
  bool carries_copies(const Flow& flow) const {
    const SourceCount& source = flow.source;
    if (!dkim_aligned(source) || spf_aligned(source)) return false;
    const SignatureSum* signature = sums_.signature(signature_of(source));
    if (signature == nullptr) return false;
    const auto here = signature->networks.find(flow.network);
    const std::uint64_t messages = here == signature->networks.end() ? 0 : here->second;
    const std::uint64_t elsewhere =
        signature->direct > 0 ? signature->direct : signature->passing - messages;
    if (sums_.network(flow.network).direct > messages) return false;
    constexpr std::uint64_t hundred = 100;
    return messages * hundred <= elsewhere * copies_of_a_hundred ||
           (signature->direct > messages && !knows_sender(source));
  }

  /// The envelope is that of a service that sends for others.
  bool knows_sender(const SourceCount& source) const {
    const Service* service =
        source.spf_result == "pass" ? view_.catalogue->by_envelope(source.spf_domain) : nullptr;
    return service != nullptr && service->kind != ServiceKind::forwarder &&
           service->kind != ServiceKind::list;
  }

  Identity identify(const Flow& flow) const {
    const SourceCount& source = flow.source;
    const bool signed_well = source.dkim_result == "pass" && !source.dkim_domain.empty();
    const bool allowed = source.spf_result == "pass" && !source.spf_domain.empty();
    if (signed_well && !view_.is_own(source.dkim_domain)) {
      return name_by(By::dkim, view_.catalogue->by_dkim(source.dkim_domain), source.dkim_domain);
    }
    if (allowed && !view_.is_own(source.spf_domain)) {
      return name_by(By::spf, view_.catalogue->by_envelope(source.spf_domain), source.spf_domain);
    }
    if (signed_well && !carries_copies(flow)) {
      return {.service = signer_of(source),
              .own = true,
              .by = By::dkim,
              .confidence = Confidence::high};
    }
    if (allowed) {
      return {.service = "envelope " + source.spf_domain,
              .own = true,
              .by = By::spf,
              .confidence = Confidence::medium};
    }
    return by_name(flow);
  }

  Identity by_name(const Flow& flow) const {
    Identity network{.service = "network " + flow.network};
    if (flow.place.as_number != 0) {
      network.by = By::as_number;
      network.confidence = Confidence::low;
    }
    const auto found = view_.names.find(flow.source.source_ip);
    if (found == view_.names.end() || found->second.name.empty()) return network;
    const ReverseName& name = found->second;
    if (!name.confirmed) {
      if (network.by == By::nothing) network.by = By::bare_name;
      network.confidence = Confidence::low;
      return network;
    }
    Identity identity = name_by(By::confirmed_name, view_.catalogue->by_host(name.name), name.name);
    identity.own = view_.is_own(name.name);
    return identity;
  }

  static void set(Flow& flow, Class what, std::string evidence) {
    flow.what = what;
    flow.evidence = std::move(evidence);
  }
  static void set(Flow& flow, Class what, Cause cause, Confidence confidence,
                  std::string evidence) {
    set(flow, what, std::move(evidence));
    flow.cause = cause;
    flow.confidence = confidence;
  }

  bool is_passer_on(const Flow& flow) const {
    return flow.identity.kind == ServiceKind::forwarder || flow.identity.kind == ServiceKind::list;
  }

  void sort_passing(Flow& flow) const {
    const SourceCount& source = flow.source;
    if (says_forwarded(source.cell.reason)) {
      return set(flow, Class::forwarder, "the reporter says that it was passed on");
    }
    if (is_passer_on(flow)) {
      return set(flow, Class::forwarder, flow.identity.service + " passes mail on");
    }
    if (carries_copies(flow)) {
      return set(flow, Class::forwarder,
                 fmt::format("carries the signature of selector {} that comes mostly from "
                             "elsewhere, in an envelope "
                             "that is not yours",
                             source.dkim_selector));
    }
    const std::string by =
        dkim_aligned(source) ? "signs with " + signer_of(source)
                             : fmt::format("is allowed by the SPF record of {}", source.spf_domain);
    set(flow, flow.identity.own ? Class::own : Class::approved, by);
  }

  void sort_failing(Flow& flow) const {
    const SourceCount& source = flow.source;
    if (!fails(source.cell)) {
      return set(flow, Class::unknown, Cause::unknown, Confidence::none,
                 "the reporter does not say whether it was aligned");
    }
    if (says_forwarded(source.cell.reason)) {
      return set(flow, Class::forwarder, Cause::forwarding, Confidence::high,
                 fmt::format("the reporter says {}", to_text(source.cell.reason)));
    }
    if (is_passer_on(flow)) {
      return set(flow, Class::forwarder, Cause::forwarding, Confidence::medium,
                 fmt::format("comes from {}, which passes mail on", flow.identity.service));
    }
    const NetworkSum& network = sums_.network(flow.network);
    if (network.direct >= source.messages && network.direct > 0) {
      return set(flow, Class::own, Cause::broken_own, Confidence::medium,
                 fmt::format("the same network also sent {} that pass by SPF",
                             count_in_words(network.direct)));
    }
    if (!source.dkim_domain.empty() && view_.is_own(source.dkim_domain))
      return sort_broken_signature(flow);
    if (source.dkim_result == "pass" || source.spf_result == "pass") return sort_unaligned(flow);
    sort_bare(flow, network);
  }

  void sort_broken_signature(Flow& flow) const {
    const SourceCount& source = flow.source;
    const SignatureSum* signature = sums_.signature(signature_of(source));
    if (signature != nullptr && signature->passing > source.messages) {
      return set(
          flow, Class::forwarder, Cause::forwarding, Confidence::medium,
          fmt::format(
              "bears a signature of your selector {} that no longer holds, as lists leave it; {} "
              "with that selector pass",
              source.dkim_selector, count_in_words(signature->passing)));
    }
    set(flow, Class::unknown, Cause::unknown, Confidence::low,
        fmt::format("bears a signature of selector {} that does not hold and hardly ever did: a "
                    "wrong or missing key of "
                    "yours, or a forgery",
                    source.dkim_selector));
  }

  void sort_unaligned(Flow& flow) const {
    const SourceCount& source = flow.source;
    const std::string as = source.dkim_result == "pass" ? source.dkim_domain : source.spf_domain;
    if (flow.identity.kind) {
      return set(flow, Class::unknown, Cause::broken_own, Confidence::low,
                 fmt::format("{} authenticates it as {}: yours if you use that service",
                             flow.identity.service, as));
    }
    if (view_.is_own(as)) {
      return set(
          flow, Class::own, Cause::broken_own, Confidence::medium,
          fmt::format(
              "authenticates as {}, which is yours but not aligned under the policy in force", as));
    }
    set(flow, Class::unknown, Cause::unknown, Confidence::low,
        fmt::format("authenticates as {}: a service of yours, a list, or somebody else", as));
  }

  void sort_bare(Flow& flow, const NetworkSum& network) const {
    const auto lived = network.last - network.first + std::chrono::days{1};
    if (flow.identity.own) {
      return set(flow, Class::own, Cause::broken_own, Confidence::medium,
                 "authenticates as nothing, but its reverse name is yours and leads back to it");
    }
    if (lived <= short_lived) {
      return set(flow, Class::abuse, Cause::abuse, Confidence::medium,
                 fmt::format("authenticates as nothing, no mail of its network ever passed, and it "
                             "was seen for {} {} alone",
                             lived.count(), lived.count() == 1 ? "day" : "days"));
    }
    set(flow, Class::unknown, Cause::unknown, Confidence::low,
        fmt::format("authenticates as nothing, and was seen over {} days: a forgotten server of "
                    "yours, or abuse",
                    lived.count()));
  }

  /// What this host itself saw overrules what was inferred.
  void apply_journal(Flow& flow) const {
    std::string seen = view_.own_evidence(flow.source);
    // A copy that was passed on bears the signature too.
    if (seen.empty() || flow.what == Class::forwarder) return;
    flow.what = Class::own;
    flow.by_journal = true;
    if (flow.cause != Cause::passes) {
      flow.cause = Cause::broken_own;
      flow.confidence = Confidence::high;
    }
    flow.evidence = std::move(seen) + "; " + flow.evidence;
  }

  /// What the owner says overrules what was inferred (but not how mail authenticates).
  void apply_mark(Flow& flow) const {
    Marked marked = Marked::unknown;
    for (const std::string& name :
         {flow.source.source_ip, "network " + flow.network, flow.identity.service}) {
      marked = view_.marks->of(view_.domain, name);
      if (marked != Marked::unknown) break;  // The narrowest name counts.
    }
    if (marked == Marked::unknown) return;
    constexpr std::array<Class, 5> as = {Class::unknown, Class::own, Class::approved,
                                         Class::forwarder, Class::abuse};
    flow.what = as[static_cast<std::size_t>(marked)];
    flow.confirmed = true;
    if (flow.cause == Cause::passes) return;
    const bool told = says_forwarded(flow.source.cell.reason);
    if (flow.what == Class::abuse) flow.cause = Cause::abuse;
    if (flow.what == Class::forwarder || told) flow.cause = Cause::forwarding;
    if ((flow.what == Class::own || flow.what == Class::approved) && !told)
      flow.cause = Cause::broken_own;
    flow.confidence = Confidence::high;
    flow.evidence = fmt::format("you marked it as {}; {}", to_text(marked), flow.evidence);
  }

  const View& view_;
  const Sums& sums_;
};

}  // namespace

std::string_view to_text(Confidence confidence) {
  return confidences[static_cast<std::size_t>(confidence)];
}
std::string_view to_text(By by) {
  return by_words[static_cast<std::size_t>(by)];
}
std::string_view to_text(Class what) {
  return class_words[static_cast<std::size_t>(what)];
}
std::string_view to_text(Cause cause) {
  return cause_words[static_cast<std::size_t>(cause)];
}

bool passes(const store::Cell& cell) {
  return cell.spf == Aligned::pass || cell.dkim == Aligned::pass;
}
bool fails(const store::Cell& cell) {
  return cell.spf == Aligned::fail && cell.dkim == Aligned::fail;
}
bool Flow::passes() const {
  return analysis::passes(source.cell);
}

std::string View::organization_of(std::string_view name) const {
  return organization ? organization(name) : std::string(name);
}

bool View::is_own(std::string_view name) const {
  if (name == domain || (name.size() > domain.size() && name.ends_with(domain) &&
                         name[name.size() - domain.size() - 1] == '.')) {
    return true;
  }
  return organization_of(name) == organization_of(domain);
}

places::Place View::place_of(std::string_view source) const {
  if (places == nullptr) return {};
  const auto address = IpAddress::parse(source.substr(0, source.find('/')));
  return address ? places->find(*address) : places::Place{};
}

std::string View::own_evidence(const store::SourceCount& source) const {
  if (own == nullptr) return "";
  if (own->addresses.contains(source.source_ip)) {
    return fmt::format("known by this host's own journal: {} of own users came from that address",
                       count_in_words(own->addresses.find(source.source_ip)->second));
  }
  if (own->networks.contains(source.source_ip)) {
    return "known by this host's own journal: own users' mail came from that network";
  }
  if (const auto host = host_addresses.find(source.source_ip); host != host_addresses.end()) {
    return fmt::format(
        "known by this host's own journal: it is the address of {}, which sends for "
        "own users",
        host->second);
  }
  if (!dkim_aligned(source) || source.dkim_selector.empty()) return "";
  const auto signature = own->signatures.find(source.dkim_selector + " of " + source.dkim_domain);
  if (signature == own->signatures.end()) return "";
  return fmt::format(
      "known by this host's own journal: {} of own users bore a signature of selector "
      "{}",
      count_in_words(signature->second), signature->first);
}

std::string as_words(const places::Place& place) {
  if (place.as_number == 0) return "";
  return fmt::format("AS{}{}{}", place.as_number, place.as_name.empty() ? "" : " ", place.as_name);
}

std::string network_of(std::string_view source) {
  const auto address = IpAddress::parse(source);
  if (!address) return std::string(source);
  constexpr std::size_t v4_octets = 3;
  constexpr std::size_t v6_octets = 6;
  std::array<std::uint8_t, 16> octets = {};
  std::copy_n(address->octets().begin(), address->is_v4() ? v4_octets : v6_octets, octets.begin());
  if (!address->is_v4()) return to_text(IpAddress::from_v6(octets)) + "/48";
  return to_text(IpAddress::from_v4({octets[0], octets[1], octets[2], 0})) + "/24";
}

std::vector<Flow> sort_out(const View& view, std::span<const store::SourceCount> sources,
                           std::span<const store::SourceCount> before) {
  Sums sums;
  sums.add(sources);
  sums.add(before);
  const Sorter sorter(view, sums);
  std::vector<Flow> flows;
  flows.reserve(sources.size());
  for (const SourceCount& each : sources) flows.push_back(sorter.sort(each));
  return flows;
}

}  // namespace assay::analysis
