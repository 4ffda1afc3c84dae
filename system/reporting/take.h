#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <expected>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "assay/base/domain_name.h"
#include "assay/base/finding.h"
#include "system/reporting/facts.h"
#include "system/store/store.h"

namespace assay::reporting {

/// What one look at the journals brought.
struct Taken {
  std::uint64_t lines = 0;
  std::uint64_t broken = 0;                                  ///< lines that cannot be read
  std::uint64_t evaluations = 0;                             ///< new in the store
  std::array<std::uint64_t, reportable_kinds> by_kind = {};  ///< of the lines, by Reportable
  bool more = false;                                         ///< there was more than one look takes
  Findings findings = {};  ///< files that could not be read; the others were
};

struct TakeOptions {
  std::string folder;               ///< of journals, of one host or of many
  Leaving leaving = {};             ///< what is in no report
  std::size_t max_lines = 100'000;  ///< of one look
  std::chrono::hours period{24};    ///< of reports: what is alike in one is counted together
};

/// Takes journals into the store, each line once: also while they are written, again after a
/// crash, and whatever their order. Not thread-safe.
class Taker {
 public:
  /// `store` outlives it.
  Taker(store::Store& store, TakeOptions options) : store_(store), options_(std::move(options)) {}

  /// Errors: those of the store.
  std::expected<Taken, Finding> look(store::Instant now);

 private:
  struct Part;
  bool take_file(const std::string& path, Part& part, Taken& taken);
  bool take_line(std::string_view line, store::Batch& batch, Taken& taken);
  template <class Entry>
  void take_entry(const Entry& entry, store::Batch& batch, Taken& taken);
  std::expected<std::uint64_t, Finding> offset_of(const std::string& identity);

  store::Store& store_;
  TakeOptions options_;
  Configurations configurations_ = Configurations();
  std::map<std::string, std::uint64_t> offsets_ = {};  ///< as far as each file was taken in
};

}  // namespace assay::reporting
