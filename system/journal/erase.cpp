#include "system/journal/erase.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "assay/base/try.h"
#include "system/journal/detail/files.h"
#include "system/journal/reader.h"

namespace assay::journal {
namespace {

using Unwanted = std::function<bool(const Entry&)>;
using Keep = std::function<std::expected<void, Finding>(std::string_view octets)>;

/// Blank lines up to an offset, for one who reads the file from an offset on finds everything where
/// it was.
std::expected<void, Finding> fill_up(std::uint64_t& at, std::uint64_t to, const Keep& keep) {
  constexpr std::uint64_t longest = 65'536;
  while (at < to) {
    const std::uint64_t size = std::min(to - at, longest);
    if (auto kept = keep(std::string(size - 1, ' ') + '\n'); !kept) return kept;
    at += size;
  }
  return {};
}

/// Hands over the file as it is to be: the lines that stay where they are, blanks for the others.
std::expected<Erased, Finding> sort_out(const std::string& path, const Unwanted& unwanted,
                                        const Keep& keep) {
  ASSAY_TRY(reader, Reader::open(path));
  Erased erased;
  std::uint64_t at = 0;
  while (const auto line = reader.next()) {
    ++erased.lines;
    if (line->entry && unwanted(*line->entry)) {
      ++erased.erased;
      continue;
    }
    if (!line->entry && line->text.empty()) {
      return std::unexpected(Finding{
          .code = "journal_file",
          .what = describe(path, *line) + "; repair or remove the file, nothing of it was erased"});
    }
    if (auto filled = fill_up(at, line->at, keep); !filled) return std::unexpected(filled.error());
    if (auto kept = keep(std::string(line->text) + '\n'); !kept) {
      return std::unexpected(std::move(kept.error()));
    }
    at = reader.at();
  }
  if (auto filled = fill_up(at, reader.at(), keep); !filled) {
    return std::unexpected(filled.error());
  }
  return erased;
}

/// The file beside the old one, gone again unless it takes its place.
class Replacement {
 public:
  Replacement(std::string path, Disk& disk) : path_(std::move(path)), disk_(disk) {
    static_cast<void>(disk_.remove(path_));  // of a run that was killed
  }
  ~Replacement() {
    if (!path_.empty()) static_cast<void>(disk_.remove(path_));
  }
  Replacement(const Replacement&) = delete;
  Replacement& operator=(const Replacement&) = delete;

  /// Made with the owner and mode of the file that it is to replace.
  std::expected<void, Finding> open_as(const std::string& old) {
    struct stat status = {};
    file_ = Descriptor(disk_.create(path_));
    if (!file_.is_open() || ::stat(old.c_str(), &status) != 0 ||
        ::fchown(file_.get(), status.st_uid, status.st_gid) != 0 ||
        ::fchmod(file_.get(), status.st_mode & 07777U) != 0) {
      return std::unexpected(disk_finding(path_, "cannot be made"));
    }
    return {};
  }

  std::expected<void, Finding> write(std::string_view octets) {
    while (!octets.empty()) {
      const ssize_t written = disk_.write(file_.get(), octets);
      if (written < 0) return std::unexpected(disk_finding(path_, "cannot be written"));
      octets.remove_prefix(static_cast<std::size_t>(written));
    }
    return {};
  }

  std::expected<void, Finding> take_place_of(const std::string& old) {
    if (disk_.sync(file_.get()) != 0 || std::rename(path_.c_str(), old.c_str()) != 0) {
      return std::unexpected(disk_finding(old, "cannot be replaced"));
    }
    path_.clear();
    const std::size_t slash = old.rfind('/');
    static_cast<void>(
        disk_.sync_folder(slash == std::string::npos ? "." : old.substr(0, slash + 1)));
    return {};
  }

 private:
  std::string path_;
  Disk& disk_;
  Descriptor file_;
};

}  // namespace

std::expected<Erased, Finding> erase_lines(const std::string& path, const Unwanted& unwanted) {
  const Keep nothing = [](std::string_view) { return std::expected<void, Finding>(); };
  ASSAY_TRY(found, sort_out(path, unwanted, nothing));
  if (found.erased == 0) return found;
  Disk disk;
  if (found.erased == found.lines) {
    if (disk.remove(path) != 0) return std::unexpected(disk_finding(path, "cannot be removed"));
    return found;
  }
  Replacement replacement(path + ".erase", disk);
  if (auto opened = replacement.open_as(path); !opened) return std::unexpected(opened.error());
  const auto keep = [&](std::string_view line) { return replacement.write(line); };
  ASSAY_TRY(erased, sort_out(path, unwanted, keep));
  if (auto done = replacement.take_place_of(path); !done) return std::unexpected(done.error());
  return erased;
}

}  // namespace assay::journal
