/// assay destination: whether an address may receive a domain's reports (RFC 9990 §4).
#include <memory>
#include <string>
#include <string_view>

#include "assay/base/ascii.h"
#include "assay/base/try.h"
#include "assay/dmarc/destination.h"
#include "system/json/answer.h"
#include "system/json/request.h"

#include "bin/arguments.h"
#include "bin/command.h"
#include "bin/dns_source.h"
#include "bin/files.h"
#include "bin/jsonl.h"
#include "bin/trace.h"

namespace assay::cli {
namespace {

constexpr std::string_view help_footer = R"(Example:
  assay destination example.com mailto:reports@reports.example.net

A destination of another organization must say in the DNS that it takes the reports, or it gets none (RFC 9990 section 4);
it may give another address of its own. POLICY_DOMAIN is where the DMARC record stands. The exit code is 0 whatever the
answer. A request of --jsonl: {"id":…,"domain":"example.com","uri":"mailto:…"}, with "kind":"failure" for ruf.
)";

struct Options {
  std::string domain = {};
  std::string uri = {};
  std::string kind = "aggregate";
  DnsOptions dns = {};
  OutputOptions output = {};
  JsonLines lines = {};
};

std::string in_words(const dmarc::Destination& destination) {
  std::string text;
  switch (destination.authorized) {
    case dmarc::Authorized::yes:
      text = "Reports may be sent";
      break;
    case dmarc::Authorized::no:
      text = "No reports may be sent there";
      break;
    case dmarc::Authorized::unknown:
      text = "Not known";
      break;
  }
  text += ": " + destination.reason + ".\n";
  for (const dmarc::ReportUri& one : destination.uris) {
    text += "  to " + ascii::printable(one.uri, 500) + "\n";
  }
  return text;
}

Expected<std::string> answer_request(const json::DestinationRequest& request, DnsSource& dns) {
  ASSAY_TRY(resolver, dns.for_request(request.common.zone));
  dns::Recorder recorder = make_recorder(*resolver);
  const auto found = dmarc::fetch_destination(request.domain, request.uri, request.kind, recorder);
  return json::destination_line(request.common.id, found, recorder.asked());
}

std::string answer(std::string_view line, DnsSource& dns) {
  const auto request = json::parse_destination_request(line);
  if (!request) return json::error_line(request.error().id, request.error().what);
  const auto answer = answer_request(*request, dns);
  return answer ? *answer : json::error_line(request->common.id, answer.error().what);
}

Expected<> run(const Options& options) {
  DnsSource dns(options.dns);
  if (options.lines.wanted) {
    return answer_lines(options.lines, [&](std::string_view line) { return answer(line, dns); });
  }
  if (options.domain.empty() || options.uri.empty()) {
    return fail(Status::usage,
                "POLICY_DOMAIN and URI are required, like example.com mailto:reports@example.net");
  }
  ASSAY_TRY(domain, parse_domain("POLICY_DOMAIN", options.domain));
  ASSAY_TRY(resolver, dns.common());
  dns::Recorder recorder = make_recorder(*resolver);
  const auto found = dmarc::fetch_destination(domain, options.uri,
                                              *json::parse_report_kind(options.kind), recorder);
  if (options.output.json) {
    return write_output(json::destination_line("", found, recorder.asked()) + "\n");
  }
  std::string text = in_words(found);
  if (options.output.trace) text += "\n" + dns_trace(recorder);
  return write_output(text);
}

}  // namespace

void add_destination(const Command& program) {
  const Command command =
      program.subcommand("destination", "Whether an address may receive a domain's reports");
  const auto options = std::make_shared<Options>();
  command.option("POLICY_DOMAIN", options->domain, "Where the DMARC record stands").named("");
  command.option("URI", options->uri, "As rua or ruf has it").named("");
  command.option("--kind", options->kind, "The reports that are meant")
      .one_of({"aggregate", "failure"})
      .default_shown();
  add_dns_options(command, options->dns);
  add_trace_option(command, options->output);
  add_json_option(command, options->output);
  add_jsonl_options(command, options->lines);
  command.footer(help_footer);
  command.runs([options] { return run(*options); });
}

}  // namespace assay::cli
