#include "bin/jsonl.h"

#include <algorithm>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "assay/base/ascii.h"
#include "assay/base/try.h"
#include "system/json/answer.h"

#include "bin/files.h"
#include "bin/progress.h"

namespace assay::cli {
namespace {

constexpr std::size_t max_line = std::size_t{256} << 20;
constexpr std::size_t read_size = std::size_t{256} << 10;
constexpr std::size_t batch_lines = 8;
constexpr std::size_t batch_octets = 64 << 10;

/// Some lines that are answered by one thread.
struct Batch {
  std::string lines = {};  ///< each with its line feed
  bool oversized = false;  ///< it stands for one line above the limit
};

/// Standard input, cut into batches of lines.
class LineReader {
 public:
  explicit LineReader(Input input) : input_(std::move(input)) {}

  /// What is there by now, or waits for the next line; nothing at the end.
  Expected<std::optional<Batch>> next() {
    while (true) {
      if (const std::size_t end = complete_lines(); end != 0) return take(end);
      if (ended_) return take_rest();
      if (held().size() > max_line) return refuse_line();
      if (auto more = read_more(); !more) return std::unexpected(std::move(more.error()));
    }
  }

 private:
  std::string_view held() const { return std::string_view(octets_).substr(begin_, end_ - begin_); }

  /// How many of the held octets make a batch.
  std::size_t complete_lines() {
    const std::string_view text = held();
    std::size_t end = 0;
    for (std::size_t lines = 0; lines < batch_lines && end < batch_octets; ++lines) {
      const std::size_t at = text.find('\n', std::max(end, searched_));
      if (at == std::string_view::npos) {
        if (end == 0) searched_ = text.size();
        break;
      }
      end = at + 1;
    }
    return end;
  }

  Batch take(std::size_t octets) {
    Batch batch{.lines = std::string(held().substr(0, octets))};
    drop(octets);
    return batch;
  }

  std::optional<Batch> take_rest() {
    if (held().empty()) return std::nullopt;
    return take(held().size());
  }

  void drop(std::size_t octets) {
    begin_ += octets;
    searched_ = 0;
    if (begin_ != end_) return;
    begin_ = end_ = 0;
    // A long line does not keep its room for ever.
    if (octets_.size() > 8 * read_size) std::string().swap(octets_);
  }

  /// Drops a line that has grown beyond the limit; what is left of it is dropped as it comes.
  std::optional<Batch> refuse_line() {
    drop(held().size());
    skipping_ = true;
    return Batch{.oversized = true};
  }

  Expected<> read_more() {
    if (octets_.size() - end_ < read_size) make_room();
    ASSAY_TRY(got, input_.read(std::span(octets_).subspan(end_)));
    end_ += got;
    ended_ = got == 0;
    if (!skipping_) return {};
    const std::size_t line_end = held().find('\n');
    skipping_ = line_end == std::string_view::npos;
    drop(skipping_ ? held().size() : line_end + 1);
    return {};
  }

  void make_room() {
    const std::size_t held_octets = end_ - begin_;
    if (begin_ > 0)
      std::copy_n(octets_.begin() + static_cast<std::ptrdiff_t>(begin_), held_octets,
                  octets_.begin());
    begin_ = 0;
    end_ = held_octets;
    if (octets_.size() - end_ < read_size)
      octets_.resize(std::max(2 * read_size, 2 * octets_.size()));
  }

  Input input_;
  std::string octets_;  ///< those from begin_ to end_ are held
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  std::size_t searched_ = 0;  ///< of the held octets: no line feed before
  bool skipping_ = false;
  bool ended_ = false;
};

/// Puts answers into the order of their questions.
class OrderedWriter {
 public:
  explicit OrderedWriter(std::size_t max_ahead) : max_ahead_(max_ahead), progress_("requests") {}

  /// Waits while too many answers wait for an earlier one.
  Expected<> put(std::uint64_t sequence, std::string text) {
    std::unique_lock lock(mutex_);
    room_.wait(lock, [&] { return sequence < next_ + max_ahead_; });
    waiting_.emplace(sequence, std::move(text));
    while (!waiting_.empty() && waiting_.begin()->first == next_) {
      const std::string ready = std::move(waiting_.begin()->second);
      waiting_.erase(waiting_.begin());
      ++next_;
      progress_.advance(static_cast<std::uint64_t>(std::ranges::count(ready, '\n')));
      if (auto written = write_output(ready); !written) return written;
    }
    room_.notify_all();
    return {};
  }

 private:
  std::size_t max_ahead_;
  std::mutex mutex_;
  std::condition_variable room_;
  std::map<std::uint64_t, std::string> waiting_;
  std::uint64_t next_ = 0;
  Progress progress_;
};

std::string answer_batch(const Batch& batch, const AnswerLine& answer) {
  if (batch.oversized) {
    return json::error_line("", "the line is longer than " + std::to_string(max_line) +
                                    " octets; give the message as \"file\"") +
           "\n";
  }
  std::string answers;
  for (std::string_view rest = batch.lines; !rest.empty();) {
    const std::size_t end = rest.find('\n');
    const std::string_view line = ascii::trim_fws(rest.substr(0, end));
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    if (line.empty()) continue;
    answers += answer(line);
    answers += '\n';
  }
  return answers;
}

/// Threads that take turns in reading, answer side by side, and write in order.
class Pipeline {
 public:
  Pipeline(LineReader reader, const JsonLines& how, const AnswerLine& answer)
      : reader_(std::move(reader)),
        how_(how),
        answer_(answer),
        writer_(std::size_t{8} * how.jobs) {}

  Expected<> run() {
    std::vector<std::jthread> helpers;
    for (unsigned i = 1; i < how_.jobs; ++i) helpers.emplace_back([this] { work(); });
    work();
    helpers.clear();
    if (failure_) return std::unexpected(*failure_);
    return {};
  }

 private:
  struct Numbered {
    std::uint64_t sequence = 0;
    Batch batch = {};
  };

  void work() {
    while (std::optional<Numbered> work = take()) {
      auto written = writer_.put(work->sequence, answer_batch(work->batch, answer_));
      // The other threads may be waiting for input that never comes: the program ends here.
      if (!written) end_program(how_.command, written.error());
    }
  }

  std::optional<Numbered> take() {
    const std::scoped_lock lock(mutex_);
    if (ended_) return std::nullopt;
    auto batch = reader_.next();
    ended_ = !batch || !*batch;
    if (!batch) failure_ = std::move(batch.error());
    if (ended_) return std::nullopt;
    return Numbered{.sequence = sequence_++, .batch = std::move(**batch)};
  }

  LineReader reader_;
  const JsonLines& how_;
  const AnswerLine& answer_;
  OrderedWriter writer_;
  std::mutex mutex_;
  std::uint64_t sequence_ = 0;
  bool ended_ = false;
  std::optional<Failure> failure_ = {};
};

}  // namespace

void add_jsonl_options(const Command& command, JsonLines& how) {
  how.command = command.name();
  command.flag("--jsonl", how.wanted,
               "Read requests from standard input, one JSON object a line, and write an answer "
               "a line, in the same order");
  command.option("--jobs", how.jobs, "How many requests are worked on at a time")
      .between(1, 1024)
      .named("N")
      .default_shown();
}

Expected<> answer_lines(const JsonLines& how, const AnswerLine& answer) {
  ASSAY_TRY(input, Input::open("-"));
  return Pipeline(LineReader(std::move(input)), how, answer).run();
}

}  // namespace assay::cli
