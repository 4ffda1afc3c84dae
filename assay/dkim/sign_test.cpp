#include "assay/dkim/sign.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "assay/base/ascii.h"
#include "assay/base/base64.h"
#include "assay/dkim/dkim.h"

#include "testkit/cases.h"

namespace {

using namespace assay;
using crypto::PrivateKey;
using testkit::Case;

constexpr Instant may_2026{std::chrono::seconds(1'777'636'800)};

/// A key of test_keys.cases, read once.
std::shared_ptr<const PrivateKey> test_key(const std::string& name) {
  static std::map<std::string, std::shared_ptr<const PrivateKey>> known;
  auto& key = known[name];
  if (key) return key;
  for (const Case& one : testkit::read_cases("assay/dkim/testdata/test_keys.cases")) {
    if (one.name != name) continue;
    key = std::make_shared<const PrivateKey>(
        one.has("pem") ? PrivateKey::from_pem(one["pem"] + "\n").value()
                       : PrivateKey::ed25519(base64::decode(one["seed"]).value()).value());
  }
  if (!key) ADD_FAILURE() << "no key " << name;
  return key;
}

/// The DNS with the records of some keys.
class Keys final : public dns::Resolver {
 public:
  explicit Keys(const dkim::SigningOptions& options) {
    for (const dkim::SigningKey& one : options.keys) {
      const auto selector = to_a_labels(one.selector);
      const auto question = dkim::key_question(selector.value().text(), options.domain);
      records_[question.value().name.text()] = dkim::key_record(*one.key);
    }
  }
  dns::AnswerPtr ask(const dns::Question& question) override {
    auto answer = std::make_shared<dns::Answer>();
    answer->outcome = dns::Outcome::name_error;
    const auto known = records_.find(question.name.text());
    if (known != records_.end()) {
      answer->outcome = dns::Outcome::records;
      answer->texts = {known->second};
    }
    return answer;
  }

 private:
  std::map<std::string, std::string> records_;
};

std::vector<dkim::Outcome> verify(std::string_view message, dns::Resolver& resolver,
                                  Instant now = may_2026) {
  const std::size_t body = std::min(mail::find_body(message), message.size());
  const mail::Header header = mail::parse_header(message.substr(0, body));
  dkim::BodyHashes hashes;
  const dkim::Verifier verifier(header, hashes);
  hashes.update(message.substr(body));
  hashes.finish();
  return verifier.finish(hashes, resolver, now);
}

std::string results_of(const std::vector<dkim::Outcome>& outcomes) {
  std::string words;
  for (const dkim::Outcome& one : outcomes) {
    words += (words.empty() ? "" : " ") + std::string(to_text(one.result));
  }
  return words;
}

dkim::Canonicalization form_of(std::string_view word) {
  return word == "simple" ? dkim::Canonicalization::simple : dkim::Canonicalization::relaxed;
}

std::pair<std::string, std::string> split_once(const std::string& text, std::string_view by) {
  const std::size_t at = text.find(by);
  if (at == std::string::npos) return {text, ""};
  return {text.substr(0, at), text.substr(at + by.size())};
}

std::vector<std::string> words_of(const std::string& text) {
  std::vector<std::string> words;
  for (const std::string_view word : ascii::Pieces(text, ' ')) {
    if (!word.empty()) words.emplace_back(word);
  }
  return words;
}

dkim::SigningOptions options_of(const Case& c) {
  dkim::SigningOptions options;
  options.domain = DomainName::parse(c.get("domain", "example.com")).value();
  std::vector<std::string> keys = c.all("key");
  if (keys.empty()) keys = {"sel rsa2048"};
  for (const std::string& line : keys) {
    const auto [selector, name] = split_once(line, " ");
    options.keys.push_back({.selector = selector, .key = test_key(name)});
  }
  const auto [header, body] = split_once(c.get("canonicalization", "relaxed/relaxed"), "/");
  options.header_canonicalization = form_of(header);
  options.body_canonicalization = form_of(body);
  if (c.has("sign")) options.signed_fields = words_of(c["sign"]);
  if (c.has("sign")) options.oversigned_fields = words_of(c.get("oversign", ""));
  if (c.has("oversign")) options.oversigned_fields = words_of(c["oversign"]);
  if (c.has("lifetime")) {
    options.lifetime = std::chrono::seconds(ascii::parse_number(c["lifetime"]).value());
  }
  options.identity = c.get("identity", "");
  if (c.get("unaligned", "") == "warn") options.unaligned = dkim::Unaligned::warn;
  return options;
}

std::string message_of(const Case& c) {
  std::string message;
  for (const std::string& field : c.all("header")) message += field + "\r\n";
  return message + "\r\n" + c.get("body", "");
}

/// The first field of a message without folding.
std::string unfolded_first(const std::string& message) {
  const mail::Header header = mail::parse_header(message);
  std::string field(header.fields.at(0).raw);
  for (std::size_t at = field.find("\r\n\t"); at != std::string::npos; at = field.find("\r\n\t")) {
    field.replace(at, 3, field[at - 1] == ';' ? " " : "");
  }
  return field;
}

std::string codes_of(const Findings& findings) {
  std::string codes;
  for (const Finding& one : findings) codes += (codes.empty() ? "" : " ") + std::string(one.code);
  return codes;
}

void change(const Case& c, std::string& message) {
  for (const std::string& line : c.all("change")) {
    const auto [quoted_old, quoted_by] = split_once(line, " => ");
    const std::string old = testkit::unquote("\"" + quoted_old + "\"");
    const std::size_t at = message.find(old);
    ASSERT_NE(at, std::string::npos) << "nothing was replaced";
    message.replace(at, old.size(), testkit::unquote("\"" + quoted_by + "\""));
  }
  if (c.has("add")) message = c["add"] + "\r\n" + message;
  message += c.get("append", "");
}

void check_form(const std::string& fields) {
  EXPECT_TRUE(fields.ends_with("\r\n"));
  for (const std::string_view line : ascii::Pieces(fields, '\n')) {
    EXPECT_LE(line.size(), 79U) << line;
    EXPECT_TRUE(line.empty() || line.ends_with('\r'));
    EXPECT_FALSE(ascii::trim_fws(line).empty() && !line.empty());
  }
  const mail::Header header = mail::parse_header(fields);
  EXPECT_TRUE(header.findings.empty());
  for (const mail::Field& field : header.fields) {
    EXPECT_EQ(field.name, "DKIM-Signature");
    const auto signature = dkim::parse_signature(field.value);
    ASSERT_TRUE(signature) << signature.error().what;
    EXPECT_FALSE(signature->length);  // RFC 6376 §8.2
    EXPECT_EQ(signature->timestamp, may_2026);
  }
}

CASES(Sign, "assay/dkim/testdata/sign.cases") {
  const dkim::SigningOptions options = options_of(c);
  const auto signer = dkim::Signer::make(options);
  if (c.has("refused")) {
    ASSERT_FALSE(signer);
    EXPECT_EQ(signer.error().code, c["refused"]) << signer.error().what;
    return;
  }
  ASSERT_TRUE(signer) << signer.error().what;
  std::string message = message_of(c);
  const auto made = signer->sign(message, may_2026);
  if (c.has("error")) {
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error().code, c["error"]) << made.error().what;
    return;
  }
  ASSERT_TRUE(made) << made.error().what;
  check_form(made->fields);
  message = made->fields + message;
  const std::string first = unfolded_first(message);
  if (c.has("h")) {
    EXPECT_NE(first.find(" h=" + c["h"] + "; bh="), std::string::npos) << first;
  }
  if (c.has("holds")) {
    EXPECT_NE(first.find(c["holds"]), std::string::npos) << first;
  }
  if (c.has("warns")) {
    EXPECT_EQ(codes_of(made->findings), c["warns"]);
  }
  change(c, message);
  Keys keys(options);
  const auto outcomes = verify(message, keys);
  EXPECT_EQ(results_of(outcomes), c["expect"]) << outcomes.front().reason << "\n" << message;
}

// ---- every form of every message ---------------------------------------------------------------

const std::vector<std::string>& odd_messages() {
  static const std::vector<std::string> messages = {
      "From: a@example.com\r\n\r\n",
      "From: a@example.com\r\n",
      "From: a@example.com",
      "From: a@example.com\r\n\r\n\r\n\r\n \t\r\n",
      "From: a@example.com\r\n\r\n \r\n\t x \t y\t\r\n\r\n.\r\n..\r\n",
      "fRoM \t:\r\n a@example.com\r\nSubject:\r\nTo:   \r\nSubject: two\r\n\r\nno line end",
      "X: \x7f\r\nFrom: \"a;b=c\" (b=AAAA; bh=x) <a@example.com>\r\nto: x\r\nTO: y\r\n\r\nb=\r\n",
      "From: a@example.com\r\nSubject: \xff\xfe\r\n\r\n\0\x01\x80\xff\r\n",
      "From: a@example.com\r\nSubject: " + std::string(5'000, 'x') + "\r\n\r\n" +
          std::string(70'000, ' ') + "\r\n",
  };
  return messages;
}

TEST(Signer, SignsOddMessagesInAllFormsForBothAlgorithms) {
  using enum dkim::Canonicalization;
  for (const auto header : {simple, relaxed}) {
    for (const auto body : {simple, relaxed}) {
      const dkim::SigningOptions options = {.domain = DomainName::parse("example.com").value(),
                                            .keys = {{.selector = "r", .key = test_key("rsa1024")},
                                                     {.selector = "e", .key = test_key("ed25519")}},
                                            .header_canonicalization = header,
                                            .body_canonicalization = body};
      const auto signer = dkim::Signer::make(options);
      ASSERT_TRUE(signer);
      Keys keys(options);
      for (const std::string& message : odd_messages()) {
        const auto made = signer->sign(message, may_2026);
        ASSERT_TRUE(made) << made.error().what << "\n" << message.substr(0, 200);
        EXPECT_EQ(results_of(verify(made->fields + message, keys)), "pass pass")
            << message.substr(0, 200);
      }
    }
  }
}

dkim::SigningOptions plain_options() {
  return {.domain = DomainName::parse("example.com").value(),
          .keys = {{.selector = "e", .key = test_key("ed25519")}}};
}

TEST(Signer, TakesABodyInPieces) {
  const std::string head = "From: a@example.com\r\n\r\n";
  const std::string body = "one \t two\r\n\r\nthree\r\n\r\n\r\n";
  const auto signer = dkim::Signer::make(plain_options());
  ASSERT_TRUE(signer);
  const auto whole = signer->sign(head + body, may_2026);
  auto signing = signer->begin(mail::parse_header(head));
  ASSERT_TRUE(whole && signing);
  for (const char octet : body) signing->body({&octet, 1});
  const auto pieces = signing->finish(may_2026);
  ASSERT_TRUE(pieces);
  EXPECT_EQ(pieces->fields, whole->fields);
}

TEST(Signer, FindsABareLineEndAtTheBordersOfPieces) {
  const auto signer = dkim::Signer::make(plain_options());
  const mail::Header header = mail::parse_header("From: a@example.com\r\n\r\n");
  const auto finish = [&](const std::vector<std::string_view>& pieces) {
    auto signing = signer->begin(header);
    for (const std::string_view piece : pieces) signing->body(piece);
    return signing->finish(may_2026).has_value();
  };
  EXPECT_TRUE(finish({"a\r", "\nb", "\r\n"}));
  EXPECT_FALSE(finish({"a", "\nb", "\r\n"}));
  EXPECT_FALSE(finish({"a\r", "b\r\n"}));
  EXPECT_FALSE(finish({"a\r", "", "\r\n"}));
}

TEST(Signer, IsSharedByThreads) {
  dkim::SigningOptions options = plain_options();
  options.keys.push_back({.selector = "r", .key = test_key("rsa1024")});
  const auto signer = dkim::Signer::make(options);
  ASSERT_TRUE(signer);
  const std::string message = "From: a@example.com\r\n\r\nHello\r\n";
  const auto expected = signer->sign(message, may_2026).value().fields;
  const auto sign_often = [&] {
    for (int n = 0; n < 20; ++n) EXPECT_EQ(signer->sign(message, may_2026)->fields, expected);
  };
  const std::jthread first(sign_often);
  const std::jthread second(sign_often);
}

TEST(Signer, RefusesWhatCannotBeSigned) {
  dkim::SigningOptions none = plain_options();
  none.keys.clear();
  EXPECT_EQ(dkim::Signer::make(none).error().code, "no_key");
  none.keys.push_back({.selector = "s", .key = nullptr});
  EXPECT_EQ(dkim::Signer::make(none).error().code, "no_key");

  dkim::SigningOptions same = plain_options();
  same.keys.push_back({.selector = "E", .key = test_key("rsa1024")});
  EXPECT_EQ(dkim::Signer::make(same).error().code, "same_selector");

  const auto signer = dkim::Signer::make(plain_options());
  const std::string message = "From: a@example.com\r\n\r\n";
  EXPECT_EQ(signer->sign(message, Instant(std::chrono::seconds(-1))).error().code, "bad_time");
  std::string many = message.substr(0, message.size() - 2);
  for (int i = 0; i < 2'000; ++i) many += "To: b@example.org\r\n";
  EXPECT_EQ(signer->sign(many, may_2026).error().code, "too_many_fields");
  const std::string large = "Subject: " + std::string(2U << 20, 'x') + "\r\n" + message;
  EXPECT_EQ(signer->sign(large, may_2026).error().code, "header_too_large");

  dkim::SigningOptions wordy = plain_options();
  wordy.oversigned_fields = {std::string(40'000, 'x')};
  EXPECT_EQ(dkim::Signer::make(wordy)->sign(message, may_2026).error().code, "too_long");
  wordy = plain_options();
  wordy.identity = std::string(65, 'x') + "@example.com";
  EXPECT_EQ(dkim::Signer::make(wordy).error().code, "bad_identity");
  wordy.identity = "\x1b[2J@example.com";
  EXPECT_EQ(dkim::Signer::make(wordy).error().code, "bad_identity");
  wordy.identity = "\xff@example.com";
  EXPECT_EQ(dkim::Signer::make(wordy).error().code, "bad_identity");
}

// ---- what is published -------------------------------------------------------------------------

std::string with_keys(std::string text) {
  for (std::size_t at = text.find('{'); at != std::string::npos; at = text.find('{')) {
    const std::string name = text.substr(at + 1, text.find('}') - at - 1);
    text.replace(at, name.size() + 2, base64::encode(test_key(name)->public_key()));
  }
  return text;
}

CASES(PublishedKey, "assay/dkim/testdata/published_key.cases") {
  dns::Answer answer;
  for (const std::string& text : c.all("dns")) answer.texts.push_back(with_keys(text));
  answer.outcome = answer.texts.empty() ? dns::Outcome::name_error : dns::Outcome::records;
  if (c.has("fail")) {
    answer.outcome = dns::Outcome::temporary_failure;
    answer.why = c["fail"];
  }
  const dkim::PublishedKey published = dkim::check_published(*test_key(c["key"]), answer);
  EXPECT_EQ(to_text(published.publication), c["expect"]) << published.reason;
  EXPECT_FALSE(published.reason.empty());
  if (c.has("codes")) {
    EXPECT_EQ(codes_of(published.findings), c["codes"]);
  }
  if (c.has("bits")) {
    EXPECT_EQ(std::to_string(published.key_bits), c["bits"]);
  }
}

TEST(KeyRecord, OfAPrivateKeyIsReadBack) {
  for (const char* name : {"rsa1024", "rsa2048", "rsa4096", "ed25519"}) {
    const auto record = dkim::parse_key(dkim::key_record(*test_key(name)));
    ASSERT_TRUE(record) << name;
    EXPECT_EQ(record->key_type, std::string(name).starts_with("rsa") ? "rsa" : "ed25519");
    EXPECT_TRUE(record->key);
  }
}

}  // namespace
