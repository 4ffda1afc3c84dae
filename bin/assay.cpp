/// The program: its subcommands, and what they have in common at their beginning and end.
#include <exception>
#include <string>
#include <string_view>

#include "assay/base/ascii.h"

#include "bin/command.h"
#include "bin/failure.h"
#include "bin/files.h"
#include <CLI/CLI.hpp>

namespace {

using namespace assay::cli;

constexpr std::string_view more_help = R"(Examples:
  assay verify --ip 192.0.2.1 --helo mx.example.com --mail-from a@example.com message.eml
  assay record dmarc "v=DMARC1; p=reject; rua=mailto:reports@example.com"
  assay walk mail.example.com

Exit codes are those of sysexits(3): 0 a result, whatever it is; 64 usage; 65 bad data; 66 no input;
69 unavailable; 74 input or output failed. `assay COMMAND --help` says more about each command.
)";

/// The subcommand that the command line was about, or nothing.
std::string subcommand_name(const CLI::App& program) {
  const auto parsed = program.get_subcommands();
  return parsed.empty() ? "" : parsed.front()->get_name();
}

int end_parsing(const CLI::App& program, const CLI::ParseError& error) {
  const std::string name = subcommand_name(program);
  if (error.get_exit_code() == 0) {
    const bool version = dynamic_cast<const CLI::CallForVersion*>(&error) != nullptr;
    const std::string text = version ? std::string(error.what()) + "\n" : program.help();
    if (auto written = write_output(text); !written) end_program(name, written.error());
    return 0;
  }
  const std::string what = assay::ascii::printable(error.what(), 500);
  report(name, {.status = Status::usage,
                .what = what + "; see assay " + (name.empty() ? "" : name + " ") + "--help"});
  return static_cast<int>(Status::usage);
}

int run(int argc, char** argv) {
  CLI::App program("Tests mail by SPF, DKIM, ARC and DMARC, and says why.", "assay");
  program.set_version_flag("--version", "assay " ASSAY_VERSION);
  program.footer(std::string(more_help));
  program.require_subcommand(1);
  Chosen chosen;
  add_verify(program, chosen);
  add_spf(program, chosen);
  add_dmarc(program, chosen);
  add_record(program, chosen);
  add_author(program, chosen);
  add_walk(program, chosen);
  add_journal(program, chosen);
  add_evidence(program, chosen);
  add_filter(program, chosen);
  add_simulate(program, chosen);
  try {
    program.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return end_parsing(program, error);
  }
  const Expected<> done = chosen.run();
  if (done) return 0;
  report(chosen.name, done.error());
  return static_cast<int>(done.error().status);
}

}  // namespace

int main(int argc, char** argv) {
  guard_standard_streams();
  try {
    return run(argc, argv);
  } catch (const std::exception& error) {
    report("", {.status = Status::io, .what = std::string(error.what()) + "; free some memory"});
    return static_cast<int>(Status::io);
  }
}
