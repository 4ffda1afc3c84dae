#include "system/ops/log.h"

#include <fcntl.h>
#include <unistd.h>

#include <string>
#include <thread>
#include <vector>

#include "assay/base/ascii.h"

#include "testkit/cases.h"
#include <nlohmann/json.hpp>

namespace assay::ops {
namespace {

/// A pipe that a log writes into.
struct Pipe {
  Pipe() { EXPECT_EQ(::pipe2(ends, O_NONBLOCK | O_CLOEXEC), 0); }
  ~Pipe() {
    ::close(ends[0]);
    ::close(ends[1]);
  }
  /// What stands in it.
  std::string take() const {
    std::string all;
    char some[4096];
    for (ssize_t got = 0; (got = ::read(ends[0], some, sizeof some)) > 0;) {
      all.append(some, static_cast<std::size_t>(got));
    }
    return all;
  }
  int ends[2] = {-1, -1};
};

const SetClock& clock() {
  static const SetClock at(*parse_instant("2026-05-01T12:00:00Z"));
  return at;
}

std::string line_of(LogFormat format, std::string_view value) {
  std::string line;
  Fields(format, Addresses::shown, line).text("v", value);
  return line;
}

CASES(LogValue, "system/ops/testdata/log.cases") {
  EXPECT_EQ(line_of(LogFormat::logfmt, c["value"]), " v=" + c["logfmt"]);
  EXPECT_EQ(line_of(LogFormat::json, c["value"]), ",\"v\":" + c["json"]);
}

CASES(Mask, "system/ops/testdata/mask.cases") {
  if (c.has("ip")) {
    EXPECT_EQ(mask_ip_address(*IpAddress::parse(c["ip"])), c["masked"]);
  } else if (c.has("mail")) {
    EXPECT_EQ(mask_mail_address(c["mail"]), c["masked"]);
  } else {
    EXPECT_EQ(mask_mail_addresses(c["text"]), c["masked"]);
  }
}

void write_all_kinds(Log& log) {
  log.write(LogLevel::info, "message", [](Fields& fields) {
    fields.text("result", "pass");
    fields.text("nothing", "");
    fields.number("octets", std::size_t{1234});
    fields.number("change", -5);
    fields.boolean("aligned", true);
    fields.milliseconds("ms", std::chrono::microseconds(12'034));
    fields.mail_address("from", "alice@example.com");
    fields.ip_address("client", *IpAddress::parse("2001:db8:1:2::3"));
  });
}

TEST(Log, WritesOneLineAsLogfmt) {
  const Pipe pipe;
  Log log({.descriptor = pipe.ends[1], .addresses = Addresses::masked}, clock());
  write_all_kinds(log);
  EXPECT_EQ(pipe.take(),
            "time=2026-05-01T12:00:00.000Z level=info event=message result=pass octets=1234 "
            "change=-5 aligned=true ms=12.034 from=a***@example.com client=2001:db8:1::/48\n");
}

TEST(Log, WritesOneLineAsJson) {
  const Pipe pipe;
  Log log({.descriptor = pipe.ends[1], .format = LogFormat::json}, clock());
  write_all_kinds(log);
  const std::string line = pipe.take();
  EXPECT_EQ(
      line,
      R"({"time":"2026-05-01T12:00:00.000Z","level":"info","event":"message","result":"pass",)"
      R"("octets":1234,"change":-5,"aligned":true,"ms":12.034,"from":"alice@example.com",)"
      R"("client":"2001:db8:1:2::3"})"
      "\n");
  EXPECT_TRUE(nlohmann::json::accept(line));
}

TEST(Log, LeavesOutWhatIsLessUrgent) {
  const Pipe pipe;
  Log log({.descriptor = pipe.ends[1], .level = LogLevel::warning}, clock());
  log.write(LogLevel::info, "unseen", [](Fields&) { ADD_FAILURE() << "built in vain"; });
  EXPECT_EQ(pipe.take(), "");
  log.set_level(LogLevel::debug);
  log.write(LogLevel::debug, "seen");
  EXPECT_EQ(pipe.take(), "time=2026-05-01T12:00:00.000Z level=debug event=seen\n");
}

TEST(Log, CutsLongValues) {
  const std::string line = line_of(LogFormat::logfmt, std::string(5000, 'a'));
  EXPECT_EQ(line, " v=\"" + std::string(max_log_value, 'a') + "...\"");
}

TEST(Log, KeepsLinesOfSeveralThreadsWhole) {
  const Pipe pipe;
  Log log({.descriptor = pipe.ends[1]}, clock());
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&log] {
        for (int j = 0; j < 50; ++j) {
          log.write(LogLevel::info, "x", [](Fields& f) { f.text("v", std::string(100, 'y')); });
        }
      });
    }
  }
  const std::string all = pipe.take();
  const std::string line =
      "time=2026-05-01T12:00:00.000Z level=info event=x v=" + std::string(100, 'y');
  const auto lines = ascii::split(all, '\n');
  ASSERT_EQ(lines.size(), 201U);
  for (std::size_t i = 0; i < 200; ++i) EXPECT_EQ(lines[i], line);
}

TEST(Log, DropsLinesThatNobodyTakesAndSaysSoLater) {
  const Pipe pipe;
  Log log({.descriptor = pipe.ends[1]}, clock());
  const auto write = [&log] {
    log.write(LogLevel::info, "x", [](Fields& f) { f.text("v", std::string(3000, 'y')); });
  };
  const auto begin = std::chrono::steady_clock::now();
  for (int i = 0; i < 200; ++i) write();
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(5));
  const std::uint64_t dropped = log.dropped();
  EXPECT_GT(dropped, 100U);
  (void)pipe.take();
  log.write(LogLevel::info, "again");
  const std::string all = pipe.take();
  EXPECT_NE(all.find("level=warning event=log_lines_dropped lines=" + std::to_string(dropped) +
                     "\ntime=2026-05-01T12:00:00.000Z level=info event=again\n"),
            std::string::npos)
      << all;
}

TEST(Log, CountsWhatAClosedPipeRefuses) {
  int ends[2] = {-1, -1};
  ASSERT_EQ(::pipe(ends), 0);
  ::close(ends[1]);
  Log log({.descriptor = ends[0]}, clock());  // only for reading: every write fails
  log.write(LogLevel::error, "lost");
  EXPECT_EQ(log.dropped(), 1U);
  ::close(ends[0]);
}

TEST(SetClock, GoesOnWhenTold) {
  SetClock at(*parse_instant("2026-05-01T12:00:00Z"));
  const auto before = at.steady();
  at.advance(std::chrono::milliseconds(2500));
  EXPECT_EQ(to_rfc3339(instant(at)), "2026-05-01T12:00:02Z");
  EXPECT_EQ(at.steady() - before, std::chrono::milliseconds(2500));
  EXPECT_GT(instant(SystemClock()), *parse_instant("2025-01-01T00:00:00Z"));
}

}  // namespace
}  // namespace assay::ops
