#include "assay/verify/author.h"

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "assay/base/base64.h"
#include "assay/base/utf8.h"
#include "assay/mail/address.h"

#include "testkit/cases.h"
#include "testkit/suites.h"
#include <nlohmann/json.hpp>

namespace assay::verify {
namespace {

using nlohmann::json;

Authors authors_of(std::string_view header) {
  return find_authors(mail::parse_header(header));
}

std::vector<std::string> texts(const std::vector<DomainName>& domains) {
  std::vector<std::string> names;
  for (const DomainName& domain : domains) names.push_back(domain.text());
  return names;
}

CASES(FindAuthors, "assay/verify/testdata/author.cases") {
  const std::string header = c.has("from") ? "From: " + c["from"] + "\r\n" : c["header"];
  const Authors authors = authors_of(header);
  std::vector<std::string> codes;
  for (const Finding& finding : authors.findings) codes.emplace_back(finding.code);
  EXPECT_EQ(texts(authors.domains), c.all("domain"));
  EXPECT_EQ(codes, c.all("finding"));
  EXPECT_EQ(authors.usable ? "yes" : "no", c["usable"]);
  EXPECT_EQ(std::to_string(authors.from_fields), c.get("from fields", "1"));
}

std::string list_of(std::size_t domains) {
  std::string from = "From: a@example.com";
  for (std::size_t i = 1; i < domains; ++i) from += ", a@" + std::to_string(i) + ".example";
  return from + "\r\n";
}

TEST(AuthorLimits, TenDomainsAreReadAndTheEleventhIsSaid) {
  const Authors ten = authors_of(list_of(max_authors));
  EXPECT_EQ(ten.domains.size(), max_authors);
  EXPECT_TRUE(ten.usable);
  const Authors eleven = authors_of(list_of(max_authors + 1));
  EXPECT_EQ(eleven.domains.size(), max_authors);
  EXPECT_FALSE(eleven.usable);
  EXPECT_EQ(eleven.findings.front().code, "too_many_authors");
}

TEST(AuthorLimits, ManyFieldsAndLongOnesAreBounded) {
  std::string header;
  for (int i = 0; i < 10'000; ++i) header += "From: a@example.com\r\n";
  const Authors many = authors_of(header);
  EXPECT_EQ(many.from_fields, 10'000U);
  EXPECT_FALSE(many.usable);
  const Authors over_long = authors_of("From: " + std::string(300'000, 'x') + "@example.com\r\n");
  EXPECT_FALSE(over_long.usable);
  EXPECT_EQ(over_long.findings.front().code, "too_many_octets");
}

TEST(AuthorLimits, AHeaderThatWasCutGivesNoUsableAuthor) {
  const std::string octets = "From: a@example.com\r\nA: 1\r\nFrom: b@example.org\r\n";
  const Authors authors = find_authors(mail::parse_header(octets, {.fields = 2}));
  EXPECT_FALSE(authors.usable);
  EXPECT_EQ(authors.findings.front().code, "header_too_large");
  EXPECT_EQ(texts(authors.domains), std::vector<std::string>{"example.com"});
}

/// What a quadratic search for hidden fields or shown addresses would take minutes for.
TEST(AuthorLimits, HostileRepetitionIsReadInLinearTime) {
  for (const std::string_view pattern : {"\r", " \r", "F\r", "\xef\xbc\xa0", "@", "@a", "\r:"}) {
    std::string text;
    while (text.size() < 60'000) text += pattern;
    EXPECT_FALSE(authors_of("From: \"" + text + "\" <a@example.com>\r\n").domains.empty());
    while (text.size() < 2'000'000) text += pattern;
    EXPECT_FALSE(authors_of("X: " + text + "\r\nFrom: a@example.com").domains.empty());
    EXPECT_FALSE(authors_of(text + "\r\nFrom: a@example.com").domains.empty());
  }
}

// The public suites.

std::string octets_of(const json& input) {
  if (input.is_string()) return input.get<std::string>();
  return base64::decode(input.at("bytes_base64").get<std::string>()).value();
}

std::vector<mail::Mailbox> mailboxes_of(std::string_view octets) {
  std::vector<mail::Mailbox> all;
  const mail::Header header = mail::parse_header(octets);
  for (const mail::Field* field : fields_named(header, "from")) {
    const mail::AddressList list = mail::parse_addresses(field->value);
    all.insert(all.end(), list.mailboxes.begin(), list.mailboxes.end());
  }
  return all;
}

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const std::size_t octets = utf8::decode(text).octets;
    if (octets == 0) return false;
    text.remove_prefix(octets);
  }
  return true;
}

/// Cases that we answer otherwise, with the reason (docs/spec/deviations/author.md).
const std::map<std::string, std::string> deviating = {
    {"dkimverifier-from-016", "RFC 5322 §4.4, §4.5: obsolete white space is to be read"},
    {"dkimverifier-from-017", "RFC 5322 §4.4: obsolete white space is to be read"},
    {"dkimverifier-from-074", "RFC 6532 §3.2: UTF-8 is always read"},
    {"dkimverifier-from-075", "RFC 6532 §3.2: UTF-8 is always read"},
    {"mox-4", "RFC 9989 §5.3.1: two addresses in one domain are one domain"},
};

bool skip_deviating(const std::string& name) {
  const auto known = deviating.find(name);
  if (known != deviating.end()) SCOPED_TRACE(known->second);
  return known != deviating.end();
}

std::vector<testkit::SuiteCase> cases_by_id(const json& suite) {
  std::vector<testkit::SuiteCase> cases;
  for (const json& one : suite.at("cases")) cases.push_back({one.at("id"), one});
  return cases;
}

std::vector<testkit::SuiteCase> numbered(const json& list, const std::string& prefix) {
  std::vector<testkit::SuiteCase> cases;
  for (const json& one : list) {
    cases.push_back({prefix + std::to_string(cases.size() + 1), one});
    cases.back().data["name"] = cases.back().name;
  }
  return cases;
}

void dkim_verifier_case(const json& one) {
  if (skip_deviating(one.at("id"))) return;
  const bool is_value = one.at("kind") == "header value";
  const std::string octets = (is_value ? "From: " : "") + octets_of(one.at("input"));
  if (one.contains("error")) {
    EXPECT_FALSE(authors_of(octets).usable);
    return;
  }
  const std::vector<mail::Mailbox> got = mailboxes_of(octets);
  ASSERT_FALSE(got.empty());
  const mail::AddressList wanted = mail::parse_addresses(one.at("address").get<std::string>());
  ASSERT_EQ(wanted.mailboxes.size(), 1U);
  EXPECT_EQ(got[0].domain, wanted.mailboxes[0].domain);
  if (!is_utf8(got[0].local_part)) return;  // the suite reads Latin-1 there
  EXPECT_EQ(got[0].local_part, wanted.mailboxes[0].local_part);
}
const int dkim_verifier =
    testkit::register_suite("FromDkimVerifier", "from-header/dkim-verifier/from-cases.json",
                            cases_by_id, dkim_verifier_case);

void mox_case(const json& one) {
  if (skip_deviating(one.at("name"))) return;
  const Authors authors = authors_of(one.at("headers").get<std::string>());
  EXPECT_EQ(authors.usable, one.at("error").is_null());
  if (one.at("address").is_null()) return;
  const std::string address = one.at("address");
  EXPECT_EQ(texts(authors.domains), std::vector{address.substr(address.find('@') + 1)});
}
const int mox = testkit::register_suite(
    "FromMox", "from-header/mox/from-cases.json",
    [](const json& suite) { return numbered(suite.at("cases"), "mox-"); }, mox_case);

/// URIs of List-* fields and texts without an address are left aside: they are no address lists.
bool is_address(const json& expected) {
  if (!expected.at("address").is_string()) return false;
  const std::string address = expected.at("address");
  return address.find('@') != std::string::npos && address.find("mailto:") != 0;
}

void collect_addresses(const json& expected, std::vector<std::string>& addresses) {
  if (expected.contains("Group")) {
    for (const json& group : expected.at("Group")) {
      for (const json& one : group.at("addresses")) {
        if (is_address(one)) addresses.push_back(one.at("address"));
      }
    }
    return;
  }
  for (const json& one : expected.at("List")) {
    if (is_address(one)) addresses.push_back(one.at("address"));
  }
}

void mail_parser_case(const json& one) {
  const std::string value = one.at("header");
  std::vector<std::string> wanted;
  collect_addresses(one.at("expected"), wanted);
  for (std::string& address : wanted) {
    std::erase(address, ' ');  // it keeps obsolete white space
    if (address.front() == '@') address.erase(0, address.find(':') + 1);  // and the route
  }
  std::vector<std::string> got;
  for (const mail::Mailbox& mailbox : mailboxes_of("From: " + value)) {
    const bool of_uri = value.find("mailto:") != std::string::npos || mailbox.domain.empty();
    if (!of_uri) got.push_back(mailbox.local_part + "@" + mailbox.domain);
  }
  EXPECT_EQ(got, wanted);
}
const int mail_parser = testkit::register_suite(
    "FromMailParser", "from-header/mail-parser/address.json",
    [](const json& suite) { return numbered(suite, "mail-parser-"); }, mail_parser_case);

void torture_case(const json& one) {
  const Authors authors = authors_of(one.at("headers").get<std::string>());
  if (one.at("author_domains").is_null()) {
    EXPECT_FALSE(authors.usable);
    EXPECT_TRUE(has_error(authors.findings));
    return;
  }
  EXPECT_EQ(texts(authors.domains), one.at("author_domains").get<std::vector<std::string>>());
  EXPECT_FALSE(authors.usable && authors.domains.empty());
}
const int torture = testkit::register_suite(
    "FromTorture", "from-header/own-torture/cases.json",
    [](const json& suite) { return numbered(suite.at("cases"), "torture-"); }, torture_case);

void opendmarc_case(const json& one) {
  const Authors authors = authors_of("From: " + one.at("header").get<std::string>());
  ASSERT_FALSE(authors.domains.empty());
  EXPECT_EQ(authors.domains[0].text(), one.at("domain").get<std::string>());
}
const int opendmarc = testkit::register_suite(
    "FromOpenDmarc", "dmarc/opendmarc/from-domain.json",
    [](const json& suite) { return numbered(suite.at("cases"), "opendmarc-"); }, opendmarc_case);

}  // namespace
}  // namespace assay::verify
