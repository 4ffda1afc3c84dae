#include <fmt/format.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "assay/base/ascii.h"
#include "assay/base/try.h"
#include "assay/dmarc/dmarc.h"
#include "assay/verify/explain.h"
#include "system/json/answer.h"

#include "bin/arguments.h"
#include "bin/command.h"
#include "bin/dns_source.h"
#include "bin/files.h"
#include "bin/trace.h"

namespace assay::cli {
namespace {

constexpr std::string_view help_footer = R"(Example:
  assay walk mail.example.com

The DNS Tree Walk of RFC 9989 section 4.10: which names are asked, what stands there, and which
organizational and policy domain follow from it; beside it what the public suffix list says.
)";

struct Options {
  std::string domain = {};
  std::string suffix_file = {};
  DnsOptions dns = {};
  OutputOptions output = {};
};

std::string found_at(const dmarc::WalkStep& step) {
  if (step.record) return ascii::printable(step.record->text, 500);
  if (step.records_seen > 1) {
    return fmt::format("{} DMARC records, which cancel each other", step.records_seen);
  }
  switch (step.outcome) {
    case dns::Outcome::name_error:
      return "no such name";
    case dns::Outcome::temporary_failure:
      return "the DNS did not answer";
    default:
      return "no DMARC record";
  }
}

std::string in_words(const dmarc::Facts& facts, const std::optional<json::SuffixView>& suffix) {
  const auto or_unknown = [](const std::optional<DomainName>& domain) {
    return domain ? verify::for_people(*domain) : "not known, as the DNS did not answer";
  };
  std::string text = fmt::format("Tree walk from {}\n\n", verify::for_people(facts.author));
  for (const dmarc::WalkStep& step : facts.author_walk.steps) {
    text += fmt::format("  _dmarc.{:<40} {}\n", ascii::printable(step.domain.text(), 255),
                        found_at(step));
  }
  text += fmt::format("\nOrganizational domain: {}\n", or_unknown(facts.organizational));
  if (facts.policy_domain) {
    text += fmt::format("Policy domain:         {}\n", verify::for_people(*facts.policy_domain));
  } else {
    text += fmt::format("Policy domain:         {}\n",
                        facts.discovery_failed ? "not known, as the DNS did not answer" : "none");
  }
  if (suffix) {
    text += fmt::format("By the suffix list:    {}{}\n", verify::for_people(suffix->organizational),
                        suffix->is_public_suffix ? " (a public suffix)" : "");
  }
  for (const Finding& finding : facts.findings) {
    text += fmt::format("{}: {}\n", to_text(finding.level), ascii::printable(finding.what, 500));
  }
  return text;
}

Expected<> run(const Options& options) {
  ASSAY_TRY(domain, parse_domain("DOMAIN", options.domain));
  SuffixSource suffixes(options.suffix_file);
  std::optional<json::SuffixView> suffix;
  if (const auto list = suffixes.get()) {
    suffix = {.organizational = (*list)->organizational_domain(domain),
              .is_public_suffix = (*list)->is_public_suffix(domain)};
  } else if (!options.suffix_file.empty()) {
    return std::unexpected(list.error());  // the installed list may be missing, a given one not
  }
  DnsSource dns(options.dns);
  ASSAY_TRY(resolver, dns.common());
  dns::Recorder recorder = make_recorder(*resolver);
  const dmarc::Facts facts = dmarc::gather(domain, {}, recorder);
  if (options.output.json) {
    return write_output(json::walk_line(facts, suffix, recorder.asked()) + "\n");
  }
  std::string text = in_words(facts, suffix);
  if (options.output.trace) text += "\n" + dns_trace(recorder);
  return write_output(text);
}

}  // namespace

void add_walk(const Command& program) {
  const Command command =
      program.subcommand("walk", "Find the organizational domain and the policy of a domain");
  const auto options = std::make_shared<Options>();
  command.option("DOMAIN", options->domain, "Where the walk begins").named("").required();
  command
      .option("--psl", options->suffix_file, "A public suffix list in place of the installed one")
      .named("FILE");
  add_dns_options(command, options->dns);
  add_trace_option(command, options->output);
  add_json_option(command, options->output);
  command.footer(help_footer);
  command.runs([options] { return run(*options); });
}

}  // namespace assay::cli
