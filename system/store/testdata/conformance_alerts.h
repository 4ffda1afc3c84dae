#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "system/store/alert_book.h"
#include "system/store/testdata/conformance.h"

/// What every back-end of AlertBook must do, as conformance.h is for the Store.
namespace assay::store {

struct AlertBackend {
  virtual ~AlertBackend() = default;
  virtual std::unique_ptr<AlertBook> open() = 0;
};
using MakeAlertBackend = std::unique_ptr<AlertBackend> (*)();

class AlertConformance : public testing::TestWithParam<MakeAlertBackend> {
 protected:
  void SetUp() override {
    backend = GetParam()();
    book = backend->open();
  }

  static RecordSight sight_of(const std::string& value, Sight sight = Sight::there,
                              const std::string& domain = "example.com") {
    return {.domain = domain,
            .kind = WatchedKind::spf,
            .sight = sight,
            .value = sight == Sight::there ? value : "",
            .why = sight == Sight::unknown ? "servfail" : ""};
  }
  std::vector<RecordChange> look(const std::string& value, Instant at, Sight sight = Sight::there) {
    return must(book->note_records(std::vector{sight_of(value, sight)}, at));
  }

  static Alert alert_of(const std::string& cause, const std::string& domain = "example.com") {
    return {.rule = "spike",
            .domain = domain,
            .cause = cause,
            .what = "what",
            .evidence = "evidence",
            .advice = "advice",
            .severity = Severity::high,
            .since = noon - 1h,
            .opened = noon,
            .last_seen = noon};
  }
  /// Opens alerts, each told by a letter.
  std::vector<AlertChange> open(const std::vector<Alert>& alerts, Instant at = noon) {
    const auto decide = [&](std::span<const Alert>) {
      std::vector<AlertChange> changes;
      for (const Alert& each : alerts) {
        changes.push_back({.alert = each, .event = AlertEvent::opened, .tell = true});
      }
      return changes;
    };
    return must(book->settle(at - 24h, at, decide, letters));
  }
  static std::vector<Letter> letters(std::span<const AlertChange> told) {
    std::vector<Letter> all;
    for (const AlertChange& each : told) {
      all.push_back(letter_of("alert " + std::to_string(each.alert.id)));
    }
    return all;
  }
  static Letter letter_of(const std::string& about) {
    return {
        .to = "a@example.com", .about = about, .octets = "octets", .created = noon, .next = noon};
  }
  std::vector<Letter> claim(Instant now, std::size_t limit = 100) {
    return must(book->claim({.now = now, .until = now + 5min, .limit = limit}));
  }

  std::unique_ptr<AlertBackend> backend;
  std::unique_ptr<AlertBook> book;
};

TEST_P(AlertConformance, TheFirstAnswerIsNoChange) {
  EXPECT_TRUE(look("v=spf1 -all", noon).empty());
  EXPECT_TRUE(look("v=spf1 -all", noon + 1h).empty());
  const auto changes = look("v=spf1 ~all", noon + 2h);
  ASSERT_EQ(changes.size(), 1U);
  EXPECT_EQ(changes[0].before, "v=spf1 -all");
  EXPECT_EQ(changes[0].after, "v=spf1 ~all");
  EXPECT_EQ(changes[0].earliest, noon + 1h);
  EXPECT_EQ(changes[0].at, noon + 2h);
  EXPECT_EQ(must(book->changes({})), changes);
  EXPECT_TRUE(must(book->changes({.domain = "example.org"})).empty());
  EXPECT_TRUE(must(book->changes({.from = noon + 3h})).empty());
  EXPECT_TRUE(must(book->changes({.until = noon + 2h})).empty());
}

TEST_P(AlertConformance, NoAnswerIsNoChange) {
  EXPECT_TRUE(look("", noon, Sight::unknown).empty());
  EXPECT_FALSE(must(book->records("example.com")).front().known);
  EXPECT_TRUE(look("v=spf1 -all", noon + 1h).empty());
  EXPECT_TRUE(look("", noon + 2h, Sight::unknown).empty());
  EXPECT_TRUE(look("", noon + 3h, Sight::unknown).empty());
  const RecordState state = must(book->records("")).front();
  EXPECT_EQ(state.value, "v=spf1 -all");
  EXPECT_EQ(state.since, noon + 1h);
  EXPECT_EQ(state.failing_since, noon + 2h);
  EXPECT_EQ(state.why, "servfail");
  EXPECT_TRUE(look("v=spf1 -all", noon + 4h).empty());
  EXPECT_FALSE(must(book->records("example.com")).front().failing_since);
  const auto gone = look("", noon + 5h, Sight::absent);
  ASSERT_EQ(gone.size(), 1U);
  EXPECT_EQ(gone[0].after, "");
}

TEST_P(AlertConformance, IntakeIsSummed) {
  const IntakeCount count{
      .hour = noon, .channel = "lmtp", .outcome = "refused", .count = 2, .sample = "why"};
  must(book->note_intake(std::vector{count, count}));
  must(book->note_intake(std::vector{IntakeCount{
      .hour = noon, .channel = "lmtp", .outcome = "refused", .count = 1, .sample = ""}}));
  const auto found = must(book->intake(noon));
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].count, 5U);
  EXPECT_EQ(found[0].sample, "why");
  EXPECT_TRUE(must(book->intake(noon + 1h)).empty());
}

