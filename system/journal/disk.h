#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace assay::journal {

/// The calls of the operating system that change files, so that a test can make them fail. Each
/// answers as its namesake in POSIX: below 0 is a failure, and errno says why.
class Disk {
 public:
  Disk() = default;
  Disk(const Disk&) = delete;
  Disk& operator=(const Disk&) = delete;
  virtual ~Disk() = default;

  /// Makes a folder of mode 0750. One that is there already is no failure.
  virtual int make_folder(const std::string& path);
  /// Makes a file of mode 0640 that must not be there yet, and opens it for appending.
  virtual int create(const std::string& path);
  virtual ssize_t write(int file, std::string_view octets);
  virtual int truncate(int file, std::uint64_t octets);
  /// Waits until the data of the file is on the disk.
  virtual int sync(int file);
  /// Fails with EEXIST rather than replace a file.
  virtual int rename(const std::string& from, const std::string& to);
  virtual int remove(const std::string& path);
  /// Waits until the names of a folder are on the disk.
  virtual int sync_folder(const std::string& path);
};

}  // namespace assay::journal
