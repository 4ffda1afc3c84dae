#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "assay/base/finding.h"
#include "system/journal/disk.h"
#include "system/journal/entry.h"

/// The files of one writer on the disk. One thread; every function returns what went wrong.
namespace assay::journal {

inline constexpr std::string_view complete_suffix = ".journal";
inline constexpr std::string_view part_suffix = ".journal.part";
inline constexpr std::string_view damaged_suffix = ".damaged";

/// A descriptor that is closed with its owner.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() { reset(); }
  Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept;
  int get() const { return number_; }
  bool is_open() const { return number_ >= 0; }
  void reset();

 private:
  int number_ = -1;
};

/// "PATH: cannot be written: No space left on device", from errno.
Finding disk_finding(const std::string& path, std::string_view what);

/// A host's name as it stands in the name of a file: other octets than letters, digits, dots and
/// hyphens become _, and it is never empty nor begins with a dot.
std::string file_host(std::string_view host);

/// Completes the .part files of this host that no living process writes: what stands behind the
/// last line feed goes to a .damaged file beside it, and the file gets its final name. Returns how
/// many were completed and the first thing that went wrong.
struct Completed {
  std::size_t files = 0;
  std::uint64_t damaged_octets = 0;
  std::optional<Finding> error = {};
};
Completed complete_dead_files(const std::string& folder, const std::string& host, Disk& disk);

/// The file that is being written: opened when the first lines come, completed when its hour is
/// over. The lock on it tells others that its writer lives.
class HourFile {
 public:
  HourFile(std::string folder, std::string host, Time start, Disk& disk);

  bool is_open() const { return file_.is_open(); }
  /// Where the open file's hour ends.
  Time hour_end() const { return hour_ + std::chrono::hours{1}; }
  bool is_hour(Time now) const { return std::chrono::floor<std::chrono::hours>(now) == hour_; }

  /// What a write came to: so many octets of the lines stand in the file for good, always whole
  /// lines, and why not all.
  struct Written {
    std::size_t octets = 0;
    std::optional<Finding> error = {};
  };
  /// Appends whole lines by one write(). Opens the file of the hour of `now` unless one is open.
  Written write(std::string_view lines, Time now);

  std::optional<Finding> sync();
  /// Writes it through to the disk and gives it its final name. Without an open file: nothing.
  std::optional<Finding> complete();

 private:
  void use_name(Time hour);
  std::optional<Finding> open(Time now);
  Written keep_whole_lines(std::string_view lines, std::size_t octets, Finding error);
  void abandon();

  std::string folder_;
  std::string host_;
  std::string start_;
  Disk& disk_;
  Descriptor file_;
  std::string stem_;  ///< the path without suffix
  Time hour_ = {};
  Time newest_hour_ = Time::min();  ///< of all files so far
  unsigned repeats_ = 0;            ///< files of an hour that had one before
  std::uint64_t size_ = 0;          ///< octets of whole lines in the file
  bool left_behind_ = false;        ///< a file of ours is to be completed as those of the dead are
};

}  // namespace assay::journal
