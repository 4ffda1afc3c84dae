#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "assay/base/finding.h"
#include "system/spool/item.h"

namespace assay::spool {

struct WriterOptions {
  std::string folder;                                  ///< made if it is not there
  std::size_t max_files = 10'000;                      ///< in the folder
  std::uint64_t max_octets = std::uint64_t{64} << 20;  ///< of these
  std::size_t max_waiting = std::size_t{8} << 20;      ///< octets in memory, for the disk
  std::chrono::milliseconds gather{200};               ///< likes of this span become one file
  std::chrono::milliseconds look_again{1'000};         ///< at a folder that was full
};

/// What became of the items since the start, in messages.
struct WriterStats {
  std::uint64_t offered = 0;
  std::uint64_t written = 0;  ///< of their own, or counted into one like them (Incidents)
  std::uint64_t dropped = 0;  ///< no room or no disk; later likes tell of as many as are remembered
  std::size_t waiting = 0;    ///< octets in memory
  bool failing = false;       ///< the last try to write failed
  std::string last_error = {};
};

/// Puts items into the folder of the spool by a thread of its own. Who offers one waits for no disk
/// and fails for none: what finds no room is dropped and counted, and the next of its likes says so
/// by its Incidents (RFC 9991 §8.1). Thread-safe.
class Writer {
 public:
  explicit Writer(WriterOptions options);
  /// Closes.
  ~Writer();
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  /// Never waits, never fails.
  void offer(Item item);
  /// Writes what waits, and ends the thread. What is offered afterwards is dropped. Further calls
  /// do nothing.
  void close();
  WriterStats stats() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace assay::spool
