#include <fmt/format.h>

#include <memory>
#include <string>
#include <string_view>

#include "assay/base/ascii.h"
#include "assay/base/try.h"
#include "assay/spf/spf.h"
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

constexpr std::string_view help_footer = R"(Examples:
  assay spf --ip 192.0.2.1 --helo mx.example.com --mail-from a@example.com
  assay spf --ip 2001:db8::1 --helo mx.example.com --mail-from '<>' --trace

A null or missing envelope sender is postmaster at the HELO name (RFC 7208 section 2.4).
A request of --jsonl: {"id":…,"ip":"192.0.2.1","helo":"…","mail_from":"…"}; "receiver" (for the
macro %{r}), "zone" and "at" may stand there too.
)";

struct Options {
  std::string ip = {};
  std::string helo = {};
  std::string mail_from = {};
  std::string receiver = "unknown";
  std::string identity = "mfrom";
  std::string at = {};
  DnsOptions dns = {};
  OutputOptions output = {};
  JsonLines lines = {};
};

class Checking {
 public:
  explicit Checking(const Options& options) : options_(options), dns_(options.dns) {}

  Expected<> run() {
    ASSAY_TRY(at, parse_at(options_.at));
    at_ = at;
    if (options_.lines.wanted) {
      return answer_lines(options_.lines, [this](std::string_view line) { return answer(line); });
    }
    return run_one();
  }

 private:
  Expected<> run_one();
  std::string answer(std::string_view line);
  Expected<std::string> answer_request(const json::SpfRequest& request);
  spf::Outcome check(const spf::Request& request, dns::Resolver& resolver) const {
    return options_.identity == "helo" ? spf::check_helo(request, resolver)
                                       : spf::check_mail_from(request, resolver);
  }
  spf::Trace trace() const { return options_.output.trace ? spf::Trace::on : spf::Trace::off; }
  json::Detail detail() const {
    return options_.output.trace ? json::Detail::trace : json::Detail::result;
  }

  const Options& options_;
  DnsSource dns_;
  Instant at_ = {};
};

std::string in_words(const spf::Outcome& outcome, const IpAddress& client) {
  std::string text = fmt::format("SPF: {}\n\n", to_text(outcome.result));
  text += fmt::format("{} as a sender for {}: {}\n", to_text(client),
                      ascii::printable(outcome.domain, 255), ascii::printable(outcome.reason, 500));
  if (!outcome.mechanism.empty()) {
    text += fmt::format("Decided by: {}\n", ascii::printable(outcome.mechanism));
  }
  if (!outcome.explanation.empty()) {
    text += fmt::format("The domain's own words: {}\n", ascii::printable(outcome.explanation, 500));
  }
  return text + fmt::format("{} of 10 lookups, {} of 2 void ones\n", outcome.lookups,
                            outcome.void_lookups);
}

Expected<> Checking::run_one() {
  if (options_.ip.empty()) {
    return fail(Status::usage, "--ip is missing; give the client's address, like --ip 192.0.2.1");
  }
  ASSAY_TRY(client, parse_ip(options_.ip));
  ASSAY_TRY(resolver, dns_.common());
  dns::Recorder recorder = make_recorder(*resolver);
  const spf::Outcome outcome = check({.client = client,
                                      .helo = options_.helo,
                                      .mail_from = json::strip_angle_brackets(options_.mail_from),
                                      .receiver = options_.receiver,
                                      .now = at_,
                                      .trace = trace()},
                                     recorder);
  if (options_.output.json) {
    return write_output(json::spf_line("", outcome, recorder.asked(), detail()) + "\n");
  }
  std::string text = in_words(outcome, client);
  if (options_.output.trace) {
    text += "\n" + spf_trace(std::span(&outcome, 1)) + dns_trace(recorder);
  }
  return write_output(text);
}

Expected<std::string> Checking::answer_request(const json::SpfRequest& request) {
  if (!request.client) return fail(Status::usage, "\"ip\", the client's address, is missing");
  ASSAY_TRY(resolver, dns_.for_request(request.common.zone));
  dns::Recorder recorder = make_recorder(*resolver);
  const spf::Outcome outcome = check(
      {.client = *request.client,
       .helo = request.helo.value_or(options_.helo),
       .mail_from = request.mail_from.value_or(json::strip_angle_brackets(options_.mail_from)),
       .receiver = request.receiver.value_or(options_.receiver),
       .now = request.common.at.value_or(options_.at.empty() ? machine_time() : at_),
       .trace = trace()},
      recorder);
  return json::spf_line(request.common.id, outcome, recorder.asked(), detail());
}

std::string Checking::answer(std::string_view line) {
  const auto request = json::parse_spf_request(line);
  if (!request) return json::error_line(request.error().id, request.error().what);
  const auto answer = answer_request(*request);
  return answer ? *answer : json::error_line(request->common.id, answer.error().what);
}

}  // namespace

void add_spf(const Command& program) {
  const Command command = program.subcommand("spf", "May this client send for that domain?");
  const auto options = std::make_shared<Options>();
  command.option("--ip", options->ip, "The client's address").named("ADDR");
  command.option("--helo", options->helo, "What the client said with HELO or EHLO").named("NAME");
  command.option("--mail-from", options->mail_from, "The envelope sender; '<>' for a null one")
      .named("ADDR");
  command.option("--receiver", options->receiver, "Who checks, for the macro %{r}")
      .named("NAME")
      .default_shown();
  command.option("--identity", options->identity, "Which identity is checked")
      .one_of({"mfrom", "helo"})
      .default_shown();
  command.option("--at", options->at, "The instant of the check; default now").named("TIME");
  add_dns_options(command, options->dns);
  add_trace_option(command, options->output);
  add_json_option(command, options->output);
  add_jsonl_options(command, options->lines);
  command.footer(help_footer);
  command.runs([options] { return Checking(*options).run(); });
}

}  // namespace assay::cli
