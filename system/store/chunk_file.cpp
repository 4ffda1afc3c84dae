#include "system/store/chunk_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

namespace assay::store {
namespace {

/// O_TMPFILE where the file system has it, else a file that loses its name at once.
int open_nameless(const std::string& folder) {
  const int file = ::open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, S_IRUSR | S_IWUSR);
  if (file >= 0) return file;
  std::string name = folder + "/.records-XXXXXX";
  const int named = ::mkostemp(name.data(), O_CLOEXEC);
  if (named >= 0) ::unlink(name.c_str());
  return named;
}

}  // namespace

std::shared_ptr<ChunkFile> ChunkFile::make(const std::string& folder) {
  const int file = open_nameless(folder);
  return file < 0 ? nullptr : std::shared_ptr<ChunkFile>(new ChunkFile(file));
}

ChunkFile::~ChunkFile() {
  ::close(descriptor_);
}

bool ChunkFile::append(std::string_view octets, Place& place) {
  std::uint64_t at = size_;
  for (std::string_view rest = octets; !rest.empty();) {
    const ssize_t written = ::pwrite(descriptor_, rest.data(), rest.size(), static_cast<off_t>(at));
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    rest.remove_prefix(static_cast<std::size_t>(written));
    at += static_cast<std::uint64_t>(written);
  }
  place = {.at = size_, .size = octets.size()};
  size_ = at;
  return true;
}

std::size_t ChunkFile::read_at(std::uint64_t at, std::span<char> into) const {
  while (true) {
    const ssize_t got = ::pread(descriptor_, into.data(), into.size(), static_cast<off_t>(at));
    if (got >= 0) return static_cast<std::size_t>(got);
    if (errno != EINTR) return 0;
  }
}

bool ChunkFile::read(const Place& place, std::string& octets) const {
  octets.resize(place.size);
  std::size_t filled = 0;
  while (filled < place.size) {
    const std::size_t more = read_at(place.at + filled, std::span(octets).subspan(filled));
    if (more == 0) return false;
    filled += more;
  }
  return true;
}

}  // namespace assay::store
