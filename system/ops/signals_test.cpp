#include "system/ops/signals.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <condition_variable>
#include <cstdlib>
#include <mutex>
#include <string>
#include <vector>

#include "system/ops/notify.h"

namespace assay::ops {
namespace {

TEST(Signals, AreTakenOneAfterTheOther) {
  std::mutex mutex;
  std::condition_variable changed;
  std::vector<Signal> taken;
  {
    const Signals signals([&](Signal signal) {
      const std::scoped_lock lock(mutex);
      taken.push_back(signal);
      changed.notify_all();
    });
    std::size_t wanted = 0;
    for (const int number : {SIGHUP, SIGHUP, SIGINT, SIGTERM}) {
      ASSERT_EQ(::kill(::getpid(), number), 0);
      std::unique_lock lock(mutex);
      ++wanted;
      ASSERT_TRUE(
          changed.wait_for(lock, std::chrono::seconds(10), [&] { return taken.size() == wanted; }));
    }
  }
  EXPECT_EQ(taken,
            (std::vector{Signal::reload, Signal::reload, Signal::interrupt, Signal::terminate}));
}

TEST(Signals, BlockNothingAfterwards) {
  {
    const Signals signals([](Signal) {});
  }
  sigset_t blocked;
  sigemptyset(&blocked);
  ASSERT_EQ(pthread_sigmask(SIG_BLOCK, nullptr, &blocked), 0);
  EXPECT_EQ(sigismember(&blocked, SIGTERM), 0);
}

TEST(Signals, AClosedPipeKillsNobody) {
  const Signals signals([](Signal) {});
  int ends[2] = {-1, -1};
  ASSERT_EQ(::pipe(ends), 0);
  ::close(ends[0]);
  EXPECT_EQ(::write(ends[1], "x", 1), -1);
  ::close(ends[1]);
}

/// A service manager's socket with a name of the abstract kind, which leaves no file.
class Manager {
 public:
  Manager() : fd_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0)) {
    sockaddr_un address = {};
    address.sun_family = AF_UNIX;
    EXPECT_EQ(::bind(fd_, reinterpret_cast<sockaddr*>(&address), sizeof(sa_family_t)), 0);
    socklen_t size = sizeof address;
    EXPECT_EQ(::getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size), 0);
    name_ = "@" + std::string(address.sun_path + 1, size - sizeof(sa_family_t) - 1);
  }
  ~Manager() { ::close(fd_); }
  const std::string& name() const { return name_; }
  std::string take() const {
    char text[1000];
    const ssize_t got = ::recv(fd_, text, sizeof text, 0);
    return got < 0 ? "" : std::string(text, static_cast<std::size_t>(got));
  }

 private:
  int fd_;
  std::string name_;
};

TEST(ServiceManager, IsToldHowFarWeAre) {
  const Manager manager;
  const ServiceManager told(manager.name());
  EXPECT_TRUE(told.ready("listening\non one address"));
  EXPECT_EQ(manager.take(), "READY=1\nSTATUS=listening on one address");
  EXPECT_TRUE(told.reloading());
  EXPECT_TRUE(manager.take().starts_with("RELOADING=1\nMONOTONIC_USEC="));
  EXPECT_TRUE(told.stopping());
  EXPECT_EQ(manager.take(), "STOPPING=1");
}

TEST(ServiceManager, MayBeAbsent) {
  EXPECT_FALSE(ServiceManager("").ready("here"));
  EXPECT_FALSE(ServiceManager("/nonexistent/notify").ready("here"));
  EXPECT_FALSE(ServiceManager("@" + std::string(200, 'x')).stopping());
  EXPECT_FALSE(ServiceManager("vsock:2:1").stopping());
}

}  // namespace
}  // namespace assay::ops
