// The public suites whose cases are a DNS zone, the results of SPF and DKIM, and a verdict.
#include <gtest/gtest.h>

#include "assay/dmarc/testdata/suite_input.h"

namespace assay::dmarc {
namespace {

using test::Json;

constexpr test::NotRun not_run[] = {
    {"mail-auth-13", "external destinations of reports are tested where they are decided"},
    {"mox-lookup-05", "RFC 9989 §4.8: a bad tag is ignored, the record stays"},
    {"mox-verify-14", "RFC 9989 §4.8: a bad tag is ignored, the record stays"},
};

struct Ran {
  Evaluation evaluation;
  std::vector<std::string> asked;
};

Ran run(const Json& one) {
  test::JsonZone zone(one["zone"]);
  test::Recorder resolver(zone);
  const Facts facts = gather(test::domain_of(one["input"]["header_from"]),
                             test::identifiers_of(one["input"]), resolver, test::options_for(one));
  return {.evaluation = evaluate(facts), .asked = resolver.asked};
}

void expect_walks(const Json& one) {
  test::JsonZone zone(one["zone"]);
  const Json& expect = one["expect"];
  const Json org_domain_of = expect.value("org_domain", Json::object());
  for (const auto& [domain, organizational] : org_domain_of.items()) {
    const Walk walk = fetch_walk(DomainName::parse(domain).value(), zone);
    EXPECT_EQ(organizational_domain(walk).value().text(), organizational.get<std::string>())
        << domain;
  }
  const Json queries_of = expect.value("queries", Json::object());
  for (const auto& [domain, names] : queries_of.items()) {
    test::Recorder resolver(zone);
    fetch_walk(DomainName::parse(domain).value(), resolver);
    EXPECT_EQ(Json(resolver.asked), names) << domain;
  }
}

void expect_alignment(const Json& expect, const Evaluation& evaluation) {
  if (expect.contains("spf_aligned")) {
    EXPECT_EQ(evaluation.spf_aligned, expect["spf_aligned"].get<bool>());
  }
  if (expect.contains("dkim_aligned")) {
    EXPECT_EQ(evaluation.dkim_aligned, expect["dkim_aligned"].get<bool>());
  }
  if (!expect.contains("alignment")) return;
  bool identical = false;
  for (const PlacedIdentifier& placed : evaluation.identifiers) {
    if (placed.aligned != true) continue;
    identical = identical || placed.identifier.domain == evaluation.author;
  }
  EXPECT_EQ(identical ? "strict" : "relaxed", expect["alignment"].get<std::string>());
}

void expect_verdict(const Json& expect, const Evaluation& evaluation) {
  if (expect.contains("result")) {
    EXPECT_EQ(to_text(evaluation.result), expect["result"].get<std::string>()) << evaluation.reason;
  }
  if (expect.contains("policy")) {
    ASSERT_TRUE(evaluation.policy) << evaluation.reason;
    EXPECT_EQ(to_text(*evaluation.policy), expect["policy"].get<std::string>());
  }
  for (const char* key : {"policy_domain", "record_domain"}) {
    if (!expect.contains(key)) continue;
    ASSERT_EQ(evaluation.policy_domain.has_value(), expect[key].is_string());
    if (evaluation.policy_domain) {
      EXPECT_EQ(evaluation.policy_domain->text(), expect[key].get<std::string>());
    }
  }
  if (expect.contains("reject")) {  // before sampling, as the suite has it
    const bool reject =
        evaluation.result == Result::fail && evaluation.published_policy == Policy::reject;
    EXPECT_EQ(reject, expect["reject"].get<bool>());
  }
}

/// mox: {"lookup": "found" | "none…" | "temperror"}.
void expect_lookup(const Json& expect, const Evaluation& evaluation) {
  if (!expect.contains("lookup")) return;
  const std::string wanted = expect["lookup"].get<std::string>();
  if (wanted == "found") {
    EXPECT_EQ(evaluation.result, Result::fail);
  } else {
    EXPECT_TRUE(wanted.starts_with(to_text(evaluation.result))) << wanted << evaluation.reason;
  }
}

/// Suites of RFC 7489 mark what RFC 9989 answers otherwise: their bad tag does not spoil the
/// record.
void expect_conflict(const Evaluation& evaluation) {
  EXPECT_EQ(evaluation.result, Result::fail);
  EXPECT_EQ(evaluation.policy, Policy::none);
}

void run_case(const Json& one) {
  if (one.value("kind", "") == "external-destination") {
    GTEST_SKIP() << "external destinations of reports are tested where they are decided";
  }
  const Ran ran = run(one);
  if (test::find_not_run(not_run, one) != nullptr) return expect_conflict(ran.evaluation);
  ASSERT_FALSE(one.value("conflicts_rfc9989", false)) << "a conflict that is not listed";
  expect_walks(one);
  expect_alignment(one["expect"], ran.evaluation);
  expect_verdict(one["expect"], ran.evaluation);
  expect_lookup(one["expect"], ran.evaluation);
}

[[maybe_unused]] const int examples = testkit::register_suite(
    "Rfc9989Examples", "dmarc/rfc9989-examples/cases.json", test::cases_of, run_case);
[[maybe_unused]] const int mail_auth = testkit::register_suite(
    "MailAuthSuite", "dmarc/mail-auth/cases.json", test::cases_of, run_case);
[[maybe_unused]] const int mox =
    testkit::register_suite("MoxSuite", "dmarc/mox/cases.json", test::cases_of, run_case);

// OpenDMARC's test_alignment: a public suffix list, and names with superfluous dots.

constexpr std::string_view no_dns_names[] = {".mac.com.", "....mac.com....", "mac...com"};

void run_alignment(const Json& one) {
  const std::string a = one["a"].get<std::string>();
  const auto author = DomainName::parse(one["b"].get<std::string>());
  const auto domain = DomainName::parse(a);
  if (!domain || !author) {  // RFC 1035 §2.3.4: an empty label is none, so nothing can align.
    EXPECT_NE(std::ranges::find(no_dns_names, a), std::end(no_dns_names));
    return;
  }
  const std::string record = "v=DMARC1; p=reject; adkim=" + one["mode"].get<std::string>();
  Json records = Json::object();
  for (const DomainName& at : {*author, test::two_labels(*author)}) {
    records["_dmarc." + at.text()]["TXT"] = Json::array({Json::array({record})});
  }
  test::JsonZone zone(records);
  for (const Standard standard : {Standard::rfc7489, Standard::rfc9989}) {
    const Evaluation evaluation =
        evaluate(gather(*author, {{.domain = *domain}}, zone,
                        {.standard = standard, .psl_organizational_domain = test::two_labels}));
    EXPECT_EQ(evaluation.dkim_aligned, one["aligned"].get<bool>()) << evaluation.reason;
  }
}

[[maybe_unused]] const int opendmarc_alignment = testkit::register_suite(
    "OpenDmarcAlignment", "dmarc/opendmarc/alignment.json", test::cases_of, run_alignment);

// OpenDMARC's milter: what concerns the verdict. Their live DNS is played: p=reject at both
// domains.

void run_milter(const Json& one) {
  const std::string id = one["id"].get<std::string>();
  if (id.starts_with("multi-from") || id.starts_with("received-spf") || id == "unspec") {
    GTEST_SKIP() << "From fields, Received-SPF and clients are for others to read";
  }
  test::JsonZone zone(Json::parse(R"({"_dmarc.paypal.com":{"TXT":[["v=DMARC1; p=reject"]]}})"));
  const Evaluation evaluation = evaluate(gather(test::domain_of(one["from"]), {}, zone));
  EXPECT_EQ(evaluation.result, Result::fail);
  EXPECT_EQ(evaluation.policy, Policy::reject);
}

[[maybe_unused]] const int opendmarc_milter = testkit::register_suite(
    "OpenDmarcMilter", "dmarc/opendmarc/milter-scenarios.json", test::cases_of, run_milter);

}  // namespace
}  // namespace assay::dmarc
