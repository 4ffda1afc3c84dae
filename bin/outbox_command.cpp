/// assay outbox and assay suppress: reports on their way, and destinations that are left alone.
#include <fmt/format.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "assay/base/ascii.h"
#include "assay/base/time.h"
#include "assay/base/try.h"
#include "system/json/writer.h"

#include "bin/arguments.h"
#include "bin/command.h"
#include "bin/files.h"
#include "bin/filter_role.h"
#include "bin/reporting.h"

namespace assay::cli {
namespace {

constexpr std::string_view outbox_footer = R"(Examples:
  assay outbox list --state waiting
  assay outbox show 17
  assay outbox retry 17
  assay outbox drop 17
)";

constexpr std::string_view suppress_footer = R"(Examples:
  assay suppress list
  assay suppress add reports@example.com --days 30 --reason "asked us to stop"
  assay suppress remove reports@example.com

A destination that refuses reports for good is left alone for a week, then twice as long each time, up to 90 days.
)";

struct Options {
  std::string config = usual_config;
  std::string state = {};
  std::string kind = {};
  unsigned id = 0;
  std::string address = {};
  std::string reason = "by hand";
  unsigned days = 30;
  OutputOptions output = {};
};

store::Instant now() {
  return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
}

Expected<std::unique_ptr<store::Store>> open(const Options& options) {
  ASSAY_TRY(settings, load_configuration(options.config));
  return open_store(settings);
}

/// A result of the Store as one of a command.
template <class T>
Expected<T> checked(std::expected<T, Finding> result) {
  if (!result) return std::unexpected(store_failure(result.error()));
  return std::move(result).value();
}
template <>
Expected<> checked(std::expected<void, Finding> result) {
  if (!result) return std::unexpected(store_failure(result.error()));
  return {};
}

// ---- outbox ------------------------------------------------------------------------------------

void write(json::Writer& out, const store::Delivery& one) {
  out.begin_object();
  out.member_number("id", static_cast<std::uint64_t>(one.id));
  out.member("kind", to_text(one.kind));
  out.member("state", to_text(one.state));
  out.member("to", one.destination);
  out.member("policy_domain", one.policy_domain);
  out.member("report_id", one.report_id);
  out.member("file_name", one.file_name);
  out.member("begin", to_rfc3339(one.begin));
  out.member("end", to_rfc3339(one.end));
  out.member_number("messages", one.messages);
  out.member_number("attempts", one.attempts);
  out.member("created", to_rfc3339(one.created));
  if (one.state == store::OutboxState::waiting) {
    out.member("next", to_rfc3339(one.next));
  } else {
    out.member("finished", to_rfc3339(one.finished));
  }
  out.member("reason", one.reason);
  out.end_object();
}

std::string as_json(const store::Delivery& one) {
  json::Writer out;
  write(out, one);
  return out.take() + "\n";
}

std::string in_words(const store::Delivery& one) {
  const bool waits = one.state == store::OutboxState::waiting;
  std::string text =
      fmt::format("{:>6}  {:<9}  {:<8}  {:<20}  {:<30}  {}", one.id, to_text(one.kind),
                  to_text(one.state), to_rfc3339(waits ? one.next : one.finished),
                  one.policy_domain, ascii::printable(one.destination));
  if (!one.reason.empty()) text += ": " + ascii::printable(one.reason, 500);
  return text + "\n";
}

Expected<> run_list(const Options& options) {
  ASSAY_TRY(store, open(options));
  store::DeliveryFilter filter{.state = store::parse_outbox_state(options.state),
                               .kind = store::parse_report_kind(options.kind)};
  if (!options.output.json) {
    if (auto written =
            write_output(fmt::format("{:>6}  {:<9}  {:<8}  {:<20}  {:<30}  {}\n", "id", "kind",
                                     "state", "next try, or end", "policy domain", "to"));
        !written) {
      return written;
    }
  }
  while (true) {
    ASSAY_TRY(found, checked(store->deliveries(filter)));
    for (const store::Delivery& one : found) {
      auto written = write_output(options.output.json ? as_json(one) : in_words(one));
      if (!written) return written;
    }
    if (found.size() < filter.limit) return {};
    filter.after = found.back().id;
  }
}

Expected<> run_show(const Options& options) {
  ASSAY_TRY(settings, load_configuration(options.config));
  ASSAY_TRY(store, open_store(settings));
  ASSAY_TRY(delivery, checked(store->delivery(options.id)));
  if (options.output.json) return write_output(as_json(delivery));
  ASSAY_TRY(gate, Outgate::open(settings, *store));
  const auto mail = gate->deliverer().compose(delivery, now());
  if (!mail) return fail(Status::bad_data, mail.error().what);
  return write_output(in_words(delivery) + "\nFrom <" + mail->return_path +
                      ">, as it would be sent now:\n\n" + mail->octets);
}

