#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "assay/base/finding.h"

/// What an IMAP server says (RFC 3501 §7), taken apart as far as fetching mail needs it. Bounded
/// and total: a server may be hostile, or the one beside it in the cable.
namespace assay::imap {

struct Literal {
  std::string octets = {};
  std::size_t size = 0;  ///< as announced; above the limit the octets are left out
};

/// One response. In its line each literal is "{}"; CRLF is off.
struct Response {
  std::string line = {};
  std::vector<Literal> literals = {};
};

struct ResponseLimits {
  std::size_t line = std::size_t{8} << 20;      ///< octets of the line: a search gives many numbers
  std::size_t literal = std::size_t{50} << 20;  ///< larger ones are read over
  std::size_t literals = 16;                    ///< in one response
};

/// Octets in, responses out, however the octets are cut.
class ResponseReader {
 public:
  explicit ResponseReader(const ResponseLimits& limits = {}) : limits_(limits) {}

  /// Where a response ends in the octets is found here; what is behind it is kept for the next.
  /// Errors: `imap_line_too_long`, `imap_too_many_literals`; the reader is of no use then.
  std::expected<std::optional<Response>, Finding> next();
  void feed(std::string_view octets) { held_ += octets; }

 private:
  void take_literal();
  std::expected<bool, Finding> take_line();

  ResponseLimits limits_;
  std::string held_ = {};
  Response response_ = {};
  std::size_t missing_ = 0;  ///< octets of the literal under way
};

/// How a command ended, or what the server says by itself.
enum class Status : std::uint8_t { ok, no, bad, bye, none };

/// The tagged end of a command: "A1 OK [CODE] text". Nothing for other responses.
struct Ending {
  Status status = Status::none;
  std::string text = {};  ///< with the code in brackets
};
std::optional<Ending> read_ending(std::string_view line, std::string_view tag);

/// What a FETCH says of a message (RFC 3501 §7.4.2).
struct Message {
  std::uint32_t uid = 0;
  std::optional<std::uint64_t> size = {};  ///< RFC822.SIZE
  std::optional<Literal> body = {};        ///< BODY[]
};
/// Nothing for other responses, and for one that is not well formed or names no UID.
std::optional<Message> read_fetch(Response response);

/// The numbers of "* SEARCH 2 3"; nothing for other responses.
std::optional<std::vector<std::uint32_t>> read_search(std::string_view line);

/// "1:3,7": as RFC 3501 §9 writes a sequence-set. The numbers ascend.
std::string sequence_set(const std::vector<std::uint32_t>& numbers);

/// A name as a quoted string. Nothing for one that cannot be: with controls or octets above 127
/// (names beyond ASCII are written in modified UTF-7, RFC 3501 §5.1.3).
std::optional<std::string> quoted(std::string_view name);

}  // namespace assay::imap
