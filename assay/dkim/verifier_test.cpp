#include "assay/dkim/verifier.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <string>
#include <vector>

#include "assay/base/ascii.h"
#include "assay/base/base64.h"
#include "assay/crypto/digest.h"
#include "assay/crypto/private_key.h"
#include "assay/dkim/canonical.h"
#include "assay/dkim/dkim.h"
#include "assay/mail/header.h"

#include "testkit/cases.h"
#include "testkit/suites.h"

namespace {

using namespace assay;
using crypto::PrivateKey;
using dkim::Result;
using testkit::Case;

/// Answers what the case says and counts the questions.
class Answers final : public dns::Resolver {
 public:
  explicit Answers(const Case& c);
  dns::AnswerPtr ask(const dns::Question& question) override {
    ++asked;
    const auto known = answers_.find(question.name.text());
    if (known != answers_.end()) return known->second;
    auto none = std::make_shared<dns::Answer>();
    none->outcome = dns::Outcome::name_error;
    return none;
  }

  int asked = 0;

 private:
  dns::Answer& answer(std::string_view name, dns::Outcome outcome) {
    auto& one = answers_[std::string(name)];
    if (!one) one = std::make_shared<dns::Answer>();
    one->outcome = outcome;
    return *one;
  }
  std::map<std::string, std::shared_ptr<dns::Answer>> answers_;
};

PrivateKey private_key(std::string_view name) {
  static const std::vector<Case> keys = testkit::read_cases("assay/dkim/testdata/test_keys.cases");
  for (const Case& key : keys) {
    if (key.name != name) continue;
    if (key.has("pem")) return PrivateKey::from_pem(key["pem"] + "\n").value();
    return PrivateKey::ed25519(base64::decode(key["seed"]).value()).value();
  }
  ADD_FAILURE() << "no key " << name;
  return PrivateKey::ed25519(std::string(32, '0')).value();
}

void replace(std::string& text, std::string_view old, std::string_view by) {
  const std::size_t at = text.find(old);
  if (at != std::string::npos) text.replace(at, old.size(), by);
}

/// Puts public keys where their names stand in braces.
std::string with_keys(std::string text) {
  for (std::size_t at = text.find('{'); at != std::string::npos; at = text.find('{')) {
    const std::string name = text.substr(at + 1, text.find('}') - at - 1);
    replace(text, "{" + name + "}", base64::encode(private_key(name).public_key()));
  }
  return text;
}

std::pair<std::string, std::string> split_once(const std::string& text, std::string_view by) {
  const std::size_t at = text.find(by);
  if (at == std::string::npos) return {text, ""};
  return {text.substr(0, at), text.substr(at + by.size())};
}

Answers::Answers(const Case& c) {
  for (const std::string& line : c.all("dns")) {
    const auto [name, text] = split_once(with_keys(line), " ");
    answer(name, dns::Outcome::records).texts.push_back(text);
  }
  for (const std::string& name : c.all("no-data")) answer(name, dns::Outcome::no_data);
  for (const std::string& line : c.all("fail")) {
    const auto [name, why] = split_once(line, " ");
    answer(name, dns::Outcome::temporary_failure).why = why;
  }
}

/// A message under way: the fields from the top, each with its CRLF, and the body.
struct Message {
  std::string header;
  std::string body;
};

/// Folds as signers do.
std::string folded(const std::string& text) {
  std::string lines;
  for (std::size_t at = 0; at < text.size(); at += 60) {
    lines += (at == 0 ? "" : "\r\n\t") + text.substr(at, 60);
  }
  return lines;
}

void sign(Message& message, const std::string& key_name, std::string value) {
  value = testkit::unquote(value);
  const bool fold = value.find("{b folded}") != std::string::npos;
  const std::string hole = fold ? "{b folded}" : "{b}";
  std::string probe = value;
  replace(probe, hole, "AAAA");
  const bool sha1 = value.find("rsa-sha1") != std::string::npos;
  replace(probe, "{bh}", base64::encode(std::string(sha1 ? 20 : 32, 'h')));
  const auto signature = dkim::parse_signature(probe);
  ASSERT_TRUE(signature) << signature.error().what;

  const dkim::Hash hash = sha1 ? dkim::Hash::sha1 : dkim::Hash::sha256;
  dkim::BodyHashes hashes;
  const auto handle = hashes.want({.canonicalization = signature->body_canonicalization,
                                   .hash = hash,
                                   .length = signature->length});
  hashes.update(message.body);
  hashes.finish();
  replace(value, "{bh}", base64::encode(hashes.digest(handle.value())));

  std::string unsigned_field = "DKIM-Signature: " + value + "\r\n";
  replace(unsigned_field, hole, "");
  const mail::Header own = mail::parse_header(unsigned_field);
  const mail::Header header = mail::parse_header(message.header);
  const std::string octets = dkim::signed_octets(header, signature->header_names, own.fields.at(0),
                                                 signature->header_canonicalization);
  const auto kind = dkim::digest_kind(hash);
  const std::string made =
      base64::encode(private_key(key_name).sign(kind, crypto::digest(kind, octets)).value());
  replace(value, hole, fold ? folded(made) : made);
  message.header = "DKIM-Signature: " + value + "\r\n" + message.header;
}

void change(Message& message, const std::string& how, const std::string& value) {
  if (how == "append") message.body += value;
  if (how == "add-top") message.header = value + "\r\n" + message.header;
  if (how == "add-bottom") message.header += value + "\r\n";
  if (how != "replace") return;
  const auto [old, by] = split_once(value, " => ");
  std::string& part = message.header.find(testkit::unquote("\"" + old + "\"")) != std::string::npos
                          ? message.header
                          : message.body;
  const std::string before = part;
  replace(part, testkit::unquote("\"" + old + "\""), testkit::unquote("\"" + by + "\""));
  EXPECT_NE(part, before) << "nothing was replaced";
}

Message build(const Case& c) {
  Message message;
  for (const auto& [key, value] : c.entries) {
    if (key == "header") message.header += value + "\r\n";
    if (key == "body") message.body = value;
    if (key == "sign") {
      const auto [key_name, text] = split_once(value, " ");
      sign(message, key_name, text);
    }
    change(message, key, value);
  }
  return message;
}

dkim::Options options_of(const Case& c) {
  dkim::Options options;
  const std::string words = c.get("options", "");
  for (const std::string_view word : ascii::split(words, ' ')) {
    const auto [name, number] = split_once(std::string(word), "=");
    const auto value = ascii::parse_number(number).value_or(0);
    if (name == "min-bits") options.min_rsa_bits = static_cast<unsigned>(value);
    if (name == "max-bits") options.max_rsa_bits = static_cast<unsigned>(value);
    if (name == "sha1") options.sha1 = dkim::Sha1::allow;
    if (name == "partial-body") options.partial_body = dkim::PartialBody::allow;
    if (name == "refuse-future") options.future_timestamp = dkim::FutureTimestamp::refuse;
    if (name == "signatures") options.max_signatures = value;
    if (name == "signed-octets") options.max_signed_octets = value;
    if (name == "unlikely") options.unlikely_signers = {DomainName::parse(number).value()};
  }
  return options;
}

struct Verified {
  std::vector<dkim::Outcome> outcomes;
  int asked = 0;
  std::size_t questions = 0;
};

Verified verify(const Case& c, const Message& message) {
  mail::HeaderLimits limits;
  if (c.has("header-limit")) limits.fields = ascii::parse_number(c["header-limit"]).value();
  const mail::Header header = mail::parse_header(message.header, limits);
  std::vector<DomainName> authors;
  for (const std::string& name : c.all("author")) {
    authors.push_back(DomainName::parse(name).value());
  }
  dkim::BodyHashes hashes;
  const dkim::Verifier verifier(header, hashes, options_of(c), authors);
  hashes.update(message.body);
  hashes.finish();
  Answers answers(c);
  Verified verified = {.questions = verifier.questions().size()};
  verified.outcomes =
      verifier.finish(hashes, answers, parse_instant(c.get("now", "2026-05-01T12:00:00Z")).value());
  verified.asked = answers.asked;
  return verified;
}

std::string results_of(const std::vector<dkim::Outcome>& outcomes) {
  std::string text;
  for (const dkim::Outcome& one : outcomes) {
    text += (text.empty() ? "" : " ") + std::string(to_text(one.result));
  }
  return text;
}

std::string starts_of(const std::vector<dkim::Outcome>& outcomes) {
  std::string text;
  for (const dkim::Outcome& one : outcomes) {
    text += (text.empty() ? "" : " ") + one.signature_start;
  }
  return text;
}

/// What a case may say of the last outcome.
void expect_details(const Case& c, const dkim::Outcome& one) {
  const std::map<std::string, std::string> details = {
      {"reason", one.reason},
      {"bits", std::to_string(one.key_bits)},
      {"domain", one.domain},
      {"selector", one.selector},
      {"identity", one.identity},
      {"algorithm", one.algorithm},
      {"length", std::to_string(one.body_length_signed.value_or(0))},
      {"test-key", one.test_key ? "yes" : "no"}};
  for (const auto& [name, value] : details) {
    if (c.has(name)) {
      EXPECT_EQ(value, c[name]) << name;
    }
  }
  EXPECT_EQ(one.policy_rule, c.get("rule", ""));
  EXPECT_FALSE(one.reason.empty());
}

CASES(VerifyMessage, "assay/dkim/testdata/verify.cases") {
  const Verified verified = verify(c, build(c));
  EXPECT_EQ(results_of(verified.outcomes), c["expect"]);
  if (c.has("asked")) {
    EXPECT_EQ(std::to_string(verified.asked), c["asked"]);
    EXPECT_GE(verified.questions, static_cast<std::size_t>(verified.asked));
  }
  if (c.has("starts")) {
    EXPECT_EQ(starts_of(verified.outcomes), c["starts"]);
  }
  if (!verified.outcomes.empty()) expect_details(c, verified.outcomes.back());
}

CASES(RfcMessage, "assay/dkim/testdata/rfc_messages.cases") {
  Message message;
  bool in_body = false;
  for (const std::string& line : c.all("line")) {
    if (in_body) {
      message.body += line + "\r\n";
    } else if (line.empty()) {
      in_body = true;
    } else {
      message.header += line + "\r\n";
    }
  }
  const Verified verified = verify(c, message);
  EXPECT_EQ(results_of(verified.outcomes), c["expect"]) << verified.outcomes.front().reason;
}

// ---- mox: which failure gives which result ---------------------------------------------------

/// Where this verifier answers otherwise (docs/spec/deviations/dkim.md).
const std::map<std::string, std::string> mox_deviations = {
    {"message header malformed", ""},  // not DKIM's to say: the header parser goes on
    {"TXT record that is not a DKIM record", "permerror"},
    {"several key records", "pass"},
    {"unknown hash algorithm", "neutral"},
    {"unknown canonicalization", "neutral"},
    {"query methods without dns/txt", "neutral"},
    {"RSA key under 1024 bit", "policy"},
};

std::vector<testkit::SuiteCase> mox_situations(const nlohmann::json& suite) {
  std::vector<testkit::SuiteCase> cases;
  for (const auto& one : suite["cases"]) cases.push_back({.name = one["situation"], .data = one});
  return cases;
}

const int mox = testkit::register_suite(
    "MoxFailures", "dkim/mox/failure-matrix.json", mox_situations, [](const nlohmann::json& data) {
      const std::string situation = data["situation"];
      const auto deviation = mox_deviations.find(situation);
      const std::string expect =
          deviation != mox_deviations.end() ? deviation->second : data["status"].get<std::string>();
      if (expect.empty()) return;
      static const std::vector<Case> cases =
          testkit::read_cases("assay/dkim/testdata/verify.cases");
      const auto c = std::ranges::find_if(
          cases, [&](const Case& one) { return one.get("mox", "") == situation; });
      ASSERT_NE(c, cases.end()) << "no case plays: " << situation;
      EXPECT_EQ(results_of(verify(*c, build(*c)).outcomes), expect);
    });

// ---- costs that must stay bounded --------------------------------------------------------------

Case empty_case() {
  return {.name = "made here", .file = __FILE__, .line = __LINE__, .entries = {}};
}

TEST(Verifier, TenThousandSignaturesCostLittle) {
  Message message = {.header = "From: author@example.com\r\n"};
  for (int i = 0; i < 10'000; ++i) {
    message.header += "DKIM-Signature: v=1; a=rsa-sha256; d=d" + std::to_string(i) +
                      ".example.org; s=sel; h=from; b=AAAA; "
                      "bh=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\r\n";
  }
  Case c = empty_case();
  c.entries = {{"author", "d9999.example.org"}};
  const auto begin = std::chrono::steady_clock::now();
  const Verified verified = verify(c, message);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(5));
  EXPECT_EQ(verified.outcomes.size(), 10'000U);
  EXPECT_EQ(verified.asked, 10);
  EXPECT_EQ(verified.outcomes.back().reason, "there is no key record");
  EXPECT_EQ(verified.outcomes[5'000].domain, "d5000.example.org");
  EXPECT_EQ(verified.outcomes[5'000].result, Result::neutral);
}

TEST(Verifier, ManyNamesInHAndManyFieldsCostLittle) {
  std::string names = "from";
  while (names.size() < 60'000) names += ":a";
  Message message = {.header = "From: author@example.com\r\n"};
  for (int i = 0; i < 40'000; ++i) message.header += "a: b\r\n";
  for (int i = 0; i < 10; ++i) {
    message.header += "DKIM-Signature: v=1; a=rsa-sha256; d=example.org; s=sel; h=" + names +
                      "; b=AAAA; bh=frcCV1k9oG9oKj3dpUqdJg1PxRT2RSN/XKdLCPjaYaY=\r\n";
  }
  Case c = empty_case();
  c.entries = {{"dns", "sel._domainkey.example.org p={rsa1024}"}};
  const auto begin = std::chrono::steady_clock::now();
  const Verified verified = verify(c, message);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(10));
  EXPECT_EQ(verified.outcomes.front().reason, "the signature does not verify");
}

}  // namespace
