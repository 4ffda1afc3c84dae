#pragma once

namespace bench {

/// Seconds: of processor by this process (user and system), and of the clock.
struct Usage {
  double processor = 0;
  double clock = 0;
};

/// Since the process began.
Usage usage_now();
inline Usage operator-(const Usage& a, const Usage& b) {
  return {a.processor - b.processor, a.clock - b.clock};
}
inline Usage& operator+=(Usage& a, const Usage& b) {
  a.processor += b.processor;
  a.clock += b.clock;
  return a;
}

/// Seconds of processor by this thread alone.
double thread_processor();

/// The most memory that this process ever had resident, and has now, in MiB.
double peak_mebibytes();
double resident_mebibytes();

/// What `work` needs.
template <class Work>
Usage measure(const Work& work) {
  const Usage before = usage_now();
  work();
  return usage_now() - before;
}

}  // namespace bench