TEST_P(AlertConformance, AlertsAndTheirLettersAreOneTransaction) {
  const auto changes = open({alert_of("a"), alert_of("b")});
  EXPECT_EQ(changes[0].alert.id, 1);
  EXPECT_EQ(changes[1].alert.id, 2);
  const auto known = must(book->alerts({}));
  ASSERT_EQ(known.size(), 2U);
  EXPECT_EQ(known[0], changes[0].alert);
  EXPECT_EQ(claim(noon).size(), 2U);
  // One cause is open once: what would open it again fails, with its letters.
  const auto again = [&](std::span<const Alert>) {
    return std::vector{AlertChange{.alert = alert_of("c"), .tell = true},
                       AlertChange{.alert = alert_of("a"), .tell = true}};
  };
  EXPECT_FALSE(book->settle(noon, noon, again, letters));
  EXPECT_EQ(must(book->alerts({})).size(), 2U);
  EXPECT_EQ(must(book->letters({})).size(), 2U);
}

TEST_P(AlertConformance, DecidesOnWhatIsOpenOrWasSeenLately) {
  open({alert_of("a"), alert_of("b", "example.org")});
  must(book->close(1, noon + 1h, "somebody"));
  std::vector<std::string> seen;
  const auto look_at = [&](std::span<const Alert> known) {
    for (const Alert& each : known) seen.push_back(each.cause);
    return std::vector<AlertChange>{};
  };
  must(book->settle(noon - 1h, noon, look_at, letters));
  EXPECT_EQ(seen, (std::vector<std::string>{"a", "b"}));
  seen.clear();
  must(book->settle(noon + 1h, noon, look_at, letters));
  EXPECT_EQ(seen, std::vector<std::string>{"b"});
}

TEST_P(AlertConformance, AnAlertIsSeenAndClosedOnce) {
  open({alert_of("a")});
  must(book->mark_seen(1, noon + 1h));
  must(book->mark_seen(1, noon + 2h));
  EXPECT_EQ(must(book->alert(1)).seen, noon + 1h);
  must(book->close(1, noon + 3h, "one"));
  must(book->close(1, noon + 4h, "another"));
  const Alert alert = must(book->alert(1));
  EXPECT_EQ(alert.until, noon + 3h);
  EXPECT_EQ(alert.closed_by, "one");
  const auto history = must(book->history(1));
  ASSERT_EQ(history.size(), 2U);
  EXPECT_EQ(history[0].event, AlertEvent::opened);
  EXPECT_EQ(history[1].event, AlertEvent::closed);
  EXPECT_TRUE(must(book->alerts({.open = true})).empty());
  EXPECT_EQ(must(book->alerts({.open = false, .domain = "example.com", .rule = "spike"})).size(),
            1U);
  EXPECT_TRUE(must(book->alerts({.since = noon + 4h})).empty());
  for (const auto& answer : {book->mark_seen(9, noon), book->close(9, noon, "x")}) {
    EXPECT_EQ(answer.error().code, "store_unknown");
  }
  EXPECT_EQ(code_of(book->alert(9)), "store_unknown");
  EXPECT_EQ(code_of(book->history(9)), "store_unknown");
}

