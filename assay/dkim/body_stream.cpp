#include "assay/dkim/detail/body_stream.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "assay/base/ascii.h"

namespace assay::dkim::detail {
namespace {

/// Octets looked at together: few enough to stay in the processor's first cache until they are
/// hashed.
constexpr std::size_t window = 16U << 10;
/// A run of that many octets is hashed where it stands; a shorter one is copied.
constexpr std::size_t direct = 4U << 10;
/// With the slack it is a size that allocators keep at hand for their threads.
constexpr std::size_t capacity = 2 * window - write_slack;

constexpr std::string_view line_end = "\r\n";

constexpr std::array<char, 4096> make_line_ends() {
  std::array<char, 4096> octets{};
  for (std::size_t i = 0; i < octets.size(); ++i) octets[i] = line_end[i % 2];
  return octets;
}
constexpr std::array<char, 4096> many_line_ends = make_line_ends();

crypto::DigestKind digest_kind(Hash hash) {
  return hash == Hash::sha1 ? crypto::DigestKind::sha1 : crypto::DigestKind::sha256;
}

}  // namespace

RunningHash::RunningHash(Hash hash) : kind_(hash), digest_(digest_kind(hash)) {}

void RunningHash::want(std::uint64_t length) {
  const auto place = std::ranges::lower_bound(marks_, length, {}, &Mark::length);
  if (place == marks_.end() || place->length != length) marks_.insert(place, Mark{length});
}

void RunningHash::take_marks() {
  for (; taken_ < marks_.size() && marks_[taken_].length == size_; ++taken_) {
    marks_[taken_].value = digest_.peek();
  }
}

void RunningHash::update(std::string_view octets) {
  take_marks();
  while (!octets.empty() && taken_ < marks_.size()) {
    // RFC 6376 §3.7: the canonical body is cut to the length of l=.
    const std::uint64_t left = marks_[taken_].length - size_;
    const std::string_view piece = octets.substr(0, std::min<std::uint64_t>(left, octets.size()));
    digest_.update(piece);
    size_ += piece.size();
    octets.remove_prefix(piece.size());
    take_marks();
  }
}

void RunningHash::finish() {
  take_marks();
  if (taken_ == marks_.size()) return;
  marks_[taken_].value = digest_.finish();
  for (std::size_t i = taken_ + 1; i < marks_.size(); ++i) marks_[i].value = marks_[taken_].value;
}

std::string_view RunningHash::value(std::uint64_t length) const {
  const auto place = std::ranges::lower_bound(marks_, length, {}, &Mark::length);
  return place == marks_.end() ? std::string_view() : place->value;
}

RunningHash& BodyStream::hash(Hash kind) {
  const auto known = std::ranges::find(hashes_, kind, &RunningHash::kind);
  return known != hashes_.end() ? *known : hashes_.emplace_back(kind);
}

const RunningHash& BodyStream::hash(Hash kind) const {
  return *std::ranges::find(hashes_, kind, &RunningHash::kind);
}

void BodyStream::update(std::string_view octets) {
  if (octets.empty()) return;
  if (!buffer_) buffer_ = std::make_unique_for_overwrite<char[]>(capacity + write_slack);
  if (how_ == Canonicalization::simple) {
    update_simple(octets);
  } else {
    update_relaxed(octets);
  }
}

void BodyStream::update_simple(std::string_view octets) {
  if (octets.size() < direct) return gather(octets);
  flush();
  pass(octets);
}

// RFC 6376 §3.4.4 (a): white space runs become one space, those at line ends nothing.
void BodyStream::update_relaxed(std::string_view octets) {
  octets = resume(octets);
  while (octets.size() > look_ahead) {
    const std::size_t clean = reducer_->clean(octets.data(), std::min(octets.size(), window));
    if (clean >= direct) {
      flush();
      pass(octets.substr(0, clean));
      octets.remove_prefix(clean);
      continue;
    }
    if (used_ > capacity - window) flush();
    const std::size_t look = std::min(octets.size(), window);
    const Reduced reduced = reducer_->reduce(octets.data(), look, buffer_.get() + used_);
    used_ += reduced.written;
    octets.remove_prefix(reduced.read);
  }
  for (const char octet : octets) take_octet(octet);
}

/// Takes octets one by one until nothing of those before them is held back.
std::string_view BodyStream::resume(std::string_view octets) {
  while (white_space_ && !octets.empty()) {
    take_octet(octets.front());
    octets.remove_prefix(1);
  }
  return octets;
}

void BodyStream::take_octet(char octet) {
  if (cr_behind_white_space_) {
    const bool ends_line = octet == '\n';
    gather(ends_line ? line_end : " \r");
    cr_behind_white_space_ = false;
    white_space_ = false;
    if (ends_line) return;
  }
  if (ascii::is_wsp(octet)) {
    white_space_ = true;
    return;
  }
  if (white_space_ && octet == '\r') {
    cr_behind_white_space_ = true;
    return;
  }
  if (white_space_) gather(" ");
  white_space_ = false;
  gather({&octet, 1});
}

void BodyStream::gather(std::string_view octets) {
  if (octets.size() > capacity - used_) flush();
  std::memcpy(buffer_.get() + used_, octets.data(), octets.size());
  used_ += octets.size();
}

void BodyStream::flush() {
  const std::string_view octets(buffer_.get(), used_);
  used_ = 0;
  pass(octets);
}

/// Holds back line ends that may turn out to be the last ones. RFC 6376 §3.4.3, RFC 6376 §3.4.4
void BodyStream::pass(std::string_view octets) {
  if (octets.empty()) return;
  if (cr_) {
    cr_ = false;
    if (octets.front() == '\n') {
      ++lines_;
      octets.remove_prefix(1);
      if (octets.empty()) return;
    } else {
      emit_lines();
      emit("\r");
    }
  }
  cr_ = octets.back() == '\r';
  if (cr_) octets.remove_suffix(1);
  std::uint64_t lines = 0;
  for (; octets.ends_with(line_end); ++lines) octets.remove_suffix(line_end.size());
  if (!octets.empty()) {
    emit_lines();
    emit(octets);
  }
  lines_ += lines;
}

void BodyStream::emit_lines() {
  constexpr std::uint64_t at_once = many_line_ends.size() / line_end.size();
  for (; lines_ > 0; lines_ -= std::min(lines_, at_once)) {
    emit({many_line_ends.data(), static_cast<std::size_t>(std::min(lines_, at_once)) * 2});
  }
}

void BodyStream::emit(std::string_view octets) {
  for (RunningHash& hash : hashes_) hash.update(octets);
  size_ += octets.size();
}

void BodyStream::finish() {
  // A CR without LF is an octet like others (RFC 6376 §5.3 leaves it to the signer to have none).
  if (cr_behind_white_space_) gather(" \r");
  if (buffer_) flush();
  if (cr_) {
    emit_lines();
    emit("\r");
  }
  // RFC 6376 §3.4.3: an empty body is one CRLF. RFC 6376 §3.4.4: it is nothing.
  if (size_ > 0 || how_ == Canonicalization::simple) emit(line_end);
  for (RunningHash& hash : hashes_) hash.finish();
}

}  // namespace assay::dkim::detail
