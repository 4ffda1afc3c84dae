// reporting_throughput [EVENTS [DOMAINS [FOLDER]]]: a day of mail from journal files into the
// Store, from there into reports, and these, signed, to an SMTP server on the loopback; what each
// step costs beside the floor of the same run, and whether cost and memory grow with the day.
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "assay/crypto/private_key.h"
#include "assay/dns/zone.h"
#include "system/journal/line.h"
#include "system/reporting/cycle.h"
#include "system/reporting/deliver.h"
#include "system/reporting/smtp_sender.h"
#include "system/reporting/take.h"
#include "system/store_sqlite/store_sqlite.h"

#include "bench/reporting/day.h"
#include "bench/reporting/floor.h"
#include "bench/reporting/sink.h"
#include "bench/reporting/usage.h"

namespace {

using namespace assay;
using namespace std::chrono_literals;
using bench::Usage;

constexpr store::Instant midnight{1'777'593'600s};  // 2026-05-01T00:00:00Z
constexpr store::Instant reported_at = midnight + 24h + 10min;
constexpr std::uint64_t hours = 24;

/// The value, or the end.
template <class T, class Error>
T must(std::expected<T, Error> answer) {
  if (answer) return std::move(*answer);
  fmt::print(stderr, "{}\n", answer.error().what);
  std::exit(1);
}

struct Bench {
  std::uint64_t events;
  unsigned domains;
  std::string folder;
  bench::Sink sink = {};
  std::unique_ptr<store::Store> store = {};
  double floor_processor = 0;  ///< seconds

  void take_in();
  void show_reports();
  void send_reports();
  config::Reports settings() const;
  reporting::Reporter reporter() const;
  reporting::Period period() const { return {.begin = midnight, .end = midnight + 24h}; }
};

void print_rate(const char* what, std::uint64_t count, const Usage& usage) {
  fmt::print("{}: {:.2f} s of processor, {:.2f} s of the clock; {:.0f} a second a core\n", what,
             usage.processor, usage.clock, static_cast<double>(count) / usage.processor);
}

config::Reports Bench::settings() const {
  config::Reports settings;
  settings.email = "reports@rcpt.example";
  settings.to = config::ReportTo::all;
  settings.spread = 0s;
  settings.per_minute = settings.per_host_minute = settings.per_day = 100'000'000;
  return settings;
}

reporting::Reporter Bench::reporter() const {
  return {.email = "reports@rcpt.example",
          .org_name = "rcpt.example",
          .submitter = "rcpt.example",
          .generator = "Assay"};
}

/// An hour of the day as a journal file.
void write_hour(const std::string& path, bench::Events& day, std::uint64_t from, std::uint64_t to,
                std::uint64_t all) {
  std::ofstream file(path, std::ios::binary);
  for (std::uint64_t i = from; i < to; ++i) {
    file << journal::to_line(bench::entry_of(day.next(), i, all, midnight)) << '\n';
  }
  if (!file.flush()) std::exit(1);
}

/// Journals are written and taken in hour by hour, and only the latter is measured.
void Bench::take_in() {
  store = must(store_sqlite::open({.path = folder + "/store.sqlite"}));
  const std::string journals = folder + "/journal";
  std::filesystem::create_directories(journals);
  reporting::Taker taker(*store, {.folder = journals});
  bench::Events day(domains);
  Usage all;
  std::vector<double> each;
  double peak = 0;
  for (std::uint64_t hour = 0; hour < hours; ++hour) {
    const std::string path =
        fmt::format("{}/mx-20260501T000000000-20260501T{:02}.journal", journals, hour);
    const std::uint64_t from = events * hour / hours;
    const std::uint64_t to = events * (hour + 1) / hours;
    write_hour(path, day, from, to, events);
    const Usage usage = bench::measure([&] {
      while (must(taker.look(midnight + 1h)).more) {
      }
    });
    all += usage;
    each.push_back(1e6 * usage.processor / static_cast<double>(to - from));
    peak = std::max(peak, bench::resident_mebibytes());
    std::filesystem::remove(path);
  }
  print_rate("journal into store", events, all);
  fmt::print("  microseconds an evaluation by hour:");
  for (const double one : each) fmt::print(" {:.2f}", one);
  fmt::print("\n  resident {:.0f} MiB at most\n", peak);
}

/// What the floor does: rows, XML, gzip; nothing is settled.
void Bench::show_reports() {
  bench::FloorWork least;
  const Usage floor = bench::measure([&] { least = bench::run_floor(events, domains); });
  floor_processor = floor.processor;
  dns::Zone zone = must(dns::Zone::parse(""));
  const config::Reports how = settings();
  reporting::Cycle cycle(*store, zone, how, reporter());
  std::uint64_t octets = 0;
  reporting::CycleTotals totals;
  const Usage ours = bench::measure([&] {
    totals = must(cycle.run(period(), reported_at, reporting::Effect::show,
                            [&](const reporting::Outline& outline) {
                              for (const auto& letter : outline.letters)
                                octets += letter.report->octets.size();
                            }));
  });
  fmt::print(
      "floor (count, XML, gzip): {:.2f} s of processor; {} rows, {} MB of XML, {} MB packed\n",
      floor.processor, least.rows, least.xml / 1'000'000, least.gzip / 1'000'000);
  fmt::print(
      "reports from the store (rows, XML, gzip): {:.2f} s of processor, {} reports of {} "
      "evaluations, {} MB packed: {:.2f} times the floor\n",
      ours.processor, totals.reports, totals.reported, octets / 1'000'000,
      ours.processor / floor.processor);
}

/// As the reports role does: one thread makes reports while others send those that are made.
void Bench::send_reports() {
  dns::Zone zone = must(dns::Zone::parse(""));
  const config::Reports how = settings();
  reporting::Cycle cycle(*store, zone, how, reporter());
  auto key =
      std::make_shared<const crypto::PrivateKey>(must(crypto::PrivateKey::generate_rsa(2048)));
  const dkim::Signer signer =
      must(dkim::Signer::make({.domain = must(DomainName::parse("rcpt.example")),
                               .keys = {{.selector = "s1", .key = key}}}));
  const config::Smtp smtp{.server = sink.server(), .tls = config::Tls::never};
  reporting::Senders senders;
  for (unsigned i = 0; i < smtp.connections; ++i) {
    senders.push_back(must(reporting::SmtpSender::open(smtp, {}, "rcpt.example")));
  }
  reporting::Deliverer deliverer(*store, std::move(senders),
                                 {.settings = how, .reporter = reporter(), .signer = &signer});
  double making = 0;
  std::atomic<bool> made = false;
  const Usage all = bench::measure([&] {
    const std::jthread maker([&] {
      must(cycle.run(period(), reported_at, reporting::Effect::settle));
      making = bench::thread_processor();
      made = true;
    });
    for (bool last = false; !last;) {
      last = made;
      while (must(deliverer.round(reported_at + 1s, 100)).taken > 0) last = false;
      if (!last) std::this_thread::sleep_for(5ms);
    }
  });
  const std::uint64_t mails = sink.mails();
  const double processor = all.processor - making;
  print_rate("reports into the outbox", mails, {.processor = making, .clock = all.clock});
  print_rate("signed and delivered", mails, {.processor = processor, .clock = all.clock});
  fmt::print("  {} mails by {} connections; {} still wait\n", mails, sink.connections(),
             must(store->books()).deliveries_waiting);
  fmt::print(
      "from the store to the last mail: {:.2f} s of processor, {:.2f} s of the clock: {:.2f} times "
      "the floor's processor\n",
      all.processor, all.clock, all.processor / floor_processor);
}

}  // namespace

int main(int count, char** words) {
  std::setvbuf(stdout, nullptr, _IOLBF, 0);
  const auto number = [&](int at, std::uint64_t otherwise) {
    return count > at ? std::strtoull(words[at], nullptr, 10) : otherwise;
  };
  const std::string base = count > 3 ? words[3] : std::filesystem::temp_directory_path().string();
  std::string folder = base + "/reporting-bench-XXXXXX";
  if (::mkdtemp(folder.data()) == nullptr) return 1;
  {
    Bench bench{.events = number(1, 1'000'000),
                .domains = static_cast<unsigned>(number(2, 5'000)),
                .folder = folder};
    fmt::print("{} evaluations of {} policy domains\n", bench.events, bench.domains);
    bench.take_in();
    bench.show_reports();
    bench.send_reports();
    fmt::print("{} MB of store; resident {:.0f} MiB at most, the floor's table included\n",
               std::filesystem::file_size(folder + "/store.sqlite") / 1'000'000,
               bench::peak_mebibytes());
  }
  std::filesystem::remove_all(folder);
}
