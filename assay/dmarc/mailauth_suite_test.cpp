// The suites recorded from mailauth: fields of its result objects, expected one by one.
#include <gtest/gtest.h>

#include <functional>
#include <map>

#include "assay/base/tag_list.h"
#include "assay/dmarc/testdata/suite_input.h"

namespace assay::dmarc {
namespace {

using test::Json;

constexpr test::NotRun not_run[] = {
    {"mailauth-rfc9989-compliance-005",
     "RFC 9989 §4.10 step 2: several records are discarded, and the walk goes on"},
    {"mailauth-rfc9989-compliance-023",
     "RFC 9989 §9.2: a record that cannot be applied is permerror, not none"},
    {"mailauth-dmarc-verify-025", "two addresses of a From field are read elsewhere"},
    {"mailauth-record-011", "RFC 7489 §6.3: a bad pct is its default"},
};

/// Fields of mailauth's own that say nothing of DMARC.
constexpr std::string_view foreign_fields[] = {
    "status.comment", "alignment.dkim.underSized", "info", "type of pct", "type of ri", "error"};

struct Result9989 {
  Facts facts;
  Evaluation evaluation;
  std::vector<std::string> asked;
};

Json word(std::string_view text) {
  return std::string(text);
}

Json tag_of(const PolicyRecord& record, std::string_view name) {
  for (const auto& [tag, value] : record.tags) {
    if (tag == name) return value;
  }
  return nullptr;
}

/// The domain in whose organization an identifier aligned, as mailauth has it, or null.
Json aligned_organization(const Evaluation& evaluation, Method method) {
  for (const PlacedIdentifier& placed : evaluation.identifiers) {
    if (placed.identifier.method != method || placed.aligned != true) continue;
    return placed.organizational.value_or(placed.identifier.domain).text();
  }
  return nullptr;
}

bool is_strict(const Facts& facts, Method method) {
  return (method == Method::spf ? facts.record->aspf : facts.record->adkim) == Alignment::strict;
}

/// What Assay has for a field of the suite; nothing for a field that it does not know.
std::optional<Json> field_of(const Result9989& ran, const std::string& field) {
  const Evaluation& evaluation = ran.evaluation;
  const bool found = ran.facts.record != nullptr;
  const std::map<std::string, std::function<Json()>> fields = {
      {"status.result", [&] { return word(to_text(evaluation.result)); }},
      {"policy", [&] { return evaluation.policy ? word(to_text(*evaluation.policy)) : Json(); }},
      {"domain", [&] { return word(evaluation.policy_domain.value().text()); }},
      {"status.header.from", [&] { return word(evaluation.author.text()); }},
      {"status.header.d", [&] { return word(evaluation.policy_domain.value().text()); }},
      {"alignment.spf.result", [&] { return aligned_organization(evaluation, Method::spf); }},
      {"alignment.dkim.result", [&] { return aligned_organization(evaluation, Method::dkim); }},
      {"alignment.spf.strict", [&] { return Json(is_strict(ran.facts, Method::spf)); }},
      {"alignment.dkim.strict", [&] { return Json(is_strict(ran.facts, Method::dkim)); }},
      {"rr", [&] { return Json(evaluation.record); }},
      {"dns_queries", [&] { return Json(ran.asked); }},
      {"isOrgRecord", [&] { return Json(evaluation.policy_domain != evaluation.author); }},
      {"result_object", [&] { return found ? Json::object() : Json(false); }},
      {"pct", [&] { return Json(ran.facts.record->pct); }},
      {"err.code", [&] { return ran.facts.discovery_failed ? word("ETIMEOUT") : Json(); }},
      // Pieces that are no tag are findings here.
      {"tagonly", [&] { return Json(evaluation.findings.at(0).code != "no_tag"); }},
      {"false",
       [&] { return evaluation.findings.at(0).code == "no_tag" ? word("=value") : Json(); }},
      {"ri", [&] { return Json(std::stoi(tag_of(*ran.facts.record, "ri").get<std::string>())); }},
  };
  const auto known = fields.find(field);
  if (known != fields.end()) return known->second();
  if (!found) return std::nullopt;
  const Json tag = tag_of(*ran.facts.record, field);
  return tag.is_null() ? std::nullopt : std::optional(tag);
}

void expect_field(const Result9989& ran, const Json& expected) {
  const std::string field = expected["field"].get<std::string>();
  const std::string op = expected["op"].get<std::string>();
  SCOPED_TRACE(field + " " + op + "; " + ran.evaluation.reason);
  if (op == "no_property") {  // only the policy can be absent; a pct never has effect
    const bool absent = expected["value"] == "pct" || !ran.evaluation.policy;
    EXPECT_TRUE(absent);
    return;
  }
  const auto value = field_of(ran, field);
  ASSERT_TRUE(value) << "a field that the test does not know";
  if (op == "equals") {
    EXPECT_EQ(*value, expected["value"]);
  } else if (op == "falsy" || op == "absent") {
    EXPECT_TRUE(value->is_null() || *value == false) << *value;
  } else if (op == "contains") {
    EXPECT_NE(value->get<std::string>().find(expected["value"].get<std::string>()),
              std::string::npos);
  } else {
    ASSERT_EQ(op, "type");
    EXPECT_EQ(std::string(value->type_name()), expected["value"].get<std::string>());
  }
}

bool is_foreign(const Json& expected) {
  return std::ranges::find(foreign_fields, expected["field"].get<std::string>()) !=
         std::end(foreign_fields);
}

void run_case(const Json& one) {
  if (const test::NotRun* entry = test::find_not_run(not_run, one)) {
    GTEST_SKIP() << "deviation: " << entry->why;
  }
  test::JsonZone zone(one["zone"]);
  test::Recorder resolver(zone);
  const Json& input = one["input"];
  Result9989 ran;
  const Json& from = input.contains("domain") ? input["domain"] : input["header_from"];
  ran.facts = gather(test::domain_of(from), test::identifiers_of(input), resolver);
  ran.evaluation = evaluate(ran.facts);
  ran.asked = resolver.asked;
  // The recording of two cases holds the questions of both, and of a list of suffixes.
  const bool mixed = one["id"] == "mailauth-record-019" || one["id"] == "mailauth-record-020";
  std::size_t compared = 0;
  for (const Json& expected : one["expect"]) {
    if (is_foreign(expected) || (mixed && expected["field"] == "dns_queries")) continue;
    expect_field(ran, expected);
    ++compared;
  }
  if (compared == 0) GTEST_SKIP() << "only fields of mailauth's own";
}

[[maybe_unused]] const int compliance = testkit::register_suite(
    "MailauthCompliance", "dmarc/mailauth/rfc9989-compliance.json", test::cases_of, run_case);
[[maybe_unused]] const int verify = testkit::register_suite(
    "MailauthVerify", "dmarc/mailauth/dmarc-verify.json", test::cases_of, run_case);
[[maybe_unused]] const int discovery = testkit::register_suite(
    "MailauthDiscovery", "dmarc/mailauth/record-discovery.json", test::cases_of, run_case);

// Tag lists of other records: what is a tag and what is none.

std::vector<testkit::SuiteCase> tag_lists(const Json& suite) {
  std::vector<testkit::SuiteCase> cases;
  for (const Json& one : suite["cases"]) cases.push_back({one["title"], one});
  return cases;
}

void expect_dmarc_tags(const std::string& text, const Json& tags) {
  const auto record = parse_record(text);
  ASSERT_TRUE(record);
  EXPECT_EQ(record->tags.size(), tags.size());
  for (const auto& [name, value] : tags.items()) EXPECT_EQ(tag_of(*record, name), value);
}

void run_tag_list(const Json& one) {
  const Json& input = one["input"];
  const bool plain =
      one["fn"] == "parseTagValueRecord" && input.size() == 1 && input[0].is_string();
  if (!plain) GTEST_SKIP() << "options of mailauth's own parser";
  const std::string text = input[0].get<std::string>();
  if (text.contains("\\n")) GTEST_SKIP() << "escapes of a zone file, undone elsewhere";
  if (text.starts_with("v=DMARC1")) return expect_dmarc_tags(text, one["result"]["tags"]);
  if (text.empty()) return;
  const TagList list = split_tags(text);
  const Json& tags = one["result"]["tags"];
  EXPECT_EQ(list.tags.size(), tags.size());
  for (const Tag& tag : list.tags) {
    const Json& value = tags.at(std::string(tag.name));
    EXPECT_EQ(Json(std::string(tag.value)), value.is_array() ? value[0] : value);
  }
  const Json& errors = one["result"]["errors"];
  const auto no_tags = std::ranges::count(list.findings, "no_tag", &Finding::code);
  EXPECT_EQ(static_cast<std::size_t>(no_tags), errors.size());
  const auto duplicates = std::ranges::count(list.findings, "duplicate_tag", &Finding::code);
  EXPECT_EQ(static_cast<std::size_t>(duplicates), one["result"]["warnings"].size());
}

[[maybe_unused]] const int tag_value = testkit::register_suite(
    "MailauthTagLists", "dmarc/mailauth/tag-value-parse.json", tag_lists, run_tag_list);

}  // namespace
}  // namespace assay::dmarc
