#include "bin/command_line.h"

#include <utility>

#include "assay/base/ascii.h"

#include "bin/files.h"
#include <CLI/CLI.hpp>

namespace assay::cli {

Option& Option::named(const std::string& value) {
  option_->type_name(value);
  return *this;
}

Option& Option::required() {
  option_->required();
  return *this;
}

Option& Option::one_of(const std::vector<std::string>& values) {
  option_->check(CLI::IsMember(values));
  return *this;
}

Option& Option::between(unsigned low, unsigned high) {
  option_->check(CLI::Range(low, high));
  return *this;
}

Option& Option::repeatable() {
  option_->expected(1)->take_all()->allow_extra_args(false);
  return *this;
}

Option& Option::default_shown() {
  option_->capture_default_str();
  return *this;
}

Option& Option::excludes(const Option& other) {
  option_->excludes(other.option_);
  return *this;
}

Command Command::subcommand(const std::string& name, const std::string& description) const {
  return {*app_->add_subcommand(name, description), *chosen_};
}

void Command::needs_subcommand() const {
  app_->require_subcommand(1);
}

Option Command::option(const std::string& names, std::string& value,
                       const std::string& help) const {
  return Option(*app_->add_option(names, value, help));
}

Option Command::option(const std::string& names, std::optional<std::string>& value,
                       const std::string& help) const {
  return Option(*app_->add_option(names, value, help));
}

Option Command::option(const std::string& names, unsigned& value, const std::string& help) const {
  return Option(*app_->add_option(names, value, help));
}

Option Command::option(const std::string& names, std::vector<std::string>& values,
                       const std::string& help) const {
  return Option(*app_->add_option(names, values, help));
}

Option Command::flag(const std::string& name, bool& value, const std::string& help) const {
  return Option(*app_->add_flag(name, value, help));
}

void Command::footer(std::string_view text) const {
  app_->footer(std::string(text));
}

void Command::runs(std::function<Expected<>()> what) const {
  app_->callback([command = *this, what = std::move(what)] {
    if (command.chosen_->run) return;  // one of its own subcommands, which is told first
    *command.chosen_ = {.name = command.name(), .run = what};
  });
}

std::string Command::name() const {
  std::string name = app_->get_name();
  // The program itself, which has no parent, is not part of the name.
  for (const CLI::App* above = app_->get_parent();
       above != nullptr && above->get_parent() != nullptr; above = above->get_parent()) {
    name = above->get_name() + " " + name;
  }
  return name;
}

CommandLine::CommandLine(const std::string& name, const std::string& description,
                         const std::string& version)
    : app_(std::make_unique<CLI::App>(description, name)) {
  app_->set_version_flag("--version", name + " " + version);
}

CommandLine::~CommandLine() = default;

Command CommandLine::program() {
  return {*app_, chosen_};
}

namespace {

/// The subcommand that the command line was about, or nothing.
std::string subcommand_name(const CLI::App& program) {
  const auto parsed = program.get_subcommands();
  return parsed.empty() ? "" : parsed.front()->get_name();
}

}  // namespace

Chosen CommandLine::parse(int argc, char** argv) {
  const auto writes = [](std::string text) {
    return [text = std::move(text)] { return write_output(text); };
  };
  try {
    app_->parse(argc, argv);
    return chosen_;
  } catch (const CLI::CallForVersion& version) {
    return {.name = "", .run = writes(std::string(version.what()) + "\n")};
  } catch (const CLI::ParseError& error) {
    const std::string name = subcommand_name(*app_);
    if (error.get_exit_code() == 0) return {.name = name, .run = writes(app_->help())};
    const std::string what = ascii::printable(error.what(), 500) + "; see assay " +
                             (name.empty() ? "" : name + " ") + "--help";
    return {.name = name, .run = [what] { return fail(Status::usage, what); }};
  }
}

}  // namespace assay::cli
