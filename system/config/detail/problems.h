#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "system/config/settings.h"

namespace assay::config {

constexpr std::size_t max_problems = 100;

/// What is wrong with a file; beyond max_problems only counted.
class Problems {
 public:
  bool full() const { return list_.size() >= max_problems; }
  bool empty() const { return list_.empty(); }
  void add(Place place, std::string what);
  /// In the order of the file. Leaves this empty.
  std::vector<Problem> take();

 private:
  std::vector<Problem> list_ = {};
  std::size_t left_out_ = 0;
};

}  // namespace assay::config
