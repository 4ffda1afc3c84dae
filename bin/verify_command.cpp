#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "assay/base/try.h"
#include "assay/verify/explain.h"
#include "assay/verify/verify.h"
#include "system/json/answer.h"
#include "system/json/request.h"

#include "bin/arguments.h"
#include "bin/command.h"
#include "bin/dns_source.h"
#include "bin/files.h"
#include "bin/jsonl.h"
#include "bin/message_stream.h"
#include "bin/progress.h"
#include "bin/trace.h"

namespace assay::cli {
namespace {

constexpr std::string_view help_footer = R"(Examples:
  assay verify --ip 192.0.2.1 --helo mx.example.com --mail-from a@example.com message.eml
  assay verify --zone captured.zone --at 2026-05-01T12:00:00Z --json < message.eml
  assay verify --jsonl --jobs 2 < requests.jsonl > verdicts.jsonl

A message whose first line ends in LF alone, as Unix saves it, is checked with CRLF line ends; one
that begins with CRLF is checked octet by octet as it is. A first line "From " of a mailbox is left
out. A message of any size is read in pieces.

A request of --jsonl: {"id":…,"ip":"192.0.2.1","helo":"…","mail_from":"…","message":"…"}, or
"message_base64" or "file" in place of "message"; "zone", "at", "standard", "authserv_id",
"dkim_min_key_bits" and "dkim_allow_sha1" may stand there too. What a request does not say is taken
from the command line. A line that cannot be read is answered with {"id":…,"error":"…"}.
)";

struct Options {
  std::string file = "-";
  std::string ip = {};
  std::string helo = {};
  std::string mail_from = {};
  std::string authserv_id = "localhost";
  unsigned dkim_min_key_bits = 1024;
  bool dkim_allow_sha1 = false;
  bool explain = false;
  DnsOptions dns = {};
  EvaluationOptions evaluation = {};
  OutputOptions output = {};
  JsonLines lines = {};
};

/// One message to be verified, apart from its octets.
struct Task {
  verify::Envelope envelope = {};
  verify::Options options = {};
  Instant at = {};
};

/// What all messages of one run share.
class Verifying {
 public:
  explicit Verifying(const Options& options)
      : options_(options), dns_(options.dns), suffixes_(options.evaluation.suffix_file) {}

  Expected<> run() {
    ASSAY_TRY(task, default_task());
    default_ = std::move(task);
    if (options_.lines.wanted) {
      return answer_lines(options_.lines, [this](std::string_view line) { return answer(line); });
    }
    return run_one();
  }

 private:
  Expected<Task> default_task();
  Expected<> choose_suffixes(verify::Options& options);
  Expected<> run_one();
  enum class Bar : std::uint8_t { none, drawn };
  static Expected<> feed_file(const std::string& path, MessageStream& stream, Bar bar);

  std::string answer(std::string_view line);
  Expected<std::string> answer_request(const json::VerifyRequest& request);
  Expected<Task> task_of(const json::VerifyRequest& request);
  json::Detail detail() const {
    return options_.output.trace ? json::Detail::trace : json::Detail::result;
  }
  std::string in_words(const verify::Verdict& verdict, dns::Recorder& recorder) const;

