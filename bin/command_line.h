#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bin/failure.h"

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace assay::cli {

/// One option or positional argument. A handle, good as long as its CommandLine. The library behind
/// it is slow to compile: its header is known to command_line.cpp alone.
class Option {
 public:
  explicit Option(CLI::Option& option) : option_(&option) {}

  /// What its value is called in the help; an empty name shows none.
  Option& named(const std::string& value);
  Option& required();
  Option& one_of(const std::vector<std::string>& values);
  Option& between(unsigned low, unsigned high);
  /// May stand several times, with one value each.
  Option& repeatable();
  Option& default_shown();
  Option& excludes(const Option& other);

 private:
  CLI::Option* option_;
};

/// What the chosen subcommand does.
struct Chosen {
  std::string name = {};  ///< in full, like "journal cat"
  std::function<Expected<>()> run = {};
};

/// A subcommand, or the program itself. A handle like Option; values that options are read into
/// must live as long as the CommandLine or be held by what `runs` is given.
class Command {
 public:
  Command(CLI::App& app, Chosen& chosen) : app_(&app), chosen_(&chosen) {}

  Command subcommand(const std::string& name, const std::string& description) const;
  /// One of the subcommands must be chosen.
  void needs_subcommand() const;

  /// `names` like "-o,--output", or "FILE" for a positional argument.
  Option option(const std::string& names, std::string& value, const std::string& help) const;
  Option option(const std::string& names, std::optional<std::string>& value,
                const std::string& help) const;
  Option option(const std::string& names, unsigned& value, const std::string& help) const;
  Option option(const std::string& names, std::vector<std::string>& values,
                const std::string& help) const;
  Option flag(const std::string& name, bool& value, const std::string& help) const;

  /// What stands below the options in the help.
  void footer(std::string_view text) const;
  /// What is done when this subcommand is chosen, and none of its own.
  void runs(std::function<Expected<>()> what) const;
  /// In full, like "journal cat".
  std::string name() const;

 private:
  CLI::App* app_;
  Chosen* chosen_;
};

/// The program's command line.
class CommandLine {
 public:
  CommandLine(const std::string& name, const std::string& description, const std::string& version);
  ~CommandLine();

  Command program();

  /// The subcommand; or else what writes the help or the version, or says what is wrong with the
  /// command line (usage).
  Chosen parse(int argc, char** argv);

 private:
  std::unique_ptr<CLI::App> app_;
  Chosen chosen_ = {};
};

}  // namespace assay::cli
