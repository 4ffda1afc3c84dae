#include "system/ops/metrics.h"

#include <gtest/gtest.h>
#include <regex.h>

#include <cmath>
#include <limits>
#include <set>
#include <thread>
#include <vector>

#include "assay/base/ascii.h"

namespace assay::ops {
namespace {

/// An extended regular expression for a whole line.
class Grammar {
 public:
  explicit Grammar(const std::string& text) {
    EXPECT_EQ(::regcomp(&compiled_, ("^" + text + "$").c_str(), REG_EXTENDED | REG_NOSUB), 0);
  }
  ~Grammar() { ::regfree(&compiled_); }
  Grammar(const Grammar&) = delete;
  bool takes(const std::string& line) const {
    return ::regexec(&compiled_, line.c_str(), 0, nullptr, 0) == 0;
  }

 private:
  regex_t compiled_ = {};
};

/// The grammar of Prometheus' text format 0.0.4, line by line.
void expect_well_formed(const std::string& text) {
  const std::string name = "[a-z_][a-z0-9_]*";
  const std::string label = name + R"(="([^"\\]|\\["\\n])*")";
  const std::string number = R"((NaN|[+-]Inf|-?[0-9.]+(e[+-]?[0-9]+)?))";
  const Grammar sample(name + "([{]" + label + "(," + label + ")*[}])? " + number);
  const Grammar help("# HELP " + name + " .*");
  const Grammar type("# TYPE " + name + " (counter|gauge|histogram)");
  ASSERT_TRUE(text.ends_with('\n'));
  std::set<std::string> seen;
  const std::string lines = text.substr(0, text.size() - 1);
  for (const std::string_view line : ascii::split(lines, '\n')) {
    const std::string whole(line);
    const Grammar& wanted = whole.starts_with("# H")   ? help
                            : whole.starts_with("# T") ? type
                                                       : sample;
    EXPECT_TRUE(wanted.takes(whole)) << whole;
    EXPECT_TRUE(seen.insert(whole.substr(0, whole.rfind(' '))).second) << "twice: " << whole;
  }
}

TEST(Metrics, AreSaidInPrometheusTextFormat) {
  Metrics metrics;
  metrics.counter("assay_messages_total", "Messages judged", {{"result", "pass"}}).add(2);
  metrics.counter("assay_messages_total", "Messages judged", {{"result", "fail"}}).add();
  metrics.gauge("assay_sessions", "Connections open").set(3);
  const double bounds[] = {0.1, 1};
  Histogram& seconds = metrics.histogram("assay_message_seconds", "Time of a message", bounds);
  for (const double value : {0.1, 0.2, 5.0}) seconds.observe(value);
  metrics.read(Metrics::Kind::counter, "assay_cache_hits_total", "Answers from the cache", {},
               [] { return 1e15; });
  EXPECT_EQ(metrics.exposition(),
            "# HELP assay_cache_hits_total Answers from the cache\n"
            "# TYPE assay_cache_hits_total counter\n"
            "assay_cache_hits_total 1e+15\n"
            "# HELP assay_message_seconds Time of a message\n"
            "# TYPE assay_message_seconds histogram\n"
            "assay_message_seconds_bucket{le=\"0.1\"} 1\n"
            "assay_message_seconds_bucket{le=\"1\"} 2\n"
            "assay_message_seconds_bucket{le=\"+Inf\"} 3\n"
            "assay_message_seconds_sum 5.3\n"
            "assay_message_seconds_count 3\n"
            "# HELP assay_messages_total Messages judged\n"
            "# TYPE assay_messages_total counter\n"
            "assay_messages_total{result=\"fail\"} 1\n"
            "assay_messages_total{result=\"pass\"} 2\n"
            "# HELP assay_sessions Connections open\n"
            "# TYPE assay_sessions gauge\n"
            "assay_sessions 3\n");
  expect_well_formed(metrics.exposition());
}

TEST(Metrics, EscapeWhatLabelsHold) {
  Metrics metrics;
  metrics.counter("c_total", "Two\nlines", {{"a", "\"\\\n\xff"}, {"b", "b\xc3\xbc"}}).add();
  EXPECT_EQ(metrics.exposition(),
            "# HELP c_total Two lines\n# TYPE c_total counter\n"
            "c_total{a=\"\\\"\\\\\\n\xef\xbf\xbd\",b=\"b\xc3\xbc\"} 1\n");
  expect_well_formed(metrics.exposition());
}

TEST(Metrics, SayWhatIsNoFiniteNumber) {
  Metrics metrics;
  metrics.gauge("a", "x").set(std::nan(""));
  metrics.gauge("b", "x").set(-std::numeric_limits<double>::infinity());
  metrics.gauge("c", "x").set(-2.5e-9);
  expect_well_formed(metrics.exposition());
  EXPECT_NE(metrics.exposition().find("a NaN\n"), std::string::npos);
  EXPECT_NE(metrics.exposition().find("b -Inf\n"), std::string::npos);
}

TEST(Metrics, GiveTheSameSeriesForTheSameLabels) {
  Metrics metrics;
  Counter& one = metrics.counter("c_total", "x", {{"a", "1"}});
  EXPECT_EQ(&one, &metrics.counter("c_total", "x", {{"a", "1"}}));
  EXPECT_NE(&one, &metrics.counter("c_total", "x", {{"a", "2"}}));
  Histogram& histogram = metrics.histogram("h", "x");
  EXPECT_EQ(&histogram, &metrics.histogram("h", "x"));
}

TEST(Metrics, BoundTheSeriesOfAName) {
  Metrics metrics;
  for (std::size_t i = 0; i < 3000; ++i) {
    metrics.counter("c_total", "x", {{"a", std::to_string(i)}}).add();
  }
  EXPECT_EQ(metrics.counter("c_total", "x", {{"a", "other"}}).value(), 2000U);
  EXPECT_EQ(metrics.counter("c_total", "x", {{"a", "999"}}).value(), 1U);
}

TEST(Metrics, LoseNothingThatThreadsCount) {
  Metrics metrics;
  Counter& counter = metrics.counter("c_total", "x");
  Histogram& histogram = metrics.histogram("h", "x");
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 8; ++i) {
      threads.emplace_back([&] {
        for (int j = 0; j < 1000; ++j) {
          counter.add();
          histogram.observe(0.5);
          metrics.counter("d_total", "x", {{"a", std::to_string(j % 3)}}).add();
        }
      });
    }
    for (int i = 0; i < 10; ++i) expect_well_formed(metrics.exposition());
  }
  EXPECT_EQ(counter.value(), 8000U);
  EXPECT_EQ(histogram.counts().up_to.back(), 8000U);
  EXPECT_EQ(histogram.counts().sum, 4000.0);
}

}  // namespace
}  // namespace assay::ops
