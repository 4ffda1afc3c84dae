#include "assay/failure/decide.h"

#include "assay/base/ascii.h"

#include "testkit/cases.h"

namespace assay::failure {
namespace {

Result result_of(std::string_view word) {
  const std::vector<std::pair<std::string_view, Result>> results = {
      {"none", Result::none},           {"pass", Result::pass},          {"fail", Result::fail},
      {"softfail", Result::softfail},   {"neutral", Result::neutral},    {"policy", Result::policy},
      {"temperror", Result::temperror}, {"permerror", Result::permerror}};
  for (const auto& [text, result] : results) {
    if (text == word) return result;
  }
  ADD_FAILURE() << "no result: " << word;
  return Result::none;
}

void read_request(std::string_view word, Request& request) {
  if (word.starts_with("ra=")) request.ra = word.substr(3);
  if (word.starts_with("rr=")) request.rr = word.substr(3);
  if (word.starts_with("rp=")) {
    request.percent = static_cast<std::uint32_t>(*ascii::parse_number(word.substr(3)));
  }
  if (word == "included") request.included = true;
}

Signature read_signature(std::string_view line) {
  const auto words = ascii::split(line, ' ');
  Signature signature{
      .domain = std::string(words.at(0)), .selector = "s", .result = result_of(words.at(1))};
  for (const std::string_view word : words) {
    if (word == "aligned") signature.aligned = true;
    if (word == "asks") signature.asks = true;
    if (word == "bodyhash") signature.failure = SignatureFailure::bodyhash;
    if (word == "revoked") signature.failure = SignatureFailure::revoked;
    if (word.starts_with("reason=")) signature.reason = word.back();
    read_request(word, signature.request);
  }
  return signature;
}

Spf read_spf(std::string_view line) {
  const auto words = ascii::split(line, ' ');
  Spf spf{.domain = std::string(words.at(0)), .result = result_of(words.at(1))};
  for (const std::string_view word : words) {
    if (word == "aligned") spf.aligned = true;
    if (word == "record") spf.used_a_record = true;
    read_request(word, spf.request);
  }
  return spf;
}

std::string described(const Wanted& wanted) {
  const std::vector<std::string> kinds = {"dmarc", "dkim", "spf"};
  std::string text = kinds.at(static_cast<std::size_t>(wanted.kind)) + " " + wanted.domain + " " +
                     (wanted.address.empty() ? "ruf" : wanted.address) + " " +
                     std::string(wanted.auth_failure);
  std::string alignment;
  for (const std::string& method : wanted.identity_alignment) {
    alignment += (alignment.empty() ? " " : ",") + method;
  }
  text += alignment;
  if (wanted.signature) text += " signature=" + std::to_string(*wanted.signature);
  if (wanted.spf_dns) text += " spf_dns";
  return text;
}

CASES(Decide, "assay/failure/testdata/decide.cases") {
  Incident incident{.policy_domain = "example.com",
                    .fo = c["fo"],
                    .ruf = c.get("ruf", "yes") == "yes",
                    .psd = c.has("psd"),
                    .agreement = c.has("agreement"),
                    .spf = read_spf(c["spf"])};
  for (const std::string& line : c.all("dkim")) {
    incident.signatures.push_back(read_signature(line));
  }
  incident.circumstances = {
      .list = c.has("list"), .forwarded = c.has("forwarded"), .report = c.has("report")};
  incident.chance = static_cast<std::uint32_t>(*ascii::parse_number(c.get("chance", "0")));
  const Decision decision = decide(incident);
  std::vector<std::string> reports;
  for (const Wanted& wanted : decision.reports) reports.push_back(described(wanted));
  EXPECT_EQ(reports, c.all("expect"));
  EXPECT_EQ(to_text(decision.silence), c.get("silence", "none"));
}

TEST(Automatic, ReportsAndAnswersAre) {
  EXPECT_TRUE(is_automatic("Content-Type: multipart/report; report-type=x\r\n", "a@example.com"));
  EXPECT_TRUE(is_automatic("Content-Type: Multipart/\r\n Report\r\nX: y\r\n", "<>"));
  EXPECT_TRUE(is_automatic("Auto-Submitted: auto-replied (x)\r\n", "a@example.com"));
  EXPECT_TRUE(is_automatic("From: a@example.com\r\n", ""));
}

TEST(Automatic, OtherMailIsNot) {
  EXPECT_FALSE(is_automatic("Content-Type: multipart/mixed\r\n", "<a@example.com>"));
  EXPECT_FALSE(is_automatic("Auto-Submitted: No (a person)\r\n", "a@example.com"));
}

}  // namespace
}  // namespace assay::failure
