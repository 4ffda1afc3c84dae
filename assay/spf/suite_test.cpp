// The public suites of whole evaluations, all of the form of the openspf suite: scenarios with a
// zone and tests.

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "assay/base/ascii.h"
#include "assay/base/base64.h"
#include "assay/dns/resolver.h"
#include "assay/spf/received_spf.h"
#include "assay/spf/spf.h"

#include "testkit/suites.h"
#include <nlohmann/json.hpp>

namespace {

using namespace assay;
using nlohmann::json;

/// Octets of a TXT record: a string, a list of strings, or {"base64": …}.
std::string octets_of(const json& value) {
  if (value.is_array()) {
    std::string joined;
    for (const json& part : value) joined += octets_of(part);
    return joined;
  }
  if (value.is_object()) return base64::decode(value.at("base64").get<std::string>()).value();
  return value.get<std::string>();
}

/// The zonedata of a scenario: a name has a list of {TYPE: value} and, perhaps, the word TIMEOUT:
/// types that are not listed then time out. SPF stands for TXT where the name has no TXT;
/// "TXT": "NONE" prevents that.
class SuiteZone final : public dns::Resolver {
 public:
  explicit SuiteZone(const json& zonedata) {
    for (const auto& [name, entries] : zonedata.items()) {
      Name& held = names_[key_of(name)];
      for (const json& entry : entries) {
        if (entry.is_string()) {
          held.times_out = entry == "TIMEOUT";
          continue;
        }
        for (const auto& [type, value] : entry.items()) held.records[type].push_back(value);
      }
    }
  }

  dns::AnswerPtr ask(const dns::Question& question) override {
    return std::make_shared<const dns::Answer>(find(question.name.text(), question.type, 0));
  }

 private:
  struct Name {
    std::map<std::string, std::vector<json>> records;
    bool times_out = false;
  };

  static std::string key_of(std::string_view name) {
    if (name.ends_with('.')) name.remove_suffix(1);
    return ascii::to_lower(name);
  }

  dns::Answer find(const std::string& name, dns::Type type, int aliases) const {
    const auto held = names_.find(name);
    if (held == names_.end()) return {.outcome = dns::Outcome::name_error};
    const auto alias = held->second.records.find("CNAME");
    if (alias != held->second.records.end()) {
      if (aliases == 10) return {.outcome = dns::Outcome::temporary_failure, .why = "loop"};
      return find(key_of(alias->second.front().get<std::string>()), type, aliases + 1);
    }
    dns::Answer answer;
    for (const json& value : values_of(held->second, type)) add(answer, type, value);
    const bool found = !answer.texts.empty() || !answer.addresses.empty() ||
                       !answer.exchanges.empty() || !answer.names.empty();
    if (found) {
      answer.outcome = dns::Outcome::records;
    } else if (held->second.times_out) {
      answer.outcome = dns::Outcome::temporary_failure;
      answer.why = "timeout";
    }
    return answer;
  }

  static std::vector<json> values_of(const Name& name, dns::Type type) {
    const auto listed = name.records.find(std::string(dns::to_text(type)));
    if (listed != name.records.end()) {
      return listed->second.front() == "NONE" ? std::vector<json>() : listed->second;
    }
    const auto spf = name.records.find("SPF");
    if (type != dns::Type::txt || spf == name.records.end()) return {};
    return spf->second;
  }

  static void add(dns::Answer& answer, dns::Type type, const json& value) {
    switch (type) {
      case dns::Type::txt:
        answer.texts.push_back(octets_of(value));
        break;
      case dns::Type::a:
      case dns::Type::aaaa:
        answer.addresses.push_back(IpAddress::parse(value.get<std::string>()).value());
        break;
      case dns::Type::mx: {
        const std::string host = value.at(1).get<std::string>();
        answer.exchanges.push_back(
            {.preference = value.at(0).get<std::uint16_t>(),
             .host = host.empty() ? DomainName() : DomainName::parse(host).value()});
        break;
      }
      case dns::Type::ptr:
        answer.names.push_back(DomainName::parse(value.get<std::string>()).value());
        break;
    }
  }

