/// assay report read: aggregate, failure and TLS reports, in whatever they are wrapped.
#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "assay/aggregate/names.h"
#include "assay/aggregate/read.h"
#include "assay/base/ascii.h"
#include "assay/base/time.h"
#include "assay/base/try.h"
#include "assay/failure/read.h"
#include "assay/tlsrpt/read.h"
#include "system/intake/documents.h"
#include "system/json/aggregate.h"
#include "system/json/failure.h"
#include "system/json/tls.h"

#include "bin/arguments.h"
#include "bin/command.h"
#include "bin/files.h"
#include "bin/intake.h"
#include "bin/report_limits.h"
#include "bin/report_words.h"

namespace assay::cli {
namespace {

constexpr std::string_view read_footer = R"(Examples:
  assay report read google.com!example.com!1777507200!1777593599.zip
  assay report read --json --summary huge.xml.gz
  assay report read - <report.eml

FILE is a report as it comes: an aggregate report of RFC 9990 or RFC 7489, a TLS report of RFC 8460, or
a mail with a failure report of RFC 9991, RFC 6591 or RFC 5965; plain, in gzip or zip, attached to a mail
or forwarded in one, in an mbox. What it is follows from the content. What reporters got wrong is
repaired, and each repair is said. --summary reads aggregate reports of any size in little memory.
Octets of the --max options may be written like 64MiB. Reaching a limit is said, and what came before
it is shown where it is of use.
Exit code 65 when something could not be read.
)";

constexpr std::size_t enough_to_know = 4'096;

struct Options {
  std::vector<std::string> files = {};
  OutputOptions output = {};
  bool summary = false;
  LimitOptions limit_options = {};
  ReportLimits limits = {};
};

/// Whether all could be read, and what was not.
struct Tally {
  std::uint64_t reports = 0;
  std::uint64_t failed = 0;
  std::uint64_t missing = 0;  ///< of them, files that could not be opened
};

/// A report that was read, or why it could not be.
struct Outcome {
  std::string error = {};                  ///< empty: it was read
  std::string_view code = "not_a_report";  ///< of the error
  Findings findings = {};                  ///< with an error
  /// The line or the words of a report that was read; `more` are findings of its wrapping.
  std::function<std::string(const json::ReportPlace& place, const Findings& more)> tell = {};
};

Outcome unread(const Finding& error, Findings findings) {
  return {.error = error.what, .code = error.code, .findings = std::move(findings)};
}

Outcome read_aggregate(const archive::Read& source, const std::string& path,
                       const Options& options) {
  xml::Reader xml(source, options.limits.aggregate.xml);
  const auto& limits = options.limits.aggregate;
  auto reading = std::make_shared<aggregate::Reading>(
      options.summary
          ? aggregate::read_xml(xml, aggregate::TakeRecord([](aggregate::Record&) {}), limits)
          : aggregate::read_xml(xml, limits));
  if (reading->error) return unread(*reading->error, std::move(reading->findings));
  if (auto finding = aggregate::disagreement(reading->report, path)) {
    add_bounded(reading->findings, std::move(*finding));
  }
  const bool json = options.output.json;
  const auto records = options.summary ? json::Records::counted : json::Records::told;
  return {.tell = [=](const json::ReportPlace& place, const Findings& more) {
    return json ? json::aggregate_line(place, *reading, more, records) + "\n"
                : aggregate_in_words(place, *reading, more);
  }};
}

/// All that a document holds, at most one octet more than the limit.
std::string collect(const archive::Read& source, std::size_t most) {
  std::string octets;
  std::size_t size = 0;
  do {
    const std::size_t before = octets.size();
    octets.resize(before + std::min<std::size_t>(1U << 16, most + 1 - before));
    size = source(std::span(octets).subspan(before));
    octets.resize(before + size);
  } while (size > 0 && octets.size() <= most);
  return octets;
}

Outcome read_tls(const archive::Read& source, const Options& options) {
  const auto& limits = options.limits.tls;
  auto reading =
      std::make_shared<tlsrpt::Reading>(tlsrpt::read_json(collect(source, limits.octets), limits));
  if (reading->error) return unread(*reading->error, std::move(reading->findings));
  const bool json = options.output.json;
  return {.tell = [=](const json::ReportPlace& place, const Findings& more) {
    return json ? json::tls_line(place, *reading, more) + "\n"
                : tls_in_words(place, *reading, more);
  }};
}

Outcome read_failure(const archive::Read& source, const Options& options) {
  const auto& limits = options.limits.failure;
  auto read =
      std::make_shared<failure::Read>(failure::read(collect(source, limits.octets), limits));
  const auto error = std::ranges::find(read->findings, Level::error, &Finding::level);
  if (!read->report || error != read->findings.end()) {
    const std::string what = error != read->findings.end() ? error->what : "no failure report";
    const std::string_view code = error != read->findings.end() ? error->code : "no_report";
    return {.error = what, .code = code, .findings = std::move(read->findings)};
  }
  const bool json = options.output.json;
  return {.tell = [=](const json::ReportPlace& place, const Findings& more) {
    return json ? json::failure_line(place, *read->report, read->findings, more) + "\n"
                : failure_in_words(place, *read->report, read->findings, more);
  }};
}

/// Reads documents and says what is in them. The last line waits until the file has ended, for what
/// is found wrong with its wrapping.
class ReportPrinter {
 public:
  ReportPrinter(const Options& options, Tally& tally) : options_(options), tally_(tally) {}

