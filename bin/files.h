#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "bin/failure.h"

namespace assay::cli {

/// A file that is read from its beginning to its end in pieces.
class Input {
 public:
  /// "-" is standard input. Errors: no_input.
  static Expected<Input> open(const std::string& path);
  ~Input();
  Input(Input&& other) noexcept;
  Input& operator=(Input&&) = delete;

  /// The next octets; 0 at the end. Errors: no_input where nothing can be read from it at all, io.
  Expected<std::size_t> read(std::span<char> into);

  /// As read, but fills `into` unless the end comes before.
  Expected<std::size_t> read_full(std::span<char> into);

  /// What stands at a place of a file, as far as it fits; 0 at the end and on errors. Does not
  /// move on what read() gives.
  std::size_t read_at(std::uint64_t at, std::span<char> into) const;

  /// Whether it is a file that everybody on this host may read.
  bool is_open_to_all() const;
  /// Its size, where that is known.
  std::optional<std::uint64_t> size() const;
  /// For messages: the path, or "standard input".
  const std::string& name() const { return name_; }

 private:
  Input(int descriptor, std::string name) : descriptor_(descriptor), name_(std::move(name)) {}

  int descriptor_ = -1;
  std::string name_;
};

/// A whole file of at most `max_octets`. Errors: those of Input; bad_data when it is larger.
Expected<std::string> read_file(const std::string& path, std::size_t max_octets);

/// As read_file, of a private key: one that everybody may read is no secret, and refused (bad_data;
/// RFC 6376 §8.3).
Expected<std::string> read_secret_file(const std::string& path, std::size_t max_octets);

/// The first line of a text, without blanks around it.
std::string first_line(std::string_view text);

/// A password or token: the first line of a secret file. Errors: those of read_secret_file.
Expected<std::string> read_secret_line(const std::string& path);

/// Makes a file that only its owner may read and write, with this text, on the disk when it
/// returns. What stands at the path already is left as it is. Errors: io.
Expected<> write_secret_file(const std::string& path, std::string_view text);

/// Writes all of it to standard output. A reader that went away ends the program as SIGPIPE does.
/// Errors: io.
Expected<> write_output(std::string_view text);

/// Makes the descriptors 0 to 2 safe: one that the caller closed answers with an error, instead of
/// becoming the next file that is opened. Makes a reader that went away an error, not a signal.
void guard_standard_streams();

}  // namespace assay::cli
