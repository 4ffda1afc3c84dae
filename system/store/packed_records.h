#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "assay/aggregate/report.h"
#include "system/store/chunk_file.h"

namespace assay::store {

/// The numbers of the texts of one chunk.
class TextNumbers {
 public:
  /// The number of a text; a new one where it is not known, which is then added to `table`. Among
  /// texts that are chosen to be hard to find, one may get two numbers.
  std::uint32_t number_of(std::string_view text, std::string& table);
  /// Texts of the chunk's own.
  std::uint32_t size() const { return size_; }
  void clear();

 private:
  struct Slot {
    std::uint32_t hash = 0;
    std::uint32_t number = 0;  ///< 0: free; that is no number of a chunk's own texts
    std::uint32_t at = 0;      ///< in the table
    std::uint32_t octets = 0;
  };
  void grow();

  std::vector<Slot> slots_ = {};  ///< a power of two, at most half of them used
  std::uint32_t size_ = 0;
};

/// The chunks of a report in their order, wherever they are. One that the disk does not give again
/// is empty, as no chunk is.
class PackedChunks {
 public:
  class Iterator {
   public:
    Iterator(const PackedChunks& chunks, std::size_t at) : chunks_(&chunks), at_(at) { load(); }
    const std::string& operator*() const { return *chunk_; }
    Iterator& operator++() {
      ++at_;
      load();
      return *this;
    }
    bool operator==(std::default_sentinel_t) const { return chunk_ == nullptr; }

   private:
    void load();
    const PackedChunks* chunks_;
    std::size_t at_;
    std::string read_ = {};
    const std::string* chunk_ = nullptr;
  };
  Iterator begin() const { return {*this, 0}; }
  std::default_sentinel_t end() const { return {}; }
  std::size_t size() const { return places_.size() + held_.size(); }

 private:
  friend class PackedRecords;
  std::shared_ptr<ChunkFile> file_ = {};
  std::vector<ChunkFile::Place> places_ = {};  ///< the first ones, in the file
  std::vector<std::string> held_ = {};         ///< those behind them
  std::size_t held_octets_ = 0;
};

/// Records of a report in little memory, the way they are kept: chunks of octets, each with a list
/// of its texts and the records that name them by number. Some 25 octets a record.
class PackedRecords {
 public:
  /// Chunks above `held_octets` go to a file in `folder`; without one all are held.
  explicit PackedRecords(std::string folder) : folder_(std::move(folder)) {}
  PackedRecords() = default;
  void add(const aggregate::Record& record);

  /// Complete ones; finish() makes the last one complete.
  const PackedChunks& chunks() const { return chunks_; }
  void finish();

  std::uint64_t records() const { return records_; }
  /// At most the largest number.
  std::uint64_t messages() const { return messages_; }

  static constexpr std::uint64_t chunk_records = 2'048;
  static constexpr std::size_t chunk_octets = std::size_t{256} << 10;
  static constexpr std::size_t held_octets = std::size_t{4} << 20;

 private:
  std::uint32_t number_of(std::string_view text) { return texts_.number_of(text, table_); }
  /// Writes held chunks to the file, as far as the disk takes them.
  void put_away();

  std::string folder_ = {};
  PackedChunks chunks_ = {};
  TextNumbers texts_ = {};
  std::string table_ = {};
  std::string body_ = {};
  std::uint64_t in_chunk_ = 0;  ///< records of the chunk
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
