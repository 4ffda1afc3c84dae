/// assay report read: aggregate reports, in whatever they are wrapped.
#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "assay/aggregate/read.h"
#include "assay/base/ascii.h"
#include "assay/base/time.h"
#include "assay/base/try.h"
#include "system/intake/documents.h"
#include "system/json/aggregate.h"

#include "bin/arguments.h"
#include "bin/command.h"
#include "bin/files.h"

namespace assay::cli {
namespace {

constexpr std::string_view read_footer = R"(Examples:
  assay report read google.com!example.com!1777507200!1777593599.zip
  assay report read --json --summary huge.xml.gz
  assay report read - <report.eml

FILE is an aggregate report of RFC 9990 or RFC 7489 as it comes: XML, gzip or zip of it, a mail it is
attached to, an mbox; what it is follows from the content. What reporters got wrong is repaired, and
each repair is said. --summary reads reports of any size in little memory.
Exit code 65 when something could not be read.
)";

constexpr std::size_t max_packed = 512U << 20;
constexpr std::size_t enough_to_know = 4'096;

struct Options {
  std::vector<std::string> files = {};
  OutputOptions output = {};
  bool summary = false;
};

/// Whether all could be read, and what was not.
struct Tally {
  std::uint64_t reports = 0;
  std::uint64_t failed = 0;
  std::uint64_t missing = 0;  ///< of them, files that could not be opened
};

std::string where(const json::ReportPlace& place) {
  std::string text = ascii::printable(place.file, 500);
  if (!place.member.empty()) text += " (" + ascii::printable(place.member, 500) + ")";
  return text;
}

std::string findings_in_words(const Findings& findings) {
  std::string text;
  for (const Finding& finding : findings) {
    text += fmt::format("  {:<10}{}\n",
                        finding.level == Level::warning ? "repaired" : to_text(finding.level),
                        finding.what);
  }
  return text;
}

void count_dispositions(const aggregate::Report& report, std::string& text) {
  std::vector<std::pair<std::string, std::uint64_t>> counts;
  for (const aggregate::Record& record : report.records) {
    const std::string& word = record.row.disposition;
    auto known = std::ranges::find(counts, word, &std::pair<std::string, std::uint64_t>::first);
    if (known == counts.end()) known = counts.insert(counts.end(), {word, 0});
    known->second += record.count;
  }
  for (const auto& [word, count] : counts) {
    text += fmt::format("  {:<24}{:>12}\n",
                        word.empty() ? "(none said)" : ascii::printable(word, 24), count);
  }
}

std::string in_words(const json::ReportPlace& place, const aggregate::Reading& reading,
                     const Findings& more) {
  const aggregate::Report& report = reading.report;
  const aggregate::Metadata& metadata = report.metadata;
  std::string text = where(place) + "\n";
  const auto line = [&](std::string_view name, std::string_view value) {
    if (!value.empty()) text += fmt::format("  {:<12}{}\n", name, ascii::printable(value, 300));
  };
  line("Reporter:", metadata.org_name);
  line("Report-ID:", metadata.report_id);
  if (metadata.end != Instant{}) {
    line("Period:", to_rfc3339(metadata.begin) + " to " + to_rfc3339(metadata.end));
  }
  const aggregate::PolicyPublished& policy = report.policy;
  line("Policy of:", policy.domain);
  line("Policy:", "p=" + policy.p + (policy.sp.empty() ? "" : " sp=" + policy.sp) +
                      (policy.np.empty() ? "" : " np=" + policy.np));
  line("Form:", report.schema == aggregate::Schema::rfc9990 ? "RFC 9990" : "RFC 7489");
  for (const std::string& error : metadata.errors) line("Error:", error);
  line("Messages:", fmt::format("{} in {} records", reading.messages, reading.records));
  count_dispositions(report, text);
  return text + findings_in_words(reading.findings) + findings_in_words(more);
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
        read_aggregate(source);
        break;
      case intake::Kind::tls:
        reading_.error = not_yet("a TLS report, which is not read yet");
        break;
      case intake::Kind::failure:
        reading_.error = not_yet("a failure report, which is not read yet");
        break;
      case intake::Kind::none:
        reading_.error = not_yet("neither XML nor anything that a report is packed in");
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
  static Finding not_yet(std::string_view what) {
    return {.code = "not_read", .what = std::string(what)};
  }

  void read_aggregate(const archive::Read& source) {
    xml::Reader xml(source);
    reading_ = options_.summary
                   ? aggregate::read_xml(xml, aggregate::TakeRecord([](aggregate::Record&) {}))
                   : aggregate::read_xml(xml);
  }

  void flush(const Findings& findings) {
    if (!waiting_) return;
    waiting_ = false;
    const aggregate::Reading reading = std::exchange(reading_, {});
    const json::ReportPlace place{file_, member_};
    if (reading.error) {
      Findings all = reading.findings;
      for (const Finding& finding : findings) add_bounded(all, finding);
      say_error(place, reading.error->what, all);
      return;
    }
    ++tally_.reports;
    if (has_error(findings)) ++tally_.failed;
    const auto records = options_.summary ? json::Records::counted : json::Records::told;
    write(options_.output.json ? json::aggregate_line(place, reading, findings, records) + "\n"
                               : in_words(place, reading, findings));
  }

  void say_error(const json::ReportPlace& place, std::string_view what, const Findings& findings) {
    ++tally_.failed;
    if (options_.output.json) {
      write(json::report_error_line(place, what, findings) + "\n");
    } else {
      write(where(place) + "\n  not read:  " + std::string(what) + "\n" +
            findings_in_words(findings));
    }
  }

  void write(const std::string& text) {
    if (written_) written_ = write_output(text);
  }

  const Options& options_;
  Tally& tally_;
  std::string file_ = {};
  std::string member_ = {};
  aggregate::Reading reading_ = {};
  bool waiting_ = false;  ///< the last document has not been told yet
  bool found_ = false;    ///< the file had one
  Expected<> written_ = {};
};

/// Plain XML is read piece by piece; all else is held as it is, packed.
Expected<> read_report_file(const std::string& file, ReportPrinter& printer) {
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
  while (octets.size() <= max_packed) {
    const std::size_t before = octets.size();
    octets.resize(before + (1U << 20));
    const std::size_t more = rest(std::span(octets).subspan(before));
    octets.resize(before + more);
    if (more == 0) break;
  }
  if (!broken) return broken;
  return printer.end_file(intake::for_each_document(
      octets, [&](const std::string& member, intake::Kind kind, const archive::Read& read) {
        printer.read(member, kind, read);
      }));
}

Expected<> run_read(const Options& options) {
  Tally tally;
  ReportPrinter printer(options, tally);
  for (const std::string& file : options.files) {
    if (auto done = read_report_file(file, printer); !done) return done;
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
  add_json_option(read, options->output);
  read.footer(read_footer);
  read.runs([options] { return run_read(*options); });
}

}  // namespace assay::cli
