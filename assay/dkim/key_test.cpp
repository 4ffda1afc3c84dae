#include "assay/dkim/key.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "assay/base/base64.h"
#include "assay/crypto/private_key.h"

#include "testkit/cases.h"
#include "testkit/suites.h"

namespace {

using namespace assay;
using testkit::Case;

std::string public_key(const std::string& name) {
  static const std::vector<Case> keys = testkit::read_cases("assay/dkim/testdata/test_keys.cases");
  for (const Case& key : keys) {
    if (key.name != name) continue;
    const auto read = key.has("pem")
                          ? crypto::PrivateKey::from_pem(key["pem"] + "\n")
                          : crypto::PrivateKey::ed25519(base64::decode(key["seed"]).value());
    return base64::encode(read.value().public_key());
  }
  ADD_FAILURE() << "no key " << name;
  return {};
}

/// Puts a public key where its name stands in braces.
std::string record_of(const Case& c) {
  std::string text = c["record"];
  const std::size_t open = text.find('{');
  if (open == std::string::npos) return text;
  const std::size_t close = text.find('}');
  return text.replace(open, close - open + 1, public_key(text.substr(open + 1, close - open - 1)));
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& one : words) text += (text.empty() ? "" : " ") + one;
  return text;
}

std::string yes_or_no(bool yes) {
  return yes ? "yes" : "no";
}

std::string described(const dkim::KeyRecord& record) {
  if (record.revoked) return "revoked";
  if (!record.key) return "none: " + record.key_error;
  return record.key_type + " " + std::to_string(record.key->bits());
}

CASES(KeyCases, "assay/dkim/testdata/key.cases") {
  const std::string text = record_of(c);
  const auto record = dkim::parse_key(text);
  if (c.has("error")) {
    ASSERT_FALSE(record);
    EXPECT_EQ(record.error().code, c["error"]) << record.error().what;
    EXPECT_LE(record.error().at, text.size());
    EXPECT_FALSE(dkim::usable(dkim::lint_key(text)));
    return;
  }
  ASSERT_TRUE(record) << record.error().what;
  EXPECT_EQ(described(*record), c["key"]);
  if (c.has("hashes")) {
    EXPECT_EQ(joined(record->hashes), c["hashes"]);
  }
  EXPECT_EQ(joined(record->services), c.get("services", ""));
  EXPECT_EQ(yes_or_no(record->for_email), c.get("email", "yes"));
  EXPECT_EQ(yes_or_no(record->testing), c.get("testing", "no"));
  EXPECT_EQ(yes_or_no(record->exact_domain), c.get("exact", "no"));
}

CASES(KeyLint, "assay/dkim/testdata/key_lint.cases") {
  const dkim::KeyRecord record = dkim::lint_key(record_of(c));
  EXPECT_EQ(yes_or_no(dkim::usable(record)), c["usable"]);
  std::vector<std::string> findings;
  for (const Finding& finding : record.findings) {
    findings.push_back(std::string(to_text(finding.level)) + " " + std::string(finding.code));
    EXPECT_FALSE(finding.what.empty());
  }
  EXPECT_EQ(findings, c.all("finding"));
}

TEST(Key, LintKeepsTheTagsInOrder) {
  const dkim::KeyRecord record = dkim::lint_key("v=DKIM1; n=a note; p=; n=again; x=1");
  using Tags = std::vector<std::pair<std::string, std::string>>;
  EXPECT_EQ(record.tags, (Tags{{"v", "DKIM1"}, {"n", "a note"}, {"p", ""}, {"x", "1"}}));
}

TEST(Key, QuestionIsBelowDomainkey) {
  const auto question = dkim::key_question("foo.bar", DomainName::parse("example.com").value());
  ASSERT_TRUE(question);
  EXPECT_EQ(question->name.text(), "foo.bar._domainkey.example.com");
  EXPECT_EQ(question->type, dns::Type::txt);
  const DomainName name = DomainName::parse(std::string(60, 'a') + ".example").value();
  EXPECT_FALSE(dkim::key_question(std::string(64, 's'), name));
}

TEST(Key, AnswerIsParsedOnce) {
  dns::Answer answer;
  answer.outcome = dns::Outcome::records;
  answer.texts = {"v=spf1 -all", "v=DKIM1; k=ed25519; p=" + public_key("ed25519")};
  const auto& records = dkim::parsed_keys(answer);
  ASSERT_EQ(records.size(), 2U);
  EXPECT_FALSE(records[0]);
  ASSERT_TRUE(records[1]);
  EXPECT_EQ(&dkim::parsed_keys(answer), &records);
  EXPECT_EQ(dkim::parsed_keys(answer)[1]->key, records[1]->key);
}

TEST(Key, OnlyTenRecordsAreRead) {
  dns::Answer answer;
  answer.outcome = dns::Outcome::records;
  for (int i = 0; i < 50; ++i) answer.texts.insert(answer.texts.end(), {"text", "p="});
  EXPECT_EQ(dkim::parsed_keys(answer).size(), 2 * dkim::max_key_records);
}

// ---- mox: syntax of records ---------------------------------------------------------------------

/// mox refuses white space behind the last semicolon, which RFC 6376 §3.2 allows round tags and
/// published records have (docs/spec/deviations/dkim.md).
bool deviates(const nlohmann::json& c) {
  return c.value("note", "") == "Whitespace after last ; is not allowed.";
}

std::vector<testkit::SuiteCase> numbered(const nlohmann::json& suite) {
  std::vector<testkit::SuiteCase> cases;
  for (const auto& one : suite["cases"]) {
    cases.push_back({.name = "case " + std::to_string(cases.size() + 1), .data = one});
  }
  return cases;
}

const int mox = testkit::register_suite(
    "MoxKey", "dkim/mox/key-record-syntax.json", numbered, [](const nlohmann::json& c) {
      const auto record = dkim::parse_key(c["record"].get<std::string>());
      EXPECT_EQ(record.has_value(), c["valid"].get<bool>() != deviates(c))
          << (record ? "" : record.error().what);
    });

}  // namespace
