#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "system/journal/disk.h"
#include "system/journal/entry.h"

namespace assay::journal {

struct WriterOptions {
  std::string folder;                    ///< made if it is not there (not those above it)
  std::string host = "localhost";        ///< stands in the names of the files
  std::size_t max_backlog = 16'777'216;  ///< octets that wait for the disk; beyond it is loss
  std::chrono::hours keep{0};            ///< older files are removed (RFC 9991 §7); 0: none is
  std::chrono::milliseconds expire_every{1'800'000};  ///< how often is looked for those
  std::chrono::milliseconds gather{20};          ///< lines of this span go to the disk together
  std::chrono::milliseconds sync_every{1'000};   ///< fdatasync at most so often
  std::chrono::milliseconds retry_after{1'000};  ///< of a disk that failed
  std::function<Time()> clock = {};              ///< UTC, for the hours; empty: the machine's
  Disk* disk = nullptr;  ///< lives longer than the writer; null: the real one
};

/// What became of the lines since the start.
struct WriterStats {
  std::uint64_t appended = 0;         ///< lines
  std::uint64_t written = 0;          ///< lines
  std::uint64_t lost = 0;             ///< lines, for want of room in memory
  std::size_t waiting = 0;            ///< octets
  std::uint64_t recovered_files = 0;  ///< of processes that had died
  std::uint64_t damaged_octets = 0;   ///< of cut lines in them, kept in .damaged files
  std::uint64_t expired_files = 0;    ///< removed, being older than `keep`
  std::uint64_t errors = 0;           ///< how often the disk failed
  bool failing = false;               ///< the last try to write failed
  std::string last_error = {};        ///< a sentence; stays when all is well again
};

/// Appends entries to files of an hour each, FOLDER/HOST-START-YYYYMMDDTHH.journal, with the suffix
/// .part while they are written (docs/journal.md). Lines are written whole or taken back, so that
/// neither a crash nor a full disk spoils what stands before. While the disk fails, lines wait in
/// memory and the writer tries again. The hour is that of the writing, not of the entry.
/// Thread-safe.
///
///     Writer journal({.folder = "/var/lib/assay/journal", .host = "mx.example.org"});
///     journal.append(entry);
///
/// Several writers, of one process or of several, may share a folder.
class Writer {
 public:
  /// Starts the thread that writes; it first completes what a dead process of this host has left.
  /// Never fails: stats() says what is wrong.
  explicit Writer(WriterOptions options);
  /// Closes.
  ~Writer();
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  /// Takes the entry as a line to be written; never waits for the disk. False when it is lost
  /// because too much waits already, or after close.
  bool append(const Entry& entry);

  /// Waits until all that was appended before is on the disk. False when the disk fails; then it
  /// still waits in memory.
  bool flush();

  /// Writes what waits, completes the file and ends the thread. What the disk does not take by now
  /// is lost and counted. Further calls do nothing.
  void close();

  WriterStats stats() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace assay::journal
