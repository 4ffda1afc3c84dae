/// assay intake: what comes in.
#include "bin/command.h"

namespace assay::cli {

void add_intake(const Command& program) {
  const Command intake = program.subcommand("intake", "Take in what answers our reports");
  intake.needs_subcommand();
  add_intake_bounce(intake);
}

}  // namespace assay::cli
