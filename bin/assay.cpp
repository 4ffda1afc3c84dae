/// The program: its subcommands, and what they have in common at their beginning and end.
#include <exception>
#include <string>
#include <string_view>

#include "bin/command.h"
#include "bin/failure.h"
#include "bin/files.h"

namespace {

using namespace assay::cli;

constexpr std::string_view more_help = R"(Examples:
  assay verify --ip 192.0.2.1 --helo mx.example.com --mail-from a@example.com message.eml
  assay record dmarc "v=DMARC1; p=reject; rua=mailto:reports@example.com"
  assay walk mail.example.com

Exit codes are those of sysexits(3): 0 a result, whatever it is; 64 usage; 65 bad data; 66 no input;
69 unavailable; 74 input or output failed. `assay COMMAND --help` says more about each command.
)";

int run(int argc, char** argv) {
  CommandLine line("assay", "Tests mail by SPF, DKIM, ARC and DMARC, and says why.", ASSAY_VERSION);
  const Command program = line.program();
  program.footer(more_help);
  program.needs_subcommand();
  for (const auto add :
       {add_verify,      add_spf,     add_dmarc,    add_record, add_author,   add_walk,
        add_destination, add_journal, add_report,   add_outbox, add_suppress, add_store,
        add_show,        add_mark,    add_alert,    add_digest, add_dkim,     add_intake,
        add_evidence,    add_roles,   add_simulate, add_demo}) {
    add(program);
  }
  const Chosen chosen = line.parse(argc, argv);
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
