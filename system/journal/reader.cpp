#include "system/journal/reader.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "assay/base/ascii.h"
#include "system/journal/detail/files.h"
#include "system/journal/line.h"

namespace assay::journal {
namespace {

constexpr std::size_t block_octets = 65'536;

Finding file_finding(const std::string& path, std::string_view what) {
  const char* const why = std::strerror(errno);  // NOLINT(concurrency-mt-unsafe): glibc's is safe
  return {"journal_file", ascii::printable(path, 500) + ": " + std::string(what) + ": " + why};
}

}  // namespace

std::string describe(const std::string& file, const Line& broken) {
  const std::size_t within = broken.entry ? 0 : broken.entry.error().at;
  return ascii::printable(file, 500) + ":" + std::to_string(broken.number) + ": octet " +
         std::to_string(broken.at + within) + ": " +
         (broken.entry ? "well" : broken.entry.error().what);
}

struct Reader::State {
  bool fill();
  bool skip_blank_line(std::size_t size);
  TextLine finish_line(std::size_t size, std::size_t feed);
  TextLine broken(Finding what, std::size_t octets);
  std::optional<TextLine> at_end();

  std::string path = {};
  Descriptor file = {};
  bool growing = false;
  std::string buffer = {};
  std::size_t begin = 0;                  ///< in the buffer, of the line to come
  std::size_t scanned = 0;                ///< in the buffer: no line feed before
  std::uint64_t at = 0;                   ///< of `begin`, in the file
  std::uint64_t number = 0;               ///< lines so far
  int failed = 0;                         ///< errno of a read that failed
  std::optional<TextLine> skipping = {};  ///< a line that was too long: looking for its end
};

/// Reads more behind what is there; false at the end.
bool Reader::State::fill() {
  buffer.erase(0, begin);
  scanned -= begin;
  begin = 0;
  const std::size_t old = buffer.size();
  ssize_t got = 0;
  buffer.resize_and_overwrite(old + block_octets, [&](char* octets, std::size_t) {
    do {
      got = ::read(file.get(), octets + old, block_octets);
    } while (got < 0 && errno == EINTR);
    return old + static_cast<std::size_t>(std::max<ssize_t>(got, 0));
  });
  if (got < 0) failed = errno;
  return got > 0;
}

/// Passes over the line of `size` octets at `begin`, if it is blank.
bool Reader::State::skip_blank_line(std::size_t size) {
  const std::string_view text = std::string_view(buffer).substr(begin, size);
  if (!text.starts_with(' ') || text.find_first_not_of(' ') != std::string_view::npos) return false;
  ++number;
  begin += size + 1;
  at += size + 1;
  scanned = begin;
  return true;
}

/// The line of `size` octets at `begin`, with `feed` octets of line feed behind it.
TextLine Reader::State::finish_line(std::size_t size, std::size_t feed) {
  TextLine line{.text = std::string_view(buffer).substr(begin, size), .number = ++number, .at = at};
  begin += size + feed;
  at += size + feed;
  scanned = begin;
  return line;
}

/// The next `octets` octets as a broken line without text.
TextLine Reader::State::broken(Finding what, std::size_t octets) {
  TextLine line{.number = ++number, .at = at, .broken = std::move(what)};
  begin += octets;
  at += octets;
  scanned = begin;
  return line;
}

std::optional<TextLine> Reader::State::at_end() {
  if (failed != 0) {
    errno = std::exchange(failed, 0);
    Finding finding = file_finding(path, "cannot be read");
    file.reset();
    return broken(std::move(finding), buffer.size() - begin);
  }
  if (skipping && !growing) return std::exchange(skipping, {});
  const std::size_t rest = buffer.size() - begin;
  if (rest == 0 || growing || skipping) return std::nullopt;
  TextLine line = finish_line(rest, 0);
  // It may even be whole JSON, but who wrote it did not say that it is all.
  line.broken = Finding{"journal_line", "the last line is cut: it has no line feed"};
  return line;
}

Reader::Reader(std::unique_ptr<State> state) : state_(std::move(state)) {}
Reader::~Reader() = default;
Reader::Reader(Reader&&) noexcept = default;
Reader& Reader::operator=(Reader&&) noexcept = default;

std::expected<Reader, Finding> Reader::open(const std::string& path, std::uint64_t from) {
  auto state = std::make_unique<State>();
  state->path = path;
  state->growing = path.ends_with(part_suffix);
  state->file = Descriptor(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!state->file.is_open()) return std::unexpected(file_finding(path, "cannot be opened"));
  state->at = from;
  if (from > 0 && ::lseek(state->file.get(), static_cast<off_t>(from), SEEK_SET) < 0) {
    return std::unexpected(file_finding(path, "cannot be read from the middle"));
  }
  return Reader(std::move(state));
}

std::optional<Line> Reader::next() {
  auto text = next_text();
  if (!text) return std::nullopt;
  std::optional<Line> line(std::in_place, text->text, text->number, text->at);
  line->entry = text->broken ? std::unexpected(std::move(*text->broken)) : parse_line(text->text);
  return line;
}

std::optional<TextLine> Reader::next_text() {
  State& state = *state_;
  while (true) {
    const std::size_t feed = state.buffer.find('\n', state.scanned);
    if (feed != std::string::npos) {
      const std::size_t size = feed - state.begin;
      if (!state.skipping && state.skip_blank_line(size)) continue;
      if (!state.skipping) return state.finish_line(size, 1);
      state.begin += size + 1;
      state.at += size + 1;
      state.scanned = state.begin;
      return std::exchange(state.skipping, {});
    }
    state.scanned = state.buffer.size();
    const std::size_t rest = state.buffer.size() - state.begin;
    if (state.skipping) {
      state.begin += rest;
      state.at += rest;
    } else if (rest > max_line_octets) {
      state.skipping = state.broken({"journal_long", "the line is longer than 1 MiB"}, rest);
    }
    if (!state.file.is_open()) return std::nullopt;
    if (!state.fill()) return state.at_end();
  }
}

std::uint64_t Reader::at() const {
  return state_->at;
}

std::uint64_t Reader::unfinished() const {
  return state_->growing ? state_->buffer.size() - state_->begin : 0;
}

std::expected<std::vector<std::string>, Finding> journal_files(const std::string& path) {
  struct stat status = {};
  if (::stat(path.c_str(), &status) != 0) {
    return std::unexpected(file_finding(path, "cannot be opened"));
  }
  if (!S_ISDIR(status.st_mode)) return std::vector<std::string>{path};
  const std::unique_ptr<DIR, int (*)(DIR*)> listing(::opendir(path.c_str()), ::closedir);
  if (!listing) return std::unexpected(file_finding(path, "cannot be read"));
  std::vector<std::string> files;
  while (const dirent* each = ::readdir(listing.get())) {  // NOLINT(concurrency-mt-unsafe)
    const std::string_view name(each->d_name);
    if (name.ends_with(complete_suffix) || name.ends_with(part_suffix)) {
      files.push_back(path + (path.ends_with('/') ? "" : "/") + std::string(name));
    }
  }
  std::ranges::sort(files);
  return files;
}

}  // namespace assay::journal
