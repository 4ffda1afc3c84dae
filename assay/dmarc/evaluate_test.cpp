#include "assay/dmarc/evaluate.h"

#include <sstream>

#include "assay/dmarc/testdata/zones.h"

#include "testkit/cases.h"

namespace assay::dmarc {
namespace {

using test::Recorder;

Identifier read_identifier(Method method, const std::string& line) {
  std::istringstream words(line);
  std::string check;
  std::string domain;
  std::string selector;
  words >> check >> domain >> selector;
  EXPECT_TRUE(check == "passed" || check == "failed" || check == "unresolved") << line;
  return {.method = method,
          .domain = DomainName::parse(domain).value(),
          .check = check == "passed"   ? Check::passed
                   : check == "failed" ? Check::failed
                                       : Check::unresolved,
          .selector = selector};
}

std::vector<Identifier> identifiers_of(const testkit::Case& c) {
  std::vector<Identifier> identifiers;
  for (const std::string& line : c.all("spf")) {
    identifiers.push_back(read_identifier(Method::spf, line));
  }
  for (const std::string& line : c.all("dkim")) {
    identifiers.push_back(read_identifier(Method::dkim, line));
  }
  return identifiers;
}

/// The public suffix list of these cases: each single label is one.
DomainName two_labels(const DomainName& name) {
  return name.suffix(2);
}

GatherOptions options_of(const testkit::Case& c) {
  GatherOptions options;
  if (c.get("standard", "rfc9989") == "rfc7489") {
    options = {.standard = Standard::rfc7489, .psl_organizational_domain = two_labels};
  }
  if (c.has("limit")) options.max_identifier_walks = std::stoul(c["limit"]);
  return options;
}

std::string joined(const std::vector<std::string>& words, const char* between) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : between) + word;
  return text;
}

std::string asked_of(const Recorder& resolver) {
  std::vector<std::string> names;
  for (const std::string& name : resolver.asked) {
    names.push_back(name.starts_with("_dmarc.") ? name.substr(7) : "A:" + name.substr(2));
  }
  return joined(names, " ");
}

std::string text_of(const std::optional<DomainName>& domain) {
  return domain ? domain->text() : "-";
}

std::string text_of(std::optional<Policy> policy) {
  return policy ? std::string(to_text(*policy)) : "-";
}

std::string aligned_of(const Evaluation& evaluation) {
  std::vector<std::string> methods;
  if (evaluation.spf_aligned) methods.emplace_back("spf");
  if (evaluation.dkim_aligned) methods.emplace_back("dkim");
  return methods.empty() ? "-" : joined(methods, " ");
}

std::string codes_of(const Findings& findings) {
  std::vector<std::string> codes;
  for (const Finding& finding : findings) codes.emplace_back(finding.code);
  return joined(codes, " ");
}

CASES(Verdict, "assay/dmarc/testdata/evaluate.cases") {
  dns::Zone zone = test::zone_of(c);
  Recorder resolver(zone);
  const DomainName author = DomainName::parse(c["author"]).value();
  const Facts facts = gather(author, identifiers_of(c), resolver, options_of(c));
  const EvaluateOptions options = {.sample =
                                       static_cast<unsigned>(std::stoul(c.get("sample", "0")))};
  const Evaluation evaluation = evaluate(facts, options);
  const std::vector<std::pair<std::string, std::string>> values = {
      {"result", std::string(to_text(evaluation.result))},
      {"published", text_of(evaluation.published_policy)},
      {"policy", text_of(evaluation.policy)},
      {"policy_domain", text_of(evaluation.policy_domain)},
      {"organizational", text_of(evaluation.organizational)},
      {"record", evaluation.record},
      {"test_mode", evaluation.test_mode ? "y" : "n"},
      {"nonexistent", evaluation.author_nonexistent ? "y" : "n"},
      {"sampled_out", evaluation.sampled_out ? "y" : "n"},
      {"discovery", std::string(to_text(evaluation.discovery))},
      {"aligned", aligned_of(evaluation)},
      {"unresolved", joined(evaluation.unresolved, ", ")},
      {"findings", codes_of(evaluation.findings)},
      {"asks", asked_of(resolver)},
  };
  for (const auto& [key, value] : values) {
    if (c.has(key)) {
      EXPECT_EQ(value, c[key]) << key << "\n" << evaluation.reason;
    }
  }
  EXPECT_NE(evaluation.reason.find(c.get("says", "")), std::string::npos) << evaluation.reason;
  EXPECT_FALSE(evaluation.reason.empty());
  EXPECT_EQ(evaluation.author, author);
  // The same facts give the same verdict.
  EXPECT_EQ(evaluate(facts, options).reason, evaluation.reason);
}

TEST(Gathering, AnnouncesAllIdentifiersTogether) {
  dns::Zone zone = dns::Zone::parse("_dmarc.example.com. TXT \"v=DMARC1; p=reject\"\n").value();
  Recorder resolver(zone);
  const auto name = [](const char* text) { return DomainName::parse(text).value(); };
  gather(name("example.com"),
         {{.domain = name("a.example.com")}, {.domain = name("b.example.com")}}, resolver);
  EXPECT_EQ(resolver.prefetches, 2);  // the author's walk, then all others
  EXPECT_EQ(resolver.announced["_dmarc.a.example.com"], 2);
  EXPECT_EQ(resolver.announced["_dmarc.b.example.com"], 2);
  EXPECT_TRUE(resolver.unannounced.empty());
}

TEST(PolicyFor, FallsBackFromNpToSpToP) {
  const auto policy = [](const char* text, Place place) {
    return text_of(policy_for(parse_record(text).value(), place));
  };
  constexpr const char* all = "v=DMARC1; p=none; sp=quarantine; np=reject";
  EXPECT_EQ(policy(all, Place::own_domain), "none");
  EXPECT_EQ(policy(all, Place::existing_subdomain), "quarantine");
  EXPECT_EQ(policy(all, Place::non_existent_subdomain), "reject");
  EXPECT_EQ(policy("v=DMARC1; p=none; sp=quarantine", Place::non_existent_subdomain), "quarantine");
  EXPECT_EQ(policy("v=DMARC1; p=reject", Place::non_existent_subdomain), "reject");
  EXPECT_EQ(policy("v=DMARC1; p=x", Place::own_domain), "-");
}

}  // namespace
}  // namespace assay::dmarc
