#include "system/journal/disk.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

namespace assay::journal {

// The modes hold whatever the umask is: who may read a journal is not to hang on how we were
// started.

int Disk::make_folder(const std::string& path) {
  if (::mkdir(path.c_str(), 0750) == 0) return ::chmod(path.c_str(), 0750);
  return errno == EEXIST ? 0 : -1;
}

int Disk::create(const std::string& path) {
  constexpr int flags = O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC | O_NOFOLLOW;
  const int file = ::open(path.c_str(), flags, 0640);
  if (file >= 0) static_cast<void>(::fchmod(file, 0640));
  return file;
}

ssize_t Disk::write(int file, std::string_view octets) {
  while (true) {
    const ssize_t written = ::write(file, octets.data(), octets.size());
    if (written >= 0 || errno != EINTR) return written;
  }
}

int Disk::truncate(int file, std::uint64_t octets) {
  return ::ftruncate(file, static_cast<off_t>(octets));
}

int Disk::sync(int file) {
  return ::fdatasync(file);
}

int Disk::rename(const std::string& from, const std::string& to) {
  if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0) return 0;
  if (errno != EINVAL && errno != ENOSYS) return -1;
  // A file system without this flag: the new name is made first, which fails where it is taken.
  if (::link(from.c_str(), to.c_str()) != 0) return -1;
  return ::unlink(from.c_str());
}

int Disk::remove(const std::string& path) {
  return ::unlink(path.c_str());
}

int Disk::sync_folder(const std::string& path) {
  const int folder = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder < 0) return -1;
  const int done = ::fsync(folder);
  const int error = errno;
  ::close(folder);
  errno = error;
  return done;
}

}  // namespace assay::journal
