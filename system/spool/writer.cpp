#include "system/spool/writer.h"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <random>
#include <thread>
#include <utility>
#include <vector>

#include "assay/failure/collapse.h"
#include "system/spool/folder.h"

namespace assay::spool {
namespace {

using Steady = std::chrono::steady_clock;

constexpr std::size_t max_remembered = 1'000;  // kinds of which some were dropped

std::string key_of(const Item& item) {
  return item.policy_domain + "\n" + failure::likeness(item.report);
}

/// In memory; the texts of a report are small beside what it shows of the message.
std::size_t size_of(const Item& item) {
  return item.report.original.octets.size() + item.record.size() + 4'096;
}

/// Unique for this process and its start.
std::string stem_of_names() {
  const auto start =
      std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
  std::random_device source;
  return std::to_string(start.time_since_epoch().count()) + "-" + std::to_string(source()) + "-";
}

}  // namespace

/// `mutex` guards what both sides touch; the rest belongs to the thread.
struct Writer::State {
  explicit State(WriterOptions given) : options(std::move(given)) {}

  void run();
  void write(std::deque<Item> items);
  bool has_room(std::size_t octets);
  bool write(Item& item);
  void drop(const Item& item);
  void note(const Finding& error);

  const WriterOptions options;
  const std::string stem = stem_of_names();
  std::uint64_t number = 0;
  bool ready = false;  ///< the folder is there and was looked at
  std::size_t files = 0;
  std::uint64_t octets = 0;
  Steady::time_point looked = {};

  mutable std::mutex mutex = {};
  std::condition_variable wake = {};
  std::deque<Item> queue = {};
  std::map<std::string, std::uint32_t> missed =
      {};  ///< dropped, to be told with the next of its kind
  WriterStats stats = {};
  bool closing = false;
  std::once_flag closed = {};
  std::thread thread = {};
};

// ---- The thread --------------------------------------------------------------------------------

void Writer::State::run() {
  std::unique_lock lock(mutex);
  while (true) {
    wake.wait(lock, [&] { return closing || !queue.empty(); });
    wake.wait_for(lock, options.gather, [&] { return closing; });
    std::deque<Item> items = std::exchange(queue, {});
    if (items.empty() && closing) return;
    lock.unlock();
    write(std::move(items));
    lock.lock();
  }
}

/// One file for all likes among them.
void Writer::State::write(std::deque<Item> items) {
  std::map<std::string, Item*> first;
  std::size_t size = 0;
  std::vector<Item*> order;
  for (Item& item : items) {
    size += size_of(item);
    const auto [place, fresh] = first.emplace(key_of(item), &item);
    if (fresh) order.push_back(&item);
    if (!fresh) failure::add_incidents(place->second->report.incidents, item.report.incidents);
  }
  for (Item* item : order) {
    const std::uint32_t messages = item->report.incidents;
    const bool done = write(*item);
    const std::scoped_lock lock(mutex);
    if (done) {
      stats.written += messages;
    } else {
      item->report.incidents = messages;
      drop(*item);
    }
  }
  const std::scoped_lock lock(mutex);
  stats.waiting -= size;
}

/// Looks at the folder where it seems full, for the reports role takes files away.
bool Writer::State::has_room(std::size_t more) {
  const auto fits = [&] {
    return files < options.max_files && octets + more <= options.max_octets;
  };
  if (ready && (fits() || Steady::now() < looked + options.look_again)) return fits();
  looked = Steady::now();
  auto made = make_folder(options.folder);
  if (!made) return note(made.error()), false;
  if (!ready) remove_remains(options.folder);
  const auto found = list(options.folder);
  if (!found) return note(found.error()), false;
  ready = true;
  files = found->size();
  octets = 0;
  for (const Listed& each : *found) octets += each.octets;
  return fits();
}

bool Writer::State::write(Item& item) {
  {
    const std::scoped_lock lock(mutex);
    const auto before = missed.find(key_of(item));
    if (before != missed.end()) failure::add_incidents(item.report.incidents, before->second);
  }
  const std::string text = to_text(item);
  if (!has_room(text.size())) return false;
  const std::string name = stem + std::to_string(1'000'000'000 + number++) + ".failure";
  if (auto written = write_file(options.folder, name, text); !written) {
    ready = false;
    return note(written.error()), false;
  }
  ++files;
  octets += text.size();
  const std::scoped_lock lock(mutex);
  missed.erase(key_of(item));
  stats.failing = false;
  return true;
}

/// Under the mutex.
void Writer::State::drop(const Item& item) {
  stats.dropped += item.report.incidents;
  const std::string key = key_of(item);
  if (missed.size() >= max_remembered && !missed.contains(key)) return;
  failure::add_incidents(missed[key], item.report.incidents);
}

void Writer::State::note(const Finding& error) {
  const std::scoped_lock lock(mutex);
  stats.failing = true;
  stats.last_error = error.what;
}

// ---- Its callers -------------------------------------------------------------------------------

Writer::Writer(WriterOptions options) : state_(std::make_unique<State>(std::move(options))) {
  state_->thread = std::thread([state = state_.get()] { state->run(); });
}

Writer::~Writer() {
  close();
}

void Writer::close() {
  std::call_once(state_->closed, [&] {
    {
      const std::scoped_lock lock(state_->mutex);
      state_->closing = true;
    }
    state_->wake.notify_one();
    state_->thread.join();
  });
}

void Writer::offer(Item item) {
  item.report.incidents = std::max<std::uint32_t>(item.report.incidents, 1);
  const std::size_t size = size_of(item);
  bool first = false;
  {
    const std::scoped_lock lock(state_->mutex);
    WriterStats& stats = state_->stats;
    stats.offered += item.report.incidents;
    if (state_->closing || stats.waiting + size > state_->options.max_waiting) {
      return state_->drop(item);
    }
    stats.waiting += size;
    first = state_->queue.empty();
    state_->queue.push_back(std::move(item));
  }
  if (first) state_->wake.notify_one();
}

WriterStats Writer::stats() const {
  const std::scoped_lock lock(state_->mutex);
  return state_->stats;
}

}  // namespace assay::spool
