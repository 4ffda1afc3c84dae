#include "system/ops/signals.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <array>
#include <optional>
#include <thread>
#include <utility>

namespace assay::ops {

namespace {

std::optional<Signal> meaning(std::uint32_t number) {
  switch (number) {
    case SIGTERM:
      return Signal::terminate;
    case SIGINT:
      return Signal::interrupt;
    case SIGHUP:
      return Signal::reload;
    default:
      return std::nullopt;
  }
}

sigset_t signals_to_take() {
  sigset_t set;
  sigemptyset(&set);
  for (const int number : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&set, number);
  return set;
}

}  // namespace

struct Signals::State {
  Take take;
  sigset_t before = {};
  int signals = -1;
  int stop = -1;
  std::jthread thread = {};

  void run() const {
    std::array<pollfd, 2> ready = {pollfd{.fd = signals, .events = POLLIN, .revents = 0},
                                   pollfd{.fd = stop, .events = POLLIN, .revents = 0}};
    while (true) {
      if (::poll(ready.data(), ready.size(), -1) < 0) continue;
      if (ready[1].revents != 0) return;
      signalfd_siginfo info = {};
      if (::read(signals, &info, sizeof info) != sizeof info) continue;
      if (const auto signal = meaning(info.ssi_signo)) take(*signal);
    }
  }
};

Signals::Signals(Take take) : state_(std::make_unique<State>(State{.take = std::move(take)})) {
  (void)::signal(SIGPIPE, SIG_IGN);
  const sigset_t set = signals_to_take();
  pthread_sigmask(SIG_BLOCK, &set, &state_->before);
  state_->signals = ::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
  state_->stop = ::eventfd(0, EFD_CLOEXEC);
  state_->thread = std::jthread([state = state_.get()] { state->run(); });
}

Signals::~Signals() {
  eventfd_write(state_->stop, 1);
  state_->thread.join();
  ::close(state_->signals);
  ::close(state_->stop);
  pthread_sigmask(SIG_SETMASK, &state_->before, nullptr);
}

}  // namespace assay::ops