  void begin_file(const std::string& file) {
    file_ = file;
    found_ = false;
  }

  void read(const std::string& member, intake::Kind kind, const archive::Read& source) {
    flush({});
    member_ = member;
    waiting_ = found_ = true;
    switch (kind) {
      case intake::Kind::aggregate:
        outcome_ = read_aggregate(source, member.empty() ? file_ : member, options_);
        break;
      case intake::Kind::tls:
        outcome_ = read_tls(source, options_);
        break;
      case intake::Kind::failure:
        outcome_ = read_failure(source, options_);
        break;
      case intake::Kind::none:
        outcome_ = {.error = intake::what_else(collect(source, enough_to_know))};
        break;
    }
  }

  /// The file has ended; `findings` are of its wrapping.
  Expected<> end_file(const Findings& findings) {
    if (!found_) {
      const auto first = std::ranges::find(findings, Level::error, &Finding::level);
      const bool known = first != findings.end();
      say_error({file_, {}}, known ? first->what : "there is no file in it", findings);
    }
    flush(findings);
    return std::exchange(written_, {});
  }

  void cannot_open(const Failure& failure) {
    ++tally_.missing;
    found_ = true;
    say_error({file_, {}}, failure.what, {});
  }

 private:
  void flush(const Findings& findings) {
    if (!waiting_) return;
    waiting_ = false;
    const Outcome outcome = std::exchange(outcome_, {});
    const json::ReportPlace place{file_, member_};
    if (!outcome.error.empty()) {
      say_unread(place, outcome, findings);
      return;
    }
    ++tally_.reports;
    if (has_error(findings)) ++tally_.failed;
    write(outcome.tell(place, findings));
  }

  /// What is wrong with the wrapping is why nothing in it could be read.
  void say_unread(const json::ReportPlace& place, const Outcome& outcome,
                  const Findings& findings) {
    Findings all = outcome.findings;
    const auto broken = std::ranges::find(findings, Level::error, &Finding::level);
    if (broken != findings.end()) {
      add_bounded(all, {.code = outcome.code, .what = outcome.error});
    }
    for (const Finding& finding : findings) add_bounded(all, finding);
    say_error(place, broken != findings.end() ? broken->what : outcome.error, all);
  }

