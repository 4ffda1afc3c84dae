#include "bin/receive_folder.h"

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <map>
#include <system_error>
#include <utility>
#include <vector>

#include "assay/base/ascii.h"
#include "assay/base/try.h"

#include "bin/intake.h"

namespace assay::cli {
namespace {

namespace fs = std::filesystem;

Failure trouble(Status status, const std::string& path, const std::string& what) {
  return {.status = status, .what = ascii::printable(path, 500) + ": " + what};
}

/// Files in a folder, by name. One that goes meanwhile is left out.
Expected<std::vector<fs::directory_entry>> files_in(const fs::path& folder) {
  std::error_code error;
  std::vector<fs::directory_entry> files;
  for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
    std::error_code ignored;
    const bool hidden = at->path().filename().string().starts_with('.');
    if (!hidden && at->is_regular_file(ignored)) files.push_back(*at);
  }
  if (error) return std::unexpected(trouble(Status::no_input, folder.string(), error.message()));
  std::ranges::sort(files);
  return files;
}

}  // namespace

WatchedFolder::WatchedFolder(std::string path, std::size_t max_file, Desk& desk)
    : path_(std::move(path)), max_file_(max_file), desk_(desk) {}

Expected<> WatchedFolder::prepare() const {
  std::error_code error;
  fs::create_directories(path_, error);
  if (error) return std::unexpected(trouble(Status::io, path_, error.message()));
  return {};
}

Expected<> WatchedFolder::look(const std::function<bool()>& stop) {
  ASSAY_TRY(files, files_in(path_));
  std::map<std::string, Seen> seen;
  std::vector<std::string> ready;
  for (const fs::directory_entry& file : files) {
    std::error_code error;
    const Seen now{.size = file.file_size(error),
                   .changed = file.last_write_time(error).time_since_epoch().count()};
    if (error) continue;
    const auto before = seen_.find(file.path().string());
    if (before != seen_.end() && before->second == now) {
      ready.push_back(file.path().string());
    }
    seen.emplace(file.path().string(), now);
  }
  seen_ = std::move(seen);
  for (const char* part : {"new", "cur"}) {
    std::error_code ignored;
    if (!fs::is_directory(fs::path(path_) / part, ignored)) continue;
    ASSAY_TRY(mails, files_in(fs::path(path_) / part));
    for (const fs::directory_entry& mail : mails) ready.push_back(mail.path().string());
  }
  for (const std::string& file : ready) {
    if (stop()) return {};
    if (auto done = take(file); !done) return done;
  }
  return {};
}

/// A file of which the Store could take nothing stays where it is.
Expected<> WatchedFolder::take(const std::string& file) {
  bool kept = true;
  bool failed = false;
  const auto done = read_incoming(file, max_file_, [&](intake::Incoming incoming) -> Expected<> {
    if (failed) return {};
    incoming.channel = store::Channel::folder;
    const Receipt receipt = desk_.take(incoming);
    kept = kept && !receipt.refused();
    failed = receipt.failure.has_value();
    return {};
  });
  if (failed) return {};
  std::error_code error;
  if (!done && done.error().status != Status::bad_data && !fs::exists(file, error)) return {};
  if (!done && done.error().status == Status::io) return done;
  return put_away(file, kept && done);
}

Expected<> WatchedFolder::put_away(const std::string& file, bool kept) const {
  std::error_code error;
  if (kept) {
    fs::remove(file, error);
  } else {
    const fs::path aside = fs::path(path_) / "refused";
    fs::create_directories(aside, error);
    if (!error) fs::rename(file, aside / fs::path(file).filename(), error);
  }
  if (error) return std::unexpected(trouble(Status::io, file, error.message()));
  return {};
}

}  // namespace assay::cli
