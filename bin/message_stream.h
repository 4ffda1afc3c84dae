#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "assay/verify/verify.h"

namespace assay::cli {

/// Turns LF into CRLF while octets go by, when the first line end is an LF without CR: so messages
/// are saved on Unix, and so they are not signed. Octets of a message whose first line end is CRLF
/// stay as they are, whatever stands further on.
class LineEnds {
 public:
  /// What `octets` become; valid until the next call.
  std::string_view convert(std::string_view octets);

 private:
  enum class Mode : std::uint8_t { undecided, keep, convert };

  void decide(std::string_view octets);

  Mode mode_ = Mode::undecided;
  char last_ = '\0';
  std::string converted_;
};

/// What a message was: a saved file may begin with the "From " line of a mailbox, which is none of
/// its own.
enum class Origin : std::uint8_t { octets, file };

/// Finds the header section in octets that arrive in pieces of any size; keeps no more than it.
class HeaderSplitter {
 public:
  explicit HeaderSplitter(Origin origin, std::size_t max_header_octets)
      : origin_(origin), limit_(max_header_octets) {}

  /// The next octets of the message. Answers with octets of the body, once the header is complete.
  std::string_view feed(std::string_view octets);
  /// No more octets come: what there is is the header.
  void finish();

  bool complete() const { return complete_; }
  /// The header section with its empty line; of one beyond the limit only the limit and one octet,
  /// and then no body either, since nothing can be said of such a message.
  const std::string& header() const { return header_; }

 private:
  std::string_view past_mailbox_line(std::string_view octets);
  std::string_view append(std::string_view octets);

  Origin origin_;
  std::size_t limit_;
  LineEnds line_ends_;
  bool first_line_known_ = false;
  std::string first_line_;
  std::string header_;
  std::size_t line_start_ = 0;  ///< in header_, behind its last LF
  bool complete_ = false;
  bool overflown_ = false;
};

/// A message on its way into a session.
class MessageStream {
 public:
  MessageStream(verify::Session& session, Origin origin, std::size_t max_header_octets)
      : session_(session), splitter_(origin, max_header_octets) {}

  void feed(std::string_view octets);
  verify::Verdict finish();

 private:
  void hand_over_header();

  verify::Session& session_;
  HeaderSplitter splitter_;
  bool handed_over_ = false;
};

}  // namespace assay::cli
