#include "system/journal/writer.h"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <iterator>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "system/journal/detail/files.h"
#include "system/journal/detail/retention.h"
#include "system/journal/line.h"

namespace assay::journal {
namespace {

using Steady = std::chrono::steady_clock;
using Lines = std::deque<std::string>;

constexpr std::size_t max_batch_octets = 1'048'576;

Time machine_time() {
  return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

WriterOptions with_defaults(WriterOptions options, Disk& real) {
  if (!options.clock) options.clock = machine_time;
  if (options.disk == nullptr) options.disk = &real;
  options.host = file_host(options.host);
  while (options.folder.size() > 1 && options.folder.ends_with('/')) options.folder.pop_back();
  return options;
}

/// As many of the first lines as one write takes, joined.
std::string join(const Lines& lines) {
  std::string batch;
  for (const std::string& line : lines) {
    if (!batch.empty() && batch.size() + line.size() > max_batch_octets) break;
    batch += line;
  }
  return batch;
}

}  // namespace

/// `mutex` guards what both sides touch; the rest belongs to the thread.
struct Writer::State {
  explicit State(WriterOptions given)
      : options(with_defaults(std::move(given), real_disk)),
        file(options.folder, options.host, options.clock(), *options.disk) {}

  void run();
  void recover();
  void expire_if_due(Steady::time_point now);
  void cycle(bool urgent);
  bool write_backlog(Steady::time_point now);
  void rotate();
  void sync_if_due(Steady::time_point now, bool urgent);
  void note(const std::optional<Finding>& error);
  void wait(std::unique_lock<std::mutex>& lock);
  Steady::time_point next_due() const;
  bool is_urgent() const { return closing || flushes_wanted != flushes_done; }

  Disk real_disk;
  const WriterOptions options;
  HourFile file;
  Lines backlog;  ///< each with its line feed
  Steady::time_point retry_at = {};
  Steady::time_point last_sync = {};
  Steady::time_point expire_at = {};
  bool dirty = false;
  bool wrote = false;  ///< in this cycle

