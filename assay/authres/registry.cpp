#include "assay/authres/detail/registry.h"

#include <algorithm>
#include <array>

#include "assay/authres/authres.h"
#include "assay/base/ascii.h"

namespace assay::authres {
namespace detail {
namespace {

struct Registered {
  std::string_view method;
  std::string_view results;  // separated by spaces
};

/// Methods with their results.
constexpr std::array<Registered, 14> methods = {{
    {"arc", "none pass fail"},                                      // RFC 8617 §10.1
    {"auth", "none pass fail temperror permerror"},                 // RFC 8601 §2.7.4
    {"dkim", "none pass fail policy neutral temperror permerror"},  // RFC 8601 §2.7.1
    {"dkim-adsp", "none pass unknown fail discard nxdomain temperror permerror"},
    {"dkim-atps", "none pass fail temperror permerror"},
    {"dmarc", "none pass fail temperror permerror"},  // RFC 9989 §9.2
    {"dnswl", "none pass temperror permerror"},       // RFC 8904 §2
    {"domainkeys", "none pass fail policy neutral temperror permerror"},
    {"iprev", "pass fail temperror permerror"},  // RFC 8601 §2.7.3
    {"rrvs", "none pass fail unknown temperror permerror"},
    {"sender-id", "none pass fail softfail policy neutral temperror permerror"},
    {"smime", "none pass fail policy neutral temperror permerror"},
    {"spf", "none pass fail softfail policy neutral temperror permerror"},  // RFC 8601 §2.7.2
    {"vbr", "none pass fail temperror permerror"},
}};

constexpr std::array<std::string_view, 5> ptypes = {"body", "dns", "header", "policy", "smtp"};

const Registered* find(std::string_view method) {
  const auto* const found = std::ranges::find(methods, method, &Registered::method);
  return found == methods.end() ? nullptr : found;
}

}  // namespace

bool is_known_method(std::string_view method) {
  return find(method) != nullptr;
}

bool is_known_result(std::string_view method, std::string_view result) {
  const Registered* const known = find(method);
  if (known == nullptr) return false;
  const auto results = ascii::split(known->results, ' ');
  return std::ranges::find(results, result) != results.end();
}

bool is_known_ptype(std::string_view ptype) {
  return std::ranges::find(ptypes, ptype) != ptypes.end();
}

}  // namespace detail

AuthenticationResults without_unknown(AuthenticationResults value) {
  // RFC 8601 §4.1
  std::erase_if(value.results, [](const MethodResult& one) {
    return one.version != "1" || !detail::is_known_result(one.method, one.result);
  });
  // RFC 8601 §2.3
  for (MethodResult& one : value.results) {
    std::erase_if(one.properties,
                  [](const Property& property) { return !detail::is_known_ptype(property.ptype); });
  }
  return value;
}

}  // namespace assay::authres
