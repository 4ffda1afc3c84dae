#include <arpa/inet.h>
#include <netinet/in.h>

#include <initializer_list>
#include <string>
#include <string_view>

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

std::string join(std::initializer_list<std::string_view> parts) {
  std::string text;
  for (const std::string_view part : parts) text += part;
  return text;
}

std::string write(const DomainSpec& domain) {
  return to_text(domain.macros);
}

std::string behind_colon(const OptionalDomain& domain) {
  return domain ? join({":", write(*domain)}) : "";
}

std::string length(std::string_view slashes, unsigned bits, unsigned all) {
  return bits == all ? "" : join({slashes, std::to_string(bits)});
}

std::string write(const DualPrefix& prefix) {
  return join({length("/", prefix.ip4, 32), length("//", prefix.ip6, 128)});
}

std::string write(const Ip4& ip4) {
  return join({"ip4:", to_text(IpAddress::from_v4(ip4.network)), length("/", ip4.prefix, 32)});
}

std::string write(const Ip6& ip6) {
  // Not by way of IpAddress, which would make an IPv4-mapped network one of IPv4.
  char text[INET6_ADDRSTRLEN];
  inet_ntop(AF_INET6, ip6.network.data(), text, sizeof text);
  return join({"ip6:", text, length("/", ip6.prefix, 128)});
}

std::string write(const Mechanism& mechanism) {
  return std::visit(
      overloaded{
          [](const All&) { return std::string("all"); },
          [](const Include& include) { return join({"include:", write(include.domain)}); },
          [](const A& a) { return join({"a", behind_colon(a.domain), write(a.prefix)}); },
          [](const Mx& mx) { return join({"mx", behind_colon(mx.domain), write(mx.prefix)}); },
          [](const Ptr& ptr) { return join({"ptr", behind_colon(ptr.domain)}); },
          [](const Ip4& ip4) { return write(ip4); }, [](const Ip6& ip6) { return write(ip6); },
          [](const Exists& exists) { return join({"exists:", write(exists.domain)}); }},
      mechanism);
}

}  // namespace

std::string to_text(const Term& term) {
  return std::visit(
      overloaded{
          [](const Directive& directive) {
            return join({sign_of(directive.qualifier), write(directive.mechanism)});
          },
          [](const Redirect& redirect) { return join({"redirect=", write(redirect.domain)}); },
          [](const Explanation& exp) { return join({"exp=", write(exp.domain)}); },
          [](const UnknownModifier& modifier) {
            return join({modifier.name, "=", to_text(modifier.value)});
          }},
      term.what);
}

std::string to_text(const Record& record) {
  std::string text = "v=spf1";
  for (const Term& term : record.terms) {
    text += ' ';
    text += to_text(term);
  }
  return text;
}

}  // namespace assay::spf
