#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace assay::cli {

/// How far long work has come, drawn on standard error once it takes more than a second. Draws
/// nothing when standard error is no terminal, or when results appear on the same terminal.
class Progress {
 public:
  /// `what` is counted, for example "requests"; `total` where it is known.
  explicit Progress(std::string what, std::optional<std::uint64_t> total = std::nullopt);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void advance(std::uint64_t by);

 private:
  void draw();

  std::string what_;
  std::optional<std::uint64_t> total_;
  std::uint64_t done_ = 0;
  bool shown_ = false;
  bool drawn_ = false;
  std::chrono::steady_clock::time_point next_;
};

}  // namespace assay::cli
