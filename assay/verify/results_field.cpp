#include "assay/verify/results_field.h"

#include <ranges>
#include <utility>

namespace assay::verify {
namespace {

using authres::MethodResult;

void add_property(MethodResult& to, const char* ptype, const char* property,
                  const std::string& value) {
  if (value.empty()) return;
  authres::Property& one = to.properties.emplace_back();
  one.ptype = ptype;
  one.property = property;
  one.value = value;
}

// RFC 8601 §2.7.2
MethodResult result_of(const spf::Outcome& outcome) {
  MethodResult result{.method = "spf", .result = std::string(to_text(outcome.result))};
  const bool helo = outcome.identity == spf::Identity::helo;
  add_property(result, "smtp", helo ? "helo" : "mailfrom", outcome.domain);
  return result;
}

// RFC 8601 §2.7.1
MethodResult result_of(const dkim::Outcome& outcome) {
  MethodResult result{.method = "dkim", .result = std::string(to_text(outcome.result))};
  if (outcome.result != dkim::Result::pass) result.reason = outcome.reason;
  result.properties.reserve(6);
  add_property(result, "policy", "dkim-rules", outcome.policy_rule);
  add_property(result, "header", "d", outcome.domain);
  add_property(result, "header", "s", outcome.selector);
  add_property(result, "header", "a", outcome.algorithm);
  add_property(result, "header", "i", outcome.identity);
  add_property(result, "header", "b", outcome.signature_start);  // RFC 6008 §4
  return result;
}

// RFC 8617 §6
MethodResult result_of(const arc::Outcome& outcome, const Envelope& envelope) {
  MethodResult result{.method = "arc", .result = std::string(to_text(outcome.result))};
  if (outcome.result == arc::Result::none) return result;
  if (outcome.result == arc::Result::fail) result.reason = outcome.reason;
  if (outcome.oldest_pass) {
    add_property(result, "header", "oldest-pass", std::to_string(*outcome.oldest_pass));
  }
  if (envelope.client) add_property(result, "smtp", "remote-ip", to_text(*envelope.client));
  return result;
}

// RFC 9989 §9.1
MethodResult result_of(const dmarc::Evaluation& evaluation) {
  MethodResult result{.method = "dmarc", .result = std::string(to_text(evaluation.result))};
  add_property(result, "header", "from", evaluation.author.text());
  if (evaluation.policy) {
    add_property(result, "policy", "dmarc", std::string(to_text(*evaluation.policy)));
  }
  return result;
}

}  // namespace

authres::AuthenticationResults results_of(const Verdict& verdict, const Envelope& envelope,
                                          std::string_view authserv_id) {
  authres::AuthenticationResults value{.authserv_id = std::string(authserv_id)};
  value.results.reserve(verdict.spf.size() + verdict.dkim.size() + 3);
  // MAIL FROM before HELO: many readers look at the first spf= alone.
  for (const spf::Outcome& outcome : verdict.spf | std::views::reverse) {
    value.results.push_back(result_of(outcome));
  }
  for (const dkim::Outcome& outcome : verdict.dkim) value.results.push_back(result_of(outcome));
  if (verdict.dkim.empty()) value.results.push_back({.method = "dkim", .result = "none"});
  value.results.push_back(result_of(verdict.arc, envelope));
  value.results.push_back(result_of(verdict.dmarc));
  return value;
}

}  // namespace assay::verify