  void say_error(const json::ReportPlace& place, std::string_view what, const Findings& findings) {
    ++tally_.failed;
    if (options_.output.json) {
      write(json::report_error_line(place, what, findings) + "\n");
    } else {
      write(unread_in_words(place, what, findings));
    }
  }

  void write(const std::string& text) {
    if (written_) written_ = write_output(text);
  }

  const Options& options_;
  Tally& tally_;
  std::string file_ = {};
  std::string member_ = {};
  Outcome outcome_ = {};
  bool waiting_ = false;  ///< the last document has not been told yet
  bool found_ = false;    ///< the file had one
  Expected<> written_ = {};
};

/// What is not plain XML is held as it is, packed; false where it is more than may be.
bool hold(std::string& octets, std::size_t most, const archive::Read& rest) {
  while (octets.size() <= most) {
    const std::size_t before = octets.size();
    octets.resize(before + (1U << 20));
    const std::size_t more = rest(std::span(octets).subspan(before));
    octets.resize(before + more);
    if (more == 0) return true;
  }
  return false;
}

/// Plain XML is read piece by piece; all else is held as it is, packed.
Expected<> read_report_file(const std::string& file, const Options& options,
                            ReportPrinter& printer) {
  printer.begin_file(file);
  auto input = Input::open(file);
  std::string octets(enough_to_know, '\0');
  Expected<std::size_t> size = input ? input->read_full(octets) : std::unexpected(input.error());
  if (!size) {
    printer.cannot_open(size.error());
    return printer.end_file({});
  }
  octets.resize(*size);
  Expected<> broken = {};
  const auto rest = [&](std::span<char> into) -> std::size_t {
    const auto more = input->read(into);
    if (!more && broken) broken = std::unexpected(more.error());
    return more.value_or(0);
  };
  if (intake::kind_of(octets) == intake::Kind::aggregate) {
    printer.read({}, intake::Kind::aggregate, [&](std::span<char> into) {
      const std::size_t given = octets.copy(into.data(), into.size());
      octets.erase(0, given);
      return given > 0 ? given : rest(into);
    });
    if (!broken) return broken;
    return printer.end_file({});
  }
  const auto read_on = [&](const std::string& member, intake::Kind kind,
                           const archive::Read& read) { printer.read(member, kind, read); };
  const auto large = open_large(file);
  if (large && *large) {
    return printer.end_file(intake::for_each_document(**large, read_on, options.limits.documents));
  }
  const std::size_t most = options.limits.documents.unpack.packed;
  const bool held = hold(octets, most, rest);
  if (!broken) return broken;
  if (!held) {
    return printer.end_file({{.code = "packed_too_large",
                              .what = fmt::format("it is larger than {} octets, the limit of "
                                                  "--max-packed, and nothing of it is read",
                                                  most)}});
  }
  return printer.end_file(intake::for_each_document(octets, read_on, options.limits.documents));
}

Expected<> run_read(Options options) {
  ASSAY_TRY(limits, report_limits(options.limit_options));
  options.limits = limits;
  Tally tally;
  ReportPrinter printer(options, tally);
  for (const std::string& file : options.files) {
    if (auto done = read_report_file(file, options, printer); !done) return done;
  }
  if (tally.failed == 0) return {};
  const Status status = tally.missing == tally.failed ? Status::no_input : Status::bad_data;
  return fail(status, fmt::format("{} of {} reports or files could not be read", tally.failed,
                                  std::max(tally.reports + tally.failed, tally.failed)));
}

}  // namespace

void add_report_read(const Command& report) {
  const auto options = std::make_shared<Options>();
  const Command read = report.subcommand("read", "Show what is in a report, in any wrapping");
  read.option("FILE", options->files, "A report; - is standard input").required();
  read.flag("--summary", options->summary, "Without the records, only how many there are");
  add_limit_options(read, options->limit_options);
  add_json_option(read, options->output);
  read.footer(read_footer);
  read.runs([options] { return run_read(*options); });
}

}  // namespace assay::cli
