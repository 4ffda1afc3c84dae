// The public suites that verify whole messages or canonicalize.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "assay/base/ascii.h"
#include "assay/base/base64.h"
#include "assay/crypto/digest.h"
#include "assay/dkim/canonical.h"
#include "assay/dkim/dkim.h"
#include "assay/mail/header.h"

#include "testkit/suites.h"

namespace {

using namespace assay;
using dkim::Canonicalization;
using dkim::Result;
using Json = nlohmann::json;

/// Texts by name; a name that is not there is name_error, one given as failing fails.
class Records final : public dns::Resolver {
 public:
  void add(const std::string& name, std::vector<std::string> texts) {
    auto& answer = answers_[DomainName::parse(name).value().text()];
    answer = std::make_shared<dns::Answer>();
    answer->outcome = dns::Outcome::records;
    answer->texts = std::move(texts);
  }
  void fail(const std::string& name, const std::string& why) {
    auto& answer = answers_[DomainName::parse(name).value().text()];
    answer = std::make_shared<dns::Answer>();
    answer->outcome = dns::Outcome::temporary_failure;
    answer->why = why;
  }
  dns::AnswerPtr ask(const dns::Question& question) override {
    const auto known = answers_.find(question.name.text());
    if (known != answers_.end()) return known->second;
    auto none = std::make_shared<dns::Answer>();
    none->outcome = dns::Outcome::name_error;
    return none;
  }

