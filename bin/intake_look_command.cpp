/// assay intake list, show, erase, count, set-aside: reports that were taken in.
#include <fmt/format.h>

#include <memory>
#include <string>
#include <string_view>

#include "assay/base/ascii.h"
#include "assay/base/domain_name.h"
#include "assay/base/time.h"
#include "assay/base/try.h"
#include "system/webapi/report_text.h"

#include "bin/arguments.h"
#include "bin/command.h"
#include "bin/files.h"
#include "bin/filter_role.h"
#include "bin/intake.h"
#include "bin/reporting.h"

namespace assay::cli {
namespace {

constexpr std::string_view list_footer = R"(Examples:
  assay intake list --standing set_aside
  assay intake list --domain example.com --json
)";
constexpr std::string_view show_footer = R"(Examples:
  assay intake show 17
  assay intake show --raw 17 | assay report read -

--raw writes the octets in which the report came, packed where they came unpacked.
)";
constexpr std::string_view erase_footer = R"(Example:
  assay intake erase example.com

Erases all reports on the domain and those below it, with their records, counts and raw octets. Backups keep what
they have.
)";

struct Options {
  std::string config = usual_config;
  std::string store = {};
  bool defaults = false;
  std::string domain = {};
  std::string standing = {};
  std::string kind = {};
  std::string reason = "by hand";
  unsigned id = 0;
  bool raw = false;
  OutputOptions output = {};
};

Expected<std::unique_ptr<store::ReceivedReports>> open(const Options& options) {
  if (options.defaults) return open_received({}, options.store);
  ASSAY_TRY(settings, load_configuration(options.config));
  return open_received(settings, options.store);
}

Failure failure_of(const Finding& finding) {
  if (finding.code == "store_unknown") return {Status::no_input, finding.what};
  return store_failure(finding);
}

std::string in_words(const store::ReceivedReport& one) {
  std::string text = fmt::format(
      "{:>6}  {:<9}  {:<9}  {:<30}  {:<30}  {}  {:>10}", one.id, to_text(one.head.kind),
      to_text(one.standing), ascii::printable(one.head.policy_domain, 60),
      ascii::printable(one.head.reporter, 60), to_rfc3339(one.head.begin), one.messages);
  if (!one.reason.empty()) text += "  " + ascii::printable(one.reason, 100);
  return text + "\n";
}

Expected<> run_list(const Options& options) {
  ASSAY_TRY(received, open(options));
  store::ReportFilter filter{.kind = store::parse_report_kind(options.kind),
                             .standing = store::parse_standing(options.standing),
                             .policy_domain = options.domain};
  while (true) {
    const auto found = received->reports(filter);
    if (!found) return std::unexpected(failure_of(found.error()));
    for (const store::ReceivedReport& one : *found) {
      auto written =
          write_output(options.output.json ? webapi::report_line(one) + "\n" : in_words(one));
      if (!written) return written;
    }
    if (found->size() < filter.limit) return {};
    filter.after = found->back().id;
  }
}

Expected<> show_words(store::ReceivedReports& received, const store::ReceivedReport& one) {
  std::string text = in_words(one);
  const auto line = [&](std::string_view name, std::string_view value) {
    if (!value.empty()) text += fmt::format("  {:<12}{}\n", name, ascii::printable(value, 500));
  };
  line("Report-ID:", one.head.report_id);
  line("Reporter:", one.head.org_name);
  line("Period:", to_rfc3339(one.head.begin) + " to " + to_rfc3339(one.head.end));
  line("Policy:", one.head.policy.p);
  line("Mail:", std::string(to_text(one.authenticity.trust)) +
                    (one.authenticity.reason.empty() ? "" : ": ") + one.authenticity.reason);
  line("Arrived:", to_rfc3339(one.arrived) +
                       (one.seen > 1 ? fmt::format(", {} times", one.seen) : std::string()));
  for (const store::Remark& each : one.remarks) {
    line(each.level == Level::warning ? "repaired:" : std::string(to_text(each.level)) + ":",
         each.what);
  }
  if (auto written = write_output(text); !written) return written;
  Expected<> written;
  const auto shown = received.each_record(one.id, [&](const aggregate::Record& record) {
    const aggregate::Row& row = record.row;
    written = write_output(
        fmt::format("  {:<40} {:>10}  spf={} dkim={} {} {}\n", ascii::printable(row.source_ip, 60),
                    record.count, ascii::printable(row.spf, 20), ascii::printable(row.dkim, 20),
                    ascii::printable(row.disposition, 20), ascii::printable(row.header_from, 100)));
    return written.has_value();
  });
  if (!shown) return std::unexpected(failure_of(shown.error()));
  return written;
}

