#include "assay/dns/cache.h"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "assay/dns/zone.h"

#include "testkit/cases.h"
#include "testkit/dns_text.h"

namespace assay::dns {
namespace {

using testkit::answer_text;
using testkit::question;

Instant at(int seconds) {
  return Instant(std::chrono::seconds(1'700'000'000 + seconds));
}

/// Counts what comes upstream; may hold the answer back until the test lets it go.
class Upstream final : public Resolver {
 public:
  explicit Upstream(std::string_view zone) : zone_(Zone::parse(zone).value()) {}
  AnswerPtr ask(const Question& question) override {
    ++asked;
    if (hold) hold();
    return zone_.ask(question);
  }
  void prefetch(std::span<const Question> questions) override {
    for (const Question& one : questions) announced.push_back(one);
  }
  std::atomic<int> asked = 0;
  std::function<void()> hold = {};
  std::vector<Question> announced = {};

 private:
  Zone zone_;
};

CacheOptions read_options(const std::string& text) {
  CacheOptions options{.shards = 1};
  std::istringstream words(text);
  std::string word;
  long long value = 0;
  while (words >> word >> value) {
    if (word == "max_entries") options.max_entries = static_cast<std::size_t>(value);
    if (word == "max_octets") options.max_octets = static_cast<std::size_t>(value);
  }
  return options;
}

/// "0 TXT a.example = asked"; LARGE is a TXT record of 64 KiB.
CASES(CacheSteps, "assay/dns/testdata/cache.cases") {
  std::string zone;
  for (const std::string& line : c.all("zone")) zone += line + "\n";
  zone += "large.example. 60 TXT \"" + std::string(65'000, 'x') + "\"\n";
  Upstream upstream(zone);
  int now = 0;
  Cache cache(upstream, [&] { return at(now); }, read_options(c.get("options", "")));
  for (const std::string& step : c.all("step")) {
    std::istringstream words(step);
    std::string type;
    std::string name;
    std::string equals;
    std::string expected;
    words >> now >> type >> name >> equals >> expected;
    const Question asked = question(type == "LARGE" ? "TXT large.example" : type + " " + name);
    const int before = upstream.asked;
    const AnswerPtr answer = cache.ask(asked);
    EXPECT_EQ(upstream.asked > before ? "asked" : "kept", expected) << step;
    EXPECT_EQ(answer_text(*answer), answer_text(*Upstream(zone).ask(asked))) << step;
  }
}

TEST(Cache, AHitIsTheSameAnswerAndAlreadyParsed) {
  Upstream upstream("a.example. 60 TXT x\n");
  Cache cache(upstream, [] { return at(0); });
  const AnswerPtr first = cache.ask(question("TXT a.example"));
  int parsed = 0;
  first->memo.get<std::string>([&] { return std::to_string(++parsed); });
  const AnswerPtr second = cache.ask(question("TXT a.example"));
  EXPECT_EQ(first, second);
  EXPECT_EQ(second->memo.get<std::string>([&] { return std::to_string(++parsed); }), "1");
}

TEST(Cache, StaysBelowBothBounds) {
  Upstream upstream("*.example. 60 TXT \"" + std::string(300, 'x') + "\"\n");
  Cache cache(upstream, [] { return at(0); },
              {.max_entries = 4000, .max_octets = 500'000, .shards = 4});
  for (int i = 0; i < 5000; ++i) {
    cache.ask(question("TXT n" + std::to_string(i) + ".example"));
    const CacheStats stats = cache.stats();
    ASSERT_LE(stats.octets, 500'000U);
    ASSERT_LE(stats.entries, 4000U);
  }
  const CacheStats stats = cache.stats();
  EXPECT_GT(stats.entries, 100U);
  EXPECT_EQ(stats.misses, 5000U);
  EXPECT_EQ(stats.hits, 0U);
  EXPECT_EQ(stats.evicted + stats.entries, 5000U);
}

TEST(Cache, CountsOctetsBackToNothing) {
  Upstream upstream("*.example. 60 TXT x\n");
  int now = 0;
  Cache cache(upstream, [&] { return at(now); }, {.max_entries = 1, .shards = 1});
  cache.ask(question("TXT a.example"));
  const std::size_t one = cache.stats().octets;
  EXPECT_GT(one, sizeof(Answer));
  for (now = 0; now < 1000; now += 30) cache.ask(question("TXT a.example"));
  cache.ask(question("TXT b.example"));
  EXPECT_EQ(cache.stats().octets, one);
  EXPECT_EQ(cache.stats().entries, 1U);
}

TEST(Cache, ForwardsOnlyWhatIsMissing) {
  Upstream upstream("a.example. 60 TXT x\nb.example. 5 TXT x\n");
  int now = 0;
  Cache cache(upstream, [&] { return at(now); });
  cache.ask(question("TXT a.example"));
  cache.ask(question("TXT b.example"));
  now = 10;
  const std::array announced = {question("TXT a.example"), question("TXT b.example"),
                                question("A a.example"), question("TXT c.example")};
  cache.prefetch(announced);
  ASSERT_EQ(upstream.announced.size(), 3U);
  EXPECT_EQ(upstream.announced[0], announced[1]) << "expired";
  EXPECT_EQ(upstream.announced[1], announced[2]);
  EXPECT_EQ(upstream.announced[2], announced[3]);
  upstream.announced.clear();
  cache.prefetch(std::span(announced).first(1));
  EXPECT_TRUE(upstream.announced.empty());
}

// RFC 9989 §11.6
TEST(Cache, SendsOneQuestionForAllThatWait) {
  Upstream upstream("a.example. 0 TXT x\n");
  Cache cache(upstream, [] { return at(0); });
  constexpr std::uint64_t others = 7;
  upstream.hold = [&] {
    while (cache.stats().joined < others) std::this_thread::yield();
    const std::array on_its_way = {question("TXT a.example")};
    cache.prefetch(on_its_way);
  };
  std::vector<std::jthread> threads;
  std::array<AnswerPtr, others + 1> answers;
  for (AnswerPtr& answer : answers) {
    threads.emplace_back([&] { answer = cache.ask(question("TXT a.example")); });
  }
  threads.clear();
  EXPECT_EQ(upstream.asked, 1);
  EXPECT_TRUE(upstream.announced.empty()) << "a question on its way is not announced";
  for (const AnswerPtr& answer : answers) EXPECT_EQ(answer, answers[0]);
  EXPECT_EQ(cache.stats().misses, 1U);
  upstream.hold = {};
  cache.ask(question("TXT a.example"));
  EXPECT_EQ(upstream.asked, 2) << "and nothing was kept of a TTL of 0";
}

TEST(Cache, IsSafeInManyThreads) {
  Upstream upstream("*.example. 3 TXT x\n*.test. 60 A 192.0.2.1\n");
  std::atomic<int> clock = 0;
  Cache cache(upstream, [&] { return at(clock++ / 1000); },
              {.max_entries = 60, .max_octets = 200'000, .shards = 3});
  std::vector<std::jthread> threads;
  std::atomic<int> wrong = 0;
  for (int thread = 0; thread < 4; ++thread) {
    threads.emplace_back([&, thread] {
      for (int i = 0; i < 3000; ++i) {
        const std::string name = "n" + std::to_string((i * 7 + thread) % 100);
        const bool text = i % 2 == 0;
        const AnswerPtr answer =
            cache.ask(question(text ? "TXT " + name + ".example" : "A " + name + ".test"));
        if (text ? answer->texts.size() != 1 : answer->addresses.size() != 1) ++wrong;
        if (answer->memo.get<int>([] { return 7; }) != 7) ++wrong;
      }
    });
  }
  threads.clear();
  EXPECT_EQ(wrong, 0);
  const CacheStats stats = cache.stats();
  EXPECT_EQ(stats.hits + stats.misses + stats.joined, 12'000U);
  EXPECT_EQ(stats.misses, static_cast<std::uint64_t>(upstream.asked));
  EXPECT_LE(stats.entries, 60U);
}

}  // namespace
}  // namespace assay::dns
