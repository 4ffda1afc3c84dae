#include "assay/authres/authres.h"

#include <algorithm>

#include "assay/base/ascii.h"

#include "testkit/cases.h"

namespace assay::authres {
namespace {

std::string to_line(const MethodResult& result) {
  std::string line = result.method + "/" + result.version + "=" + result.result;
  if (!result.reason.empty()) line += "|" + result.reason;
  for (const Property& one : result.properties) {
    line += "|" + one.ptype + "." + one.property + "=" + one.value;
  }
  return line;
}

std::string to_word(const Finding& finding) {
  return std::string(finding.code) + "@" + std::to_string(finding.at) +
         (finding.level == Level::error ? "!" : "");
}

CASES(Parse, "assay/authres/testdata/parse.cases") {
  const auto parsed = parse(c["value"]);
  if (c.has("error")) {
    ASSERT_FALSE(parsed);
    EXPECT_EQ(to_word(parsed.error()), c["error"] + "!");
    return;
  }
  ASSERT_TRUE(parsed) << to_word(parsed.error());
  EXPECT_EQ(parsed->authserv_id, c["id"]);
  EXPECT_EQ(parsed->version, "1");
  std::vector<std::string> results;
  for (const MethodResult& result : parsed->results) results.push_back(to_line(result));
  EXPECT_EQ(results, c.all("result"));
  std::vector<std::string> findings;
  for (const Finding& finding : parsed->findings) {
    if (finding.level != Level::info) findings.push_back(to_word(finding));
  }
  EXPECT_EQ(findings, c.all("finding"));
  EXPECT_EQ(usable(*parsed), c.get("finding", "").find('!') == std::string::npos);
}

CASES(ArcInstance, "assay/authres/testdata/arc_instance.cases") {
  const std::string value = c["value"];
  const auto parsed = parse_arc_instance(value);
  ASSERT_EQ(parsed.has_value(), c.has("instance"));
  if (!parsed) {
    EXPECT_EQ(parsed.error().code, "bad_instance");
    return;
  }
  EXPECT_EQ(std::to_string(parsed->instance), c["instance"]);
  EXPECT_EQ(parsed->rest, c["rest"]);
}

CASES(MustRemove, "assay/authres/testdata/forged.cases") {
  const std::string name = c.get("name", "Authentication-Results");
  const std::string value = c["value"];
  const mail::Field field{.raw = value, .name = name, .value = value};
  EXPECT_EQ(must_remove(field, c.get("ours", "mx.example.com")), !c.has("stays"));
}

/// The value that the lines of a case describe.
AuthenticationResults value_of(const testkit::Case& c) {
  AuthenticationResults value{.authserv_id = c["id"]};
  for (const auto& [key, text] : c.entries) {
    const std::size_t equals = text.find('=');
    if (key == "result") {
      value.results.push_back(
          {.method = text.substr(0, equals), .result = text.substr(equals + 1)});
    }
    if (value.results.empty()) continue;
    MethodResult& result = value.results.back();
    if (key == "version") result.version = text;
    if (key == "reason") result.reason = text;
    if (key == "comment") result.comment = text;
    if (key != "property" || equals == std::string::npos) continue;
    const std::size_t dot = text.find('.');
    result.properties.push_back({.ptype = text.substr(0, dot),
                                 .property = text.substr(dot + 1, equals - dot - 1),
                                 .value = text.substr(equals + 1)});
  }
  return value;
}

std::vector<MethodResult> without_comments(std::vector<MethodResult> results) {
  for (MethodResult& result : results) result.comment.clear();
  return results;
}

void expect_reads_back(const AuthenticationResults& value, Characters characters) {
  const std::string field = to_field(value, characters);
  const auto parsed = parse(std::string_view(field).substr(field.find(':') + 1));
  ASSERT_TRUE(parsed) << parsed.error().what << "\n" << field;
  const AuthenticationResults clean = cleaned(value, characters);
  EXPECT_EQ(parsed->authserv_id, clean.authserv_id);
  EXPECT_EQ(parsed->results, without_comments(clean.results));
}

CASES(ToField, "assay/authres/testdata/to_field.cases") {
  const Characters characters =
      c.get("characters", "ascii") == "utf8" ? Characters::utf8 : Characters::ascii;
  const AuthenticationResults value = value_of(c);
  EXPECT_EQ(to_field(value, characters), c["field"]);
  expect_reads_back(value, characters);
}

TEST(ToFieldOfMuch, StaysWithinTheLinesOfRfc5322) {
  AuthenticationResults value{.authserv_id = std::string(500, 'a') + ".example"};
  for (const char c : {'x', '"', ';', '\r', '\xe9', ' '}) {
    value.results.push_back({.method = std::string(2'000, c) + 'm',
                             .result = "pass",
                             .reason = std::string(2'000, c),
                             .properties = {{.ptype = "smtp",
                                             .property = std::string(2'000, 'p'),
                                             .value = std::string(2'000, c)}},
                             .comment = std::string(2'000, c)});
  }
  const std::string field = to_field(value);
  for (const std::string_view line : ascii::split(field, '\n')) EXPECT_LE(line.size(), 998U);
  expect_reads_back(value, Characters::ascii);
}

TEST(ParseLimits, EndTheReading) {
  const std::string deep(max_comment_depth, '(');
  const std::string ends(max_comment_depth, ')');
  EXPECT_TRUE(parse("example.com " + deep + ends + "; none"));
  EXPECT_EQ(parse("example.com (" + deep + ends + "); none").error().code, "deep_comment");
  std::string many = "example.com";
  for (std::size_t i = 0; i < max_parts; ++i) many += ";a=b";
  const auto read = parse(many);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->results.size(), max_parts);
  EXPECT_LE(read->findings.size(), max_findings);
  EXPECT_EQ(parse(many + ";a=b").error().code, "too_many_parts");
}

TEST(WithoutUnknown, KeepsWhatTheRegistryNames) {
  // RFC 8601 §2.3, §2.6, §4.1
  const auto parsed = parse(
      "mx.example.com; dkim=pass header.d=example.com other.d=example.net; dkim/2=pass;"
      " dkim=bestguess; x-new=pass; spf=softfail smtp.helo=a.example; dnswl=pass "
      "dns.zone=a.example");
  ASSERT_TRUE(parsed);
  std::vector<std::string> kept;
  for (const MethodResult& result : without_unknown(*parsed).results) {
    kept.push_back(to_line(result));
  }
  EXPECT_EQ(kept, (std::vector<std::string>{"dkim/1=pass|header.d=example.com",
                                            "spf/1=softfail|smtp.helo=a.example",
                                            "dnswl/1=pass|dns.zone=a.example"}));
}

TEST(FieldsToRemove, CountsLikeTheMilterProtocolAndGoesFromTheLast) {
  // RFC 8601 §5
  mail::Header header;
  for (const auto& [name, value] : std::vector<std::pair<std::string_view, std::string_view>>{
           {"Received", "from a"},
           {"Authentication-Results", " mx.example.com; dkim=pass"},
           {"authentication-results", " other.example; dkim=pass"},
           {"ARC-Authentication-Results", " i=1; mx.example.com; dkim=pass"},
           {"Authentication-Results", " other.example 9; dkim=pass"},
           {"AUTHENTICATION-RESULTS", " MX.example.com; none"}}) {
    header.fields.push_back({.raw = value, .name = name, .value = value});
  }
  EXPECT_EQ(fields_to_remove(header, "mx.example.com"), (std::vector<std::size_t>{4, 3, 1}));
  EXPECT_TRUE(fields_to_remove({}, "mx.example.com").empty());
}

TEST(FieldsToRemove, OurOwnFieldIsOneOfThem) {
  const std::string ours = to_field({.authserv_id = "mx.example.com"}) + "\r\n";
  const mail::Header header = mail::parse_header(ours);
  EXPECT_EQ(fields_to_remove(header, "MX.EXAMPLE.COM"), (std::vector<std::size_t>{1}));
}

}  // namespace
}  // namespace assay::authres
