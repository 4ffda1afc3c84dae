#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "assay/base/ascii.h"
#include "assay/base/try.h"
#include "assay/dmarc/dmarc.h"
#include "assay/verify/decision.h"
#include "assay/verify/explain.h"
#include "assay/verify/judge.h"
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
  assay dmarc --from example.com --spf pass:bounce.example.net --dkim pass:example.com:selector1

RESULT is a word of RFC 8601: pass; temperror (the DNS did not answer); any other has failed.
A request of --jsonl: {"id":…,"from":"example.com","spf":{"result":"pass","domain":"…"},
"dkim":[{"result":"pass","domain":"…","selector":"…"}]}; "zone" and "standard" may stand there too.
)";

struct Options {
  std::string from = {};
  std::string spf = {};
  std::vector<std::string> dkim = {};
  DnsOptions dns = {};
  EvaluationOptions evaluation = {};
  OutputOptions output = {};
  JsonLines lines = {};
};

/// RESULT:DOMAIN[:SELECTOR].
Expected<std::optional<dmarc::Identifier>> parse_identifier(dmarc::Method method,
                                                            const std::string& text) {
  const std::string option = method == dmarc::Method::spf ? "--spf: " : "--dkim: ";
  const std::vector<std::string_view> parts = ascii::split(text, ':');
  const std::size_t most = method == dmarc::Method::spf ? 2 : 3;
  if (parts.size() < 2 || parts.size() > most) {
    return fail(Status::usage, option + "\"" + ascii::printable(text) +
                                   "\" is not RESULT:DOMAIN; give one like pass:example.com");
  }
  auto identifier = json::make_identifier(method, parts[0], parts[1]);
  if (!identifier) return fail(Status::usage, option + identifier.error());
  if (*identifier && parts.size() == 3) (*identifier)->selector = parts[2];
  return std::move(*identifier);
}

class Evaluating {
 public:
  explicit Evaluating(const Options& options)
      : options_(options), dns_(options.dns), suffixes_(options.evaluation.suffix_file) {}

  Expected<> run() {
    standard_ = *json::parse_standard(options_.evaluation.standard);
    if (options_.lines.wanted) {
      return answer_lines(options_.lines, [this](std::string_view line) { return answer(line); });
    }
    return run_one();
  }

 private:
  using Identifiers = std::vector<dmarc::Identifier>;
  /// What is asked of DMARC.
  struct Case {
    DomainName from = {};
    Identifiers identifiers = {};
    verify::Standard standard = verify::Standard::rfc9989;
  };

  Expected<> run_one();
  Expected<Case> case_of_command_line() const;
  std::string answer(std::string_view line);
  Expected<std::string> answer_request(const json::DmarcRequest& request);
  Expected<json::DmarcAnswer> evaluate(const Case& asked, dns::Resolver& resolver);
  Expected<dmarc::Evaluation> evaluate_by(dmarc::Standard standard, const Case& asked,
                                          dns::Resolver& resolver);

  const Options& options_;
  DnsSource dns_;
  SuffixSource suffixes_;
  verify::Standard standard_ = verify::Standard::rfc9989;
};

Expected<dmarc::Evaluation> Evaluating::evaluate_by(dmarc::Standard standard, const Case& asked,
                                                    dns::Resolver& resolver) {
  dmarc::GatherOptions how{.standard = standard};
  if (standard == dmarc::Standard::rfc7489) {
    ASSAY_TRY(suffixes, suffixes_.get());
    how.psl_organizational_domain = [suffixes](const DomainName& name) {
      return suffixes->organizational_domain(name);
    };
  }
  return dmarc::evaluate(dmarc::gather(asked.from, asked.identifiers, resolver, how));
}

