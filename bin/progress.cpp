#include "bin/progress.h"

#include <unistd.h>

#include <algorithm>
#include <utility>

namespace assay::cli {
namespace {

using std::chrono::steady_clock;

void write_error_text(const std::string& text) {
  if (::write(STDERR_FILENO, text.data(), text.size()) < 0) return;  // a lost bar is no loss
}

}  // namespace

Progress::Progress(std::string what, std::optional<std::uint64_t> total)
    : what_(std::move(what)),
      total_(total),
      shown_(::isatty(STDERR_FILENO) == 1 && (total || ::isatty(STDOUT_FILENO) != 1)),
      next_(steady_clock::now() + std::chrono::seconds(1)) {}

Progress::~Progress() {
  if (drawn_) write_error_text("\r\x1b[K");
}

void Progress::advance(std::uint64_t by) {
  done_ += by;
  if (!shown_) return;
  const auto now = steady_clock::now();
  if (now < next_) return;
  next_ = now + std::chrono::milliseconds(200);
  draw();
}

void Progress::draw() {
  drawn_ = true;
  if (!total_ || *total_ == 0) {
    write_error_text("\r" + std::to_string(done_) + " " + what_ + "\x1b[K");
    return;
  }
  constexpr std::uint64_t width = 40;
  const std::uint64_t done = std::min(done_, *total_);
  const auto filled = static_cast<std::size_t>(done * width / *total_);
  write_error_text("\r[" + std::string(filled, '#') + std::string(width - filled, '.') + "] " +
                   std::to_string(done * 100 / *total_) + " %\x1b[K");
}

}  // namespace assay::cli
