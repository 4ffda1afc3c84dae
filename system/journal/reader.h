#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "assay/base/finding.h"
#include "system/journal/entry.h"

namespace assay::journal {

/// A line of a file as it stands there.
struct TextLine {
  std::string_view text = {};  ///< without line feed, until the next call; empty when too long
  std::uint64_t number = 0;    ///< 1 is the first that was read
  std::uint64_t at = 0;        ///< octet offset of its beginning in the file
  std::optional<Finding> broken = {};  ///< why it is no whole line
};

/// The same, read or broken.
struct Line {
  std::string_view text = {};
  std::uint64_t number = 0;
  std::uint64_t at = 0;
  std::expected<Entry, Finding> entry = {};
};

/// "FILE:LINE: octet AT: what is wrong": where a line is broken, in words.
std::string describe(const std::string& file, const Line& broken);

/// Reads a journal file from its beginning, a line at a time; memory does not grow with the file.
/// A line that is broken is an answer as well, and reading goes on behind it.
///
/// A file that is still written (.part) may be read as well: what stands behind its last line feed
/// is not there yet, and next() may be asked again later. Lines of blanks, which erase_lines
/// leaves, are passed over.
class Reader {
 public:
  /// `from`: where a line begins, in octets. Errors: `journal_file` with the reason.
  static std::expected<Reader, Finding> open(const std::string& path, std::uint64_t from = 0);
  ~Reader();
  Reader(Reader&&) noexcept;
  Reader& operator=(Reader&&) noexcept;

  /// The next line; nothing at the end. A failure to read is a broken line, and then the end.
  std::optional<Line> next();
  /// The same, for one who reads what stands in it himself.
  std::optional<TextLine> next_text();

  /// Where the next line begins in the file: from there on it may be read another time.
  std::uint64_t at() const;

  /// Octets behind the last line feed of a file that is still written.
  std::uint64_t unfinished() const;

 private:
  struct State;
  explicit Reader(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

/// The journal files that a path means: a folder stands for the complete and the growing files in
/// it, by name; another path for itself. Errors: `journal_file` for a folder that cannot be read
/// and a path that leads nowhere.
std::expected<std::vector<std::string>, Finding> journal_files(const std::string& path);

}  // namespace assay::journal
