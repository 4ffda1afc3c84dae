#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "assay/aggregate/detail/elements.h"
#include "assay/aggregate/read.h"

namespace assay::aggregate::detail {

/// Whether a domain is written as it is kept: neither with capitals nor as an address, with a dot
/// at the end, in brackets or beyond ASCII.
bool is_plain_domain(std::string_view text);

/// One element that holds text alone, written plainly: of ASCII, without attributes and references.
struct PlainLeaf {
  Node node = Node::ignored;
  std::string_view text = {};  ///< without white space at both ends
  std::size_t octets = 0;      ///< of the element and of white space before it; 0: there is none
};

/// The element that `ahead` begins with, behind white space, if it is plain, belongs in `parent` by
/// its exact name, and its text has at most `most` octets.
PlainLeaf read_plain_leaf(std::string_view ahead, Node parent, std::size_t most);

/// Reads records that are written as the schemas have it, many times as fast as the careful reader
/// does, and leaves all others to that: whatever would give a finding is unusual here. A record
/// that is read is the one that the careful reader gives, and no finding belongs to it
/// (read_fuzz.cpp holds that).
class PlainRecords {
 public:
  enum class Outcome : std::uint8_t { read, unusual, cut };  ///< cut: `ahead` ends within it

  explicit PlainRecords(const ReadLimits& limits) : limits_(limits) {}

  /// Reads the record that `ahead` begins with, behind white space, into `record`. Otherwise that
  /// holds anything.
  Outcome read(std::string_view ahead, bool new_form, Record& record);

  // Of the record that was read.
  std::size_t octets() const { return octets_; }
  std::size_t elements() const { return elements_; }
  bool has_new_words() const { return new_words_; }

 private:
  ReadLimits limits_;
  std::size_t octets_ = 0;
  std::size_t elements_ = 0;
  bool new_words_ = false;
};

}  // namespace assay::aggregate::detail
