#pragma once

#include "bin/command_line.h"

namespace assay::cli {

// Each adds one subcommand to the program.
void add_verify(const Command& program);
void add_spf(const Command& program);
void add_dmarc(const Command& program);
void add_record(const Command& program);
void add_author(const Command& program);
void add_walk(const Command& program);
void add_journal(const Command& program);
void add_evidence(const Command& program);
void add_filter(const Command& program);
void add_simulate(const Command& program);
void add_report(const Command& program);

}  // namespace assay::cli