  std::map<std::string, Name> names_;
};

/// Cases in which a suite expects something else than RFC 7208, with what the RFC says. All but the
/// last are marked so in the suites themselves.
struct Deviation {
  std::string_view name;
  std::string_view rfc;
  std::string_view why;
};
constexpr Deviation deviations[] = {
    {"all-001", "permerror", "an unknown mechanism behind all spoils the record (§4.6)"},
    {"basic-015", "permerror", "ten lookups without an answer (§4.6.4)"},
    {"basic-020", "permerror", "eleven MX records (§4.6.4)"},
    {"basic-024", "pass", "the suite answers for HELO; this is the MAIL FROM identity (§2.4)"},
    {"ip-076", "fail", "IPv4 clients are listed by ip4 only (§5)"},
    {"exists-080", "fail", "exists asks for A only (§5.7)"},
    {"macro-126", "fail", "exists asks for A only (§5.7)"},
    {"mailauth-017", "permerror", "three hosts without AAAA (§4.6.4)"},
    {"mailauth-018", "permerror", "three hosts without A (§4.6.4)"},
    {"mailauth-019", "permerror", "three hosts without AAAA (§4.6.4)"},
    {"default-modifier", "neutral",
     "default= is an unknown modifier, as in the same suite's "
     "strict mode and in openspf default-modifier-obsolete (§6)"},
    {"default-modifier-harsh", "neutral", "ambiguous is no result; default= is ignored (§6)"},
};

std::vector<testkit::SuiteCase> cases_of(const json& suite) {
  std::vector<testkit::SuiteCase> cases;
  for (const json& scenario : suite) {
    for (const auto& [name, test] : scenario.at("tests").items()) {
      cases.push_back(
          {.name = name,
           .data = {{"name", name}, {"test", test}, {"zone", scenario.at("zonedata")}}});
    }
  }
  return cases;
}

std::vector<std::string> expected_results(const std::string& name, const json& test) {
  for (const Deviation& deviation : deviations) {
    if (deviation.name == name) return {std::string(deviation.rfc)};
  }
  const json& result = test.at("result");
  return result.is_array() ? result.get<std::vector<std::string>>()
                           : std::vector<std::string>{result.get<std::string>()};
}

/// The key-value pairs of a Received-SPF field; of `problem`, which is prose, only the key.
std::map<std::string, std::string> pairs_of(std::string_view field) {
  std::map<std::string, std::string> pairs;
  const std::size_t comment = field.rfind(") ");
  for (std::string_view part : ascii::split(field.substr(comment + 2), ';')) {
    part = ascii::trim_fws(part);
    const std::size_t equals = part.find('=');
    if (equals == std::string_view::npos) continue;
    std::string value(part.substr(equals + 1));
    if (value.starts_with('"')) value = value.substr(1, value.size() - 2);
    const std::string key(part.substr(0, equals));
    pairs[key] = key == "problem" ? "" : value;
  }
  return pairs;
}

void check(const json& data) {
  const json& test = data.at("test");
  json zonedata = data.at("zone");
  if (test.contains("domain")) {
    // check_host of another domain than the sender's: as a redirect= would ask it.
    const std::string mail_from = test.at("mailfrom");
    zonedata[mail_from.substr(mail_from.find('@') + 1)].push_back(
        {{"TXT", "v=spf1 redirect=" + test.at("domain").get<std::string>()}});
  }
  SuiteZone zone(zonedata);
  const spf::Request request{.client = IpAddress::parse(test.at("host").get<std::string>()).value(),
                             .helo = test.at("helo"),
                             .mail_from = test.at("mailfrom"),
                             .receiver = test.value("receiver", "unknown")};
  const spf::Outcome outcome = spf::check_mail_from(request, zone);
  const auto expected = expected_results(data.at("name"), test);
  EXPECT_TRUE(std::ranges::find(expected, spf::to_text(outcome.result)) != expected.end())
      << "expected " << test.at("result") << ", found " << spf::to_text(outcome.result) << ": "
      << outcome.reason;
  if (test.contains("explanation")) {
    const std::string explanation = test.at("explanation");
    EXPECT_EQ(outcome.explanation, explanation == "DEFAULT" ? "" : explanation);
  }
  if (test.contains("header")) {
    auto ours = pairs_of(spf::received_spf(outcome, request));
    auto theirs = pairs_of(test.at("header").get<std::string>());
    if (!theirs.contains("problem")) ours.erase("problem");
    EXPECT_EQ(ours, theirs);
  }
}

const int registered[] = {
    testkit::register_suite("OpenspfRfc7208", "spf/openspf-rfc7208/rfc7208-tests.json", cases_of,
                            check),
    testkit::register_suite("OpenspfRfc4408", "spf/openspf-rfc4408/rfc4408-tests.json", cases_of,
                            check),
    testkit::register_suite("MailAuthSuite", "spf/mail-auth/spf-cases.json", cases_of, check),
    testkit::register_suite("MailauthSuite", "spf/mailauth/spf-cases.json", cases_of, check),
    testkit::register_suite("KumomtaSuite", "spf/kumomta/spf-cases.json", cases_of, check),
    testkit::register_suite("PyspfSuite", "spf/pyspf-own/test.json", cases_of, check),
};

}  // namespace