  const Options& options_;
  DnsSource dns_;
  SuffixSource suffixes_;
  Task default_ = {};
};

Expected<Task> Verifying::default_task() {
  Task task;
  ASSAY_TRY(at, parse_at(options_.evaluation.at));
  task.at = at;
  if (!options_.ip.empty()) {
    ASSAY_TRY(client, parse_ip(options_.ip));
    task.envelope.client = client;
  }
  task.envelope.helo = options_.helo;
  task.envelope.mail_from = json::strip_angle_brackets(options_.mail_from);
  task.options.standard = *json::parse_standard(options_.evaluation.standard);
  task.options.authserv_id = options_.authserv_id;
  if (options_.output.trace) task.options.spf_trace = spf::Trace::on;
  task.options.dkim.min_rsa_bits = options_.dkim_min_key_bits;
  if (options_.dkim_allow_sha1) task.options.dkim.sha1 = dkim::Sha1::allow;
  if (auto chosen = choose_suffixes(task.options); !chosen) {
    return std::unexpected(std::move(chosen.error()));
  }
  return task;
}

Expected<> Verifying::choose_suffixes(verify::Options& options) {
  if (options.standard == verify::Standard::rfc9989) return {};
  ASSAY_TRY(suffixes, suffixes_.get());
  options.suffixes = suffixes;
  return {};
}

Expected<> Verifying::feed_file(const std::string& path, MessageStream& stream, Bar bar) {
  ASSAY_TRY(input, Input::open(path));
  std::vector<char> piece(std::size_t{256} << 10);
  std::optional<Progress> progress;
  if (bar == Bar::drawn) progress.emplace("octets", input.size());
  while (true) {
    ASSAY_TRY(got, input.read_full(piece));
    if (got == 0) return {};
    stream.feed({piece.data(), got});
    if (progress) progress->advance(got);
  }
}

Expected<> Verifying::run_one() {
  ASSAY_TRY(resolver, dns_.common());
  dns::Recorder recorder = make_recorder(*resolver);
  verify::Session session(default_.envelope, recorder, default_.at, default_.options);
  MessageStream stream(session, Origin::file, default_.options.header.octets);
  if (auto fed = feed_file(options_.file, stream, Bar::drawn); !fed) return fed;
  const verify::Verdict verdict = stream.finish();
  if (options_.output.json) {
    return write_output(json::verdict_line("", verdict, recorder.asked(), detail()) + "\n");
  }
  return write_output(in_words(verdict, recorder));
}

std::string Verifying::in_words(const verify::Verdict& verdict, dns::Recorder& recorder) const {
  std::string text = to_text(verify::explain(verdict, default_.envelope, recorder.asked()));
  if (!options_.output.trace) return text;
  text += "\n" + verdict.authentication_results + "\n\n";
  std::erase(text, '\r');
  return text + spf_trace(verdict.spf) + dns_trace(recorder);
}

Expected<Task> Verifying::task_of(const json::VerifyRequest& request) {
  Task task = default_;
  if (request.client) task.envelope.client = request.client;
  if (request.helo) task.envelope.helo = *request.helo;
  if (request.mail_from) task.envelope.mail_from = *request.mail_from;
  if (request.authserv_id) task.options.authserv_id = *request.authserv_id;
  if (request.dkim_min_key_bits) task.options.dkim.min_rsa_bits = *request.dkim_min_key_bits;
  if (request.dkim_allow_sha1) {
    task.options.dkim.sha1 = *request.dkim_allow_sha1 ? dkim::Sha1::allow : dkim::Sha1::refuse;
  }
  if (request.common.at) {
    task.at = *request.common.at;
  } else if (options_.evaluation.at.empty()) {
    task.at = machine_time();
  }
  if (!request.common.standard) return task;
  task.options.standard = *request.common.standard;
  if (auto chosen = choose_suffixes(task.options); !chosen) {
    return std::unexpected(std::move(chosen.error()));
  }
  return task;
}

Expected<std::string> Verifying::answer_request(const json::VerifyRequest& request) {
  ASSAY_TRY(task, task_of(request));
  ASSAY_TRY(resolver, dns_.for_request(request.common.zone));
  dns::Recorder recorder = make_recorder(*resolver);
  verify::Session session(std::move(task.envelope), recorder, task.at, task.options);
  const json::MessageSource& source = request.message;
  const Origin origin = source.file ? Origin::file : Origin::octets;
  MessageStream stream(session, origin, task.options.header.octets);
  if (source.file) {
    if (auto fed = feed_file(*source.file, stream, Bar::none); !fed) {
      return std::unexpected(std::move(fed.error()));
    }
  } else {
    stream.feed(source.octets);
  }
  const verify::Verdict verdict = stream.finish();  // before recorder.asked(), which it fills
  return json::verdict_line(request.common.id, verdict, recorder.asked(), detail());
}

std::string Verifying::answer(std::string_view line) {
  const auto request = json::parse_verify_request(line);
  if (!request) return json::error_line(request.error().id, request.error().what);
  const auto answer = answer_request(*request);
  return answer ? *answer : json::error_line(request->common.id, answer.error().what);
}

void add_envelope_options(const Command& command, Options& options) {
  command.option("--ip", options.ip, "The client's address; without it SPF is not checked")
      .named("ADDR");
  command.option("--helo", options.helo, "What the client said with HELO or EHLO").named("NAME");
  command.option("--mail-from", options.mail_from, "The envelope sender; '<>' for a null one")
      .named("ADDR");
}

}  // namespace

void add_verify(const Command& program) {
  const Command command = program.subcommand("verify", "Test a message, and say why");
  const auto options = std::make_shared<Options>();
  command.option("FILE", options->file, "The message; - is standard input")
      .named("")
      .default_shown();
  add_envelope_options(command, *options);
  command.option("--authserv-id", options->authserv_id, "Our name in Authentication-Results")
      .named("NAME")
      .default_shown();
  add_standard_options(command, options->evaluation);
  command.option("--at", options->evaluation.at, "The instant of the check; default now")
      .named("TIME");
  command
      .option("--dkim-min-key-bits", options->dkim_min_key_bits, "RSA keys below this do not pass")
      .named("N")
      .default_shown();
  command.flag("--dkim-allow-sha1", options->dkim_allow_sha1, "Let rsa-sha1 signatures pass");
  add_dns_options(command, options->dns);
  const Option explain =
      command.flag("--explain", options->explain, "Explain the verdict (the default)");
  add_trace_option(command, options->output);
  add_json_option(command, options->output).excludes(explain);
  add_jsonl_options(command, options->lines);
  command.footer(help_footer);
  command.runs([options] { return Verifying(*options).run(); });
}

}  // namespace assay::cli
