#include "system/journal/detail/files.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <vector>

#include "assay/base/ascii.h"
#include "system/journal/time_text.h"

namespace assay::journal {
namespace {

/// The first free name: STEM.journal, STEM_2.journal, … An error is left in errno.
bool rename_complete(Disk& disk, const std::string& part, const std::string& stem) {
  constexpr unsigned tries = 100;
  for (unsigned number = 1; number <= tries; ++number) {
    const std::string name = number == 1 ? stem : stem + "_" + std::to_string(number);
    if (disk.rename(part, name + std::string(complete_suffix)) == 0) return true;
    if (errno != EEXIST) return false;
  }
  return false;
}

/// How many of the first `size` octets of a file are whole lines; nothing where it cannot be read.
std::optional<std::uint64_t> whole_lines(int file, std::uint64_t size) {
  std::array<char, 65'536> block;  // NOLINT(cppcoreguidelines-pro-type-member-init)
  std::uint64_t end = size;
  while (end > 0) {
    const std::size_t want = std::min<std::uint64_t>(end, block.size());
    const std::uint64_t begin = end - want;
    const ssize_t got = ::pread(file, block.data(), want, static_cast<off_t>(begin));
    if (got != static_cast<ssize_t>(want)) return std::nullopt;
    const std::size_t at = std::string_view(block.data(), want).rfind('\n');
    if (at != std::string_view::npos) return begin + at + 1;
    end = begin;
  }
  return 0;
}

/// Appends the octets of `file` from `begin` on to the file at `path`, and waits for the disk.
bool copy_tail(Disk& disk, int file, std::uint64_t begin, const std::string& path) {
  int number = disk.create(path);
  if (number < 0 && errno == EEXIST) {
    number = ::open(path.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC | O_NOFOLLOW);
  }
  const Descriptor to(number);
  if (!to.is_open()) return false;
  std::array<char, 65'536> block;  // NOLINT(cppcoreguidelines-pro-type-member-init)
  while (true) {
    const ssize_t got = ::pread(file, block.data(), block.size(), static_cast<off_t>(begin));
    if (got < 0) return false;
    const std::string_view octets =
        got == 0 ? "\n" : std::string_view(block.data(), static_cast<std::size_t>(got));
    if (disk.write(to.get(), octets) != static_cast<ssize_t>(octets.size())) return false;
    if (got == 0) return disk.sync(to.get()) == 0;
    begin += static_cast<std::uint64_t>(got);
  }
}

std::vector<std::string> part_names(const std::string& folder, const std::string& host) {
  std::vector<std::string> names;
  const std::unique_ptr<DIR, int (*)(DIR*)> listing(::opendir(folder.c_str()), ::closedir);
  if (!listing) return names;
  while (const dirent* each = ::readdir(listing.get())) {  // NOLINT(concurrency-mt-unsafe)
    const std::string_view name(each->d_name);
    if (!name.starts_with(host + "-") || !name.ends_with(part_suffix)) continue;
    // HOST-START-HOUR: a host whose name begins with ours and a hyphen is not ours.
    if (std::ranges::count(name.substr(host.size() + 1), '-') == 1) names.emplace_back(name);
  }
  std::ranges::sort(names);
  return names;
}

/// Whether the locked file still is the one that the name leads to.
bool is_same_file(int file, const std::string& path) {
  struct stat locked = {};
  struct stat named = {};
  return ::fstat(file, &locked) == 0 && ::stat(path.c_str(), &named) == 0 &&
         locked.st_ino == named.st_ino && locked.st_dev == named.st_dev;
}

/// Completes one file, unless its writer lives.
void complete_dead_file(const std::string& stem, Disk& disk, Completed& done) {
  const std::string part = stem + std::string(part_suffix);
  const auto fail = [&](std::string_view what) {
    if (!done.error) done.error = disk_finding(part, what);
  };
  const Descriptor file(::open(part.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (!file.is_open()) return errno == ENOENT ? void() : fail("cannot be completed");
  if (::flock(file.get(), LOCK_EX | LOCK_NB) != 0) return;  // its writer lives
  struct stat status = {};
  if (!is_same_file(file.get(), part) || ::fstat(file.get(), &status) != 0) return;
  if (!S_ISREG(status.st_mode)) return;
  const auto size = static_cast<std::uint64_t>(status.st_size);
  const auto whole = whole_lines(file.get(), size);
  if (!whole) return fail("cannot be read");
  if (*whole < size) {
    // First a copy that is safe, then the cut: after a crash in between it is there twice, not
    // lost.
    const std::string damaged = stem + std::string(complete_suffix) + std::string(damaged_suffix);
    if (!copy_tail(disk, file.get(), *whole, damaged)) return fail("its cut line cannot be saved");
    if (disk.truncate(file.get(), *whole) != 0) return fail("its cut line cannot be taken off");
    done.damaged_octets += size - *whole;
  }
  static_cast<void>(disk.sync(file.get()));
  const bool ended = *whole == 0 ? disk.remove(part) == 0 : rename_complete(disk, part, stem);
  if (!ended) return fail("cannot be renamed");
  ++done.files;
}

}  // namespace

Descriptor& Descriptor::operator=(Descriptor&& other) noexcept {
  if (this != &other) {
    reset();
    number_ = std::exchange(other.number_, -1);
  }
  return *this;
}

void Descriptor::reset() {
  if (number_ >= 0) ::close(std::exchange(number_, -1));
}

Finding disk_finding(const std::string& path, std::string_view what) {
  const char* const why = std::strerror(errno);  // NOLINT(concurrency-mt-unsafe): glibc's is safe
  return {"journal_disk", ascii::printable(path, 500) + ": " + std::string(what) + ": " + why};
}

std::string file_host(std::string_view host) {
  std::string name(host.substr(0, 100));
  const auto stays = [](char c) { return ascii::is_alnum(c) || c == '.' || c == '-'; };
  std::ranges::replace_if(name, [&](char c) { return !stays(c); }, '_');
  if (name.empty() || name.front() == '.') name.insert(0, "_");
  return name;
}

Completed complete_dead_files(const std::string& folder, const std::string& host, Disk& disk) {
  Completed done;
  for (const std::string& name : part_names(folder, host)) {
    const std::string stem = name.substr(0, name.size() - part_suffix.size());
    complete_dead_file(folder + "/" + stem, disk, done);
  }
  if (done.files > 0) static_cast<void>(disk.sync_folder(folder));
  return done;
}

HourFile::HourFile(std::string folder, std::string host, Time start, Disk& disk)
    : folder_(std::move(folder)), host_(std::move(host)), start_(start_text(start)), disk_(disk) {}

/// No other file of this writer gets the name of this hour.
void HourFile::use_name(Time hour) {
  if (hour <= newest_hour_) ++repeats_;
  newest_hour_ = std::max(newest_hour_, hour);
}

std::optional<Finding> HourFile::open(Time now) {
  if (disk_.make_folder(folder_) != 0) return disk_finding(folder_, "cannot be made");
  if (left_behind_) {
    if (auto done = complete_dead_files(folder_, host_, disk_); done.error) return done.error;
    left_behind_ = false;
  }
  const Time hour = std::chrono::floor<std::chrono::hours>(now);
  // A clock that was put back leads to an hour that had its file, whose name may be in use
  // elsewhere.
  const bool repeated = hour <= newest_hour_;
  std::string stem = folder_ + "/" + host_ + "-" + start_ + "-" + hour_text(now);
  if (repeated) stem += "_" + std::to_string(repeats_ + 2);
  const std::string path = stem + std::string(part_suffix);
  Descriptor file(disk_.create(path));
  if (!file.is_open()) {
    Finding error = disk_finding(path, "cannot be made");
    if (errno == EEXIST) use_name(hour);
    return error;
  }
  use_name(hour);
  // Where locks do not exist nobody can take it from us either.
  if (::flock(file.get(), LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
    return disk_finding(path, "cannot be locked");
  }
  file_ = std::move(file);
  stem_ = std::move(stem);
  hour_ = hour;
  size_ = 0;
  return std::nullopt;
}

HourFile::Written HourFile::write(std::string_view lines, Time now) {
  if (!is_open()) {
    if (auto error = open(now)) return {.error = std::move(error)};
  }
  const std::string path = stem_ + std::string(part_suffix);
  const ssize_t written = disk_.write(file_.get(), lines);
  if (written != static_cast<ssize_t>(lines.size())) {
    if (written >= 0) errno = ENOSPC;
    return keep_whole_lines(lines, written < 0 ? 0 : static_cast<std::size_t>(written),
                            disk_finding(path, "cannot be written"));
  }
  struct stat status = {};
  if (::fstat(file_.get(), &status) != 0 || status.st_nlink == 0) {
    // What is written to a file without a name is gone when we close it.
    file_.reset();
    return {.error = Finding{"journal_disk", ascii::printable(path, 500) + ": was deleted"}};
  }
  size_ = static_cast<std::uint64_t>(status.st_size);
  return {.octets = lines.size()};
}

/// After a write of `octets` octets that should have been more: what is left of a line goes.
HourFile::Written HourFile::keep_whole_lines(std::string_view lines, std::size_t octets,
                                             Finding error) {
  const std::size_t feed = lines.substr(0, octets).rfind('\n');
  const std::size_t whole = feed == std::string_view::npos ? 0 : feed + 1;
  struct stat status = {};
  if (::fstat(file_.get(), &status) != 0 || status.st_nlink == 0) {
    file_.reset();
    return {.error = std::move(error)};
  }
  const auto size = static_cast<std::uint64_t>(status.st_size);
  // A failed write may have left octets as well (an I/O error in the middle).
  const std::uint64_t target = octets > 0 ? size - (octets - whole) : std::min(size_, size);
  if (target != size && disk_.truncate(file_.get(), target) != 0) {
    abandon();
  } else {
    size_ = target;
  }
  return {.octets = whole, .error = std::move(error)};
}

/// Gives the file up with a cut line at its end: it is completed as the files of the dead are.
void HourFile::abandon() {
  file_.reset();
  left_behind_ = true;
}

std::optional<Finding> HourFile::sync() {
  if (!is_open() || disk_.sync(file_.get()) == 0) return std::nullopt;
  return disk_finding(stem_ + std::string(part_suffix), "may not be on the disk");
}

std::optional<Finding> HourFile::complete() {
  if (!is_open()) return std::nullopt;
  const std::string part = stem_ + std::string(part_suffix);
  std::optional<Finding> error = sync();
  const bool ended = size_ == 0 ? disk_.remove(part) == 0 : rename_complete(disk_, part, stem_);
  if (!ended) {
    error = disk_finding(part, "cannot be renamed");
    abandon();
  } else if (disk_.sync_folder(folder_) != 0 && !error) {
    error = disk_finding(folder_, "may not be on the disk");
  }
  file_.reset();
  return error;
}

}  // namespace assay::journal
