#include "testkit/suites.h"

#include <algorithm>
#include <map>

#include "assay/authres/authres.h"
#include "assay/base/base64.h"

namespace assay::authres {
namespace {

using nlohmann::json;
using testkit::SuiteCase;

/// Cases that are judged otherwise, with the reason; see docs/spec/deviations/authres.md.
const std::map<std::string, std::string> deviations = {
    {"go-ar-10", "RFC 8601 §2.2: an empty field has no authserv-id and is not read"}};

std::vector<SuiteCase> cases_of(const json& suite) {
  std::vector<SuiteCase> cases;
  for (const json& one : suite["cases"]) cases.push_back({.name = one["id"], .data = one});
  return cases;
}

std::string value_of_field(const std::string& field) {
  return field.substr(field.find(':') + 1);
}

bool is_complaint(const Finding& finding) {
  return finding.level != Level::info;
}

/// The suites know one error; we refuse the field, or read it and complain.
void expect_complaint(const std::string& value) {
  const auto parsed = parse(value);
  EXPECT_TRUE(!parsed || std::ranges::any_of(parsed->findings, is_complaint)) << value;
}

/// Properties as the suites compare them: ptype.property with its value, in any order.
std::map<std::string, std::string> properties_of(const MethodResult& result) {
  std::map<std::string, std::string> properties;
  for (const Property& one : result.properties) {
    properties[one.ptype + "." + one.property] = one.value;
  }
  return properties;
}

void check_dkim_verifier(const json& one) {
  const json& header = one["header"];
  const std::string field = header.is_string()
                                ? header.get<std::string>()
                                : base64::decode(header["bytes_base64"].get<std::string>()).value();
  const std::string value = value_of_field(field);
  if (one.contains("error")) return expect_complaint(value);
  const auto parsed = parse(value);
  ASSERT_TRUE(parsed) << parsed.error().what;
  const json& expected = one["expect"];
  EXPECT_EQ(parsed->authserv_id, expected["authserv_id"].get<std::string>());
  EXPECT_EQ(std::stoi(parsed->version), expected["authres_version"].get<int>());
  // Cases with options ask for its lenient reading; all others are read without a complaint.
  if (!one.contains("options")) {
    EXPECT_TRUE(std::ranges::none_of(parsed->findings, is_complaint));
  }
  ASSERT_EQ(parsed->results.size(), expected["resinfo"].size());
  for (std::size_t i = 0; i < parsed->results.size(); ++i) {
    const MethodResult& got = parsed->results[i];
    const json& want = expected["resinfo"][i];
    EXPECT_EQ(got.method, want["method"].get<std::string>());
    EXPECT_EQ(std::stoi(got.version), want["method_version"].get<int>());
    EXPECT_EQ(got.result, want["result"].get<std::string>());
    EXPECT_EQ(got.reason, want.value("reason", ""));
    std::map<std::string, std::string> properties;
    for (const auto& [ptype, values] : want["properties"].items()) {
      for (const auto& [name, text] : values.items()) {
        properties[std::string(ptype).append(".").append(name)] = text;
      }
    }
    EXPECT_EQ(properties_of(got), properties);
  }
}

/// A null of the suite is what we take for the default.
std::string text_or(const json& value, const std::string& otherwise) {
  return value.is_null() ? otherwise : value.get<std::string>();
}

void check_authres(const json& one) {
  const std::string value = value_of_field(one["input"]);
  if (one.contains("error")) return expect_complaint(value);
  const auto parsed = parse(value);
  ASSERT_TRUE(parsed) << parsed.error().what;
  const json& expected = one["expect"];
  EXPECT_EQ(parsed->authserv_id, expected["authserv_id"].get<std::string>());
  EXPECT_EQ(parsed->version, text_or(expected["version"], "1"));
  ASSERT_EQ(parsed->results.size(), expected["results"].size());
  for (std::size_t i = 0; i < parsed->results.size(); ++i) {
    const MethodResult& got = parsed->results[i];
    const json& want = expected["results"][i];
    EXPECT_EQ(got.method, want["method"].get<std::string>());
    EXPECT_EQ(got.version, text_or(want["version"], "1"));
    EXPECT_EQ(got.result, want["result"].get<std::string>());
    EXPECT_EQ(got.reason, text_or(want["reason"], ""));
    std::map<std::string, std::string> properties;
    for (const json& property : want["properties"]) {
      const std::string ptype = property["type"];
      properties[ptype + "." + property["name"].get<std::string>()] = property["value"];
    }
    EXPECT_EQ(properties_of(got), properties);
  }
}

std::vector<SuiteCase> valid_headers_of(const json& suite) {
  std::vector<SuiteCase> cases;
  for (const json& one : suite["valid_headers"]) {
    cases.push_back({.name = "valid_header_" + std::to_string(cases.size()), .data = one});
  }
  return cases;
}

/// What the other library writes, we read without a complaint, and write back with the same sense.
void check_valid_header(const json& one) {
  std::string field = one;
  std::erase(field, field.starts_with('"') ? '"' : '\0');
  const auto parsed = parse(value_of_field(field));
  ASSERT_TRUE(parsed) << parsed.error().what;
  const auto again = parse(value_of_field(to_field(*parsed)));
  ASSERT_TRUE(again);
  EXPECT_EQ(again->authserv_id, parsed->authserv_id);
  EXPECT_EQ(again->results, parsed->results);
}

void check_go_msgauth(const json& one) {
  const auto deviation = deviations.find(one["id"]);
  if (deviation != deviations.end()) GTEST_SKIP() << deviation->second;
  const auto parsed = parse(one["input"].get<std::string>());
  ASSERT_TRUE(parsed) << parsed.error().what;
  EXPECT_EQ(parsed->authserv_id, one["authserv_id"].get<std::string>());
  ASSERT_EQ(parsed->results.size(), one["results"].size());
  for (std::size_t i = 0; i < parsed->results.size(); ++i) {
    const MethodResult& got = parsed->results[i];
    const json& want = one["results"][i];
    EXPECT_EQ(got.method, want["method"].get<std::string>());
    EXPECT_EQ(got.result, want["result"].get<std::string>());
    std::map<std::string, std::string> properties = properties_of(got);
    if (!got.reason.empty()) properties["reason"] = got.reason;
    EXPECT_EQ(json(properties), want["properties"]);
  }
}

std::vector<SuiteCase> mails_of(const json& suite) {
  std::map<std::string, SuiteCase> mails;
  for (const json& one : suite["cases"]) mails[one["file"]] = {.name = one["file"], .data = one};
  std::vector<SuiteCase> cases;
  cases.reserve(mails.size());
  for (const auto& [file, one] : mails) cases.push_back(one);
  return cases;
}

/// Which fields to trust is for a mail reader; here each field of its mails must be read, and each
/// that its default trusts must go where we write under that name.
void check_mail(const json& one) {
  const std::string octets =
      testkit::read_suite_file("authres/dkim-verifier/" + one["file"].get<std::string>());
  const mail::Header header = mail::parse_header(octets);
  const auto fields = mail::fields_named(header, "Authentication-Results");
  ASSERT_FALSE(fields.empty());
  std::size_t ours = 0;
  for (const mail::Field* field : fields) {
    const auto parsed = parse(field->value);
    ASSERT_TRUE(parsed) << parsed.error().what << field->value;
    if (parsed->authserv_id == "example.net") ++ours;
  }
  EXPECT_EQ(fields_to_remove(header, "Example.NET").size(), ours);
}

[[maybe_unused]] const int mails_registered = testkit::register_suite(
    "DkimVerifierMails", "authres/dkim-verifier/cases.json", mails_of, check_mail);
[[maybe_unused]] const int dkim_verifier_registered = testkit::register_suite(
    "DkimVerifierSuite", "authres/dkim-verifier/parse-cases.json", cases_of, check_dkim_verifier);
[[maybe_unused]] const int authres_registered = testkit::register_suite(
    "AuthresSuite", "authres/authres/parse-cases.json", cases_of, check_authres);
[[maybe_unused]] const int valid_headers_registered =
    testkit::register_suite("AuthresValidHeaders", "authres/authres/parse-cases.json",
                            valid_headers_of, check_valid_header);
[[maybe_unused]] const int go_msgauth_registered = testkit::register_suite(
    "GoMsgauthSuite", "authres/go-msgauth/parse-cases.json", cases_of, check_go_msgauth);

}  // namespace
}  // namespace assay::authres
