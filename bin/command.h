#pragma once

#include <functional>
#include <string>

#include "bin/failure.h"
#include <CLI/CLI.hpp>

namespace assay::cli {

/// What the chosen subcommand does.
struct Chosen {
  std::string name = {};
  std::function<Expected<>()> run = {};
};

// Each adds one subcommand to the program; parsing the command line then fills `chosen`.
void add_verify(CLI::App& program, Chosen& chosen);
void add_spf(CLI::App& program, Chosen& chosen);
void add_dmarc(CLI::App& program, Chosen& chosen);
void add_record(CLI::App& program, Chosen& chosen);
void add_author(CLI::App& program, Chosen& chosen);
void add_walk(CLI::App& program, Chosen& chosen);
void add_journal(CLI::App& program, Chosen& chosen);
void add_evidence(CLI::App& program, Chosen& chosen);
void add_filter(CLI::App& program, Chosen& chosen);
void add_simulate(CLI::App& program, Chosen& chosen);

}  // namespace assay::cli
