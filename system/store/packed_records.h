#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "assay/aggregate/report.h"

namespace assay::store {

/// Records of a report in little memory, the way they are kept: chunks of octets, each with a list
/// of its texts and the records that name them by number. Some 25 octets a record.
class PackedRecords {
 public:
  PackedRecords();
  void add(const aggregate::Record& record);

  /// Complete ones; finish() makes the last one complete.
  const std::vector<std::string>& chunks() const { return chunks_; }
  void finish();

  std::uint64_t records() const { return records_; }
  /// At most the largest number.
  std::uint64_t messages() const { return messages_; }

  static constexpr std::uint64_t chunk_records = 2'048;
  static constexpr std::size_t chunk_octets = std::size_t{256} << 10;

 private:
  struct TextHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>{}(text);
    }
  };
  PackedRecords(std::vector<std::string> chunks, std::uint64_t records, std::uint64_t messages)
      : PackedRecords() {
    chunks_ = std::move(chunks);
    records_ = records;
    messages_ = messages;
  }
  std::uint32_t number_of(std::string_view text);

  std::vector<std::string> chunks_ = {};
  std::unordered_map<std::string, std::uint32_t, TextHash, std::equal_to<>> texts_ = {};
  std::string table_ = {};
  std::string body_ = {};
  std::uint64_t in_chunk_ = 0;  ///< records of the chunk, and texts of its own
  std::uint64_t in_table_ = 0;
  std::uint64_t records_ = 0;
  std::uint64_t messages_ = 0;
};

/// A record of a chunk, its texts by number.
struct PackedRecord {
  std::string_view address = {};  ///< 4 or 16 octets; empty where source_text stands for it
  std::uint32_t source_text = 0;
  std::uint64_t count = 0;
  std::uint32_t disposition = 0;
  std::uint32_t dkim = 0;
  std::uint32_t spf = 0;
  std::uint32_t header_from = 0;
  std::uint32_t envelope_from = 0;
  std::uint32_t envelope_to = 0;
  struct Reason {
    std::uint32_t type = 0, comment = 0;
  };
  struct Result {
    std::uint32_t domain = 0, selector_or_scope = 0, result = 0, human_result = 0;
  };
  std::vector<Reason> reasons = {};
  std::vector<Result> dkim_results = {};
  std::vector<Result> spf_results = {};
};

/// Reads a chunk, which must outlive it; octets that are none end early, with broken() true.
class ChunkReader {
 public:
  explicit ChunkReader(std::string_view chunk);
  /// The next record into `record`, whose memory is used again; false at the end.
  bool next(PackedRecord& record);
  bool broken() const { return broken_; }
  std::string_view text(std::uint32_t number) const {
    return number < texts_.size() ? texts_[number] : std::string_view{};
  }
  std::span<const std::string_view> texts() const { return texts_; }
  aggregate::Record record(const PackedRecord& packed) const;

 private:
  std::uint64_t number();
  std::uint32_t small();
  std::string_view octets(std::uint64_t size);
  void read_results(std::vector<PackedRecord::Result>& results);

  std::string_view rest_;
  std::vector<std::string_view> texts_ = {};
  std::uint64_t left_ = 0;
  bool broken_ = false;
};

/// The texts that have the same number in every chunk: a number below their count is one of them.
std::span<const std::string_view> usual_texts();

}  // namespace assay::store
