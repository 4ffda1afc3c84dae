#include "system/store/rollup.h"

#include <gtest/gtest.h>

#include <random>

namespace assay::store {
namespace {

using namespace std::chrono_literals;

constexpr aggregate::Instant midnight{1'777'593'600s};  // 2026-05-01T00:00:00Z

TEST(Cell, IsANumberAndBack) {
  for (std::uint32_t number = 0; number < (1U << 16U); ++number) {
    const Cell cell = cell_of(number);
    EXPECT_EQ(cell_of(number_of(cell)), cell);
  }
}

TEST(Cell, IsThatOfTheRow) {
  aggregate::Row row{.disposition = "quarantine",
                     .dkim = "fail",
                     .spf = "pass",
                     .reasons = {{.type = "mailing_list"}},
                     .header_from = "news.example.com",
                     .dkim_results = {{.result = "fail"}, {.result = "pass"}}};
  const aggregate::PolicyPublished policy{
      .domain = "example.com", .p = "reject", .sp = "quarantine", .testing = "y"};
  EXPECT_EQ(cell_of(row, policy), (Cell{.spf = Aligned::pass,
                                        .dkim = Aligned::fail,
                                        .disposition = Done::quarantine,
                                        .reason = OverrideType::mailing_list,
                                        .policy = Asked::quarantine,
                                        .test_mode = true,
                                        .raw_spf = Authenticated::no,
                                        .raw_dkim = Authenticated::yes}));
  row.header_from = "example.com";
  row.reasons = {{.type = ""}};
  row.spf = "none";
  EXPECT_EQ(cell_of(row, policy).policy, Asked::reject);
  EXPECT_EQ(cell_of(row, policy).reason, OverrideType::other);
  EXPECT_EQ(cell_of(row, policy).spf, Aligned::unknown);
}

TEST(Spread, ADayIsOneDay) {
  for (const auto end : {midnight + 86'399s, midnight + 24h, midnight, midnight - 5s}) {
    const Spread spread(midnight, end);
    ASSERT_EQ(spread.days(), 1U);
    EXPECT_EQ(spread.share(7, 3, 0), 7U);
  }
}

TEST(Spread, GivesEachDayItsShareAndLosesNothing) {
  std::mt19937_64 random(3);  // NOLINT(cert-msc51-cpp): the same in every run
  for (int round = 0; round < 2'000; ++round) {
    const aggregate::Instant begin = midnight + std::chrono::seconds{random() % 100'000};
    const Spread spread(begin, begin + std::chrono::seconds{random() % 3'000'000});
    const std::uint64_t count = random() >> (4 + random() % 60);
    std::uint64_t sum = 0;
    const std::uint64_t number = random();
    for (std::size_t at = 0; at < spread.days(); ++at) sum += spread.share(count, number, at);
    EXPECT_EQ(sum, count);
  }
}

TEST(Spread, RecordsOfOneMessageDoNotAllFallOnOneDay) {
  const Spread spread(midnight + 12h, midnight + 36h);
  ASSERT_EQ(spread.days(), 2U);
  std::uint64_t first = 0;
  for (std::uint64_t number = 0; number < 1'000; ++number) first += spread.share(1, number, 0);
  EXPECT_NEAR(static_cast<double>(first), 500.0, 2.0);
}

TEST(ChunkReader, OctetsThatWereNotWrittenHarmNobody) {
  PackedRecords packed;
  for (int i = 0; i < 20; ++i) {
    packed.add({.row = {.source_ip = "192.0.2." + std::to_string(i),
                        .reasons = {{.type = "other", .comment = "why"}},
                        .header_from = "example.com",
                        .dkim_results = {{.domain = "example.com", .result = "pass"}}},
                .count = 3});
  }
  packed.finish();
  std::mt19937 random(5);  // NOLINT(cert-msc51-cpp): the same in every run
  for (int round = 0; round < 5'000; ++round) {
    std::string chunk = *packed.chunks().begin();
    chunk[random() % chunk.size()] = static_cast<char>(random());
    if (round % 3 == 0) chunk.resize(random() % chunk.size());
    Rollup rollup({.domain = "example.com", .p = "none"}, midnight, midnight + 24h);
    rollup.add(chunk);
    ChunkReader reader(chunk);
    PackedRecord record;
    std::uint64_t records = 0;
    while (reader.next(record)) {
      reader.record(record);
      ++records;
    }
    EXPECT_LE(records, 20U * 128U);
  }
}

}  // namespace
}  // namespace assay::store
