/// assay alert: what owners should know of, shown, closed, and found once.
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <type_traits>
#include <vector>

#include "assay/base/ascii.h"
#include "assay/base/time.h"
#include "assay/base/try.h"
#include "system/json/writer.h"

#include "bin/alerting.h"
#include "bin/arguments.h"
#include "bin/command.h"
#include "bin/files.h"
#include "bin/filter_role.h"
#include "bin/insight.h"
#include "bin/intake.h"
#include "bin/reporting.h"
#include "bin/world.h"

namespace assay::cli {
namespace {

constexpr std::string_view footer = R"(Examples:
  assay alert list
  assay alert show 17
  assay alert close 17
  assay alert rules
  assay alert check --json
  assay alert letters --state waiting

assay receive and assay run find alerts by themselves; assay alert check does it once, for cron. docs/operate/alerts.md
tells what each rule watches for.
)";

constexpr std::string_view check_footer = R"(Examples:
  assay alert check
  assay alert check --offline --no-send --at 2026-05-01T12:00:00Z

Asks the DNS for the records of the owned domains, evaluates all rules once, and sends what is to be told. Prints what
changed: alerts that were opened, grew worse, came back or are over.
)";

struct Options {
  std::string config = usual_config;
  std::string domain = {};
  std::string rule = {};
  std::string state = {};
  std::string at = {};
  std::string who = {};
  unsigned id = 0;
  bool all = false;
  bool offline = false;
  bool no_send = false;
  DnsOptions dns = {};
  OutputOptions output = {};
};

template <class T>
Expected<T> checked(std::expected<T, Finding> result) {
  if (result) {
    if constexpr (std::is_void_v<T>) {
      return {};
    } else {
      return std::move(*result);
    }
  }
  if (result.error().code == "store_unknown") return fail(Status::no_input, result.error().what);
  return std::unexpected(store_failure(result.error()));
}

Expected<std::unique_ptr<store::AlertBook>> open_book(const Options& options) {
  ASSAY_TRY(settings, load_configuration(options.config));
  return open_alerts(settings);
}

