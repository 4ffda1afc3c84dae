/// assay web user, group and routes: accounts by the command line, for an administrator who is
/// locked out, and for scripts.
#include <fmt/format.h>
#include <unistd.h>

#include <memory>
#include <string>
#include <vector>

#include "assay/base/ascii.h"
#include "assay/base/time.h"
#include "assay/base/try.h"
#include "assay/crypto/password.h"
#include "assay/crypto/random.h"
#include "system/accounts/scope.h"
#include "system/json/writer.h"
#include "system/webapi/routes.h"

#include "bin/arguments.h"
#include "bin/command.h"
#include "bin/files.h"
#include "bin/filter_role.h"
#include "bin/web_role.h"

namespace assay::cli {
namespace {

constexpr std::string_view user_footer = R"(Examples:
  assay web user add alice --role administrator <password.txt
  assay web user add bob --role viewer --group shop
  assay web user password alice
  assay web user list

The password is the first line of standard input; where that is a terminal, or empty, one is made by chance and told.
Accounts stand in <data>/web.sqlite, also of a running program, which knows of a change at once.
)";

struct Options {
  std::string config = usual_config;
  std::string name = {};
  std::string role = {};
  std::vector<std::string> groups = {};
  std::vector<std::string> domains = {};
  OutputOptions output = {};
};

Expected<std::unique_ptr<accounts::Accounts>> open(const Options& options) {
  ASSAY_TRY(settings, load_configuration(options.config));
  return open_accounts(settings);
}

Failure failure_of(const Finding& finding) {
  const bool of_store = finding.code.starts_with("store_");
  return {.status = of_store ? Status::io : Status::usage, .what = finding.what};
}

/// A password, and what is to be told of it.
struct NewPassword {
  std::string password;
  bool made = false;
};

Expected<NewPassword> choose_password(const std::string& name) {
  std::string given;
  if (::isatty(0) == 0) {
    ASSAY_TRY(input, Input::open("-"));
    std::string text(4096, '\0');
    ASSAY_TRY(size, input.read_full(text));
    given = first_line(std::string_view(text).substr(0, size));
  }
  if (given.empty()) return NewPassword{.password = crypto::random_hex(12), .made = true};
  if (const auto trouble = accounts::trouble_of_password(given, name); !trouble.empty()) {
    return fail(Status::usage, std::string(trouble));
  }
  return NewPassword{.password = std::move(given)};
}

Expected<std::string> keep(const std::string& password) {
  auto kept = crypto::hash_password(password);
  if (kept) return std::move(*kept);
  return fail(Status::unavailable, "there is no memory to hash the password");
}

Expected<> tell(const Options& options, const NewPassword& chosen, std::string_view done) {
  std::string text = options.name + " " + std::string(done) + "\n";
  if (chosen.made) text += "password: " + chosen.password + "\n";
  return write_output(text);
}

void note(accounts::Accounts& accounts, const char* action, const std::string& object) {
  static_cast<void>(accounts.note({.at = machine_time(),
                                   .address = "command line",
                                   .action = action,
                                   .object = object,
                                   .outcome = "done"}));
}

Expected<> add_user(const Options& options) {
  if (const auto trouble = accounts::trouble_of_name(options.name); !trouble.empty()) {
    return fail(Status::usage, std::string(trouble));
  }
  ASSAY_TRY(accounts, open(options));
  ASSAY_TRY(chosen, choose_password(options.name));
  ASSAY_TRY(kept, keep(chosen.password));
  const auto role = accounts::parse_role(options.role).value_or(accounts::Role::viewer);
  const auto added = accounts->add_user(
      {.name = options.name, .role = role, .groups = options.groups, .created = machine_time()},
      kept, accounts::Only::any);
  if (!added) return std::unexpected(failure_of(added.error()));
  note(*accounts, "user.add", options.name);
  return tell(options, chosen, "is added");
}

Expected<> change_password(const Options& options) {
  ASSAY_TRY(accounts, open(options));
  ASSAY_TRY(chosen, choose_password(options.name));
  ASSAY_TRY(kept, keep(chosen.password));
  const auto changed = accounts->change_user(options.name, {.password = kept}, "");
  if (!changed) return std::unexpected(failure_of(changed.error()));
  note(*accounts, "user.change", options.name);
  return tell(options, chosen, "has another password; all sessions are ended");
}

Expected<> remove_user(const Options& options) {
  ASSAY_TRY(accounts, open(options));
  const auto removed = accounts->remove_user(options.name);
  if (!removed) return std::unexpected(failure_of(removed.error()));
  note(*accounts, "user.remove", options.name);
  return write_output(options.name + " is removed\n");
}

std::string joined(const std::vector<std::string>& texts) {
  std::string all;
  for (const std::string& each : texts) all += (all.empty() ? "" : ", ") + each;
  return all;
}

Expected<> list_users(const Options& options) {
  ASSAY_TRY(accounts, open(options));
  const auto users = accounts->users();
  if (!users) return std::unexpected(failure_of(users.error()));
  std::string text;
  for (const accounts::User& each : *users) {
    text += fmt::format("{:<20}  {:<13}  {}  {}\n", each.name, to_text(each.role),
                        each.last_seen ? to_rfc3339(*each.last_seen) : "never seen          ",
                        joined(each.groups));
  }
  return write_output(text);
}

Expected<> add_group(const Options& options) {
  if (const auto trouble = accounts::trouble_of_name(options.name); !trouble.empty()) {
    return fail(Status::usage, std::string(trouble));
  }
  accounts::Group group{.name = options.name};
  for (const std::string& each : options.domains) {
    group.domains.push_back(accounts::normal_pattern(each));
    if (!group.domains.back().empty()) continue;
    return fail(Status::usage, "--domain: " + ascii::printable(each) +
                                   " is no domain; give example.com, *.example.com or *");
  }
  ASSAY_TRY(accounts, open(options));
  const auto added = accounts->add_group(group);
  if (!added) return std::unexpected(failure_of(added.error()));
  note(*accounts, "group.add", options.name);
  return write_output(options.name + " is added\n");
}

Expected<> list_routes(const Options& options) {
  std::string text;
  for (const webapi::Route& each : webapi::routes()) {
    if (!options.output.json) {
      text += fmt::format("{:<7} {:<26} {}\n", each.method, each.pattern, to_text(each.needs));
      continue;
    }
    json::Writer out;
    out.begin_object();
    out.member("method", each.method);
    out.member("path", each.pattern);
    out.member("needs", to_text(each.needs));
    out.member_boolean("changes", each.effect == webapi::Effect::change);
    out.end_object();
    text += out.take() + "\n";
  }
  return write_output(text);
}

Command with_config(const Command& command, const std::shared_ptr<Options>& options) {
  command.option("--config", options->config, "The configuration").named("FILE").default_shown();
  return command;
}

Command with_name(const Command& command, const std::shared_ptr<Options>& options) {
  command.option("NAME", options->name, "Its name").named("").required();
  return command;
}

void add_users(const Command& web) {
  const Command user = web.subcommand("user", "Users of the pages");
  user.needs_subcommand();
  user.footer(user_footer);
  const auto options = std::make_shared<Options>();
  const Command add = with_name(with_config(user.subcommand("add", "Add one"), options), options);
  add.option("--role", options->role, "What he may; viewer where nothing is said")
      .one_of({"viewer", "analyst", "administrator"});
  add.option("--group", options->groups, "A group of domains that he sees")
      .named("NAME")
      .repeatable();
  add.footer(user_footer);
  add.runs([options] { return add_user(*options); });
  const Command list = with_config(user.subcommand("list", "List them"), options);
  list.runs([options] { return list_users(*options); });
  const Command remove =
      with_name(with_config(user.subcommand("remove", "Remove one"), options), options);
  remove.runs([options] { return remove_user(*options); });
  const Command password =
      with_name(with_config(user.subcommand("password", "Change a password"), options), options);
  password.runs([options] { return change_password(*options); });
}

}  // namespace

void add_web_accounts(const Command& web) {
  add_users(web);
  const auto options = std::make_shared<Options>();
  const Command group = web.subcommand("group", "Groups of domains");
  group.needs_subcommand();
  const Command add = with_name(with_config(group.subcommand("add", "Add one"), options), options);
  add.option("--domain", options->domains, "example.com, *.example.com (those below it) or *")
      .named("DOMAIN")
      .repeatable();
  add.runs([options] { return add_group(*options); });
  const Command routes = web.subcommand("routes", "List the endpoints of the interface");
  add_json_option(routes, options->output);
  routes.runs([options] { return list_routes(*options); });
}

}  // namespace assay::cli
