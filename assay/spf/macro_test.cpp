#include "assay/spf/macro.h"

#include <gtest/gtest.h>

#include <string>

#include "assay/base/ascii.h"

#include "testkit/cases.h"
#include "testkit/suites.h"

namespace {

using namespace assay;
using nlohmann::json;

/// Compares the expansion, or the error code, with what the case says.
void check(const testkit::Case& c, const std::string& key, spf::MacroPlace place,
           const std::string& expanded, const std::string& code) {
  const std::string error_key = place == spf::MacroPlace::domain_spec ? "name_error" : "text_error";
  const std::string error = c.has("error") ? c["error"] : c.get(error_key, "");
  if (!error.empty()) {
    EXPECT_EQ(code, error) << key;
  } else if (c.has(key)) {
    EXPECT_EQ(code, "") << key;
    EXPECT_EQ(expanded, c[key]);
  }
}

CASES(Macros, "assay/spf/testdata/macro.cases") {
  const std::string local_part = c.get("local_part", "strong-bad");
  const std::string domain = c.get("domain", "email.example.com");
  const spf::MacroValues values{.client = IpAddress::parse(c.get("ip", "192.0.2.3")).value(),
                                .local_part = local_part,
                                .sender_domain = "email.example.com",
                                .domain = domain,
                                .helo = "mx.example.org",
                                .now = parse_instant(c.get("now", "0")).value()};
  const auto name = spf::parse_macro_string(c["macro"], spf::MacroPlace::domain_spec);
  check(c, "name", spf::MacroPlace::domain_spec, name ? spf::expand_name(*name, values) : "",
        name ? "" : std::string(name.error().code));
  const auto text = spf::parse_macro_string(c["macro"], spf::MacroPlace::explanation);
  check(c, "text", spf::MacroPlace::explanation, text ? spf::expand_text(*text, values, 500) : "",
        text ? "" : std::string(text.error().code));
}

TEST(MacroExpansion, AHostileStringIsExpandedAsFarAsItCounts) {
  std::string written;
  while (written.size() < 65'000) written += "%{s}.";
  written += "example.com";
  const auto macros = spf::parse_macro_string(written, spf::MacroPlace::domain_spec).value();
  const std::string local_part(60'000, 'a');
  const std::string name =
      spf::expand_name(macros, {.local_part = local_part, .sender_domain = "example.org"});
  EXPECT_LE(name.size(), 253U);
  EXPECT_TRUE(name.ends_with(".example.com"));
  const std::string text =
      spf::expand_text(macros, {.local_part = local_part, .sender_domain = "example.org"}, 500);
  EXPECT_EQ(text.size(), 500U);
}

TEST(MacroExpansion, ALiteralHasNoMacros) {
  const auto parse = [](std::string_view text) {
    return spf::parse_macro_string(text, spf::MacroPlace::domain_spec).value();
  };
  EXPECT_TRUE(parse("a%%b%_.com").is_literal());
  EXPECT_FALSE(parse("%{d}.com").is_literal());
  EXPECT_TRUE(parse("%{L}.com").uses("sl"));
  EXPECT_FALSE(parse("%{o}.com").uses("sl"));
}

/// The suite has the nibbles of IPv6 in lower case, that of openspf in upper case: names compare
/// without case (RFC 4343).
void check_suite_case(const json& data) {
  const json& given = data.at("values");
  const std::string sender = given.at("sender");
  const std::size_t at = sender.find('@');
  const std::string sender_domain = sender.substr(at + 1);
  const std::string domain = given.value("domain", sender_domain);
  const spf::MacroValues values{.client = IpAddress::parse(given.value("ip", "192.0.2.3")).value(),
                                .local_part = std::string_view(sender).substr(0, at),
                                .sender_domain = sender_domain,
                                .domain = domain};
  const auto macros =
      spf::parse_macro_string(data.at("macro").get<std::string>(), spf::MacroPlace::domain_spec);
  ASSERT_TRUE(macros) << macros.error().what;
  EXPECT_EQ(ascii::to_lower(spf::expand_name(*macros, values)),
            data.at("expect").get<std::string>());
}

std::vector<testkit::SuiteCase> cases_of(const json& suite) {
  std::vector<testkit::SuiteCase> cases;
  for (const json& one : suite.at("cases")) {
    cases.push_back(
        {.name = std::to_string(cases.size()) + one.at("macro").get<std::string>(), .data = one});
  }
  return cases;
}

const int registered = testkit::register_suite("MailauthMacros", "spf/mailauth/macro-cases.json",
                                               cases_of, check_suite_case);

}  // namespace