std::string in_words(const store::Alert& alert) {
  return fmt::format("{:>5}  {:<6}  {:<15}  {}  {}\n", alert.id, store::to_text(alert.severity),
                     alert.rule, alert.until ? "over  " : (alert.seen ? "open  " : "open *"),
                     ascii::printable(alert.what, 2'000));
}

// ---- list, show, close -------------------------------------------------------------------------

Expected<> list(const Options& options) {
  ASSAY_TRY(book, open_book(options));
  store::AlertFilter filter{.domain = options.domain, .rule = options.rule};
  if (!options.all) filter.open = true;
  ASSAY_TRY(alerts, checked(book->alerts(filter)));
  std::string text;
  for (const store::Alert& each : alerts) {
    text += options.output.json ? analysis::to_json(each) + "\n" : in_words(each);
  }
  if (options.output.json) return write_output(text);
  if (text.empty()) text = options.all ? "There were no alerts.\n" : "No alert is open.\n";
  ASSAY_TRY(waiting, checked(book->letters({.state = store::OutboxState::waiting})));
  const auto failing =
      std::ranges::count_if(waiting, [](const store::Letter& each) { return each.attempts > 0; });
  ASSAY_TRY(lost, checked(book->letters({.state = store::OutboxState::given_up})));
  if (failing > 0)
    text += fmt::format("{} letters could not be sent yet: assay alert letters\n", failing);
  if (!lost.empty())
    text += fmt::format("{} letters were given up: assay alert letters\n", lost.size());
  return write_output(text);
}

Expected<> show(const Options& options) {
  ASSAY_TRY(book, open_book(options));
  ASSAY_TRY(at, parse_at(options.at));
  ASSAY_TRY(alert, checked(book->alert(options.id)));
  ASSAY_TRY(history, checked(book->history(options.id)));
  if (auto done = checked(book->mark_seen(options.id, at)); !done) return done;
  if (options.output.json) {
    json::Writer out;
    out.begin_object();
    out.key("alert");
    out.raw(analysis::to_json(alert));
    out.key("history");
    out.begin_array();
    for (const store::AlertHistory& each : history) {
      out.begin_object();
      out.member("at", to_rfc3339(each.at));
      out.member("event", store::to_text(each.event));
      out.member("what", each.what);
      out.end_object();
    }
    out.end_array();
    out.end_object();
    return write_output(out.take() + "\n");
  }
  std::string text = in_words(alert);
  text += fmt::format("  Since     {}\n", to_rfc3339(alert.since));
  if (alert.until) {
    text += fmt::format(
        "  Until     {}{}\n", to_rfc3339(*alert.until),
        alert.closed_by.empty() ? "" : ", closed by " + ascii::printable(alert.closed_by));
  }
  text += fmt::format("  Evidence  {}\n", ascii::printable(alert.evidence, 2'000));
  text += fmt::format("  To do     {}\n", ascii::printable(alert.advice, 2'000));
  for (const store::AlertHistory& each : history) {
    text += fmt::format("  {}  {:<6}  {}\n", to_rfc3339(each.at), store::to_text(each.event),
                        ascii::printable(each.what, 2'000));
  }
  return write_output(text);
}

Expected<> close(const Options& options) {
  ASSAY_TRY(book, open_book(options));
  ASSAY_TRY(at, parse_at(options.at));
  const std::string who = options.who.empty() ? user_name() : options.who;
  if (auto done = checked(book->close(options.id, at, who)); !done) return done;
  ASSAY_TRY(alert, checked(book->alert(options.id)));
  return write_output(options.output.json ? analysis::to_json(alert) + "\n" : in_words(alert));
}

// ---- rules -------------------------------------------------------------------------------------

Expected<> rules(const Options& options) {
  ASSAY_TRY(settings, load_configuration(options.config));
  const auto set = rule_settings(settings);
  std::string text;
  for (std::size_t i = 0; i < analysis::rules; ++i) {
    const auto rule = static_cast<analysis::Rule>(i);
    const analysis::Thresholds limits = thresholds_of(set, rule, options.domain);
    if (options.output.json) {
      json::Writer out;
      out.begin_object();
      out.member("rule", to_text(rule));
      out.member_boolean("enabled", limits.enabled);
      out.member("purpose", purpose_of(rule));
      out.member("thresholds", thresholds_in_words(rule));
      if (limits.minimum > 0) out.member_number("minimum", limits.minimum);
      if (limits.factor > 0) out.member_number("factor", limits.factor);
      if (limits.share > 0) out.member_number("share", limits.share);
      const auto seconds = [&](std::string_view name, std::chrono::seconds time) {
        if (time.count() > 0) out.member_number(name, static_cast<std::uint64_t>(time.count()));
      };
      seconds("after_seconds", limits.after);
      seconds("cool_down_seconds", limits.cool_down);
      out.end_object();
      text += out.take() + "\n";
      continue;
    }
    text += fmt::format("{:<16} {}  {}\n", to_text(rule), limits.enabled ? "on " : "off",
                        purpose_of(rule));
    std::string numbers;
    if (limits.minimum > 0) numbers += fmt::format("minimum {}  ", limits.minimum);
    if (limits.factor > 0) numbers += fmt::format("factor {}  ", limits.factor);
    if (limits.share > 0) numbers += fmt::format("share {} %  ", limits.share);
    if (limits.after.count() > 0)
      numbers += fmt::format("after {} h  ", limits.after.count() / 3600);
    numbers += fmt::format("cool-down {} h", limits.cool_down.count() / 3600);
    text += fmt::format("{:<16} {}\n{:<16} {}\n", "", numbers, "", thresholds_in_words(rule));
  }
  return write_output(text);
}

// ---- check -------------------------------------------------------------------------------------

Expected<> watch(const Options& options, const config::Settings& settings, Lookout& lookout,
                 store::Instant now) {
  if (options.offline || settings.alerts.watch_every.count() == 0) return {};
  NamedDns dns(options.dns);
  ASSAY_TRY(resolver, dns.open(settings));
  PacedResolver paced(*resolver, settings.alerts.watch_per_second,
                      [](std::chrono::milliseconds time) { std::this_thread::sleep_for(time); });
  ASSAY_TRY(domains, lookout.domains());
  for (const std::string& each : domains) {
    if (auto done = lookout.look(each, paced, now); !done) {
      return std::unexpected(std::move(done.error()));
    }
  }
  return {};
}

std::string as_line(const store::AlertChange& change, bool is_json) {
  if (!is_json) {
    return fmt::format("{:<7}{}", store::to_text(*change.event), in_words(change.alert));
  }
  json::Writer out;
  out.begin_object();
  out.member("event", store::to_text(*change.event));
  out.member_boolean("told", change.tell);
  out.key("alert");
  out.raw(analysis::to_json(change.alert));
  out.end_object();
  return out.take() + "\n";
}

Expected<> check(const Options& options) {
  ASSAY_TRY(settings, load_configuration(options.config));
  ASSAY_TRY(now, parse_at(options.at));
  ASSAY_TRY(reports, open_received(settings, {}));
  ASSAY_TRY(book, open_alerts(settings));
  ASSAY_TRY(lookout, Lookout::open(settings, *reports, *book));
  if (auto done = watch(options, settings, *lookout, now); !done) return done;
  ASSAY_TRY(changes, lookout->check(now));
  std::string text;
  for (const store::AlertChange& each : changes) {
    if (each.event) text += as_line(each, options.output.json);
  }
  if (text.empty() && !options.output.json) text = "Nothing changed.\n";
  if (auto done = write_output(text); !done || options.no_send) return done;
  ASSAY_TRY(messenger, Messenger::open(settings, *book));
  constexpr std::size_t most = 1'000;
  ASSAY_TRY(rounds, checked(messenger->courier().round(now, most)));
  if (rounds.events.empty()) return {};
  return fail(Status::unavailable, fmt::format("{}; it is tried again: assay alert letters",
                                               ascii::printable(rounds.events.front(), 500)));
}

// ---- letters -----------------------------------------------------------------------------------

Expected<> letters(const Options& options) {
  ASSAY_TRY(book, open_book(options));
  store::LetterFilter filter;
  if (!options.state.empty()) filter.state = store::parse_outbox_state(options.state);
  ASSAY_TRY(all, checked(book->letters(filter)));
  std::string text;
  for (const store::Letter& each : all) {
    if (!options.output.json) {
      text += fmt::format("{:>5}  {:<8}  {:<40}  {}{}\n", each.id, store::to_text(each.state),
                          ascii::printable(each.to), each.about,
                          each.reason.empty() ? "" : "  " + ascii::printable(each.reason, 300));
      continue;
    }
    json::Writer out;
    out.begin_object();
    out.member_number("id", static_cast<std::uint64_t>(each.id));
    out.member("kind", store::to_text(each.kind));
    out.member("to", each.to);
    out.member("about", each.about);
    out.member("state", store::to_text(each.state));
    out.member_number("attempts", each.attempts);
    out.member("created", to_rfc3339(each.created));
    if (each.state == store::OutboxState::waiting) out.member("next", to_rfc3339(each.next));
    if (each.finished != store::Instant{}) out.member("finished", to_rfc3339(each.finished));
    out.member("reason", each.reason);
    out.end_object();
    text += out.take() + "\n";
  }
  if (text.empty() && !options.output.json) text = "There are no letters.\n";
  return write_output(text);
}

Expected<> retry(const Options& options) {
  ASSAY_TRY(book, open_book(options));
  ASSAY_TRY(at, parse_at(options.at));
  return checked(book->retry(options.id, at));
}

struct Sub {
  std::string name;
  std::string description;
  Expected<> (*run)(const Options&);
};

Command add(const Command& alert, const std::shared_ptr<Options>& options, const Sub& sub) {
  const Command command = alert.subcommand(sub.name, sub.description);
  command.option("--config", options->config, "The configuration").named("FILE").default_shown();
  command.runs([options, run = sub.run] { return run(*options); });
  return command;
}

}  // namespace

void add_alert(const Command& program) {
  const Command alert = program.subcommand("alert", "Alerts: show, close and find them");
  alert.footer(footer);
  alert.needs_subcommand();
  const auto options = std::make_shared<Options>();
  const auto with_id = [&](const Command& command, const char* what) {
    command.option("ID", options->id, what).named("").required();
    command.option("--at", options->at, "The time that counts as now").named("TIME");
  };
  const Command listing = add(alert, options, {"list", "List what is open", list});
  listing.flag("--all", options->all, "What is over, too");
  listing.option("--domain", options->domain, "Of this domain alone").named("DOMAIN");
  listing.option("--rule", options->rule, "Of this rule alone").named("RULE");
  add_json_option(listing, options->output);
  const Command showing = add(alert, options, {"show", "Show an alert and its history", show});
  with_id(showing, "The alert");
  add_json_option(showing, options->output);
  const Command closing = add(alert, options, {"close", "Close an alert by hand", close});
  with_id(closing, "The alert");
  closing.option("--who", options->who, "Who closes it, instead of the user who runs this")
      .named("NAME");
  add_json_option(closing, options->output);
  const Command ruling = add(alert, options, {"rules", "Say what is watched for", rules});
  ruling.option("--domain", options->domain, "As it is for this domain").named("DOMAIN");
  add_json_option(ruling, options->output);
  const Command checking = add(alert, options, {"check", "Evaluate all rules once", check});
  checking.flag("--offline", options->offline, "Ask the DNS nothing");
  checking.flag("--no-send", options->no_send, "Leave what is to be told in the outbox");
  checking.option("--at", options->at, "The time that counts as now").named("TIME");
  add_dns_options(checking, options->dns);
  add_json_option(checking, options->output);
  checking.footer(check_footer);
  const Command posting = add(alert, options, {"letters", "List what is and was told", letters});
  posting.option("--state", options->state, "In this state alone")
      .one_of({"waiting", "sent", "given_up"});
  add_json_option(posting, options->output);
  with_id(add(alert, options, {"retry", "Try a letter again now", retry}), "The letter");
}

}  // namespace assay::cli
