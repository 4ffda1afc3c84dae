#include "bin/message_stream.h"

#include <algorithm>

#include "assay/base/ascii.h"
#include "assay/mail/header.h"

namespace assay::cli {
namespace {

constexpr std::string_view mailbox_mark = "From ";
constexpr std::size_t longest_mailbox_line = 4'096;

/// Whether a first line is the "From " line of a mailbox. "From : a@example.com" is none: RFC 5322
/// §4.5 lets a field's name be followed by spaces.
bool is_mailbox_line(std::string_view line) {
  if (!line.starts_with(mailbox_mark)) return false;
  return !ascii::trim_wsp(line.substr(mailbox_mark.size())).starts_with(':');
}

}  // namespace

void LineEnds::decide(std::string_view octets) {
  const std::size_t at = octets.find('\n');
  if (at == std::string_view::npos) return;
  const char before = at == 0 ? last_ : octets[at - 1];
  mode_ = before == '\r' ? Mode::keep : Mode::convert;
}

std::string_view LineEnds::convert(std::string_view octets) {
  if (octets.empty()) return octets;
  if (mode_ == Mode::undecided) decide(octets);
  if (mode_ == Mode::keep) return octets;
  char before = last_;
  last_ = octets.back();
  if (mode_ == Mode::undecided) return octets;
  converted_.clear();
  std::size_t begin = 0;
  for (std::size_t at = octets.find('\n'); at != std::string_view::npos;
       at = octets.find('\n', begin)) {
    if (at > 0) before = octets[at - 1];
    converted_ += octets.substr(begin, at - begin);
    converted_ += before == '\r' ? "\n" : "\r\n";
    before = '\n';
    begin = at + 1;
  }
  converted_ += octets.substr(begin);
  return converted_;
}

std::string_view HeaderSplitter::feed(std::string_view octets) {
  if (origin_ == Origin::file && !first_line_known_) octets = past_mailbox_line(octets);
  octets = line_ends_.convert(octets);
  return complete_ ? (overflown_ ? std::string_view() : octets) : append(octets);
}

/// Drops the mailbox line, holding octets back until it is known whether there is one.
std::string_view HeaderSplitter::past_mailbox_line(std::string_view octets) {
  first_line_ += octets;
  const std::size_t seen = std::min(first_line_.size(), mailbox_mark.size());
  const bool possible = mailbox_mark.starts_with(std::string_view(first_line_).substr(0, seen));
  const std::size_t end = first_line_.find('\n');
  if (possible && end == std::string::npos && first_line_.size() < longest_mailbox_line) return {};
  first_line_known_ = true;
  const std::string_view all = first_line_;
  const bool drop = end != std::string::npos && is_mailbox_line(all.substr(0, end));
  return drop ? all.substr(end + 1) : all;
}

/// Adds to the header; what is left over once its end is there is the body's.
std::string_view HeaderSplitter::append(std::string_view octets) {
  const std::size_t room = limit_ + 1 - header_.size();
  const std::size_t taken = std::min(room, octets.size());
  const std::size_t old = header_.size();
  header_ += octets.substr(0, taken);
  complete_ = overflown_ = header_.size() > limit_;
  // Without a new line end there is no new empty line: so each octet is looked at a few times only.
  if (octets.substr(0, taken).find('\n') == std::string_view::npos) return {};
  const std::size_t body = mail::find_body(std::string_view(header_).substr(line_start_));
  if (body != std::string_view::npos) {
    const std::size_t end = line_start_ + body;
    header_.resize(end);
    complete_ = true;
    overflown_ = false;
    return octets.substr(end - old);
  }
  line_start_ = header_.rfind('\n') + 1;
  return {};
}

void HeaderSplitter::finish() {
  if (origin_ == Origin::file && !first_line_known_) {
    // The message is shorter than one line.
    first_line_known_ = true;
    append(line_ends_.convert(first_line_));
  }
  complete_ = true;
}

void MessageStream::hand_over_header() {
  if (handed_over_) return;
  handed_over_ = true;
  session_.header(splitter_.header());
}

void MessageStream::feed(std::string_view octets) {
  const std::string_view body = splitter_.feed(octets);
  if (!splitter_.complete()) return;
  hand_over_header();
  if (!body.empty()) session_.body(body);
}

verify::Verdict MessageStream::finish() {
  splitter_.finish();
  hand_over_header();
  return session_.finish();
}

}  // namespace assay::cli
