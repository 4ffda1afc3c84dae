/// assay evidence: what the filter has learned of clients and domains, made from journals, shown,
/// and forgotten.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "assay/base/ascii.h"
#include "assay/base/try.h"
#include "system/evidence/knowledge.h"
#include "system/evidence/subject.h"
#include "system/evidence/thresholds.h"
#include "system/journal/journal.h"
#include "system/json/writer.h"

#include "bin/arguments.h"
#include "bin/command.h"
#include "bin/files.h"
#include "bin/journal_files.h"

namespace assay::cli {
namespace {

using evidence::Knowledge;

constexpr std::string_view help_footer = R"(Examples:
  assay evidence build /var/lib/assay/journal -o /var/lib/assay/evidence
  assay evidence list /var/lib/assay/evidence clients
  assay evidence show /var/lib/assay/evidence example.com
  assay evidence forget /var/lib/assay/evidence 198.51.100.25

The filter reads the file that [evidence] snapshot names. docs/evidence.md says what is learned and
from when on it counts.
)";

constexpr std::string_view build_footer = R"(Example:
  assay evidence build /var/lib/assay/journal -o /var/lib/assay/evidence

Reads the journals of the last weeks and replaces the file at once, so that whoever reads it has the
old one or the new one.
)";

constexpr std::string_view forget_footer = R"(Example:
  assay evidence forget /var/lib/assay/evidence example.com

What the journals still hold is learned again when the file is built again.
)";

constexpr std::size_t max_file = std::size_t{1} << 30;
constexpr unsigned max_days = 365;

struct Options {
  std::vector<std::string> journals = {};
  std::string file = {};
  std::string what = {};
  std::string at = {};
  unsigned days = 42;
  OutputOptions output = {};
};

std::string why(int error) {
  return std::strerror(error);  // NOLINT(concurrency-mt-unsafe): glibc's is safe
}

// ---- The file ----------------------------------------------------------------------------------

Expected<Knowledge> read_file_of_evidence(const std::string& path) {
  ASSAY_TRY(text, read_file(path, max_file));
  auto knowledge = evidence::read_knowledge(text);
  if (!knowledge) {
    return fail(Status::bad_data, ascii::printable(path) + ": " + knowledge.error().what +
                                      "; make it again with assay evidence build");
  }
  return std::move(*knowledge);
}

/// Writes all of it and waits until it is on the disk; errno says why not.
bool write_all(int file, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(file, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return ::fsync(file) == 0;
}

void sync_folder_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  const std::string folder = slash == std::string::npos ? "." : path.substr(0, slash + 1);
  const int file = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (file < 0) return;
  static_cast<void>(::fsync(file));
  ::close(file);
}