  std::mutex mutex = {};
  std::condition_variable wake = {};
  std::condition_variable done = {};
  Lines queue;
  WriterStats stats = {};
  std::uint64_t flushes_wanted = 0;
  std::uint64_t flushes_done = 0;
  bool closing = false;
  bool sleeping = false;  ///< the thread waits for the first line
  std::once_flag closed = {};
  std::thread thread = {};
};

// ---- The thread --------------------------------------------------------------------------------

void Writer::State::run() {
  recover();
  std::unique_lock lock(mutex);
  while (true) {
    wait(lock);
    const bool ending = closing;
    const std::uint64_t wanted = flushes_wanted;
    const bool urgent = is_urgent();
    Lines arrived = std::exchange(queue, {});
    lock.unlock();
    std::ranges::move(arrived, std::back_inserter(backlog));
    cycle(urgent);
    if (ending) note(file.complete());
    lock.lock();
    flushes_done = wanted;
    done.notify_all();
    if (!ending) continue;
    stats.lost += backlog.size();
    stats.waiting = 0;
    return;
  }
}

void Writer::State::recover() {
  static_cast<void>(options.disk->make_folder(options.folder));
  const Completed completed = complete_dead_files(options.folder, options.host, *options.disk);
  note(completed.error);
  const std::lock_guard lock(mutex);
  stats.recovered_files = completed.files;
  stats.damaged_octets = completed.damaged_octets;
}

void Writer::State::expire_if_due(Steady::time_point now) {
  if (options.keep.count() == 0 || now < expire_at) return;
  expire_at = now + options.expire_every;
  const Expired expired =
      remove_files_before(options.folder, options.clock() - options.keep, *options.disk);
  note(expired.error);
  const std::lock_guard lock(mutex);
  stats.expired_files += expired.files;
}

void Writer::State::note(const std::optional<Finding>& error) {
  if (!error) return;
  const std::lock_guard lock(mutex);
  ++stats.errors;
  stats.last_error = error->what;
}

void Writer::State::cycle(bool urgent) {
  const Steady::time_point now = Steady::now();
  wrote = false;
  rotate();
  if (!backlog.empty() && (urgent || now >= retry_at)) {
    const bool failed = !write_backlog(now);
    const std::lock_guard lock(mutex);
    stats.failing = failed;
  }
  sync_if_due(now, urgent);
  expire_if_due(now);
}

void Writer::State::rotate() {
  if (!file.is_open() || file.is_hour(options.clock())) return;
  note(file.complete());
  dirty = false;
}

bool Writer::State::write_backlog(Steady::time_point now) {
  while (!backlog.empty()) {
    const std::string batch = join(backlog);
    const HourFile::Written written = file.write(batch, options.clock());
    std::size_t octets = 0;
    std::uint64_t lines = 0;
    while (octets < written.octets) {
      octets += backlog.front().size();
      ++lines;
      backlog.pop_front();
    }
    dirty = dirty || lines > 0;
    wrote = true;
    {
      const std::lock_guard lock(mutex);
      stats.written += lines;
      stats.waiting -= octets;
    }
    if (!written.error) continue;
    note(written.error);
    retry_at = now + options.retry_after;
    return false;
  }
  return true;
}

void Writer::State::sync_if_due(Steady::time_point now, bool urgent) {
  if (!dirty || (!urgent && now < last_sync + options.sync_every)) return;
  note(file.sync());
  dirty = false;
  last_sync = now;
}

Steady::time_point Writer::State::next_due() const {
  const Steady::time_point now = Steady::now();
  Steady::time_point due = Steady::time_point::max();
  if (options.keep.count() > 0) due = std::min(due, expire_at);
  if (!backlog.empty()) due = std::min(due, retry_at);
  if (dirty) due = std::min(due, last_sync + options.sync_every);
  if (file.is_open()) {
    // The clock may jump; half a minute is as late as a completed file may be.
    constexpr std::chrono::milliseconds longest{30'000};
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(file.hour_end() - options.clock());
    due = std::min(due, now + std::clamp(left, std::chrono::milliseconds{1}, longest));
  }
  return due;
}

/// Until there is something to do. An append wakes the thread only when it waits for the first line
/// after a pause: on a busy host lines gather for a moment instead, and cost no system call each.
void Writer::State::wait(std::unique_lock<std::mutex>& lock) {
  if (wrote) wake.wait_for(lock, options.gather, [&] { return is_urgent(); });
  const bool failing = !backlog.empty();
  const auto ready = [&] { return is_urgent() || (!failing && !queue.empty()); };
  sleeping = !failing;
  const Steady::time_point due = next_due();
  if (due == Steady::time_point::max()) {
    wake.wait(lock, ready);
  } else {
    wake.wait_until(lock, due, ready);
  }
  sleeping = false;
}

// ---- Its callers -------------------------------------------------------------------------------

Writer::Writer(WriterOptions options) : state_(std::make_unique<State>(std::move(options))) {
  state_->thread = std::thread([state = state_.get()] { state->run(); });
}

Writer::~Writer() {
  close();
}

bool Writer::append(const Entry& entry) {
  std::string line = to_line(entry);
  line += '\n';
  bool wake = false;
  {
    const std::lock_guard lock(state_->mutex);
    WriterStats& stats = state_->stats;
    ++stats.appended;
    if (state_->closing || stats.waiting + line.size() > state_->options.max_backlog) {
      ++stats.lost;
      return false;
    }
    stats.waiting += line.size();
    state_->queue.push_back(std::move(line));
    wake = std::exchange(state_->sleeping, false);
  }
  if (wake) state_->wake.notify_one();
  return true;
}

bool Writer::flush() {
  std::unique_lock lock(state_->mutex);
  if (state_->closing) return state_->stats.waiting == 0;
  const std::uint64_t mine = ++state_->flushes_wanted;
  const std::uint64_t errors = state_->stats.errors;
  state_->wake.notify_one();
  state_->done.wait(lock, [&] { return state_->flushes_done >= mine; });
  return !state_->stats.failing && state_->stats.errors == errors;
}

void Writer::close() {
  std::call_once(state_->closed, [&] {
    {
      const std::lock_guard lock(state_->mutex);
      state_->closing = true;
    }
    state_->wake.notify_one();
    state_->thread.join();
  });
}

WriterStats Writer::stats() const {
  const std::lock_guard lock(state_->mutex);
  return state_->stats;
}

}  // namespace assay::journal
