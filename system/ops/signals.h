#pragma once

#include <cstdint>
#include <functional>
#include <memory>

namespace assay::ops {

/// What the system tells a process: SIGTERM, SIGINT, SIGHUP.
enum class Signal : std::uint8_t { terminate, interrupt, reload };

/// Takes these signals as values, one after the other, in a thread of its own, where everything is
/// permitted. SIGPIPE is ignored from then on.
///
/// To be made before any other thread, since threads inherit what is blocked. At its end signals do
/// again what they did before, but for SIGPIPE.
class Signals {
 public:
  using Take = std::function<void(Signal)>;
  explicit Signals(Take take);
  /// Waits for a `take` that is under way; not to be called by it.
  ~Signals();
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace assay::ops
