#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "system/store/received_values.h"

namespace assay::store {

/// Sums what records say of sources, report by report: for back-ends that keep packed records.
class SourceSums {
 public:
  explicit SourceSums(SourceQuery query) : query_(std::move(query)) {}

  /// The next chunks are of a report with this policy and period.
  void begin(const aggregate::PolicyPublished& policy, Instant begin, Instant end);
  void add(std::string_view chunk);

  /// By source: texts that are no addresses first, then addresses by their octets, IPv4 before
  /// IPv6; then by the other members.
  std::vector<SourceCount> counts() const;

 private:
  struct Key {
    std::array<char, 16> address = {};
    std::uint32_t form = 0;  ///< octets of the address; 0: it is the text `source`
    std::uint32_t source = 0;
    std::uint32_t header_from = 0;
    std::uint32_t spf_domain = 0;
    std::uint32_t spf_result = 0;
    std::uint32_t dkim_domain = 0;
    std::uint32_t dkim_selector = 0;
    std::uint32_t dkim_result = 0;
    std::uint32_t cell = 0;
    std::int32_t day = 0;
    friend bool operator==(const Key&, const Key&) = default;
  };
  struct KeyHash {
    std::size_t operator()(const Key& key) const;
  };
  struct Sum {
    std::int32_t first = 0;
    std::int32_t last = 0;
    std::uint64_t messages = 0;
  };
  struct TextHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>{}(text);
    }
  };

  std::uint32_t number_of(std::string_view text);
  Key key_of(const ChunkReader& reader, const PackedRecord& record) const;
  void add(Key key, const PackedRecord& record);
  /// For each number of a text its place among all texts.
  std::vector<std::uint32_t> ranks() const;
  SourceCount count_of(const Key& key, const Sum& sum) const;

  SourceQuery query_;
  std::optional<aggregate::PolicyPublished> policy_ = {};
  std::optional<Spread> spread_ = {};
  std::uint64_t records_ = 0;  ///< of the report
  std::unordered_map<std::string, std::uint32_t, TextHash, std::equal_to<>> texts_ = {};
  std::vector<std::string> text_of_ = {};
  std::vector<std::uint32_t> here_ = {};  ///< the numbers of the chunk's texts
  std::unordered_map<Key, Sum, KeyHash> sums_ = {};
};

}  // namespace assay::store
