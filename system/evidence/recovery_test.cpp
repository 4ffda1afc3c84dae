#include "system/evidence/recovery.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "assay/base/ascii.h"
#include "assay/base/base64.h"
#include "assay/crypto/digest.h"
#include "assay/crypto/private_key.h"
#include "assay/dkim/canonical.h"
#include "assay/dkim/dkim.h"
#include "assay/dns/zone.h"
#include "system/evidence/detail/undo.h"

#include "testkit/cases.h"

namespace assay::evidence {
namespace {

using testkit::Case;

constexpr Instant now{std::chrono::seconds{1'790'000'000}};

const crypto::PrivateKey& author_key() {
  static const auto key = crypto::PrivateKey::ed25519(std::string(32, 'a')).value();
  return key;
}

/// Only the author's key; nobody else has one.
class Keys final : public dns::Resolver {
 public:
  Keys()
      : zone_(dns::Zone::parse("s._domainkey.example.com. TXT \"k=ed25519; p=" +
                               base64::encode(author_key().public_key()) + "\"\n")
                  .value()) {}
  dns::AnswerPtr ask(const dns::Question& question) override {
    ++asked;
    return zone_.ask(question);
  }
  int asked = 0;

 private:
  dns::Zone zone_;
};

/// A message under way; fields with their CRLF.
struct Message {
  std::vector<std::string> fields = {};
  std::string body = {};

  std::string header() const {
    std::string text;
    for (const std::string& field : fields) text += field;
    return text;
  }
  std::string* find(std::string_view name) {
    for (std::string& field : fields) {
      if (ascii::istarts_with(field, name) && field.substr(name.size()).starts_with(':'))
        return &field;
    }
    return nullptr;
  }
  /// Takes the value of a field away, and gives it.
  std::string take(std::string_view name) {
    std::string* field = find(name);
    if (field == nullptr) return {};
    const std::string raw = *field;
    fields.erase(fields.begin() + (field - fields.data()));
    return raw;
  }
};

std::pair<std::string, std::string> split_once(const std::string& text, std::string_view by) {
  const std::size_t at = text.find(by);
  if (at == std::string::npos) return {text, ""};
  return {text.substr(0, at), text.substr(at + by.size())};
}

/// "relaxed/relaxed from:subject more tags"
void sign(Message& message, const std::string& how) {
  const auto [canonical, rest] = split_once(how, " ");
  const auto [names, more] = split_once(rest, " ");
  std::string value = " v=1; a=ed25519-sha256; d=example.com; s=s; c=" + canonical +
                      "; h=" + names + "; " + more + " bh={bh}; b=";
  const std::string probe =
      split_once(value, "{bh}").first + base64::encode(std::string(32, 'h')) + "; b=AAAA";
  const auto tags = dkim::parse_signature(probe);
  ASSERT_TRUE(tags) << tags.error().what;
  dkim::BodyHashes hashes;
  const auto handle = hashes.want({.canonicalization = tags->body_canonicalization,
                                   .hash = dkim::Hash::sha256,
                                   .length = tags->length});
  hashes.update(message.body);
  hashes.finish();
  value.replace(value.find("{bh}"), 4, base64::encode(hashes.digest(*handle)));
  const std::string text = message.header();
  const mail::Header header = mail::parse_header(text);
  const std::string own = "DKIM-Signature:" + value + "\r\n";
  const mail::Header own_header = mail::parse_header(own);
  const std::string octets = dkim::signed_octets(
      header, tags->header_names, own_header.fields.at(0), tags->header_canonicalization);
  const auto kind = crypto::DigestKind::sha256;
  value += base64::encode(author_key().sign(kind, crypto::digest(kind, octets)).value());
  message.fields.insert(message.fields.begin(), "DKIM-Signature:" + value + "\r\n");
}

/// A multipart/mixed around the message with a footer, as Mailman makes it.
void wrap(Message& message, const std::string& footer, const std::string& footer_type) {
  std::string part;
  for (const std::string_view name : {"Content-Type", "Content-Transfer-Encoding"})
    part += message.take(name);
  message.fields.emplace_back(
      "Content-Type: multipart/mixed; boundary=\"===============123==\"\r\n");
  message.body = "--===============123==\r\n" + part + "\r\n" + message.body +
                 "\r\n--===============123==\r\nContent-Type: " + footer_type +
                 "\r\nContent-Transfer-Encoding: 7bit\r\nContent-Disposition: inline\r\n\r\n" +
                 footer + "\r\n--===============123==--\r\n";
}

/// A last part in the author's own multipart.
void add_part(Message& message, const std::string& boundary, const std::string& part) {
  const std::string close = "--" + boundary + "--";
  const std::size_t at = message.body.rfind(close);
  ASSERT_NE(at, std::string::npos);
  message.body =
      message.body.substr(0, at) + "--" + boundary + "\r\n" + part + "\r\n" + close + "\r\n";
}

void encode(Message& message, const std::string& how) {
  message.take("Content-Transfer-Encoding");
  message.fields.push_back("Content-Transfer-Encoding: " + how + "\r\n");
  if (how == "base64") message.body = encode_base64_lines(message.body);
  if (how == "quoted-printable") message.body = encode_quoted_printable(message.body);
}

void change(Message& message, const std::string& how, const std::string& value) {
  const auto [first, rest] = split_once(value, " ");
  if (how == "header") message.fields.push_back(value + "\r\n");
  if (how == "body" || how == "new-body") message.body = value;
  if (how == "sign") sign(message, value);
  if (how == "append") message.body += value;
  if (how == "prepend") message.body = value + message.body;
  if (how == "add-top") message.fields.insert(message.fields.begin(), value + "\r\n");
  if (how == "add-bottom") message.fields.push_back(value + "\r\n");
  if (how == "set") *message.find(split_once(value, ":").first) = value + "\r\n";
  if (how == "drop") message.take(value);
  if (how == "wrap") wrap(message, value, "text/plain; charset=\"us-ascii\"");
  if (how == "wrap-html") wrap(message, value, "text/html");
  if (how == "add-part") add_part(message, first, rest);
  if (how == "encode") encode(message, value);
  if (how == "decode") {
    message.take("Content-Transfer-Encoding");
    message.fields.push_back("Content-Transfer-Encoding: 8bit\r\n");
    message.body = *decode(message.body, *parse_transfer_encoding(value));
  }
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

std::optional<Recovered> recover_from(const Message& message, dns::Resolver& keys,
                                      const RecoveryLimits& limits = {}) {
  const std::string text = message.header();
  const mail::Header header = mail::parse_header(text);
  return recover({.header = header, .body = message.body},
                 {DomainName::parse("example.com").value()}, keys, now, limits);
}

Message build(const Case& c) {
  Message message;
  for (const auto& [key, value] : c.entries) change(message, key, value);
  return message;
}

CASES(Recovery, "system/evidence/testdata/recovery.cases") {
  const Message message = build(c);
  Keys keys;
  const auto recovered = recover_from(message, keys);
  const std::string found = recovered ? joined(recovered->undone) : "no";
  EXPECT_EQ(found, c["expect"]) << message.header() << "\n" << message.body;
  if (!recovered) return;
  EXPECT_EQ(recovered->domain.text(), "example.com");
  EXPECT_EQ(recovered->selector, "s");
}

Message list_message() {
  Message message;
  for (const std::string field :
       {"From: a@example.com", "Subject: hello", "To: list@lists.example.org"}) {
    message.fields.push_back(field + "\r\n");
  }
  message.body = "One\r\ntwo\r\nthree\r\nfour\r\n";
  sign(message, "relaxed/relaxed from:subject:to");
  change(message, "set", "Subject: [list] hello");
  message.body += "______________________\r\nlist mailing list\r\n";
  return message;
}

TEST(RecoveryLimits, TriesAreBounded) {
  const Message message = list_message();
  Keys keys;
  EXPECT_TRUE(recover_from(message, keys));
  EXPECT_FALSE(recover_from(message, keys, {.max_tries = 2}));
  EXPECT_FALSE(recover_from(message, keys, {.max_tries = 0}));
  EXPECT_FALSE(recover_from(message, keys, {.max_octets = message.body.size()}));
  EXPECT_FALSE(recover_from(message, keys, {.max_body = message.body.size() - 1}));
  EXPECT_FALSE(recover_from(message, keys, {.max_signatures = 0}));
}

TEST(RecoveryLimits, NoKeyIsAskedForABodyThatIsAnother) {
  Message message = list_message();
  message.body = "Something else\r\n";
  Keys keys;
  EXPECT_FALSE(recover_from(message, keys));
  EXPECT_EQ(keys.asked, 0);
}

TEST(RecoveryLimits, AKeyIsAskedOnce) {
  Message message = list_message();
  message.find("From")->insert(6, "x");
  Keys keys;
  EXPECT_FALSE(recover_from(message, keys));
  EXPECT_EQ(keys.asked, 1);
}

TEST(RecoveryLimits, AnotherAuthorsSignatureIsNotTried) {
  const Message message = list_message();
  Keys keys;
  const std::string text = message.header();
  const mail::Header header = mail::parse_header(text);
  const Original original{.header = header, .body = message.body};
  EXPECT_FALSE(recover(original, {DomainName::parse("example.org").value()}, keys, now));
  EXPECT_FALSE(recover(original, {DomainName::parse("badexample.com").value()}, keys, now));
  EXPECT_FALSE(recover(original, {}, keys, now));
  EXPECT_TRUE(recover(original, {DomainName::parse("mail.example.com").value()}, keys, now));
}

TEST(RecoveryLimits, LargeHostileBodiesEnd) {
  Message message = list_message();
  for (const std::string piece :
       {"\r\n\r\na", "--\r\n", "=3D", "--===============123==\r\n", "a"}) {
    message.body.clear();
    while (message.body.size() < (1U << 20) - 100) message.body += piece;
    Keys keys;
    EXPECT_FALSE(recover_from(message, keys));
  }
}

}  // namespace
}  // namespace assay::evidence
