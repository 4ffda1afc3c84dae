#include "testkit/suites.h"

#include <map>

#include "assay/arc/arc.h"
#include "assay/base/ascii.h"
#include "assay/base/base64.h"
#include "assay/dns/zone.h"

#include "testkit/message_case.h"

namespace assay::arc {
namespace {

using nlohmann::json;
using testkit::SuiteCase;

/// Behind the t= of all suites, before any x=.
constexpr Instant now{std::chrono::seconds(1'767'225'600)};

std::string txt_line(const std::string& name, std::string_view text) {
  std::string line = name + ". TXT \"";
  for (const char c : text) {
    if (c == '\n') continue;
    if (c == '"' || c == '\\') line += '\\';
    line += c;
  }
  return line + "\"\n";
}

Outcome validate(const std::string& message, const std::string& zone_text,
                 const dkim::Options& options = {}) {
  auto zone = dns::Zone::parse(zone_text);
  EXPECT_TRUE(zone) << zone_text;
  const std::size_t body = mail::find_body(message);
  const mail::Header header = mail::parse_header(message);
  dkim::BodyHashes hashes;
  const Validator validator(header, hashes, options);
  if (body != std::string::npos) hashes.update(std::string_view(message).substr(body));
  hashes.finish();
  return validator.finish(hashes, *zone, now);
}

std::vector<SuiteCase> valimail_cases(const json& scenarios) {
  std::vector<SuiteCase> cases;
  for (const json& scenario : scenarios) {
    std::string zone;
    for (const auto& [name, text] : scenario["txt-records"].items()) {
      zone += txt_line(name, text.get<std::string>());
    }
    for (const auto& [name, test] : scenario["tests"].items()) {
      cases.push_back({.name = name,
                       .data = {{"zone", zone}, {"message", test["message"]}, {"cv", test["cv"]}}});
    }
  }
  return cases;
}

/// Where the suite leaves cv empty, the newest seal says cv=fail, which RFC 8617 §5.2 step 2 and
/// step 3 make a fail.
void check_valimail(const json& one) {
  const std::string cv = ascii::to_lower(one["cv"].get<std::string>());
  const std::string message = testkit::with_crlf(one["message"].get<std::string>());
  const Outcome outcome = validate(message, one["zone"]);
  EXPECT_EQ(to_text(outcome.result), cv.empty() ? "fail" : cv) << outcome.reason;
  EXPECT_FALSE(outcome.reason.empty());
}

std::vector<SuiteCase> hardening_cases(const json& suite) {
  std::vector<SuiteCase> cases;
  for (const json& one : suite["cases"]) cases.push_back({.name = one["title"], .data = one});
  return cases;
}

/// Results with crafted names, in a chain that is in order: they must not matter to the chain.
void check_hardening(const json& one) {
  std::string zone;
  for (const auto& [name, records] : one["zone"].items()) {
    for (const json& strings : records["TXT"]) {
      std::string text;
      for (const json& piece : strings) text += piece.get<std::string>();
      zone += txt_line(name, text);
    }
  }
  const std::string message = base64::decode(one["message_base64"].get<std::string>()).value();
  const Outcome outcome = validate(message, zone);
  if (!one["expect"].contains("arc")) return;
  EXPECT_EQ(to_text(outcome.result), one["expect"]["arc"]["result"].get<std::string>())
      << outcome.reason;
}

std::vector<SuiteCase> dkimpy_cases(const json& suite) {
  std::vector<SuiteCase> cases;
  for (const json& one : suite["cases"]) cases.push_back({.name = one["title"], .data = one});
  return cases;
}

void check_dkimpy(const json& one) {
  std::string zone;
  for (const auto& [name, text] : one["dns"].items()) {
    zone += txt_line(name, text.get<std::string>());
  }
  const std::string message = base64::decode(one["message_base64"].get<std::string>()).value();
  const Outcome outcome = validate(message, zone);
  EXPECT_EQ(to_text(outcome.result), one["expect"].get<std::string>()) << outcome.reason;
}

/// The record that sealed the real mails of the suites, as the DNS had it then; the suites have the
/// mails alone.
constexpr std::string_view google_key =
    "k=rsa; p=MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA1Lztpxs7yUxQEsbDFhjMc9kZVZu5P/COYEUIX4B39"
    "IL4SXAbv4viIlT9E6F6iZmTh1go7+9WQLywwgwjXMJx/Dz0RgMoPeyp5NRy4l320DPYibNqVMWa5iQ2WiImQC0en1O9uhL"
    "LvzaSZJ03fvGmCo9jMo0GwKzLNe14xMgn/px2L5N/3IKlKX4bqUAJTUt8L993ZlWzvgMnSFSt8B+euSKSrtAiopdy4r1yO"
    "4eN5goBASrGW0eLQc1lYouNvCrcTQpos4/GEAqiGzpqueJLmBfOO4clNvVvpPkvQs2BHw9I9LmIjaMxTNGxkGBRaP3utDi"
    "KXXqu1K+LRzl0HCNSdQIDAQAB";

struct Mail {
  const char* path;
  Result result;
  unsigned instances;
  const char* reason;  // a part of it
};
constexpr Mail mails[] = {
    {"arc/mailauth/arc-pass.eml", Result::pass, 2, "verify"},
    {"arc/mailauth/arc-pass2.eml", Result::pass, 2, "verify"},
    {"arc/mailauth/arc-fail.eml", Result::fail, 2, "ARC-Seal of instance 2"},
    {"arc/mailauth/arc-fail2.eml", Result::fail, 2, "ARC-Seal of instance 2"},
    {"arc/mailauth/arc-fail3.eml", Result::fail, 2, "cv=fail"},
    {"arc/forwardemail/arc-none.txt", Result::none, 0, "no ARC set"},
    {"arc/forwardemail/arc-syntax.txt", Result::none, 0, "no ARC set"},
    {"arc/forwardemail/arc-pass.txt", Result::pass, 1, "verify"},
    {"arc/forwardemail/gmail-raw.txt", Result::pass, 1, "verify"},
};

int register_mails() {
  if (!testkit::suites_folder()) return 0;
  for (const Mail& one : mails) {
    testkit::register_test("RealMails", one.path, [one] {
      const std::string message = testkit::with_crlf(testkit::read_suite_file(one.path));
      const Outcome outcome =
          validate(message, txt_line("arc-20160816._domainkey.google.com", google_key));
      EXPECT_EQ(outcome.result, one.result);
      EXPECT_EQ(outcome.instances, one.instances);
      EXPECT_NE(outcome.reason.find(one.reason), std::string::npos) << outcome.reason;
    });
  }
  return static_cast<int>(std::size(mails));
}

[[maybe_unused]] const int valimail_registered =
    testkit::register_suite("ValimailSuite", "arc/valimail/arc-draft-validation-tests.json",
                            valimail_cases, check_valimail);
[[maybe_unused]] const int hardening_registered = testkit::register_suite(
    "MailauthHardening", "arc/mailauth/hardening.json", hardening_cases, check_hardening);
[[maybe_unused]] const int dkimpy_registered =
    testkit::register_suite("DkimpySuite", "arc/dkimpy/arc-cases.json", dkimpy_cases, check_dkimpy);
[[maybe_unused]] const int mails_registered = register_mails();

}  // namespace
}  // namespace assay::arc
