#include <fmt/format.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "assay/base/ascii.h"
#include "assay/base/try.h"
#include "assay/mail/header.h"
#include "assay/verify/author.h"
#include "assay/verify/explain.h"
#include "system/json/answer.h"
#include "system/json/request.h"

#include "bin/arguments.h"
#include "bin/command.h"
#include "bin/files.h"
#include "bin/jsonl.h"
#include "bin/message_stream.h"

namespace assay::cli {
namespace {

constexpr std::string_view help_footer = R"(Example:
  assay author message.eml

A request of --jsonl: {"id":…,"message":"From: …"}, or "message_base64".
)";

struct Options {
  std::string file = "-";
  OutputOptions output = {};
  JsonLines lines = {};
};

verify::Authors authors_of(HeaderSplitter& splitter, const mail::HeaderLimits& limits) {
  splitter.finish();
  return verify::find_authors(mail::parse_header(splitter.header(), limits));
}

std::string in_words(const verify::Authors& authors) {
  std::string text = fmt::format("From fields: {}\n", authors.from_fields);
  for (const DomainName& domain : authors.domains) {
    text += fmt::format("Author domain: {}\n", verify::for_people(domain));
  }
  if (authors.domains.empty()) text += "Author domain: none\n";
  for (const Finding& finding : authors.findings) {
    text += fmt::format("{}: {} (octet {})\n", to_text(finding.level),
                        ascii::printable(finding.what, 500), finding.at);
  }
  return text;
}

std::string answer(std::string_view line) {
  const auto request = json::parse_author_request(line);
  if (!request) return json::error_line(request.error().id, request.error().what);
  const mail::HeaderLimits limits;
  HeaderSplitter splitter(Origin::octets, limits.octets);
  splitter.feed(request->message.octets);
  return json::author_line(request->common.id, authors_of(splitter, limits));
}

Expected<> run(const Options& options) {
  if (options.lines.wanted) return answer_lines(options.lines, answer);
  const mail::HeaderLimits limits;
  HeaderSplitter splitter(Origin::file, limits.octets);
  ASSAY_TRY(input, Input::open(options.file));
  std::vector<char> piece(std::size_t{256} << 10);
  while (!splitter.complete()) {
    ASSAY_TRY(got, input.read(piece));
    if (got == 0) break;
    splitter.feed({piece.data(), got});
  }
  const verify::Authors authors = authors_of(splitter, limits);
  return write_output(options.output.json ? json::author_line("", authors) + "\n"
                                          : in_words(authors));
}

}  // namespace

void add_author(const Command& program) {
  const Command command = program.subcommand("author", "Who does the message claim to be from?");
  const auto options = std::make_shared<Options>();
  command.option("FILE", options->file, "The message; - is standard input")
      .named("")
      .default_shown();
  add_json_option(command, options->output);
  add_jsonl_options(command, options->lines);
  command.footer(help_footer);
  command.runs([options] { return run(*options); });
}

}  // namespace assay::cli
