#include "assay/aggregate/detail/notes.h"

#include <algorithm>
#include <utility>

namespace assay::aggregate::detail {
namespace {

constexpr std::size_t most = 95;  // what else is found has room behind

}  // namespace

void Notes::add(Level level, std::string_view code, std::string what, std::uint64_t record,
                std::uint64_t at) {
  const auto known = std::ranges::find_if(notes_, [&](const Note& one) {
    return one.finding.code == code && one.finding.what == what;
  });
  if (known != notes_.end()) {
    ++known->times;
  } else if (notes_.size() < most) {
    notes_.push_back({.finding = {.code = code,
                                  .what = std::move(what),
                                  .at = static_cast<std::size_t>(at),
                                  .level = level},
                      .record = record});
  } else {
    ++others_;
  }
}

Findings Notes::take() {
  Findings findings;
  for (Note& one : notes_) {
    std::string& what = one.finding.what;
    if (one.record > 0 && one.times > 1) {
      what += " (" + std::to_string(one.times) + " times, first in record " +
              std::to_string(one.record) + ")";
    } else if (one.record > 0) {
      what += " (record " + std::to_string(one.record) + ")";
    } else if (one.times > 1) {
      what += " (" + std::to_string(one.times) + " times)";
    }
    findings.push_back(std::move(one.finding));
  }
  if (others_ > 0) {
    findings.push_back({.code = "too_many",
                        .what = std::to_string(others_) + " more findings of other kinds",
                        .level = Level::info});
  }
  notes_.clear();
  others_ = 0;
  return findings;
}

}  // namespace assay::aggregate::detail
