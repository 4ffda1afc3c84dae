#include <arpa/inet.h>
#include <netinet/in.h>

#include <string>

#include "assay/base/ip_address.h"
#include "assay/base/overloaded.h"
#include "assay/spf/record.h"

namespace assay::spf {
namespace {

std::string_view sign_of(Qualifier qualifier) {
  switch (qualifier) {
    case Qualifier::pass:
      return "";
    case Qualifier::fail:
      return "-";
    case Qualifier::softfail:
      return "~";
    case Qualifier::neutral:
      return "?";
  }
  return {};
}

std::string write(const DomainSpec& domain) {
  return to_text(domain.macros);
}

std::string behind_colon(const OptionalDomain& domain) {
  return domain ? ":" + write(*domain) : "";
}

std::string write(const DualPrefix& prefix) {
  std::string text;
  if (prefix.ip4 != 32) text += "/" + std::to_string(prefix.ip4);
  if (prefix.ip6 != 128) text += "//" + std::to_string(prefix.ip6);
  return text;
}

std::string write(const Ip4& ip4) {
  const std::string length = ip4.prefix == 32 ? "" : "/" + std::to_string(ip4.prefix);
  return "ip4:" + to_text(IpAddress::from_v4(ip4.network)) + length;
}

std::string write(const Ip6& ip6) {
  // Not by way of IpAddress, which would make an IPv4-mapped network one of IPv4.
  char text[INET6_ADDRSTRLEN];
  inet_ntop(AF_INET6, ip6.network.data(), text, sizeof text);
  const std::string length = ip6.prefix == 128 ? "" : "/" + std::to_string(ip6.prefix);
  return std::string("ip6:") + text + length;
}

std::string write(const Mechanism& mechanism) {
  return std::visit(
      overloaded{[](const All&) { return std::string("all"); },
                 [](const Include& include) { return "include:" + write(include.domain); },
                 [](const A& a) { return "a" + behind_colon(a.domain) + write(a.prefix); },
                 [](const Mx& mx) { return "mx" + behind_colon(mx.domain) + write(mx.prefix); },
                 [](const Ptr& ptr) { return "ptr" + behind_colon(ptr.domain); },
                 [](const Ip4& ip4) { return write(ip4); },
                 [](const Ip6& ip6) { return write(ip6); },
                 [](const Exists& exists) { return "exists:" + write(exists.domain); }},
      mechanism);
}

}  // namespace

std::string to_text(const Term& term) {
  return std::visit(
      overloaded{[](const Directive& directive) {
                   return std::string(sign_of(directive.qualifier)) + write(directive.mechanism);
                 },
                 [](const Redirect& redirect) { return "redirect=" + write(redirect.domain); },
                 [](const Explanation& exp) { return "exp=" + write(exp.domain); },
                 [](const UnknownModifier& modifier) {
                   return modifier.name + "=" + to_text(modifier.value);
                 }},
      term.what);
}

std::string to_text(const Record& record) {
  std::string text = "v=spf1";
  for (const Term& term : record.terms) text += " " + to_text(term);
  return text;
}

}  // namespace assay::spf
