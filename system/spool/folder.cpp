#include "system/spool/folder.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <memory>
#include <string_view>
#include <utility>

#include "assay/base/ascii.h"
#include "assay/base/try.h"

namespace assay::spool {
namespace {

constexpr std::string_view suffix = ".failure";
constexpr std::string_view being_written = ".part";
constexpr std::size_t max_octets = std::size_t{4} << 20;  // of a file
constexpr std::size_t key_octets = 32;

std::unexpected<Finding> failed(const std::string& what, const std::string& path, int code) {
  std::array<char, 200> text = {};
  return std::unexpected(
      Finding{.code = code == ENOENT ? "spool_gone" : "spool_failed",
              .what = "cannot " + what + " " + ascii::printable(path) + ": " +
                      std::string(::strerror_r(code, text.data(), text.size()))});
}

/// A descriptor that is closed when this goes.
class File {
 public:
  explicit File(int descriptor) : descriptor_(descriptor) {}
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  ~File() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  int get() const { return descriptor_; }
  explicit operator bool() const { return descriptor_ >= 0; }

 private:
  int descriptor_;
};

/// 0, or what errno said.
int write_all(int file, std::string_view octets) {
  while (!octets.empty()) {
    const ssize_t count = ::write(file, octets.data(), octets.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return errno;
    octets.remove_prefix(static_cast<std::size_t>(count));
  }
  return 0;
}

std::expected<std::string, Finding> read_all(int file, const std::string& path, std::size_t most) {
  std::string octets;
  std::array<char, 65'536> block = {};
  while (octets.size() <= most) {
    const ssize_t count = ::read(file, block.data(), block.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return failed("read", path, errno);
    if (count == 0) return octets;
    octets.append(block.data(), static_cast<std::size_t>(count));
  }
  return std::unexpected(
      Finding{.code = "bad_item", .what = ascii::printable(path) + " is larger than it can be"});
}

/// Makes a file of mode 0600 that must not be there yet, with all its octets on the disk.
std::expected<void, Finding> make_file(const std::string& path, std::string_view octets) {
  const File file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!file) return failed("make", path, errno);
  int code = write_all(file.get(), octets);
  if (code == 0 && ::fdatasync(file.get()) != 0) code = errno;
  if (code == 0) return {};
  ::unlink(path.c_str());
  return failed("write", path, code);
}

/// Names in a folder that end so.
std::expected<std::vector<std::string>, Finding> names_in(const std::string& folder,
                                                          std::string_view end) {
  const auto close = [](DIR* each) { ::closedir(each); };
  const std::unique_ptr<DIR, decltype(close)> open(::opendir(folder.c_str()), close);
  if (!open) return failed("read the folder", folder, errno);
  std::vector<std::string> names;
  while (const dirent* entry = ::readdir(open.get())) {
    const std::string_view name = entry->d_name;
    if (name.ends_with(end)) names.emplace_back(name);
  }
  std::ranges::sort(names);
  return names;
}

std::string hex(std::string_view octets) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  for (const char c : octets) {
    text += digits[static_cast<unsigned char>(c) >> 4U];
    text += digits[static_cast<unsigned char>(c) & 15U];
  }
  return text;
}

bool is_hex_digit(char c) {
  return std::string_view("0123456789abcdef").contains(c);
}

std::expected<std::string, Finding> read_key(int file, const std::string& path) {
  struct stat status = {};
  if (::fstat(file, &status) != 0) return failed("read", path, errno);
  if ((status.st_mode & 077U) != 0) {
    return std::unexpected(
        Finding{.code = "open_key",
                .what = ascii::printable(path) +
                        " may be read by others than its owner: chmod 600, or a new key, which "
                        "makes redacted addresses incomparable with earlier ones"});
  }
  ASSAY_TRY(text, read_all(file, path, 4'096));
  const std::string_view key = ascii::trim_fws(text);
  const bool good = key.size() == 2 * key_octets && std::ranges::all_of(key, is_hex_digit);
  if (good) return std::string(key);
  return std::unexpected(
      Finding{.code = "bad_key",
              .what = ascii::printable(path) + " holds no key of 64 hexadecimal digits"});
}

}  // namespace

std::expected<std::vector<Listed>, Finding> list(const std::string& folder) {
  ASSAY_TRY(names, names_in(folder, suffix));
  std::vector<Listed> found;
  for (std::string& name : names) {
    struct stat status = {};
    const bool there = ::lstat((folder + "/" + name).c_str(), &status) == 0;
    if (!there || !S_ISREG(status.st_mode)) continue;
    found.push_back({std::move(name), static_cast<std::uint64_t>(status.st_size)});
  }
  return found;
}

std::expected<void, Finding> make_folder(const std::string& folder) {
  if (::mkdir(folder.c_str(), 0700) == 0) return {};
  if (errno != EEXIST) return failed("make the folder", folder, errno);
  struct stat status = {};
  if (::stat(folder.c_str(), &status) != 0) return failed("look at", folder, errno);
  if (!S_ISDIR(status.st_mode)) return failed("use as a folder", folder, ENOTDIR);
  // RFC 9991 §7: what others may look into is closed to them.
  if ((status.st_mode & 077U) == 0 || ::chmod(folder.c_str(), 0700) == 0) return {};
  return failed("close to others", folder, errno);
}

std::expected<void, Finding> write_file(const std::string& folder, const std::string& name,
                                        std::string_view octets) {
  const std::string path = folder + "/" + name;
  const std::string part = path + std::string(being_written);
  if (auto made = make_file(part, octets); !made) return made;
  if (::rename(part.c_str(), path.c_str()) == 0) return {};
  const int code = errno;
  ::unlink(part.c_str());
  return failed("name", path, code);
}

std::expected<Item, Finding> read_file(const std::string& folder, const std::string& name) {
  const std::string path = folder + "/" + name;
  const File file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!file) return failed("open", path, errno);
  ASSAY_TRY(octets, read_all(file.get(), path, max_octets));
  auto item = parse_item(octets);
  if (!item) item.error().what = ascii::printable(path) + " " + item.error().what;
  return item;
}

bool is_there(const std::string& folder, const std::string& name) {
  return ::access((folder + "/" + name).c_str(), F_OK) == 0;
}

std::expected<void, Finding> remove_file(const std::string& folder, const std::string& name) {
  const std::string path = folder + "/" + name;
  if (::unlink(path.c_str()) == 0 || errno == ENOENT) return {};
  return failed("remove", path, errno);
}

void remove_remains(const std::string& folder) {
  constexpr std::time_t old = 3'600;  // seconds; nobody writes that long
  const auto names = names_in(folder, being_written);
  if (!names) return;
  for (const std::string& name : *names) {
    const std::string path = folder + "/" + name;
    struct stat status = {};
    if (::lstat(path.c_str(), &status) != 0 || status.st_mtime + old > ::time(nullptr)) continue;
    ::unlink(path.c_str());
  }
}

// RFC 9991 §7
std::expected<std::size_t, Finding> erase(const std::string& folder, const DomainName& domain) {
  auto files = list(folder);
  if (!files && files.error().code == "spool_gone") return 0;
  if (!files) return std::unexpected(std::move(files.error()));
  std::size_t erased = 0;
  for (const Listed& file : *files) {
    const auto item = read_file(folder, file.name);
    if (!item && item.error().code == "spool_gone") continue;
    const auto name = item ? DomainName::parse(item->policy_domain) : DomainName{};
    // What cannot be read is of use to nobody, and may be of this domain.
    if (item && name && !name->equal_or_below(domain)) continue;
    if (auto removed = remove_file(folder, file.name); !removed) {
      return std::unexpected(std::move(removed.error()));
    }
    ++erased;
  }
  return erased;
}

std::expected<std::string, Finding> open_key(const std::string& path) {
  const File file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (file) return read_key(file.get(), path);
  if (errno != ENOENT) return failed("open", path, errno);
  std::array<char, key_octets> random = {};
  if (::getrandom(random.data(), random.size(), 0) != static_cast<ssize_t>(random.size())) {
    return failed("draw a key for", path, errno);
  }
  std::string key = hex({random.data(), random.size()});
  // Of several processes that start at once, all get the key of the first.
  const std::string mine = path + "." + std::to_string(::getpid()) + std::string(being_written);
  ::unlink(mine.c_str());
  if (auto made = make_file(mine, key + "\n"); !made) return std::unexpected(made.error());
  const int code = ::link(mine.c_str(), path.c_str()) == 0 ? 0 : errno;
  ::unlink(mine.c_str());
  if (code == EEXIST) return open_key(path);
  if (code != 0) return failed("make", path, code);
  return key;
}

}  // namespace assay::spool
