// How UnboundResolver fares with servers that are slow, silent or hostile: UDP sockets of the test.
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "assay/dns_unbound/unbound_resolver.h"

#include "testkit/dns_text.h"
#include "testkit/udp_peer.h"

namespace assay::dns {
namespace {

using std::chrono::milliseconds;
using testkit::answer_text;
using testkit::question;
using testkit::UdpPeer;

using Datagrams = std::vector<std::string>;

std::unique_ptr<UnboundResolver> open(const UdpPeer& peer, UnboundOptions options = {}) {
  options.servers = {{.address = IpAddress::parse("127.0.0.1").value(), .port = peer.port()}};
  auto resolver = UnboundResolver::open(options);
  EXPECT_TRUE(resolver) << resolver.error().what;
  return resolver ? std::move(*resolver) : nullptr;
}

/// The first label of the name in a question on the wire.
std::string first_label(const std::string& query) {
  const auto length = static_cast<unsigned char>(query.at(12));
  return query.substr(13, length);
}

std::string number(unsigned value) {
  return {static_cast<char>(value >> 8), static_cast<char>(value)};
}

/// The question section of a query: name, type and class.
std::string question_section(const std::string& query) {
  const std::size_t root = query.find('\0', 12);
  return query.substr(12, root + 5 - 12);
}

/// A reply to `query` with these flags and answer records.
std::string reply(const std::string& query, unsigned flags, unsigned answers,
                  const std::string& records) {
  return query.substr(0, 2) + number(flags) + number(1) + number(answers) + number(0) + number(0) +
         question_section(query) + records;
}

/// A record for the name that was asked, of the type that was asked.
std::string record(const std::string& query, const std::string& rdata, unsigned ttl = 600) {
  const std::string section = question_section(query);
  return "\xc0\x0c" + section.substr(section.size() - 4) + number(0) + number(ttl) +
         number(static_cast<unsigned>(rdata.size())) + rdata;
}

constexpr unsigned good = 0x8180;       // QR RD RA
constexpr unsigned truncated = 0x8380;  // and TC

std::string good_reply(const std::string& query) {
  return reply(query, good, 1, record(query, "\x02ok"));
}

Datagrams silence(const std::string&) {
  return {};
}

void wait_until(const std::function<bool()>& holds) {
  while (!holds()) std::this_thread::yield();
}

/// Asks again where the machine was too busy for a short timeout.
std::string ask_patiently(UnboundResolver& resolver, const Question& asked) {
  AnswerPtr answer = resolver.ask(asked);
  for (int i = 0; i < 100 && answer->why == "timeout"; ++i) answer = resolver.ask(asked);
  return answer_text(*answer);
}

TEST(UnboundPeer, IsUnderstood) {
  const UdpPeer peer([](const std::string& query) -> Datagrams { return {good_reply(query)}; });
  const auto resolver = open(peer);
  ASSERT_TRUE(resolver);
  EXPECT_EQ(answer_text(*resolver->ask(question("TXT example.com"))), "\"ok\" (600)");
}

TEST(UnboundPeer, ThatLosesDatagramsIsAskedAgain) {
  std::atomic<int> lost = 0;
  const UdpPeer peer([&](const std::string& query) -> Datagrams {
    if (lost++ < 1) return {};
    return {good_reply(query)};
  });
  const auto resolver = open(peer);
  ASSERT_TRUE(resolver);
  EXPECT_EQ(answer_text(*resolver->ask(question("TXT example.com"))), "\"ok\" (600)");
}

TEST(UnboundPeer, ThatIsSilentIsNotWaitedForBeyondTheTimeout) {
  const UdpPeer peer(silence);
  const auto resolver = open(peer, {.timeout = milliseconds(80)});
  ASSERT_TRUE(resolver);
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_EQ(answer_text(*resolver->ask(question("TXT example.com"))),
            "temporary_failure timeout (0)");
  const auto waited = std::chrono::steady_clock::now() - begin;
  EXPECT_GE(waited, milliseconds(80));
  EXPECT_LT(waited, milliseconds(5000));
  EXPECT_EQ(resolver->stats().timeouts, 1U);
}

// Some recursive servers say nothing where the servers of a name say nothing: that must not hurt
// other names. Takes some seconds, since libunbound's own patience is what is seen.
TEST(UnboundPeer, ThatIsSilentAboutSomeNamesIsAskedForOthers) {
  const UdpPeer peer([](const std::string& query) -> Datagrams {
    if (first_label(query).starts_with("silent")) return {};
    return {good_reply(query)};
  });
  const auto resolver = open(peer, {.timeout = milliseconds(800)});
  ASSERT_TRUE(resolver);
  EXPECT_EQ(ask_patiently(*resolver, question("TXT good1.example")), "\"ok\" (600)");
  for (const std::string round : {"1", "2"}) {
    std::vector<Question> announced;
    for (const std::string name : {"a", "b", "c", "d"}) {
      announced.push_back(question("TXT silent" + name + round + ".example"));
    }
    resolver->prefetch(announced);
    for (const Question& one : announced) {
      while (resolver->ask(one)->why == "timeout") continue;  // until libunbound gives it up
    }
  }
  EXPECT_EQ(ask_patiently(*resolver, question("TXT good2.example")), "\"ok\" (600)");
}

// RFC 5452 §9.2, RFC 9989 §11.3
TEST(UnboundPeer, CannotGuessPortOrIdentifier) {
  const UdpPeer peer([](const std::string& query) -> Datagrams { return {good_reply(query)}; });
  const auto resolver = open(peer);
  ASSERT_TRUE(resolver);
  constexpr int count = 100;
  for (int i = 0; i < count; ++i) {
    resolver->ask(question("TXT n" + std::to_string(i) + ".example.com"));
  }
  std::set<int> ports;
  std::set<std::string> identifiers;
  std::set<int> steps;
  int last = 0;
  for (const UdpPeer::Received& one : peer.received()) {
    ports.insert(one.from_port);
    identifiers.insert(one.datagram.substr(0, 2));
    steps.insert(one.from_port - last);
    last = one.from_port;
  }
  EXPECT_GE(ports.size(), 90U);
  EXPECT_GE(identifiers.size(), 90U);
  EXPECT_GE(steps.size(), 90U) << "ports in a row";
}

/// What a hostile server sends, by the first label of the question.
Datagrams hostile(const std::string& query) {
  const std::string label = first_label(query);
  const std::string loop =
      "\xc0" + std::string(1, static_cast<char>(question_section(query).size() + 12));
  const std::string rest = number(16) + number(1) + number(0) + number(600);
  if (label == "good") return {good_reply(query)};
  if (label == "garbage") return {query.substr(0, 2) + std::string(100, '\xa7')};
  if (label == "nothing") return {""};
  if (label == "header") return {query.substr(0, 11)};
  if (label == "owner-loop") return {reply(query, good, 1, loop + rest + number(3) + "\x02ok")};
  if (label == "wrong-count") return {reply(query, good, 65535, record(query, "\x02ok"))};
  if (label == "long-string") return {reply(query, good, 1, record(query, "\x09ok"))};
  if (label == "no-string") return {reply(query, good, 1, record(query, ""))};
  if (label == "long-rdata") {
    return {reply(query, good, 1, "\xc0\x0c" + rest + number(65535) + "\x02ok")};
  }
  if (label == "wrong-name") {
    std::string other = good_reply(query);
    other[13] = 'x';
    return {other};
  }
  if (label == "wrong-id") {
    std::string other = good_reply(query);
    other[0] = static_cast<char>(other[0] ^ 1);
    return {other};
  }
  if (label == "refused") return {reply(query, good | 5U, 0, "")};
  if (label == "servfail") return {reply(query, good | 2U, 0, "")};
  if (label == "truncated") return {reply(query, truncated, 0, "")};
  if (label == "query") return {query};
  return {};
}

TEST(UnboundPeer, ThatIsHostileOnlyFails) {
  const UdpPeer peer(hostile);
  const auto resolver = open(peer, {.timeout = milliseconds(200)});
  ASSERT_TRUE(resolver);
  const std::vector<std::string> labels = {
      "garbage",    "nothing",  "no-string", "header",   "owner-loop", "wrong-count", "long-rdata",
      "wrong-name", "wrong-id", "refused",   "servfail", "truncated",  "query"};
  std::vector<Question> questions;
  for (const std::string& label : labels)
    questions.push_back(question("TXT " + label + ".example"));
  resolver->prefetch(questions);
  EXPECT_EQ(ask_patiently(*resolver, question("TXT good.example")), "\"ok\" (600)");
  for (const Question& one : questions) {
    EXPECT_EQ(resolver->ask(one)->outcome, Outcome::temporary_failure) << one.name.text();
  }
  // A second may have gone by since.
  EXPECT_EQ(resolver->ask(question("TXT good.example"))->texts, std::vector<std::string>{"ok"});
  // This reaches us as libunbound got it.
  EXPECT_EQ(ask_patiently(*resolver, question("TXT long-string.example")),
            "temporary_failure malformed (0)");
}

TEST(UnboundPeer, ThatSendsNamesWithPointersToThemselvesOnlyFails) {
  const UdpPeer peer([](const std::string& query) -> Datagrams {
    const std::size_t at = 12 + question_section(query).size() + 12;  // where the rdata begins
    const std::string self = "\xc0" + std::string(1, static_cast<char>(at));
    return {reply(query, good, 1, record(query, self))};
  });
  const auto resolver = open(peer, {.timeout = milliseconds(200)});
  ASSERT_TRUE(resolver);
  EXPECT_EQ(resolver->ask(question("PTR 1.2.0.192.in-addr.arpa"))->outcome,
            Outcome::temporary_failure);
  EXPECT_EQ(resolver->ask(question("A example.com"))->outcome, Outcome::temporary_failure)
      << "two octets are no address";
}

/// A peer whose replies wait until the test lets them go.
class HeldPeer {
 public:
  UdpPeer peer = UdpPeer([this](const std::string& query) -> Datagrams {
    open_.wait(false);
    return {good_reply(query)};
  });
  void let_go() {
    open_ = true;
    open_.notify_all();
  }
  ~HeldPeer() { let_go(); }

