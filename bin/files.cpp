#include "bin/files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <utility>

#include "assay/base/ascii.h"
#include "assay/base/try.h"

namespace assay::cli {
namespace {

std::string why(int error) {
  return std::strerror(error);  // NOLINT(concurrency-mt-unsafe): glibc's is safe
}

}  // namespace

Expected<Input> Input::open(const std::string& path) {
  if (path == "-") return Input(STDIN_FILENO, "standard input");
  const std::string name = ascii::printable(path);
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0 || path.find('\0') != std::string::npos) {
    const int error = descriptor < 0 ? errno : ENOENT;
    if (descriptor >= 0) ::close(descriptor);
    return fail(Status::no_input,
                name + ": cannot be opened: " + why(error) +
                    "; give the path of a readable file, or - for standard input");
  }
  return Input(descriptor, name);
}

Input::~Input() {
  if (descriptor_ > STDERR_FILENO) ::close(descriptor_);
}

Input::Input(Input&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)), name_(std::move(other.name_)) {}

Expected<std::size_t> Input::read(std::span<char> into) {
  while (true) {
    const ssize_t got = ::read(descriptor_, into.data(), into.size());
    if (got >= 0) return static_cast<std::size_t>(got);
    if (errno == EINTR) continue;
    const bool no_input = errno == EISDIR || errno == EBADF;
    return fail(no_input ? Status::no_input : Status::io,
                name_ + ": cannot be read: " + why(errno) +
                    (no_input ? "; give the path of a file, or data on standard input"
                              : "; try again or check the disk"));
  }
}

Expected<std::size_t> Input::read_full(std::span<char> into) {
  std::size_t filled = 0;
  while (filled < into.size()) {
    ASSAY_TRY(got, read(into.subspan(filled)));
    if (got == 0) break;
    filled += got;
  }
  return filled;
}

std::size_t Input::read_at(std::uint64_t at, std::span<char> into) const {
  while (true) {
    const ssize_t got = ::pread(descriptor_, into.data(), into.size(), static_cast<off_t>(at));
    if (got >= 0) return static_cast<std::size_t>(got);
    if (errno != EINTR) return 0;
  }
}

std::optional<std::uint64_t> Input::size() const {
  struct stat status = {};
  if (::fstat(descriptor_, &status) != 0 || !S_ISREG(status.st_mode)) return std::nullopt;
  return static_cast<std::uint64_t>(status.st_size);
}

bool Input::is_open_to_all() const {
  struct stat status = {};
  return ::fstat(descriptor_, &status) == 0 && S_ISREG(status.st_mode) &&
         (status.st_mode & S_IROTH) != 0;
}

namespace {

Expected<std::string> read_all(Input input, std::size_t max_octets) {
  constexpr std::size_t piece = 65'536;
  std::string text;
  while (true) {
    const std::size_t old = text.size();
    text.resize(old + piece);
    ASSAY_TRY(got, input.read(std::span(text).subspan(old)));
    text.resize(old + got);
    if (got == 0) return text;
    if (text.size() > max_octets) {
      return fail(Status::bad_data, input.name() + ": larger than " + std::to_string(max_octets) +
                                        " octets; is this the right file?");
    }
  }
}

}  // namespace

Expected<std::string> read_file(const std::string& path, std::size_t max_octets) {
  ASSAY_TRY(input, Input::open(path));
  return read_all(std::move(input), max_octets);
}

Expected<std::string> read_secret_file(const std::string& path, std::size_t max_octets) {
  ASSAY_TRY(input, Input::open(path));
  if (input.is_open_to_all()) {
    return fail(Status::bad_data, input.name() +
                                      ": everybody on this host may read it, so that it "
                                      "is no secret; take that right away (chmod o-r)");
  }
  return read_all(std::move(input), max_octets);
}

std::string first_line(std::string_view text) {
  return std::string(ascii::trim_wsp(text.substr(0, text.find_first_of("\r\n"))));
}

Expected<std::string> read_secret_line(const std::string& path) {
  constexpr std::size_t longest = 64U << 10;
  ASSAY_TRY(text, read_secret_file(path, longest));
  return first_line(text);
}

namespace {

/// 0, or what went wrong.
int write_all(int descriptor, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(descriptor, text.data(), text.size());
    if (written >= 0) {
      text.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno != EINTR) {
      return errno;
    }
  }
  return ::fsync(descriptor) == 0 ? 0 : errno;
}

}  // namespace

Expected<> write_secret_file(const std::string& path, std::string_view text) {
  const int descriptor =
      ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR);
  if (descriptor < 0) {
    return fail(Status::io,
                ascii::printable(path) + ": cannot be made: " + why(errno) +
                    (errno == EEXIST ? "; files are never overwritten, give another path"
                                     : "; give a path in a folder you may write to"));
  }
  int error = write_all(descriptor, text);
  if (::close(descriptor) != 0 && error == 0) error = errno;
  if (error == 0) return {};
  ::unlink(path.c_str());
  return fail(Status::io, ascii::printable(path) + ": cannot be written: " + why(error) +
                              "; make room or choose another place");
}

Expected<> write_output(std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(STDOUT_FILENO, text.data(), text.size());
    if (written >= 0) {
      text.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno == EPIPE) {
      // Who read this has had enough: end as the signal would have ended us.
      std::signal(SIGPIPE, SIG_DFL);
      std::raise(SIGPIPE);
    } else if (errno != EINTR) {
      return fail(Status::io, "standard output: cannot be written: " + why(errno) +
                                  "; make room or choose another place");
    }
  }
  return {};
}

void guard_standard_streams() {
  std::signal(SIGPIPE, SIG_IGN);
  // The lowest free descriptor is taken, and reading (or writing) it fails with EBADF.
  constexpr int modes[] = {O_WRONLY, O_RDONLY, O_WRONLY};
  for (int descriptor = 0; descriptor <= STDERR_FILENO; ++descriptor) {
    if (::fcntl(descriptor, F_GETFD) >= 0) continue;
    static_cast<void>(::open("/dev/null", modes[descriptor]));
  }
}

}  // namespace assay::cli