Expected<> run_retry(const Options& options) {
  ASSAY_TRY(store, open(options));
  if (auto done = checked(store->retry(options.id, now())); !done) return done;
  return write_output(
      fmt::format("{} is tried again at once, where the reports role runs\n", options.id));
}

Expected<> run_drop(const Options& options) {
  ASSAY_TRY(store, open(options));
  if (auto done = checked(store->give_up(options.id, now(), "dropped by hand")); !done) return done;
  return write_output(fmt::format("{} is given up\n", options.id));
}

// ---- suppress ----------------------------------------------------------------------------------

Expected<> run_suppressions(const Options& options) {
  ASSAY_TRY(store, open(options));
  ASSAY_TRY(all, checked(store->suppressions()));
  for (const store::Suppression& one : all) {
    json::Writer out;
    out.begin_object();
    out.member("address", one.address);
    out.member("since", to_rfc3339(one.since));
    out.member("until", to_rfc3339(one.until));
    out.member_number("times", one.times);
    out.member("reason", one.reason);
    out.end_object();
    auto written =
        write_output(options.output.json
                         ? out.take() + "\n"
                         : fmt::format("{:<40}  until {}  {}\n", ascii::printable(one.address),
                                       to_rfc3339(one.until), ascii::printable(one.reason, 500)));
    if (!written) return written;
  }
  return {};
}

Expected<> run_suppress(const Options& options) {
  ASSAY_TRY(store, open(options));
  const store::Instant at = now();
  if (auto done = checked(store->suppress({.address = ascii::to_lower(options.address),
                                           .reason = options.reason,
                                           .since = at,
                                           .until = at + std::chrono::days{options.days},
                                           .times = 1}));
      !done) {
    return done;
  }
  return write_output(ascii::printable(options.address) + " is left alone\n");
}

Expected<> run_unsuppress(const Options& options) {
  ASSAY_TRY(store, open(options));
  ASSAY_TRY(there, checked(store->unsuppress(ascii::to_lower(options.address))));
  if (!there) {
    return fail(Status::no_input, ascii::printable(options.address) + " was not left alone");
  }
  return write_output(ascii::printable(options.address) + " gets reports again\n");
}

// ---- The command line --------------------------------------------------------------------------

struct Subcommand {
  std::string name;
  std::string description;
  Expected<> (*run)(const Options&);
};

Command add_subcommand(const Command& parent, const Subcommand& what,
                       const std::shared_ptr<Options>& options) {
  const Command command = parent.subcommand(what.name, what.description);
  command.option("--config", options->config, "The configuration").named("FILE").default_shown();
  command.runs([options, run = what.run] { return run(*options); });
  return command;
}

}  // namespace

void add_outbox(const Command& program) {
  const Command outbox = program.subcommand("outbox", "Reports on their way");
  outbox.footer(outbox_footer);
  outbox.needs_subcommand();
  const auto options = std::make_shared<Options>();
  const Command list = add_subcommand(outbox, {"list", "List them", run_list}, options);
  list.option("--state", options->state, "Only these").one_of({"waiting", "sent", "given_up"});
  list.option("--kind", options->kind, "Only these").one_of({"aggregate", "failure"});
  add_json_option(list, options->output);
  const Command show =
      add_subcommand(outbox, {"show", "Show one, with its mail", run_show}, options);
  add_json_option(show, options->output);
  const Command retry = add_subcommand(outbox, {"retry", "Try one again now", run_retry}, options);
  const Command drop = add_subcommand(outbox, {"drop", "Give one up", run_drop}, options);
  for (const Command& command : {show, retry, drop}) {
    command.option("ID", options->id, "Its number in the list").named("").required();
  }
}

void add_suppress(const Command& program) {
  const Command suppress =
      program.subcommand("suppress", "Destinations that are left alone for a while");
  suppress.footer(suppress_footer);
  suppress.needs_subcommand();
  const auto options = std::make_shared<Options>();
  const Command list = add_subcommand(suppress, {"list", "List them", run_suppressions}, options);
  add_json_option(list, options->output);
  const Command add = add_subcommand(suppress, {"add", "Leave one alone", run_suppress}, options);
  add.option("--days", options->days, "So long").named("N").between(1, 3650).default_shown();
  add.option("--reason", options->reason, "Why").named("TEXT").default_shown();
  const Command remove =
      add_subcommand(suppress, {"remove", "Send to it again", run_unsuppress}, options);
  for (const Command& command : {add, remove}) {
    command.option("ADDRESS", options->address, "The mailbox").named("").required();
  }
}

}  // namespace assay::cli
