#pragma once

#include <chrono>
#include <string_view>

#include "system/filter/message_filter.h"
#include "system/journal/writer.h"
#include "system/ops/log.h"
#include "system/ops/metrics.h"

namespace assay::cli {

/// What is kept of each message: a line in the journal, a line in the log that explains the
/// verdict, and the numbers.
class FilterWatch final : public filter::Watch {
 public:
  /// All must outlive it.
  FilterWatch(journal::Writer& journal, ops::Log& log, ops::Metrics& metrics);

  void message(const journal::Entry& entry, std::chrono::microseconds judging) override;
  void fault(std::string_view what) override;

 private:
  void log_message(const journal::Entry& entry, std::chrono::microseconds judging);

  journal::Writer& journal_;
  ops::Log& log_;
  ops::Metrics& metrics_;
  ops::Histogram& judging_;
  ops::Counter& faults_;
};

}  // namespace assay::cli
