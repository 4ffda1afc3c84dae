#include "system/reporting/deliver.h"

#include <gtest/gtest.h>

#include <map>
#include <mutex>
#include <set>
#include <thread>

#include "system/reporting/testdata/outbox_store.h"

namespace assay::reporting {
namespace {

using namespace std::chrono_literals;
using store::OutboxState;
using How = Attempt::How;

constexpr store::Instant noon{1'777'636'800s};  // 2026-05-01T12:00:00Z

/// What several senders saw.
struct Seen {
  std::mutex mutex = {};
  std::map<std::string, unsigned> mails = {};  ///< by return path, which names the delivery
  std::set<std::string> open = {};             ///< recipients that are being spoken to
  bool together = false;                       ///< one of them by two at once
  std::set<std::thread::id> threads = {};
  std::function<Attempt(const Outgoing&)> answer = [](const Outgoing&) {
    return Attempt{.how = How::delivered};
  };
};

class SeeingSender final : public Sender {
 public:
  explicit SeeingSender(Seen& seen) : seen_(seen) {}
  Attempt send(const Outgoing& mail) override {
    {
      const std::scoped_lock lock(seen_.mutex);
      ++seen_.mails[mail.return_path];
      seen_.threads.insert(std::this_thread::get_id());
      if (!seen_.open.insert(mail.recipient).second) seen_.together = true;
    }
    std::this_thread::yield();
    const Attempt attempt = seen_.answer(mail);
    const std::scoped_lock lock(seen_.mutex);
    seen_.open.erase(mail.recipient);
    return attempt;
  }

 private:
  Seen& seen_;
};

class Delivering : public testing::Test {
 protected:
  Delivered round(std::size_t limit = 1'000, store::Instant now = noon) {
    auto done = deliverer()->round(now, limit);
    EXPECT_TRUE(done) << (done ? "" : done.error().what);
    return done ? *done : Delivered();
  }

  void put(const std::string& destination) { outbox.put(destination, noon); }

  Deliverer* deliverer() {
    if (!deliverer_) {
      Senders senders;
      for (unsigned i = 0; i < 8; ++i) senders.push_back(std::make_unique<SeeingSender>(seen));
      DeliverOptions options{.settings = settings,
                             .reporter = {.email = "r@rcpt.example", .submitter = "rcpt.example"}};
      options.chance = [] { return 0.5; };
      deliverer_ = std::make_unique<Deliverer>(outbox, std::move(senders), std::move(options));
    }
    return deliverer_.get();
  }

  config::Reports settings = {.email = "r@rcpt.example",
                              .per_minute = 100'000,
                              .per_host_minute = 100'000,
                              .per_day = 100'000};
  OutboxStore outbox = {};
  Seen seen = {};

 private:
  std::unique_ptr<Deliverer> deliverer_ = {};
};

TEST_F(Delivering, EachOnceBySeveralSenders) {
  for (int i = 0; i < 500; ++i) put("d@d" + std::to_string(i) + ".example");
  EXPECT_EQ(round().sent, 500U);
  EXPECT_EQ(outbox.count(OutboxState::sent), 500U);
  EXPECT_EQ(seen.mails.size(), 500U);
  for (const auto& [mail, times] : seen.mails) EXPECT_EQ(times, 1U) << mail;
  EXPECT_EQ(round().taken, 0U);
}

TEST_F(Delivering, NoDestinationByTwoAtOnce) {
  for (int i = 0; i < 300; ++i) put(i % 2 == 0 ? "d@One.example" : "d@one.example");
  EXPECT_EQ(round().sent, 300U);
  EXPECT_EQ(seen.mails.size(), 300U);
  EXPECT_FALSE(seen.together);
}

TEST_F(Delivering, ARefusalEndsWhatGoesToTheSame) {
  for (int i = 0; i < 50; ++i) put("d@one.example");
  seen.answer = [](const Outgoing&) {
    return Attempt{.how = How::permanent, .reason = "550 no such user"};
  };
  const Delivered all = round();
  EXPECT_EQ(seen.mails.size(), 1U) << "the others were not tried";
  EXPECT_EQ(all.suppressed, 1U);
  EXPECT_EQ(outbox.count(OutboxState::given_up), 50U);
  EXPECT_EQ(outbox.left_alone.at("d@one.example").times, 1U);
}

TEST_F(Delivering, WhatRefusedIsRememberedAlthoughItTakesMailNow) {  // a smarthost takes all
  outbox.left_alone["d@one.example"] = {.address = "d@one.example", .until = noon - 1s, .times = 2};
  put("d@one.example");
  EXPECT_EQ(round().sent, 1U);
  EXPECT_EQ(outbox.left_alone.at("d@one.example").times, 2U);
}

TEST_F(Delivering, LimitsHoldForAllSendersTogether) {
  settings.per_minute = 20;
  settings.per_host_minute = 5;
  for (int i = 0; i < 40; ++i) put("d" + std::to_string(i) + "@one.example");
  for (int i = 0; i < 40; ++i) put("d@d" + std::to_string(i) + ".example");
  Delivered all = round();
  EXPECT_EQ(all.sent, 20U);
  EXPECT_EQ(all.held_back, 60U);
  const auto to_one = [&] {
    return std::ranges::count_if(outbox.rows, [](const auto& row) {
      return row.second.state == OutboxState::sent &&
             row.second.destination.ends_with("@one.example");
    });
  };
  EXPECT_EQ(to_one(), 5);
  EXPECT_EQ(round().taken, 0U) << "until the next minute";
  EXPECT_EQ(round(1'000, noon + 1min).sent, 20U);
  EXPECT_EQ(to_one(), 10);
}

TEST_F(Delivering, ADayHasItsCeiling) {
  settings.per_day = 7;
  for (int i = 0; i < 40; ++i) put("d@d" + std::to_string(i) + ".example");
  std::uint64_t sent = 0;
  for (int i = 0; i < 10; ++i) sent += round(1'000, noon + i * 1min).sent;
  EXPECT_EQ(sent, 7U);
  EXPECT_EQ(outbox.today, 7U);
}

TEST_F(Delivering, WhatFailsIsTriedLaterAndTheRestNow) {
  for (int i = 0; i < 60; ++i) put("d@d" + std::to_string(i) + ".example");
  seen.answer = [](const Outgoing& mail) {
    return mail.recipient == "d@d7.example" ? Attempt{.reason = "451 later"}
                                            : Attempt{.how = How::delivered};
  };
  const Delivered all = round();
  EXPECT_EQ(all.sent, 59U);
  EXPECT_EQ(all.deferred, 1U);
  EXPECT_EQ(all.events, std::vector<std::string>{"d@d7.example: 451 later"});
  EXPECT_EQ(outbox.rows.at(8).next, noon + 5min);
}

TEST_F(Delivering, NothingLeavesBeforeWhatHappenedIsBooked) {
  for (int i = 0; i < 60; ++i) put("d@d" + std::to_string(i) + ".example");
  outbox.fail_bookings = 1'000;
  EXPECT_EQ(deliverer()->round(noon, 1'000).error().code, "store_full");
  const std::size_t left = seen.mails.size();
  EXPECT_LE(left, 8U) << "one of each sender at most";
  EXPECT_EQ(deliverer()->round(noon, 1'000).error().code, "store_full");
  EXPECT_EQ(seen.mails.size(), left);
  outbox.fail_bookings = 0;
  EXPECT_EQ(round().sent, 60U - left);
  EXPECT_EQ(outbox.count(OutboxState::sent), 60U);
  for (const auto& [mail, times] : seen.mails) EXPECT_EQ(times, 1U) << mail;
}

TEST_F(Delivering, StopsAfterWhatIsUnderWay) {
  for (int i = 0; i < 200; ++i) put("d@d" + std::to_string(i) + ".example");
  seen.answer = [this](const Outgoing&) {
    deliverer()->stop();
    return Attempt{.how = How::delivered};
  };
  const Delivered all = round();
  EXPECT_LE(all.sent, 8U);
  for (const auto& [id, row] : outbox.rows) {
    EXPECT_EQ(row.claimed_until, store::Instant{}) << "put back, so that others may have it";
  }
}

TEST_F(Delivering, NoMoreThanTheLimit) {
  for (int i = 0; i < 60; ++i) put("d@d" + std::to_string(i) + ".example");
  EXPECT_EQ(round(25).taken, 25U);
  EXPECT_EQ(seen.mails.size(), 25U);
}

}  // namespace
}  // namespace assay::reporting
