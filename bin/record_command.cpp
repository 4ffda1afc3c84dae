#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "assay/base/try.h"
#include "system/json/answer.h"
#include "system/json/record_answer.h"
#include "system/json/request.h"

#include "bin/arguments.h"
#include "bin/command.h"
#include "bin/files.h"
#include "bin/jsonl.h"
#include "bin/record_text.h"

namespace assay::cli {
namespace {

constexpr std::string_view help_footer = R"(Examples:
  assay record dmarc "v=DMARC1; p=reject; rua=mailto:reports@example.com"
  dig +short txt example.com | tr -d '"' | assay record spf -

Of authres the value of the field is read, or the whole field. An answer is given, and the exit code
is 0, whether the record is valid or not. A request of --jsonl: {"id":…,"text":"…"}.
)";

constexpr std::size_t max_record = std::size_t{16} << 20;

struct Options {
  std::string kind = {};
  std::optional<std::string> text = {};
  OutputOptions output = {};
  JsonLines lines = {};
};

/// What stands on standard input, without the line end behind it.
Expected<std::string> read_standard_input() {
  ASSAY_TRY(text, read_file("-", max_record));
  if (text.ends_with('\n')) text.pop_back();
  if (text.ends_with('\r')) text.pop_back();
  return std::move(text);
}

Expected<> run(const Options& options) {
  const json::RecordKind kind = *json::parse_record_kind(options.kind);
  if (options.lines.wanted) {
    return answer_lines(options.lines, [kind](std::string_view line) {
      const auto request = json::parse_record_request(line);
      if (!request) return json::error_line(request.error().id, request.error().what);
      return json::record_line(request->common.id, kind, request->text);
    });
  }
  if (!options.text) {
    return fail(
        Status::usage,
        "TEXT, the record in one argument (in quotes), is required; see assay record --help");
  }
  std::string text = *options.text;
  if (text == "-") {
    ASSAY_TRY(read, read_standard_input());
    text = std::move(read);
  }
  return write_output(options.output.json ? json::record_line("", kind, text) + "\n"
                                          : record_text(kind, text));
}

}  // namespace

void add_record(const Command& program) {
  const Command command =
      program.subcommand("record", "Read one DNS record or field, and say what is wrong");
  const auto options = std::make_shared<Options>();
  command.option("KIND", options->kind, "dmarc, spf, dkim, authres or tlsrpt")
      .named("")
      .required()
      .one_of({"dmarc", "spf", "dkim", "authres", "tlsrpt"});
  command.option("TEXT", options->text, "The record in one argument; - reads standard input")
      .named("");
  add_json_option(command, options->output);
  add_jsonl_options(command, options->lines);
  command.footer(help_footer);
  command.runs([options] { return run(*options); });
}

}  // namespace assay::cli
