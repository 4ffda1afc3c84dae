#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "assay/base/finding.h"

namespace assay::aggregate::detail {

/// Findings of which there may be millions, kept as one of a kind with how often and where first.
class Notes {
 public:
  /// `record` is the number of the record that is read, or 0.
  void add(Level level, std::string_view code, std::string what, std::uint64_t record,
           std::uint64_t at);
  /// All of them, in the order of their first.
  Findings take();

 private:
  struct Note {
    Finding finding;
    std::uint64_t record = 0;
    std::uint64_t times = 1;
  };
  std::vector<Note> notes_ = {};
  std::uint64_t others_ = 0;
};

}  // namespace assay::aggregate::detail
