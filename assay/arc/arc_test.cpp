#include "assay/arc/arc.h"

#include <algorithm>
#include <array>
#include <map>

#include "assay/base/ascii.h"
#include "assay/base/base64.h"
#include "assay/crypto/digest.h"
#include "assay/crypto/private_key.h"
#include "assay/dkim/canonical.h"
#include "assay/dkim/check.h"

#include "testkit/cases.h"

namespace assay::arc {
namespace {

using crypto::PrivateKey;
using testkit::Case;

constexpr Instant now{std::chrono::seconds(1'767'225'600)};

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

std::string public_key(std::string_view name) {
  static std::map<std::string, std::string, std::less<>> known;
  const auto found = known.find(name);
  if (found != known.end()) return found->second;
  return known[std::string(name)] = base64::encode(private_key(name).public_key());
}

void replace(std::string& text, std::string_view old, std::string_view by) {
  const std::size_t at = text.find(old);
  if (at != std::string::npos) text.replace(at, old.size(), by);
}

std::string of_instance(std::string_view key, unsigned instance) {
  return std::string(key) + " " + std::to_string(instance);
}

/// Answers what the case says and counts the questions.
class Answers final : public dns::Resolver {
 public:
  dns::AnswerPtr ask(const dns::Question& question) override {
    asked_.push_back(question);
    const auto known = answers_.find(question.name.text());
    if (known != answers_.end()) return known->second;
    auto none = std::make_shared<dns::Answer>();
    none->outcome = dns::Outcome::name_error;
    return none;
  }
  void add(const std::string& name, const std::string& text) {
    auto& answer = answers_[name];
    if (!answer) answer = std::make_shared<dns::Answer>();
    answer->outcome = dns::Outcome::records;
    answer->texts.push_back(text);
  }
  void fail(const std::string& name) {
    answers_[name] = std::make_shared<dns::Answer>();
    answers_[name]->outcome = dns::Outcome::temporary_failure;
  }
  const std::vector<dns::Question>& asked() const { return asked_; }

 private:
  std::map<std::string, std::shared_ptr<dns::Answer>> answers_;
  std::vector<dns::Question> asked_;
};

/// A message that is sealed step by step, as RFC 8617 §5.1 has it.
class Sealer {
 public:
  explicit Sealer(const Case& c) : case_(c) {
    header_ = "From: Author <author@example.com>\r\nSubject: a test\r\n";
    body_ = "Hello\r\nworld\r\n";
  }

  void seal(unsigned instance);
  std::string header() const { return header_; }
  std::string body() const { return body_; }

 private:
  std::string key(std::string_view kind, unsigned instance) const {
    return case_.get(of_instance(kind, instance), case_.get("key", "rsa2048"));
  }
  std::string value(std::string_view kind, unsigned instance, std::string text) const {
    const std::string name = std::to_string(instance);
    const bool ed25519 = key(std::string(kind) + "-key", instance) == "ed25519";
    for (const auto& [mark, by] :
         std::map<std::string, std::string>{{"{i}", name},
                                            {"{cv}", instance == 1 ? "none" : "pass"},
                                            {"{a}", ed25519 ? "ed25519-sha256" : "rsa-sha256"}}) {
      while (text.find(mark) != std::string::npos) replace(text, mark, by);
    }
    return case_.get(of_instance(kind, instance), text);
  }
  void sign_message(std::string& field, unsigned instance) const;
  void sign_seal(std::string& field, unsigned instance) const;
  void fill_in(std::string& field, const std::string& octets, const std::string& key) const;

  const Case& case_;
  std::string header_, body_;
  std::string chain_;  // canonical form of the sets so far
};

dkim::Hash hash_of(std::string_view field) {
  return field.find("rsa-sha1;") != std::string_view::npos ? dkim::Hash::sha1 : dkim::Hash::sha256;
}

void Sealer::fill_in(std::string& field, const std::string& octets, const std::string& key) const {
  const auto kind = dkim::digest_kind(hash_of(field));
  const auto made = private_key(key).sign(kind, crypto::digest(kind, octets));
  ASSERT_TRUE(made) << made.error().what;
  replace(field, "{b}", base64::encode(*made));
}

void Sealer::sign_message(std::string& field, unsigned instance) const {
  if (field.find("{b}") == std::string::npos) return;
  std::string probe = field.substr(field.find(':') + 1);
  replace(probe, "{b}", "AAAA");
  const std::string zeros(hash_of(field) == dkim::Hash::sha1 ? 20 : 32, '0');
  replace(probe, "{bh}", base64::encode(zeros));
  const auto parsed = dkim::parse_signature(probe, dkim::SignatureKind::arc_message);
  dkim::BodyHashes hashes;
  const dkim::BodyHashKind kind =
      parsed ? dkim::BodyHashKind{.canonicalization = parsed->body_canonicalization,
                                  .hash = hash_of(field),
                                  .length = parsed->length}
             : dkim::BodyHashKind{};
  const auto handle = hashes.want(kind);
  hashes.update(body_);
  hashes.finish();
  replace(field, "{bh}", base64::encode(hashes.digest(handle.value())));
  std::string emptied = field;
  replace(emptied, "{b}", "");
  const mail::Header own = mail::parse_header(emptied);
  const mail::Header header = mail::parse_header(header_);
  const auto how = parsed ? parsed->header_canonicalization : dkim::Canonicalization::simple;
  const auto names = parsed ? parsed->header_names : std::vector<std::string>{};
  fill_in(field, dkim::signed_octets(header, names, own.fields.at(0), how),
          key("message-key", instance));
}

void Sealer::sign_seal(std::string& field, unsigned instance) const {
  std::string emptied = field;
  replace(emptied, "{b}", "");
  const mail::Header own = mail::parse_header(emptied);
  std::string octets = chain_;
  dkim::append_canonical(octets, own.fields.at(0), dkim::Canonicalization::relaxed);
  octets.resize(octets.size() - 2);
  fill_in(field, octets, key("seal-key", instance));
}

// RFC 8617 §5.1 step 4, RFC 8617 §5.1.1
void Sealer::seal(unsigned instance) {
  const auto add = [&](const std::string& field) {
    const mail::Header own = mail::parse_header(field);
    dkim::append_canonical(chain_, own.fields.at(0), dkim::Canonicalization::relaxed);
    header_ = field + header_;
  };
  add("ARC-Authentication-Results: " +
      value("results", instance, "i={i}; mx{i}.example.org; none") + "\r\n");
  std::string message =
      "ARC-Message-Signature: " +
      value("message-signature", instance,
            "i={i}; a={a}; c=relaxed/relaxed;\r\n d=s{i}.example; s=sel; h=from:subject;\r\n"
            " bh={bh}; b={b}") +
      "\r\n";
  sign_message(message, instance);
  add(message);
  std::string seal =
      "ARC-Seal: " +
      value("seal", instance, "i={i}; a={a}; t=12345; cv={cv};\r\n d=s{i}.example; s=sel; b={b}") +
      "\r\n";
  sign_seal(seal, instance);
  add(seal);
}

unsigned number(const Case& c, std::string_view key) {
  return static_cast<unsigned>(ascii::parse_number(c.get(key, "0")).value());
}

void fill_zone(Answers& answers, const Case& c, unsigned sets) {
  const std::string key = c.get("key", "rsa2048");
  for (unsigned i = 1; i <= sets && !c.has("no-keys"); ++i) {
    const std::string type = key == "ed25519" ? "v=DKIM1; k=ed25519; p=" : "v=DKIM1; p=";
    answers.add("sel._domainkey.s" + std::to_string(i) + ".example", type + public_key(key));
  }
  for (std::string line : c.all("dns")) {
    const std::size_t open = line.find('{');
    if (open != std::string::npos) {
      const std::string name = line.substr(open + 1, line.find('}') - open - 1);
      replace(line, "{" + name + "}", public_key(name));
    }
    answers.add(line.substr(0, line.find(' ')), line.substr(line.find(' ') + 1));
  }
  for (const std::string& name : c.all("fail")) answers.fail(name);
}

/// Removes the first field that begins so.
void drop(std::string& header, const std::string& beginning) {
  const mail::Header parsed = mail::parse_header(header);
  for (const mail::Field& field : parsed.fields) {
    if (!field.raw.starts_with(beginning)) continue;
    const auto at = static_cast<std::size_t>(field.raw.data() - header.data());
    header.erase(at, field.raw.size() + 2);
    return;
  }
  ADD_FAILURE() << "no field begins " << beginning;
}

void change(std::string& header, std::string& body, const std::string& old, const std::string& by) {
  std::string& text = header.find(old) != std::string::npos ? header : body;
  EXPECT_NE(text.find(old), std::string::npos) << old;
  replace(text, old, by);
}

dkim::Options options_of(const Case& c) {
  dkim::Options options;
  const std::string words = c.get("options", "");
  for (const std::string_view word : ascii::split(words, ' ')) {
    if (word == "sha1") options.sha1 = dkim::Sha1::allow;
    constexpr std::string_view limit = "max-signed-octets=";
    if (word.starts_with(limit)) {
      options.max_signed_octets = ascii::parse_number(word.substr(limit.size())).value();
    }
  }
  return options;
}

Outcome validate(const mail::Header& header, std::string_view body, dns::Resolver& resolver,
                 const dkim::Options& options = {}) {
  dkim::BodyHashes hashes;
  const Validator validator(header, hashes, options);
  hashes.update(body);
  hashes.finish();
  return validator.finish(hashes, resolver, now);
}

void expect_outcome(const Outcome& outcome, const Case& c) {
  EXPECT_EQ(to_text(outcome.result), c["expect"]) << outcome.reason;
  EXPECT_FALSE(outcome.reason.empty());
  EXPECT_NE(outcome.reason.find(c.get("reason", "")), std::string::npos) << outcome.reason;
  if (c.has("instances")) {
    EXPECT_EQ(outcome.instances, number(c, "instances"));
  }
  EXPECT_EQ(outcome.oldest_pass.has_value(), outcome.result == Result::pass);
  if (c.has("oldest")) {
    EXPECT_EQ(outcome.oldest_pass, number(c, "oldest"));
  }
  if (!c.has("sealers")) return;
  std::string sealers;
  for (const std::string& one : outcome.sealers) sealers += (sealers.empty() ? "" : " ") + one;
  EXPECT_EQ(sealers, c["sealers"]);
}

CASES(Chain, "assay/arc/testdata/chain.cases") {
  Sealer sealer(c);
  const unsigned sets = number(c, "sealed");
  for (unsigned i = 1; i <= sets; ++i) sealer.seal(i);
  std::string header = sealer.header();
  std::string body = sealer.body();
  if (c.has("change")) change(header, body, c["change"], c["by"]);
  for (const std::string& beginning : c.all("drop")) drop(header, beginning);
  for (const std::string& field : c.all("add")) header = field + "\r\n" + header;
  Answers answers;
  fill_zone(answers, c, sets);

  const mail::Header parsed = mail::parse_header(header);
  dkim::BodyHashes hashes;
  const Validator validator(parsed, hashes, options_of(c));
  hashes.update(body);
  hashes.finish();
  expect_outcome(validator.finish(hashes, answers, now), c);
  if (c.has("asked")) {
    EXPECT_EQ(answers.asked().size(), number(c, "asked"));
  }
  // Nothing is asked that was not told before.
  const std::vector<dns::Question> told = validator.questions();
  for (const dns::Question& question : answers.asked()) {
    EXPECT_NE(std::ranges::find(told, question), told.end()) << question.name.text();
  }
}

/// Three sets, by a case without a line.
struct Sealed {
  explicit Sealed(const Case& c, unsigned sets = 3) {
    Sealer sealer(c);
    for (unsigned i = 1; i <= sets; ++i) sealer.seal(i);
    header = sealer.header();
    body = sealer.body();
    fill_zone(answers, c, sets);
  }
  std::string header, body;
  Answers answers;
};

TEST(ChainOrder, FieldsMayStandInAnyOrder) {
  // RFC 8617 §5.1.1: the order of what is signed is that of the instances.
  Sealed sealed(Case{});
  mail::Header header = mail::parse_header(sealed.header);
  std::ranges::reverse(header.fields);
  const Outcome outcome = validate(header, sealed.body, sealed.answers);
  EXPECT_EQ(outcome.result, Result::pass) << outcome.reason;
}

TEST(ChainLimits, MoreThanFiftyFieldsOfAKindAreNotRead) {
  // RFC 8617 §5.2 step 1
  for (const std::string_view name :
       {"ARC-Seal", "ARC-Message-Signature", "ARC-Authentication-Results"}) {
    std::string text;
    for (int i = 0; i < 51; ++i) text += std::string(name) + ": i=" + std::to_string(i) + ";\r\n";
    const mail::Header header = mail::parse_header(text);
    Answers answers;
    const Outcome outcome = validate(header, "", answers);
    EXPECT_EQ(outcome.result, Result::fail);
    EXPECT_EQ(outcome.reason, "more than 50 ARC sets");
    EXPECT_TRUE(answers.asked().empty());
  }
}

TEST(ChainLimits, AHeaderThatWasCutFails) {
  Sealed sealed(Case{});
  mail::Header header = mail::parse_header(sealed.header);
  header.truncated = true;
  const Outcome outcome = validate(header, sealed.body, sealed.answers);
  EXPECT_EQ(outcome.result, Result::fail);
  EXPECT_NE(outcome.reason.find("larger than is read"), std::string::npos);
  EXPECT_TRUE(sealed.answers.asked().empty());
  mail::Header bare = mail::parse_header("From: a@example.com\r\n");
  bare.truncated = true;
  EXPECT_EQ(validate(bare, "", sealed.answers).result, Result::none);
}

TEST(ChainLimits, WithoutRoomForBodyHashesTheNewestStillCounts) {
  Sealed sealed(Case{});
  const mail::Header header = mail::parse_header(sealed.header);
  for (const std::size_t room : {0U, 1U}) {
    dkim::BodyHashes hashes;
    for (std::size_t i = 0; i + room < dkim::BodyHashes::max_kinds; ++i) {
      ASSERT_TRUE(hashes.want({.length = i}));
    }
    const Validator validator(header, hashes);
    hashes.update(sealed.body);
    hashes.finish();
    const Outcome outcome = validator.finish(hashes, sealed.answers, now);
    EXPECT_EQ(outcome.result, room == 0 ? Result::fail : Result::pass) << outcome.reason;
  }
}

TEST(ChainLimits, ALongHeaderIsHashedUpToTheLimit) {
  // Fifty seals over sixteen mebibytes would be 400 MiB to hash; RFC 8617 §9.2.
  Case c;
  c.entries.emplace_back("key", "ed25519");
  c.entries.emplace_back("results 1",
                         "i=1; mx.example.com; none (" + std::string(1U << 20, 'x') + ")");
  Sealed sealed(c, 40);
  const mail::Header header = mail::parse_header(sealed.header);
  const Outcome outcome = validate(header, sealed.body, sealed.answers);
  EXPECT_EQ(outcome.result, Result::fail);
  EXPECT_NE(outcome.reason.find("more header than is hashed"), std::string::npos);
}

TEST(ChainOutcome, HoldsWhatALocalPolicyNeeds) {
  // RFC 8617 §7.2
  Case c;
  c.entries.emplace_back("results 2",
                         "i=2; lists.example.org;\r\n arc=pass smtp.remote-ip=192.0.2.7");
  Sealed sealed(c, 2);
  const mail::Header header = mail::parse_header(sealed.header);
  const Outcome outcome = validate(header, sealed.body, sealed.answers);
  ASSERT_EQ(outcome.result, Result::pass) << outcome.reason;
  ASSERT_EQ(outcome.sets.size(), 2U);
  EXPECT_EQ(outcome.sets[0].instance, 1U);
  EXPECT_EQ(outcome.sets[0].cv, "none");
  EXPECT_EQ(outcome.sets[1].cv, "pass");
  EXPECT_EQ(outcome.sets[1].sealer, "s2.example");
  EXPECT_EQ(outcome.sets[1].selector, "sel");
  EXPECT_EQ(outcome.sets[1].authentication_results,
            " lists.example.org;\r\n arc=pass smtp.remote-ip=192.0.2.7");
}

Outcome outcome_of(Result result, std::string first_results) {
  return {.result = result,
          .instances = 2,
          .sealers = {"d1.example", "d2.example"},
          .sets = {{.instance = 1,
                    .sealer = "d1.example",
                    .selector = "s3",
                    .cv = "none",
                    .authentication_results = std::move(first_results)},
                   {.instance = 2, .sealer = "d2.example", .selector = "s2", .cv = "pass"}}};
}

DomainName name_of(std::string_view text) {
  return DomainName::parse(text).value();
}

TEST(SealedOnlyBy, WantsEverySealerOnTheList) {
  const Outcome outcome = outcome_of(Result::pass, "");
  const std::vector<DomainName> one = {name_of("d2.example")};
  const std::vector<DomainName> both = {name_of("D2.example"), name_of("d1.example")};
  EXPECT_FALSE(sealed_only_by(outcome, {}));
  EXPECT_FALSE(sealed_only_by(outcome, one));
  EXPECT_TRUE(sealed_only_by(outcome, both));
}

TEST(SealedOnlyBy, AFailedChainIsNoChain) {
  const std::vector<DomainName> both = {name_of("d2.example"), name_of("d1.example")};
  EXPECT_FALSE(sealed_only_by(outcome_of(Result::fail, ""), both));
  EXPECT_FALSE(sealed_only_by({}, both));
  EXPECT_FALSE(sealed_only_by({.result = Result::pass}, both));
  EXPECT_EQ(override_comment(outcome_of(Result::fail, "")), "");
  EXPECT_EQ(override_comment({}), "");
}

TEST(OverrideComment, IsThatOfRfc8617) {
  // RFC 8617 §7.2.2
  const std::string seals = "arc=pass as[2].d=d2.example as[2].s=s2 as[1].d=d1.example as[1].s=s3";
  const auto comment = [](std::string results) {
    return override_comment(outcome_of(Result::pass, std::move(results)));
  };
  EXPECT_EQ(comment(" lists.example.org; arc=none smtp.remote-ip=\"2001:DB8::1A\""),
            seals + " remote-ip[1]=2001:db8::1a");
  EXPECT_EQ(comment(" lists.example.org; spf=pass smtp.mailfrom=a.example; iprev=pass"
                    " policy.iprev=192.0.2.1; arc=none smtp.remote-ip=192.0.2.2"),
            seals + " remote-ip[1]=192.0.2.2");
  EXPECT_EQ(comment(" lists.example.org; iprev=pass policy.iprev=192.0.2.1"),
            seals + " remote-ip[1]=192.0.2.1");
  EXPECT_EQ(comment(" lists.example.org; arc=none smtp.remote-ip=\"</comment>\""), seals);
  EXPECT_EQ(comment(" lists.example.org; none"), seals);
  EXPECT_EQ(comment("((("), seals);
}

}  // namespace
}  // namespace assay::arc
