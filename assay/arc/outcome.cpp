#include <algorithm>
#include <ranges>

#include "assay/arc/arc.h"
#include "assay/authres/authres.h"
#include "assay/base/ip_address.h"

namespace assay::arc {
namespace {

/// The first address that a property of the results names.
std::optional<IpAddress> address_of(const authres::AuthenticationResults& results,
                                    std::string_view ptype, std::string_view property) {
  for (const authres::MethodResult& result : results.results) {
    for (const authres::Property& one : result.properties) {
      if (one.ptype != ptype || one.property != property) continue;
      if (const auto address = IpAddress::parse(one.value)) return address;
    }
  }
  return std::nullopt;
}

/// Where the message came from when it was first sealed, as that sealer says.
std::optional<IpAddress> origin_of(const Set& first) {
  const auto results = authres::parse(first.authentication_results);
  if (!results) return std::nullopt;
  // RFC 8617 §6
  if (const auto address = address_of(*results, "smtp", "remote-ip")) return address;
  return address_of(*results, "policy", "iprev");  // RFC 8601 §2.7.3
}

}  // namespace

std::string_view to_text(Result result) {
  switch (result) {
    case Result::pass:
      return "pass";
    case Result::fail:
      return "fail";
    case Result::none:
      break;
  }
  return "none";
}

bool sealed_only_by(const Outcome& outcome, std::span<const DomainName> trusted) {
  // RFC 8617 §5.2: a chain that fails is no chain.
  if (outcome.result != Result::pass || outcome.sealers.empty()) return false;
  return std::ranges::all_of(outcome.sealers, [&](const std::string& sealer) {
    return std::ranges::find(trusted, sealer, &DomainName::text) != trusted.end();
  });
}

// RFC 8617 §7.2.2
std::string override_comment(const Outcome& outcome) {
  if (outcome.result != Result::pass) return {};
  std::string comment = "arc=pass";
  for (const Set& set : std::views::reverse(outcome.sets)) {
    const std::string which = " as[" + std::to_string(set.instance) + "]";
    comment += which + ".d=" + set.sealer + which + ".s=" + set.selector;
  }
  if (outcome.sets.empty()) return comment;
  const auto origin = origin_of(outcome.sets.front());
  if (origin) comment += " remote-ip[1]=" + to_text(*origin);
  return comment;
}

}  // namespace assay::arc
