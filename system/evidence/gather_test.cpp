#include <gtest/gtest.h>

#include <string>

#include "assay/base/ascii.h"
#include "system/evidence/evidence.h"

#include "testkit/cases.h"
#include "testkit/message_case.h"

namespace assay::evidence {
namespace {

using testkit::Case;

std::vector<std::string> words_of(const std::string& line) {
  std::vector<std::string> words;
  for (const std::string_view word : ascii::split(line, ' ')) words.emplace_back(word);
  words.resize(std::max<std::size_t>(words.size(), 4));
  return words;
}

DomainName name(const std::string& text) {
  return DomainName::parse(text).value();
}

/// "dkim pass|fail domain [organization]", "spf pass|fail domain [organization]"
void add_identifier(verify::Verdict& verdict, const std::string& method, const std::string& line) {
  const auto words = words_of(line);
  const bool passed = words[0] == "pass";
  if (method == "dkim") {
    const auto result = passed ? dkim::Result::pass : dkim::Result::fail;
    verdict.dkim.push_back({.result = result, .domain = words[1]});
  } else {
    const auto result = passed ? spf::Result::pass : spf::Result::fail;
    verdict.spf.push_back({.domain = words[1], .result = result});
  }
  if (words[2].empty()) return;
  verdict.evaluations.resize(1);
  verdict.evaluations[0].identifiers.push_back(
      {.identifier = {.domain = name(words[1])}, .organizational = name(words[2])});
}

verify::Verdict read_verdict(const Case& c, const mail::Header& header) {
  verify::Verdict verdict;
  verdict.authors = verify::find_authors(header);
  verdict.dmarc.result = dmarc::Result::fail;
  if (c.get("author", "example.com") != "none") {
    verdict.dmarc.author = name(c.get("author", "example.com"));
  }
  if (c.has("organization")) verdict.dmarc.organizational = name(c["organization"]);
  if (c.has("policy-domain")) verdict.dmarc.policy_domain = name(c["policy-domain"]);
  if (c.has("published")) verdict.dmarc.published_policy = dmarc::parse_policy(c["published"]);
  verdict.dmarc.record = c.get("record", "");
  for (const std::string method : {"dkim", "spf"}) {
    for (const std::string& line : c.all(method)) add_identifier(verdict, method, line);
  }
  for (const std::string& text : c.all("spf-record")) {
    verdict.spf.push_back({.domain = "example.com",
                           .result = spf::Result::fail,
                           .records = {{.domain = name("example.com"), .text = text}}});
  }
  for (const std::string& line : c.all("arc")) {
    const auto [sealer, results] =
        std::pair(line.substr(0, line.find(' ')), line.substr(line.find(' ') + 1));
    auto& chain = verdict.arc;
    chain.result = c.get("arc-result", "pass") == "pass" ? arc::Result::pass : arc::Result::fail;
    const auto instance = static_cast<unsigned>(chain.sets.size() + 1);
    chain.instances = instance;
    chain.sealers.push_back(sealer);
    chain.sets.push_back({.instance = instance,
                          .sealer = sealer,
                          .selector = "s",
                          .authentication_results = results});
  }
  return verdict;
}

Listed read_listed(const std::string& line) {
  const auto words = words_of(line);
  Listed listed{.value = words[1]};
  if (words[0] == "domain") listed.of = Listed::Of::domain;
  if (words[0] == "list") listed.of = Listed::Of::list;
  if (words[0] == "recipient") listed.of = Listed::Of::recipient;
  if (!words[2].empty()) listed.override_type = words[2];
  listed.comment = words[3];
  return listed;
}

Knowledge read_known(const Case& c) {
  std::string text =
      R"({"assay_evidence":1,"made":")" + c.get("made", "2026-05-01T00:00:00Z") + "\"}\n";
  for (const std::string& line : c.all("known")) text += line + "\n";
  const auto knowledge = read_knowledge(text);
  EXPECT_TRUE(knowledge) << knowledge.error().what;
  return knowledge.value_or(Knowledge{});
}

CASES(Gather, "system/evidence/testdata/gather.cases") {
  std::string text = "From: Alice <alice@" + c.get("author", "example.com") + ">\r\n";
  if (c.has("from")) text = "From: " + c["from"] + "\r\n";
  for (const std::string& field : c.all("header")) text += field + "\r\n";
  const mail::Header header = mail::parse_header(text);
  const verify::Verdict verdict = read_verdict(c, header);
  Seen seen{.verdict = verdict, .header = header, .recipients = c.all("to")};
  if (c.has("client")) seen.client = IpAddress::parse(c["client"]);
  if (c.has("own-received")) seen.own_received = ascii::parse_number(c["own-received"]).value();
  if (c.has("recovered"))
    seen.recovered = Recovered{.domain = name(c["recovered"]), .undone = {"x", "y"}};
  Sources sources;
  for (const std::string& sealer : c.all("trusted"))
    sources.trusted_sealers.push_back(name(sealer));
  for (const std::string& line : c.all("listed")) sources.listed.push_back(read_listed(line));
  const Instant now = parse_instant(c.get("now", "2026-05-01T12:00:00Z")).value();
  std::vector<std::string> found;
  for (const Finding& finding : gather(seen, sources, read_known(c), now)) {
    EXPECT_FALSE(finding.what.empty());
    EXPECT_EQ(finding.leans == Leans::indirect, !finding.override_type.empty());
    found.push_back(std::string(to_text(finding.kind)) +
                    (finding.override_type.empty() ? "" : " " + finding.override_type) +
                    (finding.override_comment.empty() ? "" : ": " + finding.override_comment));
  }
  EXPECT_EQ(found, c.all("found"));
}

}  // namespace
}  // namespace assay::evidence