 private:
  std::atomic<bool> open_ = false;
};

TEST(UnboundPeer, IsAskedOnceByAllThatWait) {
  HeldPeer held;
  const auto resolver = open(held.peer);
  ASSERT_TRUE(resolver);
  const std::array announced = {question("TXT example.com")};
  resolver->prefetch(announced);
  resolver->prefetch(announced);
  std::array<AnswerPtr, 4> answers;
  std::vector<std::jthread> threads;
  for (AnswerPtr& answer : answers) {
    threads.emplace_back([&] { answer = resolver->ask(announced[0]); });
  }
  wait_until([&] { return resolver->stats().joined == answers.size(); });
  held.let_go();
  threads.clear();
  for (const AnswerPtr& answer : answers) EXPECT_EQ(answer_text(*answer), "\"ok\" (600)");
  EXPECT_EQ(resolver->stats().sent, 1U);
  EXPECT_EQ(held.peer.received().size(), 1U);
}

TEST(UnboundPeer, IsNotWaitedForWhereTheAnswerWasAnnounced) {
  const UdpPeer peer([](const std::string& query) -> Datagrams { return {good_reply(query)}; });
  const auto resolver = open(peer);
  ASSERT_TRUE(resolver);
  const std::array announced = {question("TXT a.example"), question("TXT b.example")};
  resolver->prefetch(announced);
  wait_until([&] { return resolver->stats().kept == 2; });
  resolver->prefetch(announced);
  EXPECT_EQ(resolver->stats().sent, 2U) << "what is kept is not asked again";
  for (const Question& one : announced) {
    EXPECT_EQ(answer_text(*resolver->ask(one)), "\"ok\" (600)");
  }
  EXPECT_EQ(resolver->stats().taken, 2U);
  EXPECT_EQ(resolver->stats().sent, 2U);
  EXPECT_EQ(resolver->stats().kept, 0U) << "what is taken is no longer kept";
}

TEST(UnboundPeer, ThatIsLateIsHeardByTheNextAsk) {
  HeldPeer held;
  const auto resolver = open(held.peer, {.timeout = milliseconds(30)});
  ASSERT_TRUE(resolver);
  EXPECT_EQ(answer_text(*resolver->ask(question("TXT example.com"))),
            "temporary_failure timeout (0)");
  held.let_go();
  wait_until([&] { return resolver->stats().kept == 1; });
  EXPECT_EQ(answer_text(*resolver->ask(question("TXT example.com"))), "\"ok\" (600)");
  EXPECT_EQ(resolver->stats().taken, 1U);
}

TEST(UnboundPeer, ThatIsSilentCannotHoldMoreThanTheBound) {
  const UdpPeer peer(silence);
  const auto resolver = open(peer, {.timeout = milliseconds(20), .max_in_flight = 4});
  ASSERT_TRUE(resolver);
  std::vector<Question> announced;
  for (int i = 0; i < 10; ++i) announced.push_back(question("TXT p" + std::to_string(i)));
  resolver->prefetch(announced);
  EXPECT_EQ(resolver->stats().in_flight, 2U) << "those announced leave half the room";
  EXPECT_EQ(resolver->ask(question("TXT a.example"))->why, "timeout");
  EXPECT_EQ(resolver->ask(question("TXT b.example"))->why, "timeout");
  EXPECT_EQ(resolver->ask(question("TXT c.example"))->why, "too many questions");
  EXPECT_EQ(resolver->stats().in_flight, 4U);
  EXPECT_EQ(resolver->stats().refused, 1U);
}

TEST(UnboundPeer, AnswersAreKeptWithinTheBound) {
  const UdpPeer peer([](const std::string& query) -> Datagrams { return {good_reply(query)}; });
  const auto resolver = open(peer, {.max_kept = 3});
  ASSERT_TRUE(resolver);
  std::vector<Question> announced;
  for (int i = 0; i < 10; ++i) announced.push_back(question("TXT p" + std::to_string(i)));
  resolver->prefetch(announced);
  wait_until([&] { return resolver->stats().in_flight == 0; });
  EXPECT_EQ(resolver->stats().kept, 3U);
  for (const Question& one : announced) {
    EXPECT_EQ(answer_text(*resolver->ask(one)).substr(0, 4), "\"ok\"");
  }
}

TEST(UnboundPeer, IsLeftWithQuestionsOnTheirWay) {
  const UdpPeer peer(silence);
  for (std::size_t round = 0; round < 20; ++round) {
    const auto resolver = open(peer);
    ASSERT_TRUE(resolver);
    std::vector<Question> announced;
    for (int i = 0; i < 50; ++i) announced.push_back(question("TXT n" + std::to_string(i)));
    resolver->prefetch(announced);
    // Half of them end before their questions have left, half after.
    if (round % 2 != 0) wait_until([&] { return peer.received().size() > round; });
  }
}

TEST(UnboundPeer, IsSafeToAskFromManyThreads) {
  const UdpPeer peer([](const std::string& query) -> Datagrams { return {good_reply(query)}; });
  const auto resolver = open(peer);
  ASSERT_TRUE(resolver);
  std::atomic<int> wrong = 0;
  std::vector<std::jthread> threads;
  for (int thread = 0; thread < 4; ++thread) {
    threads.emplace_back([&, thread] {
      for (int i = 0; i < 300; ++i) {
        const std::array asked = {question("TXT n" + std::to_string(i % 40 + thread) + ".example")};
        if (i % 3 == 0) resolver->prefetch(asked);
        if (resolver->ask(asked[0])->texts.size() != 1) ++wrong;
      }
    });
  }
  threads.clear();
  EXPECT_EQ(wrong, 0);
}

}  // namespace
}  // namespace assay::dns