/// Replaces the file at once: written beside it, then renamed. A reader has the old one or the new
/// one, whatever happens.
Expected<> replace_file(const std::string& path, std::string_view text) {
  const std::string beside = path + ".new";
  const auto failed = [&](int error) {
    static_cast<void>(::unlink(beside.c_str()));
    return fail(Status::io, ascii::printable(path) + ": cannot be written: " + why(error) +
                                "; make room or choose another place");
  };
  // What an earlier run left behind, and no link that leads elsewhere.
  static_cast<void>(::unlink(beside.c_str()));
  const int file = ::open(beside.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
  if (file < 0) return failed(errno);
  const bool written = write_all(file, text);
  const int error = errno;
  if (::close(file) != 0 || !written) return failed(written ? errno : error);
  if (std::rename(beside.c_str(), path.c_str()) != 0) return failed(errno);
  sync_folder_of(path);
  return {};
}

// ---- build -------------------------------------------------------------------------------------

struct Read {
  std::uint64_t messages = 0;
  std::uint64_t broken = 0;
};

Expected<> learn(evidence::Learner& learner, const std::vector<std::string>& paths, Read& read) {
  return for_each_line(paths, [&](const std::string&, const journal::Line& line) {
    if (line.entry) learner.take(*line.entry);
    ++(line.entry ? read.messages : read.broken);
    return Expected<>();
  });
}

std::string built_in_words(const Options& options, const Knowledge& knowledge, const Read& read) {
  if (options.output.json) {
    json::Writer out;
    out.begin_object();
    out.member_number("messages", read.messages);
    out.member_number("broken_lines", read.broken);
    out.member_number("clients", knowledge.clients.size());
    out.member_number("authors", knowledge.authors.size());
    out.member_number("pairs", knowledge.pairs.size());
    out.end_object();
    return out.take() + "\n";
  }
  return fmt::format("{} messages read: {} clients, {} author domains, {} pairs\n", read.messages,
                     knowledge.clients.size(), knowledge.authors.size(), knowledge.pairs.size());
}

Expected<> run_build(const Options& options) {
  ASSAY_TRY(now, parse_at(options.at));
  evidence::Learner learner{std::chrono::days(options.days)};
  Read read;
  if (auto learned = learn(learner, options.journals, read); !learned) return learned;
  if (read.messages == 0 && read.broken > 0) {
    return fail(Status::bad_data, "no line of the journals can be read, so that " +
                                      ascii::printable(options.file) +
                                      " is left as it is; see assay journal check");
  }
  const Knowledge knowledge = learner.finish(now);
  const std::string text = evidence::write_knowledge(knowledge);
  if (auto replaced = replace_file(options.file, text); !replaced) return replaced;
  if (read.broken > 0) {
    report("evidence build",
           {.what = fmt::format("{} lines cannot be read; see assay journal check", read.broken)});
  }
  return write_output(built_in_words(options, knowledge, read));
}

// ---- list and show -----------------------------------------------------------------------------

std::string clients_in_words(const Knowledge& knowledge) {
  if (knowledge.clients.empty()) return "";
  std::string text = fmt::format("{:<40} {:>9} {:>9} {:>9}  {:<20}  {}\n", "Client", "passed",
                                 "failed", "relayed", "last", "counts as");
  for (const auto& [client, one] : knowledge.clients) {
    std::string_view as = "";
    if (evidence::is_known_forwarder(one)) as = "known forwarder";
    if (evidence::brings_only_failures(one)) as = "only failing";
    text += fmt::format("{:<40} {:>9} {:>9} {:>9}  {:<20}  {}\n", client, one.passed, one.failed,
                        one.relayed, to_rfc3339(one.last), as);
  }
  return text;
}

std::string authors_in_words(const Knowledge& knowledge) {
  if (knowledge.authors.empty()) return "";
  std::string text = fmt::format("{:<40} {:>9} {:>9} {:>9}  {:<20}  {}\n", "Author domain",
                                 "passed", "failed", "by DKIM", "last", "counts as");
  for (const auto& [author, one] : knowledge.authors) {
    text += fmt::format("{:<40} {:>9} {:>9} {:>9}  {:<20}  {}\n", author, one.passed, one.failed,
                        one.by_dkim, to_rfc3339(one.last),
                        evidence::always_passes(one) ? "always passes" : "");
  }
  return text;
}

std::string pairs_in_words(const Knowledge& knowledge) {
  if (knowledge.pairs.empty()) return "";
  std::string text = fmt::format("{:<60} {:>9}  {:<20}  {}\n", "Client and author domain", "passed",
                                 "last passed", "counts as");
  for (const auto& [pair, one] : knowledge.pairs) {
    text += fmt::format("{:<60} {:>9}  {:<20}  {}\n", pair, one.passed, to_rfc3339(one.last_passed),
                        evidence::has_passed_lately(one) ? "passed lately" : "");
  }
  return text;
}

/// Keys hold addresses, letters, digits, hyphens, underscores and dots alone (SEC-03).
std::string in_words(const Knowledge& knowledge) {
  std::string text = "Made " + to_rfc3339(knowledge.made) + "\n";
  for (const std::string& part :
       {clients_in_words(knowledge), authors_in_words(knowledge), pairs_in_words(knowledge)}) {
    if (!part.empty()) text += "\n" + part;
  }
  return text;
}

Expected<> run_list(const Options& options) {
  ASSAY_TRY(knowledge, read_file_of_evidence(options.file));
  if (!options.what.empty() && options.what != "clients") knowledge.clients.clear();
  if (!options.what.empty() && options.what != "authors") knowledge.authors.clear();
  if (!options.what.empty() && options.what != "pairs") knowledge.pairs.clear();
  return write_output(options.output.json ? evidence::write_knowledge(knowledge)
                                          : in_words(knowledge));
}

Expected<evidence::Subject> subject_of(const Options& options) {
  auto subject = evidence::parse_subject(options.what);
  if (subject) return std::move(*subject);
  return fail(Status::usage, "\"" + ascii::printable(options.what) +
                                 "\" is neither an address nor a domain; give one like 192.0.2.1 "
                                 "or example.com");
}

bool is_empty(const Knowledge& knowledge) {
  return knowledge.clients.empty() && knowledge.authors.empty() && knowledge.pairs.empty();
}

Expected<> run_show(const Options& options) {
  ASSAY_TRY(subject, subject_of(options));
  ASSAY_TRY(knowledge, read_file_of_evidence(options.file));
  const Knowledge found = evidence::only(knowledge, subject);
  if (options.output.json) return write_output(evidence::write_knowledge(found));
  if (is_empty(found)) return write_output("Nothing is known of it.\n");
  return write_output(in_words(found));
}

Expected<> run_forget(const Options& options) {
  ASSAY_TRY(subject, subject_of(options));
  ASSAY_TRY(knowledge, read_file_of_evidence(options.file));
  const std::size_t forgotten = evidence::forget(knowledge, subject);
  if (forgotten > 0) {
    auto replaced = replace_file(options.file, evidence::write_knowledge(knowledge));
    if (!replaced) return replaced;
  }
  if (options.output.json) return write_output(fmt::format("{{\"forgotten\":{}}}\n", forgotten));
  return write_output(fmt::format("{} entries forgotten\n", forgotten));
}

// ---- The command line --------------------------------------------------------------------------

struct Subcommand {
  std::string name;
  std::string description;
  Expected<> (*run)(const Options&);
};

Command add_subcommand(const Command& evidence, const Subcommand& what,
                       const std::shared_ptr<Options>& options) {
  const Command command = evidence.subcommand(what.name, what.description);
  add_json_option(command, options->output);
  command.runs([options, run = what.run] { return run(*options); });
  return command;
}

void add_file(const Command& command, Options& options) {
  command.option("FILE", options.file, "The file of evidence").named("").required();
}

void add_build(const Command& evidence, const std::shared_ptr<Options>& options) {
  const Command build = add_subcommand(
      evidence, {"build", "Learn from journals and write the file", run_build}, options);
  build.option("JOURNAL", options->journals, "Journal files, and folders of them")
      .named("FILE|DIR")
      .required();
  build.option("-o,--output", options->file, "The file to write").named("FILE").required();
  build.option("--days", options->days, "How far back is learned from")
      .named("N")
      .between(1, max_days)
      .default_shown();
  build.option("--at", options->at, "The time that counts as now").named("TIME");
  build.footer(build_footer);
}

}  // namespace

void add_evidence(const Command& program) {
  const Command evidence =
      program.subcommand("evidence", "What was learned of clients and domains");
  evidence.footer(help_footer);
  evidence.needs_subcommand();
  const auto options = std::make_shared<Options>();
  add_build(evidence, options);
  const Command list =
      add_subcommand(evidence, {"list", "Show all that is known", run_list}, options);
  add_file(list, *options);
  list.option("WHAT", options->what, "clients, authors or pairs; all where it is left out")
      .named("")
      .one_of({"clients", "authors", "pairs"});
  const Command show = add_subcommand(
      evidence, {"show", "Show what is known of a client or domain", run_show}, options);
  const Command forget = add_subcommand(
      evidence, {"forget", "Forget what is known of a client or domain", run_forget}, options);
  forget.footer(forget_footer);
  for (const Command& command : {show, forget}) {
    add_file(command, *options);
    command.option("WHOM", options->what, "An address, or a domain (and those below it)")
        .named("ADDRESS|DOMAIN")
        .required();
  }
}

}  // namespace assay::cli