Expected<> run_show(const Options& options) {
  ASSAY_TRY(received, open(options));
  const auto one = received->report(options.id);
  if (!one) return std::unexpected(failure_of(one.error()));
  if (options.raw) {
    const auto raw = received->raw(options.id);
    if (!raw) return std::unexpected(failure_of(raw.error()));
    if (raw->octets.empty()) {
      return fail(Status::no_input, "what it came in is no longer kept");
    }
    return write_output(raw->octets);
  }
  if (options.output.json) {
    const auto content = webapi::report_content(*received, *one);
    if (!content) return std::unexpected(failure_of(content.error()));
    return write_output(webapi::report_line(*one, *content) + "\n");
  }
  return show_words(*received, *one);
}

Expected<> run_stand(const Options& options, store::Standing standing) {
  ASSAY_TRY(received, open(options));
  const bool counted = standing == store::Standing::counted;
  const auto done = received->stand(options.id, standing, counted ? "" : options.reason);
  if (!done) return std::unexpected(failure_of(done.error()));
  return write_output(
      fmt::format("report {} is {}\n", options.id, counted ? "counted" : "set aside"));
}

Expected<> run_erase(const Options& options) {
  const auto name = DomainName::parse(options.domain);
  if (!name) return fail(Status::usage, "DOMAIN must be a domain, such as example.com");
  ASSAY_TRY(received, open(options));
  const auto removed = received->erase(name->text());
  if (!removed) return std::unexpected(failure_of(removed.error()));
  return write_output(
      fmt::format("{} reports with {} records are erased\n", removed->reports, removed->records));
}

}  // namespace

void add_intake_look(const Command& intake) {
  const auto options = std::make_shared<Options>();
  const auto add = [&](const std::string& name, const std::string& description) {
    const Command command = intake.subcommand(name, description);
    command.option("--config", options->config, "The configuration").named("FILE").default_shown();
    command.option("--store", options->store, "Another file than <data>/reports.sqlite")
        .named("FILE");
    command.flag("--defaults", options->defaults, "Without a configuration");
    return command;
  };
  const Command list = add("list", "List reports that came in");
  list.option("--domain", options->domain, "Only reports on this policy domain").named("DOMAIN");
  list.option("--standing", options->standing, "Only these").one_of({"counted", "set_aside"});
  list.option("--kind", options->kind, "Only these").one_of({"aggregate", "failure", "tls"});
  add_json_option(list, options->output);
  list.footer(list_footer);
  list.runs([options] { return run_list(*options); });
  const Command show = add("show", "Show one, with its records");
  show.flag("--raw", options->raw, "The octets in which it came");
  add_json_option(show, options->output);
  show.footer(show_footer);
  show.runs([options] { return run_show(*options); });
  const Command count = add("count", "Count one that was set aside");
  count.runs([options] { return run_stand(*options, store::Standing::counted); });
  const Command aside = add("set-aside", "Take one out of all counts, by hand");
  aside.option("--reason", options->reason, "Why").named("TEXT").default_shown();
  aside.runs([options] { return run_stand(*options, store::Standing::set_aside); });
  for (const Command& command : {show, count, aside}) {
    command.option("ID", options->id, "Its number in the list").named("").required();
  }
  const Command erase = add("erase", "Erase what is known of a domain");
  erase.option("DOMAIN", options->domain, "The domain, and those below it").named("").required();
  erase.footer(erase_footer);
  erase.runs([options] { return run_erase(*options); });
}

}  // namespace assay::cli
