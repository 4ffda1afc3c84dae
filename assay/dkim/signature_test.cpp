#include "assay/dkim/signature.h"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "assay/base/ascii.h"
#include "assay/mail/header.h"

#include "testkit/cases.h"
#include "testkit/suites.h"

namespace {

using namespace assay;
using dkim::Canonicalization;
using dkim::SignatureKind;
using testkit::Case;

/// The tags of `base` but those that `rest` has itself or takes away with "-name".
std::string value_of(const std::string& text) {
  if (!text.starts_with("base")) return text;
  std::string rest = text.substr(4);
  const std::vector<std::pair<std::string, std::string>> base = {
      {"v", "1"},
      {"a", "rsa-sha256"},
      {"d", "example.com"},
      {"s", "sel"},
      {"h", "from:subject"},
      {"bh", "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="},
      {"b", "AQIDBAUGBwgJ"}};
  std::string value;
  for (const auto& [name, good] : base) {
    const std::size_t taken = rest.find(" -" + name);
    const bool whole = taken != std::string::npos && (taken + 2 + name.size() == rest.size() ||
                                                      rest[taken + 2 + name.size()] == ' ');
    if (whole) {
      rest.erase(taken, 2 + name.size());
    } else if (rest.find(" " + name + "=") == std::string::npos) {
      value += name + "=" + good + "; ";
    }
  }
  return value + rest;
}

std::string word(Canonicalization how) {
  return how == Canonicalization::simple ? "simple" : "relaxed";
}

std::string seconds(const std::optional<Instant>& at) {
  return at ? std::to_string(at->time_since_epoch().count()) : "-";
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& one : words) text += (text.empty() ? "" : " ") + one;
  return text;
}

std::map<std::string, std::string> facts(const dkim::Signature& one) {
  const std::string forms =
      word(one.header_canonicalization) + "/" + word(one.body_canonicalization);
  return {{"domain", one.domain.text()},
          {"written", one.domain_text},
          {"selector", one.selector},
          {"identity", one.identity},
          {"algorithm", one.algorithm_text},
          {"known", one.algorithm ? "yes" : "no"},
          {"canonicalization", one.canonicalization_known ? forms : "unknown"},
          {"names", joined(one.header_names)},
          {"start", one.signature_start},
          {"length", one.length ? std::to_string(*one.length) : "-"},
          {"times", seconds(one.timestamp) + " " + seconds(one.expiration)},
          {"below", one.identity_below_domain ? "yes" : "no"},
          {"same", one.identity_is_domain ? "yes" : "no"},
          {"query", one.query_known ? "yes" : "no"},
          {"instance", one.instance ? std::to_string(*one.instance) : "-"}};
}

void expect_facts(const Case& c, const dkim::Signature& signature) {
  for (const auto& [name, value] : facts(signature)) {
    if (c.has(name)) {
      EXPECT_EQ(value, c[name]) << name;
    }
  }
}

CASES(SignatureCases, "assay/dkim/testdata/signature.cases") {
  const auto kind =
      c.get("kind", "dkim") == "arc" ? SignatureKind::arc_message : SignatureKind::dkim;
  const auto signature = dkim::parse_signature(value_of(c["value"]), kind);
  if (c.has("error")) {
    ASSERT_FALSE(signature);
    EXPECT_EQ(signature.error().code, c["error"]) << signature.error().what;
    EXPECT_LE(signature.error().at, value_of(c["value"]).size());
  } else {
    ASSERT_TRUE(signature) << signature.error().what;
    expect_facts(c, *signature);
  }
}

CASES(SalvageCases, "assay/dkim/testdata/salvage.cases") {
  EXPECT_FALSE(dkim::parse_signature(c["value"]));
  expect_facts(c, dkim::salvage_signature(c["value"]));
}

TEST(Signature, TooLongIsNone) {
  std::string value = value_of("base t=1");
  value += "; z=" + std::string(dkim::max_signature_octets - value.size() - 4, 'z');
  EXPECT_TRUE(dkim::parse_signature(value));
  value += "z";
  ASSERT_FALSE(dkim::parse_signature(value));
  EXPECT_EQ(dkim::parse_signature(value).error().code, "too_long");
  EXPECT_EQ(dkim::salvage_signature(value).domain.text(), "example.com");
}

// ---- mox: syntax of whole fields ---------------------------------------------------------------

/// Judged otherwise here, with what is answered (docs/spec/deviations/dkim.md).
bool deviates(const nlohmann::json& c) {
  // A field with UTF-8 is internationalized by that alone (RFC 8616 §5); nothing else says so.
  return c.value("note", "") == "No UTF-8 allowed.";
}

std::vector<testkit::SuiteCase> numbered(const nlohmann::json& suite) {
  std::vector<testkit::SuiteCase> cases;
  for (const auto& one : suite["cases"]) {
    cases.push_back({.name = "case " + std::to_string(cases.size() + 1), .data = one});
  }
  return cases;
}

const int mox = testkit::register_suite(
    "MoxSignature", "dkim/mox/signature-syntax.json", numbered, [](const nlohmann::json& c) {
      const std::string text = c["input"];
      const mail::Header header = mail::parse_header(text);
      const auto fields = mail::fields_named(header, "DKIM-Signature");
      const auto signature = dkim::parse_signature(fields.empty() ? "" : fields.front()->value);
      // A mismatch of i= and d= is for the verifier to refuse, which reports the domain.
      const bool valid = signature && signature->identity_below_domain;
      EXPECT_EQ(valid, c["valid"].get<bool>() != deviates(c))
          << (signature ? "" : signature.error().what);
    });

const int mailauth = testkit::register_suite(
    "MailauthFields", "dkim/mailauth/signature-parse.json", numbered, [](const nlohmann::json& c) {
      // Fields of other kinds, some hostile: none of them is a signature, and all are read.
      const std::string text = c["input"][0];
      EXPECT_FALSE(dkim::parse_signature(text));
      EXPECT_FALSE(dkim::parse_signature(text, SignatureKind::arc_message));
      EXPECT_EQ(dkim::salvage_signature(text).domain.text(), "");
    });

}  // namespace
