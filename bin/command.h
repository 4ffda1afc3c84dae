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
void add_destination(const Command& program);
void add_report(const Command& program);
void add_report_read(const Command& report);
void add_outbox(const Command& program);
void add_suppress(const Command& program);
void add_intake(const Command& program);
void add_intake_bounce(const Command& intake);
void add_journal(const Command& program);
void add_evidence(const Command& program);
void add_roles(const Command& program);
void add_simulate(const Command& program);
void add_store(const Command& program);
void add_dkim(const Command& program);
void add_show(const Command& program);
void add_mark(const Command& program);
void add_alert(const Command& program);
void add_digest(const Command& program);
void add_intake_look(const Command& intake);
void add_web_accounts(const Command& web);
void add_demo(const Command& program);

}  // namespace assay::cli
