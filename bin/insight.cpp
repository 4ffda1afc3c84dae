#include "bin/insight.h"

#include <fcntl.h>
#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <system_error>

#include "assay/base/ascii.h"
#include "assay/base/try.h"

#include "bin/files.h"
#include "bin/filter_role.h"
#include "bin/journal_files.h"

namespace assay::cli {
namespace {

namespace fs = std::filesystem;
using std::chrono::days;
using std::chrono::sys_days;

constexpr std::size_t max_catalogue = std::size_t{64} << 20;
constexpr std::size_t max_marks = std::size_t{256} << 20;

/// The catalogue of the installation, or of the tree that the program was built in; empty where
/// there is none.
std::string installed_catalogue() {
  std::error_code error;
  const fs::path program = fs::read_symlink("/proc/self/exe", error);
  if (error) return "";
  for (const char* where : {"../share/assay/services.txt", "../../../data/services.txt"}) {
    const fs::path path = program.parent_path() / where;
    if (fs::exists(path, error)) return path.string();
  }
  return "";
}

Expected<> read_into(analysis::Catalogue& catalogue, const std::string& path) {
  ASSAY_TRY(text, read_file(path, max_catalogue));
  const auto done = catalogue.read(text);
  if (done) return {};
  return fail(Status::bad_data, ascii::printable(path) + ": " + done.error().what);
}

std::string why(int error) {
  return std::strerror(error);  // NOLINT(concurrency-mt-unsafe): glibc's is safe
}

}  // namespace

Expected<> Organizations::open(bool required) {
  auto list = source_.get();
  if (!list && required) return std::unexpected(std::move(list.error()));
  if (list) list_ = *list;
  return {};
}

std::string Organizations::of(std::string_view domain) const {
  const auto name = DomainName::parse(domain);
  if (!name || list_ == nullptr) return std::string(domain);
  return list_->organizational_domain(*name).text();
}

bool asks_dns(const analysis::Ask& ask) {
  using analysis::Question;
  const bool names = ask.question == Question::who || ask.question == Question::newcomers ||
                     ask.question == Question::sources;
  return ask.question == Question::ladder || (names && ask.names > 0);
}

Expected<analysis::Document> answer_received(const analysis::Ask& ask,
                                             std::vector<std::string> journals,
                                             const config::Settings& settings) {
  const sys_days today = std::chrono::floor<days>(ask.now);
  const sys_days to = ask.to.value_or(today);
  const sys_days from = ask.from.value_or(to - days{29});
  analysis::Document document{.question = "received",
                              .domain = ask.domain,
                              .basis = {.days = {.from = from, .until = to + days{1}}}};
  // A filter that never ran here has no folder yet: nothing was received, which is no failure.
  std::error_code error;
  const std::string own = journal_folder(settings);
  if (journals.empty() && fs::exists(own, error)) journals.push_back(own);
  analysis::ReceivedMail mail;
  auto done =
      for_each_line(journals, [&](const std::string&, const journal::Line& line) -> Expected<> {
        if (!line.entry) {
          ++mail.broken_lines;
          return {};
        }
        const journal::Entry& entry = *line.entry;
        const sys_days day = std::chrono::floor<days>(entry.time);
        const bool of_domain =
            ask.domain.empty() || (entry.verdict && (entry.verdict->author_domain == ask.domain ||
                                                     entry.verdict->policy_domain == ask.domain));
        if (day < from || day > to || !of_domain) return {};
        analysis::add(mail, entry);
        analysis::Basis& basis = document.basis;
        basis.first = basis.first ? std::min(*basis.first, day) : day;
        basis.data_through = basis.data_through ? std::max(*basis.data_through, day) : day;
        return {};
      });
  if (!done) return std::unexpected(std::move(done.error()));
  document.basis.messages = mail.messages;
  tell(mail, document);
  return document;
}

Expected<analysis::Catalogue> read_catalogue(const config::Settings& settings,
                                             const std::vector<std::string>& files) {
  std::vector<std::string> paths;
  if (const std::string installed = installed_catalogue(); !installed.empty())
    paths.push_back(installed);
  std::error_code error;
  const std::string own = data_folder(settings) + "/services.txt";
  if (fs::exists(own, error)) paths.push_back(own);
  paths.insert(paths.end(), files.begin(), files.end());
  analysis::Catalogue catalogue;
  for (const std::string& each : paths) {
    if (auto done = read_into(catalogue, each); !done)
      return std::unexpected(std::move(done.error()));
  }
  return catalogue;
}

std::string marks_path(const config::Settings& settings, const std::string& path) {
  return path.empty() ? data_folder(settings) + "/marks.jsonl" : path;
}

Expected<analysis::Marks> read_marks_file(const std::string& path) {
  std::error_code error;
  if (!fs::exists(path, error)) return analysis::Marks{};
  ASSAY_TRY(text, read_file(path, max_marks));
  auto marks = analysis::read_marks(text);
  if (marks) return std::move(*marks);
  return fail(Status::bad_data,
              ascii::printable(path) + ": " + marks.error().what + "; repair the line by hand");
}

Expected<std::optional<places::Places>> open_places(const config::Settings& settings) {
  const config::Insight& files = settings.insight;
  if (files.asn.empty() && files.country.empty()) return std::optional<places::Places>();
  auto opened = places::Places::open({.as_numbers = files.asn, .countries = files.country});
  if (!opened) return fail(Status::bad_data, opened.error().what + "; see [insight]");
  return std::optional(std::move(*opened));
}

Expected<std::optional<analysis::OwnMail>> read_own_mail(const config::Settings& settings,
                                                         const std::vector<std::string>& paths,
                                                         std::string_view domain) {
  constexpr std::uintmax_t most = std::uintmax_t{16} << 20;
  std::error_code error;
  const std::string folder = journal_folder(settings);
  if (paths.empty() && !fs::exists(folder, error)) return std::optional<analysis::OwnMail>();
  ASSAY_TRY(files, find_journals(paths.empty() ? std::vector{folder} : paths));
  analysis::OwnMail mail;
  std::uintmax_t octets = 0;
  for (auto file = files.rbegin(); file != files.rend() && octets < most; ++file) {
    const std::uintmax_t size = fs::file_size(*file, error);
    if (error) continue;  // It was removed meanwhile.
    const std::uintmax_t left = most - octets;
    octets += size;
    // Where it is begun in the middle, the first line is broken and left out.
    auto reader = journal::Reader::open(*file, size > left ? size - left : 0);
    if (!reader) continue;
    while (const auto line = reader->next()) {
      if (line->entry) analysis::add(mail, domain, *line->entry);
    }
  }
  return std::optional(std::move(mail));
}

Expected<> append_mark(const std::string& path, const analysis::Mark& mark) {
  std::error_code error;
  if (const fs::path folder = fs::path(path).parent_path(); !folder.empty())
    fs::create_directories(folder, error);
  const auto failed = [&](int number) {
    return fail(Status::io, ascii::printable(path) + ": cannot be written: " + why(number));
  };
  constexpr mode_t mode = 0640;
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, mode);
  if (file < 0) return failed(errno);
  const std::string line = to_line(mark);
  // One call: marks that two people write at the same time do not mix.
  const ssize_t written = ::write(file, line.data(), line.size());
  const bool whole = written == static_cast<ssize_t>(line.size());
  const bool synced = whole && ::fsync(file) == 0;
  const int number = written >= 0 && !whole ? ENOSPC : errno;
  if (::close(file) != 0 || !synced) return failed(number);
  return {};
}

std::string user_name() {
  constexpr std::size_t room = 16'384;
  std::array<char, room> buffer = {};
  passwd entry = {};
  passwd* found = nullptr;
  if (::getpwuid_r(::getuid(), &entry, buffer.data(), buffer.size(), &found) == 0 &&
      found != nullptr)
    return found->pw_name;
  return "uid " + std::to_string(::getuid());
}

}  // namespace assay::cli