TEST_P(AlertConformance, LettersAreClaimedByOne) {
  must(book->post(std::vector{letter_of("one"), letter_of("two"), letter_of("three")}));
  EXPECT_TRUE(claim(noon - 1s).empty());
  const auto first = claim(noon, 2);
  ASSERT_EQ(first.size(), 2U);
  EXPECT_EQ(first[0].octets, "octets");
  EXPECT_EQ(claim(noon).size(), 1U);
  EXPECT_TRUE(claim(noon + 1min).empty());
  must(book->sent(1, noon + 1min));
  must(book->failed(2, noon + 1h, "no"));
  must(book->give_up(3, noon + 1min, "never"));
  EXPECT_TRUE(claim(noon + 30min).empty());
  EXPECT_EQ(claim(noon + 1h).front().attempts, 1U);
  const auto all = must(book->letters({}));
  EXPECT_EQ(all[0].state, OutboxState::sent);
  EXPECT_EQ(all[1].reason, "no");
  EXPECT_EQ(all[2].state, OutboxState::given_up);
  EXPECT_EQ(all[0].octets, "");
  EXPECT_EQ(must(book->letters({.state = OutboxState::waiting})).size(), 1U);
  must(book->retry(3, noon + 2h));
  must(book->retry(1, noon + 2h));  // what is sent stays so
  EXPECT_EQ(claim(noon + 2h).size(), 2U);
  EXPECT_EQ(book->sent(9, noon).error().code, "store_unknown");
  EXPECT_EQ(book->failed(9, noon, "").error().code, "store_unknown");
}

TEST_P(AlertConformance, ADigestIsOneAWeek) {
  const std::chrono::sys_days week = std::chrono::floor<std::chrono::days>(noon);
  EXPECT_FALSE(must(book->last_digest("a")));
  EXPECT_TRUE(must(book->post_digest("a", week, letter_of("digest"))));
  EXPECT_FALSE(must(book->post_digest("a", week, letter_of("digest"))));
  EXPECT_FALSE(must(book->post_digest("a", week - std::chrono::days{7}, letter_of("digest"))));
  EXPECT_TRUE(must(book->post_digest("b", week, letter_of("digest"))));
  EXPECT_TRUE(must(book->post_digest("a", week + std::chrono::days{7}, letter_of("digest"))));
  EXPECT_EQ(must(book->last_digest("a")), week + std::chrono::days{7});
  EXPECT_EQ(must(book->letters({})).size(), 3U);
}

TEST_P(AlertConformance, AllIsThereAfterItWasOpenedAgain) {
  look("v=spf1 -all", noon);
  open({alert_of("a")});
  must(book->post_digest("a", std::chrono::floor<std::chrono::days>(noon), letter_of("digest")));
  claim(noon);
  book.reset();
  book = backend->open();
  EXPECT_EQ(must(book->records("")).size(), 1U);
  EXPECT_EQ(must(book->alert(1)), [&] {
    Alert alert = alert_of("a");
    alert.id = 1;
    return alert;
  }());
  // Whoever claimed them is gone: they are handed out again.
  EXPECT_TRUE(claim(noon + 1min).empty());
  EXPECT_EQ(claim(noon + 5min).size(), 2U);
}

TEST_P(AlertConformance, ForgetsWhatIsOverAlone) {
  open({alert_of("a"), alert_of("b")});
  must(book->close(1, noon + 1h, "x"));
  must(book->sent(1, noon));
  look("one", noon);
  look("two", noon + 1h);
  must(book->note_intake(
      std::vector{IntakeCount{.hour = noon, .channel = "lmtp", .outcome = "added", .count = 1}}));
  const Instant later = noon + 48h;
  must(book->forget({.alerts = later, .changes = later, .letters = later, .intake = later}));
  EXPECT_EQ(must(book->alerts({})).size(), 1U);
  EXPECT_EQ(must(book->letters({})).size(), 1U);
  EXPECT_TRUE(must(book->changes({})).empty());
  EXPECT_TRUE(must(book->records("")).empty());
  EXPECT_TRUE(must(book->intake(noon)).empty());
  EXPECT_EQ(must(book->history(2)).size(), 1U);
}

TEST_P(AlertConformance, ErasesADomainWithThoseBelow) {
  open({alert_of("a"), alert_of("b", "www.example.com"), alert_of("c", "anexample.com")});
  look("one", noon);
  EXPECT_GT(must(book->erase("example.com")), 0U);
  const auto left = must(book->alerts({}));
  ASSERT_EQ(left.size(), 1U);
  EXPECT_EQ(left[0].domain, "anexample.com");
  EXPECT_TRUE(must(book->records("")).empty());
  EXPECT_TRUE(must(book->letters({})).empty());
}

}  // namespace assay::store
