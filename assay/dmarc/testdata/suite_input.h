#pragma once

#include <string>
#include <vector>

#include "assay/dmarc/evaluate.h"
#include "assay/dmarc/testdata/zones.h"

#include "testkit/suites.h"

/// What the public suites of DMARC have in common.
namespace assay::dmarc::test {

using Json = nlohmann::json;

/// A case that is not run, and why; each is told in docs/spec/deviations/dmarc.md.
struct NotRun {
  std::string_view id;
  std::string_view why;
};

/// The cases of {"cases": […]} by their ids, less those in `not_run`, which are skipped by name.
inline std::vector<testkit::SuiteCase> cases_of(const Json& suite) {
  std::vector<testkit::SuiteCase> cases;
  std::size_t number = 0;
  for (const Json& one : suite["cases"]) {
    ++number;
    cases.push_back({one.value("id", "case " + std::to_string(number)), one});
  }
  return cases;
}

inline const NotRun* find_not_run(std::span<const NotRun> table, const Json& one) {
  for (const NotRun& entry : table) {
    if (entry.id == one.value("id", one.value("title", ""))) return &entry;
  }
  return nullptr;
}

/// The domain of "user@domain", of "domain", or of the only element of a list of these.
inline DomainName domain_of(const Json& from) {
  const std::string text = from.is_array() ? from[0].get<std::string>() : from.get<std::string>();
  const std::size_t at_sign = text.rfind('@');
  return DomainName::parse(at_sign == std::string::npos ? text : text.substr(at_sign + 1)).value();
}

inline Check check_of(const std::string& result) {
  if (result == "pass") return Check::passed;
  return result == "temperror" ? Check::unresolved : Check::failed;
}

inline void add_identifier(Method method, const Json& one, std::vector<Identifier>& to) {
  if (one.is_null()) return;
  const Json domain = one.is_string() ? one : one.value("domain", Json());
  if (!domain.is_string() || domain.get<std::string>().empty()) return;
  const std::string result = one.is_string() ? "pass" : one.value("result", "pass");
  to.push_back({.method = method, .domain = domain_of(domain), .check = check_of(result)});
}

/// SPF and DKIM results: {"spf", "dkim"}, or {"spf_passing", "dkim_passing"}.
inline std::vector<Identifier> identifiers_of(const Json& input) {
  std::vector<Identifier> identifiers;
  if (input.contains("spf")) add_identifier(Method::spf, input["spf"], identifiers);
  for (const char* list : {"spf_passing", "dkim", "dkim_passing"}) {
    const Method method = std::string_view(list).starts_with("spf") ? Method::spf : Method::dkim;
    if (!input.contains(list)) continue;
    for (const Json& one : input[list]) add_identifier(method, one, identifiers);
  }
  return identifiers;
}

/// The public suffix list of suites that were made for one: each single label is a suffix.
inline DomainName two_labels(const DomainName& name) {
  return name.suffix(2);
}

inline GatherOptions options_for(const Json& one) {
  if (!one.value("rfc7489_only", false)) return {};
  return {.standard = Standard::rfc7489, .psl_organizational_domain = two_labels};
}

}  // namespace assay::dmarc::test
