#include <gtest/gtest.h>

#include <deque>

#include "assay/base/ascii.h"
#include "system/store/testdata/conformance.h"
#include "system/telling/courier.h"
#include "system/telling/letters.h"

#include <nlohmann/json.hpp>

namespace assay::telling {
namespace {

using namespace std::chrono_literals;
using store::AlertChange;
using store::AlertEvent;

constexpr Instant now{std::chrono::sys_days{std::chrono::days{20'600}}};

AlertChange change_of(const std::string& what, const std::string& domain = "example.com",
                      store::Severity severity = store::Severity::medium) {
  return {.alert = {.id = 7,
                    .rule = "spike",
                    .domain = domain,
                    .cause = "c",
                    .what = what,
                    .evidence = "evidence",
                    .advice = "Do it.",
                    .severity = severity,
                    .since = now},
          .event = AlertEvent::opened,
          .tell = true};
}

std::string header_of(const std::string& mail) {
  return mail.substr(0, mail.find("\r\n\r\n"));
}

TEST(Recipients, AreThoseOfTheDomainAndOfAll) {
  const std::vector<config::Scoped> all = {{"", "all@x.example"},
                                           {"example.com", "com@x.example"},
                                           {"example.org", "org@x.example"},
                                           {"example.com", "all@x.example"}};
  using Found = std::vector<std::string>;
  EXPECT_EQ(recipients_for(all, "example.com"), (Found{"all@x.example", "com@x.example"}));
  EXPECT_EQ(recipients_for(all, "a.example.com"), (Found{"all@x.example", "com@x.example"}));
  EXPECT_EQ(recipients_for(all, "badexample.com"), Found{"all@x.example"});
  EXPECT_EQ(recipients_for(all, ""), Found{"all@x.example"});
  const std::vector<config::Scoped> one = {{"example.com", "com@x.example"}};
  EXPECT_EQ(recipients_for(one, ""), Found{"com@x.example"}) << "somebody must know";
  EXPECT_TRUE(recipients_for(one, "example.org").empty());
  const std::vector<std::string> domains = {"a.example.com", "example.org"};
  EXPECT_EQ(domains_for(one, "com@x.example", domains),
            (std::set<std::string>{"a.example.com", "example.com"}));
  EXPECT_TRUE(domains_for(all, "all@x.example", domains).empty());
}

TEST(Letters, AreOneForEachRecipient) {
  const Telling telling{.from = "assay@example.com",
                        .mails = {{"", "a@example.com"}, {"example.org", "b@example.com"}},
                        .webhooks = {{"", "https://hooks.example.com/"}}};
  const std::vector<AlertChange> told = {change_of("one"), change_of("two", "example.org"),
                                         change_of("worst", "", store::Severity::high)};
  const auto letters = write_alerts(telling, told, now);
  ASSERT_EQ(letters.size(), 3U);
  EXPECT_EQ(letters[0].to, "a@example.com");
  EXPECT_EQ(letters[0].about, "3 alerts");
  EXPECT_NE(letters[0].octets.find("Subject: Alert: worst (and 2 more)\r\n"), std::string::npos);
  EXPECT_NE(letters[0].octets.find("Auto-Submitted: auto-generated\r\n"), std::string::npos);
  EXPECT_EQ(letters[1].about, "1 alert");
  const auto body = nlohmann::json::parse(letters[2].octets);
  EXPECT_EQ(body["alerts"].size(), 3U);
  EXPECT_EQ(body["alerts"][0]["alert"]["what"], "worst");
  EXPECT_EQ(body["alerts"][0]["event"], "opened");
  EXPECT_EQ(write_alerts(telling, told, now)[0].octets, letters[0].octets);
}

TEST(Letters, HostileWordsStayWords) {
  const std::string hostile =
      "x\r\nBcc: victim@example.net\r\n\r\n--=_boundary\r\n\xff\xfe \xe2\x80\xae <script>";
  const Telling telling{.from = "assay@example.com", .mails = {{"", "a@example.com"}}};
  const std::string mail =
      write_alerts(telling, std::vector{change_of(hostile)}, now).front().octets;
  const std::string header = header_of(mail);
  for (const std::string_view line : ascii::split(header, '\n')) {
    EXPECT_FALSE(line.starts_with("Bcc")) << line;
    EXPECT_LT(line.size(), 998U);
  }
  for (const std::string_view line : ascii::split(mail, '\n')) EXPECT_LE(line.size(), 998U);
  EXPECT_TRUE(std::ranges::all_of(mail, [](char c) { return static_cast<signed char>(c) >= 0; }));
}

TEST(Compose, PutsTheBestFormLast) {
  const std::string mail =
      compose({.from = "assay@example.com",
               .to = "a@example.com",
               .subject = "Grüße aus der letzten Woche, in der recht viel geschah",
               .date = now,
               .text = "text",
               .html = "<p>html</p>"});
  const std::size_t text = mail.find("text/plain");
  const std::size_t html = mail.find("text/html");
  EXPECT_LT(text, html);
  EXPECT_NE(html, std::string::npos);
  EXPECT_NE(header_of(mail).find("=?utf-8?B?"), std::string::npos);
  EXPECT_TRUE(mail.ends_with("--\r\n"));
}

TEST(Signature, IsAnHmac) {
  // RFC 4231 §4.3 gives the same for "what do ya want for nothing?"; here the text has a time.
  EXPECT_EQ(signature_of("Jefe", "body", Instant{1s}),
            "t=1,v1=" + signature_of("Jefe", "body", Instant{1s}).substr(7));
  EXPECT_EQ(signature_of("Jefe", "body", Instant{1s}).size(), 7U + 64U);
  EXPECT_NE(signature_of("Jefe", "body", Instant{1s}), signature_of("jefe", "body", Instant{1s}));
}

// ---- Courier -----------------------------------------------------------------------------------

/// The outbox alone.
class Box final : public store::AlertBook {
 public:
  template <class T = void>
  using Expected = store::Expected<T>;
  Expected<std::vector<store::RecordChange>> note_records(std::span<const store::RecordSight>,
                                                          Instant) override {
    return {};
  }
  Expected<std::vector<store::RecordState>> records(std::string_view) override { return {}; }
  Expected<std::vector<store::RecordChange>> changes(const store::ChangeFilter&) override {
    return {};
  }
  Expected<> note_intake(std::span<const store::IntakeCount>) override { return {}; }
  Expected<std::vector<store::IntakeCount>> intake(Instant) override { return {}; }
  Expected<std::vector<AlertChange>> settle(Instant, Instant, const store::DecideAlerts&,
                                            const store::WriteLetters&) override {
    return {};
  }
  Expected<std::vector<store::Alert>> alerts(const store::AlertFilter&) override { return {}; }
  Expected<store::Alert> alert(std::int64_t) override { return {}; }
  Expected<std::vector<store::AlertHistory>> history(std::int64_t) override { return {}; }
  Expected<> mark_seen(std::int64_t, Instant) override { return {}; }
  Expected<> close(std::int64_t, Instant, std::string_view) override { return {}; }
  Expected<bool> post_digest(std::string_view, std::chrono::sys_days,
                             const store::Letter&) override {
    return true;
  }
  Expected<std::optional<std::chrono::sys_days>> last_digest(std::string_view) override {
    return std::optional<std::chrono::sys_days>();
  }
  Expected<> post(std::span<const store::Letter>) override { return {}; }
  Expected<std::vector<store::Letter>> claim(const store::Claim& claim) override {
    std::vector<store::Letter> due;
    for (store::Letter& each : letters_) {
      if (each.state == store::OutboxState::waiting && each.next <= claim.now &&
          due.size() < claim.limit) {
        due.push_back(each);
      }
    }
    return due;
  }
  Expected<> sent(std::int64_t id, Instant) override {
    at(id).state = store::OutboxState::sent;
    return {};
  }
  Expected<> failed(std::int64_t id, Instant next, std::string_view reason) override {
    at(id).next = next;
    at(id).reason = reason;
    ++at(id).attempts;
    return {};
  }
  Expected<> give_up(std::int64_t id, Instant, std::string_view reason) override {
    at(id).state = store::OutboxState::given_up;
    at(id).reason = reason;
    return {};
  }
  Expected<> retry(std::int64_t, Instant) override { return {}; }
  Expected<std::vector<store::Letter>> letters(const store::LetterFilter&) override {
    return letters_;
  }
  Expected<> forget(const store::AlertRetention&) override { return {}; }
  Expected<std::uint64_t> erase(std::string_view) override { return std::uint64_t{0}; }

  store::Letter& at(std::int64_t id) { return letters_[static_cast<std::size_t>(id) - 1]; }
  std::vector<store::Letter> letters_ = {};
};

class Played final : public reporting::Sender {
 public:
  explicit Played(std::deque<reporting::Attempt::How> answers,
                  std::vector<reporting::Outgoing>& got)
      : answers_(std::move(answers)), got_(got) {}
  reporting::Attempt send(const reporting::Outgoing& mail) override {
    got_.push_back(mail);
    const auto how = answers_.front();
    if (answers_.size() > 1) answers_.pop_front();
    return {.how = how, .reason = "said so"};
  }

 private:
  std::deque<reporting::Attempt::How> answers_;
  std::vector<reporting::Outgoing>& got_;
};

TEST(Courier, TriesAgainWhateverTheFailureAndGivesUpInTheEnd) {
  using enum reporting::Attempt::How;
  Box box;
  box.letters_ = {
      {.id = 1, .to = "a@example.com", .about = "x", .octets = "x", .created = now, .next = now}};
  std::vector<reporting::Outgoing> got;
  Courier courier(box, std::make_unique<Played>(std::deque{permanent}, got), nullptr,
                  {.from = "assay@example.com", .give_up_after = 24h});
  Instant at = now;
  std::size_t tries = 0;
  for (; box.at(1).state == store::OutboxState::waiting && tries < 100; ++tries) {
    store::must(courier.round(at, 10));
    at = box.at(1).next;
  }
  EXPECT_EQ(box.at(1).state, store::OutboxState::given_up);
  EXPECT_EQ(box.at(1).reason, "said so");
  EXPECT_GT(tries, 5U);
  EXPECT_EQ(got.front().return_path, "assay@example.com");
}

TEST(Courier, PostsWithASignature) {
  using enum reporting::Attempt::How;
  Box box;
  box.letters_ = {{.id = 1,
                   .kind = store::LetterKind::webhook,
                   .to = "https://hooks.example.com/",
                   .about = "x",
                   .octets = "{}",
                   .created = now,
                   .next = now}};
  std::vector<reporting::Outgoing> got;
  Courier courier(box, nullptr, std::make_unique<Played>(std::deque{temporary, delivered}, got),
                  {.from = "", .secret = "hush"});
  EXPECT_EQ(store::must(courier.round(now, 10)).deferred, 1U);
  EXPECT_EQ(store::must(courier.round(now, 10)).sent, 0U) << "not before its time";
  EXPECT_EQ(store::must(courier.round(now + 1h, 10)).sent, 1U);
  EXPECT_EQ(got.front().content_type, "application/json");
  EXPECT_EQ(got.front().fields[0], "Assay-Delivery: 1");
  EXPECT_EQ(got.front().fields[1], "Assay-Signature: " + signature_of("hush", "{}", now));
}

TEST(Courier, WithoutASenderWaits) {
  Box box;
  box.letters_ = {
      {.id = 1, .to = "a@example.com", .about = "x", .octets = "x", .created = now, .next = now}};
  Courier courier(box, nullptr, nullptr, {.from = ""});
  EXPECT_EQ(store::must(courier.round(now, 10)).deferred, 1U);
  EXPECT_NE(box.at(1).reason.find("[alerts]"), std::string::npos);
}

}  // namespace
}  // namespace assay::telling
