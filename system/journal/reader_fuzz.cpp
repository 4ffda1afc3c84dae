// Properties: a file of any octets is read to its end; each line once, with its number, its octet
// offset and its octets; a line is good exactly when parse_line says so; only blank lines are
// passed over.
#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "system/journal/line.h"
#include "system/journal/reader.h"

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

/// A file in memory, found under a path.
struct MemoryFile {
  explicit MemoryFile(std::string_view octets) : number(::memfd_create("journal", MFD_CLOEXEC)) {
    require(number >= 0);
    require(::write(number, octets.data(), octets.size()) == static_cast<ssize_t>(octets.size()));
  }
  ~MemoryFile() { ::close(number); }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;
  std::string path() const { return "/proc/self/fd/" + std::to_string(number); }
  int number;
};

/// The first octet says how often the rest stands in the file, so that lines get long.
std::string make_file(std::string_view octets) {
  if (octets.empty()) return {};
  const auto times = static_cast<unsigned char>(octets.front());
  octets.remove_prefix(1);
  std::string file;
  for (unsigned i = 0; i <= times * (times > 250 ? 100U : 1U); ++i) file += octets;
  return file;
}

/// The lines from `at` to `to` are blank; answers how many there are.
std::uint64_t count_blank_lines(std::string_view octets, std::size_t at, std::size_t to) {
  std::uint64_t lines = 0;
  while (at < to) {
    const std::size_t feed = octets.find('\n', at);
    require(feed != std::string_view::npos && feed > at && feed < to);
    require(octets.substr(at, feed - at).find_first_not_of(' ') == std::string_view::npos);
    ++lines;
    at = feed + 1;
  }
  return lines;
}

}  // namespace

// NOLINTNEXTLINE(readability-identifier-naming): the name libFuzzer calls
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace assay::journal;
  const std::string octets = make_file({reinterpret_cast<const char*>(data), size});
  const MemoryFile file(octets);
  auto reader = Reader::open(file.path());
  require(reader.has_value());
  std::size_t at = 0;
  std::uint64_t number = 0;
  while (const auto line = reader->next()) {
    number += count_blank_lines(octets, at, line->at);
    at = line->at;
    const std::size_t feed = octets.find('\n', at);
    const std::size_t end = feed == std::string::npos ? octets.size() : feed;
    const std::string_view text = std::string_view(octets).substr(at, end - at);
    require(line->number == ++number);
    require(line->text == text || (line->text.empty() && text.size() > max_line_octets));
    const bool good = feed != std::string::npos && parse_line(text).has_value();
    require(line->entry.has_value() == good);
    at = feed == std::string::npos ? end : end + 1;
  }
  count_blank_lines(octets, at, octets.size());
  return 0;
}
