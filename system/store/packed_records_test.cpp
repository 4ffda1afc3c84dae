#include "system/store/packed_records.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

namespace assay::store {
namespace {

aggregate::Record record_of(unsigned number) {
  aggregate::Record record;
  record.count = number;
  record.row.source_ip = "192.0.2." + std::to_string(number % 250);
  record.row.disposition = "none";
  // Texts that make chunks full long before they have all the records that they may have.
  record.row.header_from = std::string(400, 'x') + std::to_string(number) + ".example";
  return record;
}

std::vector<aggregate::Record> records_of(const PackedRecords& packed) {
  std::vector<aggregate::Record> records;
  PackedRecord one;
  for (const std::string& octets : packed.chunks()) {
    ChunkReader chunk(octets);
    while (chunk.next(one)) records.push_back(chunk.record(one));
    EXPECT_FALSE(chunk.broken());
  }
  return records;
}

std::string folder() {
  return std::filesystem::temp_directory_path().string();
}

TEST(PackedRecords, ComeBackInTheirOrderFromMemoryAndFromAFile) {
  constexpr unsigned many = 20'000;  // 8 MB of texts
  PackedRecords packed(folder());
  for (unsigned i = 0; i < many; ++i) packed.add(record_of(i));
  packed.finish();
  const PackedRecords copy = packed;  // NOLINT(performance-unnecessary-copy-initialization)
  for (const bool copied : {false, true}) {
    const auto records = records_of(copied ? copy : packed);
    ASSERT_EQ(records.size(), many);
    for (unsigned i = 0; i < many; ++i) ASSERT_EQ(records[i], record_of(i));
  }
}

TEST(PackedRecords, AreHeldWhereNoFileCanBeMade) {
  constexpr unsigned many = 20'000;
  PackedRecords packed("/nonexistent/folder");
  for (unsigned i = 0; i < many; ++i) packed.add(record_of(i));
  packed.finish();
  EXPECT_EQ(records_of(packed).size(), many);
}

TEST(PackedRecords, AnAddressIsTheTextThatItWas) {
  for (const std::string text :
       {"192.0.2.1", "2001:db8::1", "2001:DB8::1", "2001:db8:0::1", "::ffff:192.0.2.1",
        "192.0.2.01", "192.0.2.1 ", "not an address", ""}) {
    PackedRecords packed;
    aggregate::Record record = record_of(1);
    record.row.source_ip = text;
    packed.add(record);
    packed.finish();
    EXPECT_EQ(records_of(packed).at(0).row.source_ip, text);
  }
}

TEST(TextNumbers, EachTextHasOneNumberAlsoWhenThereAreMany) {
  TextNumbers numbers;
  std::string table;
  std::vector<std::uint32_t> given;
  for (unsigned i = 0; i < 5'000; ++i) given.push_back(numbers.number_of(std::to_string(i), table));
  for (unsigned i = 0; i < 5'000; ++i) {
    EXPECT_EQ(numbers.number_of(std::to_string(i), table), given[i]);
  }
  EXPECT_EQ(numbers.size(), 5'000U);
  EXPECT_LT(numbers.number_of("pass", table), usual_texts().size());
  EXPECT_EQ(numbers.number_of("", table), 0U);
}

TEST(ChunkFile, GivesBackWhatWasPutIn) {
  const auto file = ChunkFile::make(folder());
  ASSERT_TRUE(file);
  ChunkFile::Place first, second;
  ASSERT_TRUE(file->append("one", first));
  ASSERT_TRUE(file->append(std::string(100'000, 'x'), second));
  std::string octets;
  EXPECT_TRUE(file->read(first, octets));
  EXPECT_EQ(octets, "one");
  EXPECT_TRUE(file->read(second, octets));
  EXPECT_EQ(octets, std::string(100'000, 'x'));
  EXPECT_FALSE(file->read({.at = 100'000, .size = 100}, octets));
  EXPECT_EQ(ChunkFile::make("/nonexistent/folder"), nullptr);
}

}  // namespace
}  // namespace assay::store
