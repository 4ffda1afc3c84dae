#include "system/json/answer.h"

#include <algorithm>

#include "system/json/detail/parts.h"
#include "system/json/writer.h"

namespace assay::json {
namespace {

using namespace detail;

void write_domain(Writer& out, std::string_view name, const std::optional<DomainName>& domain) {
  if (domain) out.member(name, domain->text());
}

/// The members of "dmarc".
void write_evaluation(Writer& out, std::string_view name, const dmarc::Evaluation& evaluation,
                      std::span<const DomainName> authors) {
  out.key(name);
  out.begin_object();
  out.member("result", to_text(evaluation.result));
  out.member("author_domain", evaluation.author.text());
  write_domains(out, "author_domains", authors);
  write_domain(out, "policy_domain", evaluation.policy_domain);
  write_domain(out, "organizational_domain", evaluation.organizational);
  out.member("record", evaluation.record);
  if (evaluation.published_policy) {
    out.member("published_policy", to_text(*evaluation.published_policy));
  }
  if (evaluation.policy) out.member("policy", to_text(*evaluation.policy));
  out.member_boolean("test_mode", evaluation.test_mode);
  if (evaluation.sampled_out) out.member_boolean("sampled_out", true);
  out.member("discovery", to_text(evaluation.discovery));
  out.key("aligned");
  out.begin_object();
  out.member_boolean("spf", evaluation.spf_aligned);
  out.member_boolean("dkim", evaluation.dkim_aligned);
  out.end_object();
  out.member("unresolved", evaluation.unresolved);
  out.member("reason", evaluation.reason);
  write_findings(out, "findings", evaluation.findings);
  out.end_object();
}

void write_spf_members(Writer& out, const spf::Outcome& outcome) {
  out.member("identity", to_text(outcome.identity));
  out.member("domain", outcome.domain);
  out.member("result", to_text(outcome.result));
  out.member("mechanism", outcome.mechanism);
  out.member("explanation", outcome.explanation);
  out.member_number("lookups", outcome.lookups);
  out.member_number("void_lookups", outcome.void_lookups);
  out.member("reason", outcome.reason);
}

void write_steps(Writer& out, std::span<const spf::Step> steps) {
  out.key("trace");
  out.begin_array();
  for (const spf::Step& step : steps) {
    out.begin_object();
    out.member_number("depth", step.depth);
    out.member("domain", step.domain.text());
    out.member("term", step.term);
    out.member("outcome", step.outcome);
    out.end_object();
  }
  out.end_array();
}

void write_spf_list(Writer& out, std::span<const spf::Outcome> outcomes, Detail detail) {
  out.key("spf");
  out.begin_array();
  for (const spf::Outcome& outcome : outcomes) {
    out.begin_object();
    write_spf_members(out, outcome);
    if (detail == Detail::trace) write_steps(out, outcome.steps);
    out.end_object();
  }
  out.end_array();
}

void write_signature(Writer& out, const dkim::Outcome& outcome) {
  out.begin_object();
  out.member("domain", outcome.domain);
  out.member("selector", outcome.selector);
  out.member("identity", outcome.identity);
  out.member("algorithm", outcome.algorithm);
  if (outcome.key_bits != 0) out.member_number("key_bits", outcome.key_bits);
  out.member("result", to_text(outcome.result));
  out.member("reason", outcome.reason);
  out.member("policy_rule", outcome.policy_rule);
  if (outcome.test_key) out.member_boolean("test_key", true);
  if (outcome.body_length_signed) {
    out.member_number("body_length_signed", *outcome.body_length_signed);
  }
  out.end_object();
}

void write_signatures(Writer& out, std::span<const dkim::Outcome> outcomes) {
  out.key("dkim");
  out.begin_array();
  for (const dkim::Outcome& outcome : outcomes) write_signature(out, outcome);
  out.end_array();
}

void write_arc(Writer& out, const arc::Outcome& outcome) {
  out.key("arc");
  out.begin_object();
  out.member("result", to_text(outcome.result));
  out.member_number("instances", outcome.instances);
  out.member_always("sealers", outcome.sealers);
  out.member("reason", outcome.reason);
  out.end_object();
}

void write_decision(Writer& out, const verify::Decision& decision) {
  out.key("decision");
  out.begin_object();
  out.member("disposition", to_text(decision.disposition));
  out.member("action", to_text(decision.action));
  out.member("reply", decision.reply);
  out.key("override");
  out.begin_array();
  for (const verify::Override& entry : decision.overrides) {
    out.begin_object();
    out.member("type", entry.type);
    out.member("comment", entry.comment);
    out.end_object();
  }
  out.end_array();
  out.end_object();
}

/// With `--standard compare`.
void write_comparison(Writer& out, const std::optional<dmarc::Evaluation>& rfc7489,
                      std::span<const DomainName> authors, std::span<const std::string> differs) {
  if (!rfc7489) return;
  write_evaluation(out, "rfc7489", *rfc7489, authors);
  out.member_always("differs", differs);
}

void write_walk_steps(Writer& out, const dmarc::Walk& walk) {
  out.key("steps");
  out.begin_array();
  for (const dmarc::WalkStep& step : walk.steps) {
    out.begin_object();
    out.member("name", "_dmarc." + step.domain.text());
    out.member("domain", step.domain.text());
    out.member("outcome", dns::to_text(step.outcome));
    out.member_number("records", step.records_seen);
    if (step.record) out.member("record", step.record->text);
    out.end_object();
  }
  out.end_array();
}

}  // namespace

std::string error_line(std::string_view id, std::string_view what) {
  Writer out;
  begin_answer(out, id);
  out.member("error", what);
  out.end_object();
  return out.take();
}

std::string verdict_line(std::string_view id, const verify::Verdict& verdict,
                         std::span<const dns::Asked> asked, Detail detail) {
  Writer out;
  begin_answer(out, id);
  write_evaluation(out, "dmarc", verdict.dmarc, verdict.authors.domains);
  if (!verdict.spf.empty()) write_spf_list(out, verdict.spf, detail);
  write_signatures(out, verdict.dkim);
  write_arc(out, verdict.arc);
  out.member("authentication_results", verdict.authentication_results);
  write_decision(out, verdict.decision);
  write_lookups(out, asked);
  write_comparison(out, verdict.rfc7489, verdict.authors.domains, verdict.differs);
  out.end_object();
  return out.take();
}

std::string spf_line(std::string_view id, const spf::Outcome& outcome,
                     std::span<const dns::Asked> asked, Detail detail) {
  Writer out;
  begin_answer(out, id);
  write_spf_members(out, outcome);
  if (detail == Detail::trace) write_steps(out, outcome.steps);
  write_lookups(out, asked);
  out.end_object();
  return out.take();
}

std::string dmarc_line(std::string_view id, const DmarcAnswer& answer,
                       std::span<const dns::Asked> asked) {
  Writer out;
  begin_answer(out, id);
  const std::span<const DomainName> author(&answer.evaluation.author, 1);
  write_evaluation(out, "dmarc", answer.evaluation, author);
  write_decision(out, answer.decision);
  write_lookups(out, asked);
  write_comparison(out, answer.rfc7489, author, answer.differs);
  out.end_object();
  return out.take();
}

std::string author_line(std::string_view id, const verify::Authors& authors) {
  Writer out;
  begin_answer(out, id);
  out.member_number("from_fields", authors.from_fields);
  write_domains(out, "author_domains", authors.domains);
  write_findings(out, "findings", authors.findings);
  out.end_object();
  return out.take();
}

std::string walk_line(const dmarc::Facts& facts, const std::optional<SuffixView>& suffix,
                      std::span<const dns::Asked> asked) {
  Writer out;
  begin_answer(out, "");
  out.member("domain", facts.author.text());
  write_walk_steps(out, facts.author_walk);
  out.member_boolean("failed", facts.discovery_failed || facts.author_walk.failed);
  write_domain(out, "organizational_domain", facts.organizational);
  write_domain(out, "policy_domain", facts.policy_domain);
  if (facts.record) out.member("record", facts.record->text);
  if (suffix) {
    out.key("psl");
    out.begin_object();
    out.member("organizational_domain", suffix->organizational.text());
    out.member_boolean("is_public_suffix", suffix->is_public_suffix);
    out.end_object();
  }
  write_findings(out, "findings", facts.findings);
  write_lookups(out, asked);
  out.end_object();
  return out.take();
}

std::string destination_line(std::string_view id, const dmarc::Destination& destination,
                             std::span<const dns::Asked> asked) {
  Writer out;
  begin_answer(out, id);
  out.member_boolean("external", destination.external);
  out.member_boolean("authorized", destination.authorized == dmarc::Authorized::yes);
  if (destination.authorized == dmarc::Authorized::unknown) out.member_boolean("temporary", true);
  if (!destination.uris.empty()) out.member("uri", destination.uris.front().uri);
  if (destination.uris.size() > 1) {
    out.key("uris");
    out.begin_array();
    for (const dmarc::ReportUri& one : destination.uris) out.string(one.uri);
    out.end_array();
  }
  out.member("reason", destination.reason);
  write_lookups(out, asked);
  out.end_object();
  return out.take();
}

}  // namespace assay::json