Expected<json::DmarcAnswer> Evaluating::evaluate(const Case& asked, dns::Resolver& resolver) {
  const bool old_only = asked.standard == verify::Standard::rfc7489;
  json::DmarcAnswer answer;
  ASSAY_TRY(evaluation, evaluate_by(old_only ? dmarc::Standard::rfc7489 : dmarc::Standard::rfc9989,
                                    asked, resolver));
  answer.evaluation = std::move(evaluation);
  answer.decision = verify::decide(answer.evaluation);
  if (asked.standard != verify::Standard::compare) return answer;
  ASSAY_TRY(old, evaluate_by(dmarc::Standard::rfc7489, asked, resolver));
  answer.rfc7489 = std::move(old);
  answer.differs = verify::differences(answer.evaluation, *answer.rfc7489);
  return answer;
}

Expected<Evaluating::Case> Evaluating::case_of_command_line() const {
  if (options_.from.empty()) {
    return fail(Status::usage,
                "--from is missing; give the author domain, like --from example.com");
  }
  Case asked{.standard = standard_};
  ASSAY_TRY(from, parse_domain("--from", options_.from));
  asked.from = std::move(from);
  const auto add = [&](dmarc::Method method, const std::string& text) -> Expected<> {
    ASSAY_TRY(identifier, parse_identifier(method, text));
    if (identifier) asked.identifiers.push_back(std::move(*identifier));
    return {};
  };
  if (!options_.spf.empty()) {
    if (auto added = add(dmarc::Method::spf, options_.spf); !added) {
      return std::unexpected(std::move(added.error()));
    }
  }
  for (const std::string& text : options_.dkim) {
    if (auto added = add(dmarc::Method::dkim, text); !added) {
      return std::unexpected(std::move(added.error()));
    }
  }
  return asked;
}

Expected<> Evaluating::run_one() {
  ASSAY_TRY(asked, case_of_command_line());
  ASSAY_TRY(resolver, dns_.common());
  dns::Recorder recorder = make_recorder(*resolver);
  ASSAY_TRY(answer, evaluate(asked, recorder));
  if (options_.output.json) {
    return write_output(json::dmarc_line("", answer, recorder.asked()) + "\n");
  }
  std::string text = to_text(verify::explain(answer.evaluation, answer.decision, recorder.asked()));
  if (options_.output.trace) text += "\n" + dns_trace(recorder);
  return write_output(text);
}

Expected<std::string> Evaluating::answer_request(const json::DmarcRequest& request) {
  ASSAY_TRY(resolver, dns_.for_request(request.common.zone));
  dns::Recorder recorder = make_recorder(*resolver);
  const Case asked{.from = request.from,
                   .identifiers = request.identifiers,
                   .standard = request.common.standard.value_or(standard_)};
  ASSAY_TRY(answer, evaluate(asked, recorder));
  return json::dmarc_line(request.common.id, answer, recorder.asked());
}

std::string Evaluating::answer(std::string_view line) {
  const auto request = json::parse_dmarc_request(line);
  if (!request) return json::error_line(request.error().id, request.error().what);
  const auto answer = answer_request(*request);
  return answer ? *answer : json::error_line(request->common.id, answer.error().what);
}

}  // namespace

void add_dmarc(const Command& program) {
  const Command command =
      program.subcommand("dmarc", "DMARC from results that another verifier found");
  const auto options = std::make_shared<Options>();
  command.option("--from", options->from, "The author domain").named("DOMAIN");
  command.option("--spf", options->spf, "What SPF said of the envelope sender's domain")
      .named("RESULT:DOMAIN");
  command.option("--dkim", options->dkim, "What a signature of d=DOMAIN came to (repeatable)")
      .named("RESULT:DOMAIN[:SELECTOR]")
      .repeatable();
  add_standard_options(command, options->evaluation);
  add_dns_options(command, options->dns);
  add_trace_option(command, options->output);
  add_json_option(command, options->output);
  add_jsonl_options(command, options->lines);
  command.footer(help_footer);
  command.runs([options] { return Evaluating(*options).run(); });
}

}  // namespace assay::cli