 private:
  std::map<std::string, std::shared_ptr<dns::Answer>> answers_;
};

std::string to_crlf(std::string_view text) {
  std::string lines;
  for (const char c : text) lines += c == '\n' ? "\r\n" : std::string(1, c);
  return lines;
}

/// What the old suites need: short keys, SHA-1 and l= count as good.
dkim::Options as_of_old() {
  return {.min_rsa_bits = 512, .sha1 = dkim::Sha1::allow, .partial_body = dkim::PartialBody::allow};
}

std::vector<dkim::Outcome> verify(const std::string& message, dns::Resolver& resolver, Instant now,
                                  const dkim::Options& options = as_of_old()) {
  const std::size_t body = std::min(mail::find_body(message), message.size());
  const mail::Header header = mail::parse_header(std::string_view(message).substr(0, body));
  dkim::BodyHashes hashes;
  const dkim::Verifier verifier(header, hashes, options);
  hashes.update(std::string_view(message).substr(body));
  hashes.finish();
  return verifier.finish(hashes, resolver, now);
}

std::string described(const std::vector<dkim::Outcome>& outcomes) {
  std::string text;
  for (const dkim::Outcome& one : outcomes) {
    text += one.domain + ": " + std::string(to_text(one.result)) + " (" + one.reason + ")\n";
  }
  return text;
}

bool any_pass(const std::vector<dkim::Outcome>& outcomes) {
  return std::ranges::any_of(outcomes, [](const auto& one) { return one.result == Result::pass; });
}

Instant at(long long seconds) {
  return Instant(std::chrono::seconds(seconds));
}

std::vector<testkit::SuiteCase> cases_of(const Json& suite) {
  std::vector<testkit::SuiteCase> cases;
  for (const Json& one : suite["cases"]) {
    const char* key = one.contains("id") ? "id" : "title";
    std::string name = one.contains(key) ? one[key].get<std::string>() : "case";
    cases.push_back({.name = std::move(name), .data = one});
  }
  return cases;
}

void add_records(Records& records, const Json& dns) {
  for (const auto& [name, value] : dns.items()) {
    if (value.is_array()) records.add(name, value.get<std::vector<std::string>>());
    if (value.is_string()) records.add(name, {value.get<std::string>()});
  }
}

const int dkimpy = testkit::register_suite(
    "DkimpyVerify", "dkim/dkimpy/verify-cases.json", cases_of, [](const Json& c) {
      Records records;
      add_records(records, c["dns"]);
      const std::string message = base64::decode(c["message_base64"].get<std::string>()).value();
      dkim::Options options = as_of_old();
      // There the checker refuses l=, as TLS reports want it (RFC 8460 §3).
      const bool whole_body = c["title"].get<std::string>().ends_with("ignore_l_verify");
      if (whole_body) options.partial_body = dkim::PartialBody::refuse;
      const auto outcomes = verify(message, records, at(1'795'300'000), options);
      EXPECT_EQ(any_pass(outcomes), c["expect"] == "pass") << described(outcomes);
    });

const int mox =
    testkit::register_suite("MoxVerify", "dkim/mox/verify-cases.json", cases_of, [](const Json& c) {
      Records records;
      add_records(records, c["dns"]);
      const std::string message = base64::decode(c["message_base64"].get<std::string>()).value();
      const auto outcomes = verify(message, records, at(1'700'000'000), {});
      ASSERT_FALSE(outcomes.empty());
      for (const auto& one : outcomes)
        EXPECT_EQ(to_text(one.result), c["expect"].get<std::string>()) << one.reason;
    });

/// The records stand once for all cases.
std::vector<testkit::SuiteCase> go_msgauth_cases(const Json& suite) {
  std::vector<testkit::SuiteCase> cases = cases_of(suite);
  for (testkit::SuiteCase& one : cases) one.data["dns"] = suite["dns"];
  return cases;
}

const int go_msgauth = testkit::register_suite(
    "GoMsgauthVerify", "dkim/go-msgauth/verify-cases.json", go_msgauth_cases, [](const Json& c) {
      Records records;
      add_records(records, c["dns"]);
      const std::string message = base64::decode(c["message_base64"].get<std::string>()).value();
      const bool too_many = c["id"] == "go-msgauth-tooManySignaturesMailString";
      const auto outcomes = verify(message, records, at(1'700'000'000), {.max_signatures = 2});
      if (too_many) {
        ASSERT_EQ(outcomes.size(), 3U);
        EXPECT_EQ(outcomes[2].result, Result::neutral);
        return;
      }
      ASSERT_EQ(outcomes.size(), c["expect"].size());
      for (std::size_t i = 0; i < outcomes.size(); ++i) {
        if (c["expect"][i] != "pass") continue;
        EXPECT_EQ(outcomes[i].result, Result::pass) << outcomes[i].reason;
      }
    });

// ---- Mail::DKIM -------------------------------------------------------------------------------

/// Cases that a verifier of RFC 6376 must judge otherwise (docs/spec/deviations/dkim.md).
const std::map<std::string, Result> mail_dkim_deviations = {
    {"corpus/bad_1.txt", Result::permerror},  // no v= at all, which the suite calls fail
};

std::vector<testkit::SuiteCase> mail_dkim_cases(const Json& suite) {
  std::vector<testkit::SuiteCase> cases;
  for (const Json& one : suite["cases"]) {
    const std::string applies = one["rfc6376"];
    if (applies.starts_with("legacy")) continue;
    cases.push_back({.name = one["file"], .data = one});
  }
  return cases;
}

Records mail_dkim_records() {
  Records records;
  const Json dns = Json::parse(testkit::read_suite_file("dkim/mail-dkim/dns.json"));
  for (const auto& [name, value] : dns.items()) {
    if (value.contains("TXT")) records.add(name, value["TXT"].get<std::vector<std::string>>());
    if (value.contains("error")) records.fail(name, value["error"]);
  }
  return records;
}

/// "invalid": the signature or key cannot be used, whatever the reason.
bool as_expected(const std::vector<dkim::Outcome>& outcomes, const std::string& expect) {
  if (expect == "pass") return any_pass(outcomes);
  if (outcomes.size() != 1) return false;
  const Result result = outcomes.front().result;
  if (expect == "fail") return result == Result::fail;
  return result != Result::fail && result != Result::pass;
}

const int mail_dkim = testkit::register_suite(
    "MailDkim", "dkim/mail-dkim/cases.json", mail_dkim_cases, [](const Json& c) {
      Records records = mail_dkim_records();
      const std::string file = c["file"];
      const std::string message = testkit::read_suite_file("dkim/mail-dkim/" + file);
      const auto outcomes = verify(message, records, at(1'700'000'000));
      const auto deviation = mail_dkim_deviations.find(file);
      if (deviation != mail_dkim_deviations.end()) {
        ASSERT_EQ(outcomes.size(), 1U);
        EXPECT_EQ(outcomes.front().result, deviation->second);
        return;
      }
      EXPECT_TRUE(as_expected(outcomes, c["mail_dkim_result"])) << described(outcomes);
    });

TEST(MailDkimFile, MultipleSignaturesAreJudgedApart) {
  if (!testkit::suites_folder()) GTEST_SKIP() << "the public suites are not here";
  Records records = mail_dkim_records();
  const std::string message = testkit::read_suite_file("dkim/mail-dkim/corpus/multiple_2.txt");
  const auto outcomes = verify(message, records, at(1'700'000'000));
  ASSERT_EQ(outcomes.size(), 4U) << described(outcomes);
  EXPECT_EQ(outcomes[0].result, Result::neutral);
  EXPECT_EQ(outcomes[1].result, Result::pass);
  EXPECT_EQ(outcomes[2].result, Result::fail);
  EXPECT_EQ(outcomes[3].result, Result::permerror);
}

// ---- mail-auth and MimeKit: files ------------------------------------------------------------

/// Lines "name record", an empty line, the message.
void verify_mail_auth(const std::string& file) {
  const std::string text = testkit::read_suite_file("dkim/mail-auth/" + file);
  const std::size_t end = text.find("\n\n");
  Records records;
  for (const std::string_view line : ascii::split(std::string_view(text).substr(0, end), '\n')) {
    const std::size_t space = line.find(' ');
    records.add(std::string(line.substr(0, space)), {std::string(line.substr(space + 1))});
  }
  const auto outcomes = verify(to_crlf(text.substr(end + 2)), records, at(1'667'843'664), {});
  ASSERT_FALSE(outcomes.empty());
  EXPECT_EQ(outcomes.back().result, Result::pass) << described(outcomes);
}

std::string without_pem_lines(const std::string& pem) {
  std::string record;
  for (const std::string_view line : ascii::split(pem, '\n')) {
    if (!line.starts_with("-----")) record += line;
  }
  return record;
}

void verify_gmail(const std::string& file) {
  Records records;
  const std::string pem = testkit::read_suite_file("dkim/mimekit/gmail.pub");
  records.add("20120113._domainkey.gmail.com", {"k=rsa; p=" + without_pem_lines(pem)});
  const std::string message = testkit::read_suite_file("dkim/mimekit/" + file);
  const auto outcomes = verify(to_crlf(message), records, at(1'700'000'000), {});
  ASSERT_EQ(outcomes.size(), 1U);
  EXPECT_EQ(outcomes.front().result, Result::pass) << described(outcomes);
}

int register_files() {
  if (!testkit::suites_folder()) {
    testkit::register_test("FileSuites", "skipped",
                           [] { GTEST_SKIP() << "the public suites are not here (ASSAY_SUITES)"; });
    return 0;
  }
  for (const char* file : {"001.txt", "002.txt", "003.txt", "004.txt", "005.txt", "006.txt"}) {
    testkit::register_test("MailAuth", file, [file] { verify_mail_auth(file); });
  }
  for (const char* file : {"gmail.msg", "multipart-no-end-boundary.msg"}) {
    testkit::register_test("Mimekit", file, [file] { verify_gmail(file); });
  }
  return 8;
}
const int files = register_files();

// ---- canonical forms --------------------------------------------------------------------------

Canonicalization how_of(const Json& c) {
  return c["algorithm"] == "simple" ? Canonicalization::simple : Canonicalization::relaxed;
}

void expect_body(const std::vector<std::string>& pieces, const std::string& canonical,
                 Canonicalization how) {
  dkim::BodyHashes hashes;
  const std::size_t handle = hashes.want({.canonicalization = how}).value();
  for (const std::string& piece : pieces) hashes.update(piece);
  hashes.finish();
  EXPECT_EQ(hashes.canonical_length(handle), canonical.size());
  EXPECT_EQ(hashes.digest(handle), crypto::digest(crypto::DigestKind::sha256, canonical));
}

std::string octets_of(const Json& value) {
  if (value.is_string()) return value;
  return base64::decode(value["$base64"].get<std::string>()).value();
}

std::string canonical_header(const std::string& text, Canonicalization how) {
  const mail::Header header = mail::parse_header(text);
  std::string canonical;
  for (const mail::Field& field : header.fields) dkim::append_canonical(canonical, field, how);
  return canonical;
}

/// [name, value] pairs as text; a value without its line end gets it, as an own field has none.
std::string joined(const Json& fields) {
  std::string text;
  for (const Json& field : fields) {
    text += octets_of(field[0]) + ":" + octets_of(field[1]);
    if (!text.ends_with("\r\n")) text += "\r\n";
  }
  return text;
}

const int dkimpy_canonical = testkit::register_suite(
    "DkimpyCanonical", "dkim/dkimpy/canonicalization.json", cases_of, [](const Json& c) {
      if (c["part"] == "body") {
        expect_body({octets_of(c["input"])}, octets_of(c["output"]), how_of(c));
      } else {
        EXPECT_EQ(canonical_header(joined(c["input"]), how_of(c)), joined(c["output"]));
      }
    });

/// go-msgauth takes a LF alone for a line end; here it is hashed as it stands
/// (docs/spec/deviations/dkim.md).
bool has_bare_lf(const std::vector<std::string>& chunks) {
  std::string all;
  for (const std::string& chunk : chunks) all += chunk;
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (all[i] == '\n' && (i == 0 || all[i - 1] != '\r')) return true;
  }
  return false;
}

const int go_canonical = testkit::register_suite(
    "GoMsgauthCanonical", "dkim/go-msgauth/canonicalization.json", cases_of, [](const Json& c) {
      const auto chunks = c["chunks"].get<std::vector<std::string>>();
      if (c["part"] == "header") {
        EXPECT_EQ(canonical_header(chunks.front(), how_of(c)), c["output"].get<std::string>());
      } else if (has_bare_lf(chunks)) {
        std::string unchanged;
        for (const std::string& chunk : chunks) unchanged += chunk;
        expect_body(chunks, unchanged + "\r\n", how_of(c));
      } else {
        expect_body(chunks, c["output"], how_of(c));
      }
    });

/// What the signer was told, else c=, else simple. mailauth signs relaxed where c= names what it
/// does not know.
Canonicalization mailauth_header_form(const Json& c) {
  std::string form = "simple";
  const std::string own = c["signature_header"];
  const std::size_t tag = own.find("c=");
  if (tag != std::string::npos) form = ascii::to_lower(own.substr(tag + 2));
  const Json told = c["options"].value("canonicalization", Json());
  if (told.is_string()) form = ascii::to_lower(told.get<std::string>());
  // Of two cases that differ in the function called alone, the name of the field tells which.
  if (c["options"].contains("signatureHeaderLine")) {
    form = c["canonicalized"].get<std::string>().starts_with("from:") ? "relaxed" : "simple";
  }
  return form.starts_with("simple") ? Canonicalization::simple : Canonicalization::relaxed;
}

std::vector<testkit::SuiteCase> mailauth_cases(const Json& suite) {
  std::vector<testkit::SuiteCase> cases;
  for (const testkit::SuiteCase& one : cases_of(suite)) {
    if (!one.data.contains("error")) cases.push_back(one);
  }
  return cases;
}

const int mailauth = testkit::register_suite(
    "MailauthCanonical", "dkim/mailauth/header-canonicalization.json", mailauth_cases,
    [](const Json& c) {
      std::string text;
      for (const Json& field : c["headers"]) text += field.get<std::string>() + "\r\n";
      const mail::Header header = mail::parse_header(text);
      const std::string own_text = c["signature_header"].get<std::string>() + "\r\n";
      const mail::Header own = mail::parse_header(own_text);
      std::vector<std::string> names;
      const std::string h = c["h"];
      for (const std::string_view name : ascii::split(h, ':')) {
        names.emplace_back(ascii::trim_fws(name));
      }
      const auto how = mailauth_header_form(c);
      ASSERT_FALSE(own.fields.empty());
      EXPECT_EQ(dkim::signed_octets(header, names, own.fields.front(), how),
                c["canonicalized"].get<std::string>());
    });

}  // namespace
