#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "assay/base/finding.h"
#include "assay/base/ip_address.h"

/// A file that maps networks to records (the MaxMind DB format, version 2), as AS numbers and
/// countries are given away in. The file may be hostile: each look-up does a bounded number of
/// steps without recursion, and nothing outside of the octets is read.
namespace assay::places {

/// A record of a file, which must outlive it.
class MmdbRecord {
 public:
  MmdbRecord(std::string_view data, std::size_t at) : data_(data), at_(at) {}
  /// What stands under a name, or under names within each other. Nothing where there is none, or it
  /// is of another type, or the file is broken there.
  std::optional<std::string_view> text(std::initializer_list<std::string_view> path) const;
  std::optional<std::uint64_t> number(std::initializer_list<std::string_view> path) const;

 private:
  std::string_view data_;
  std::size_t at_;
};

class Mmdb {
 public:
  /// Errors: `mmdb_broken` for octets that are no such file or contradict themselves.
  static std::expected<Mmdb, Finding> read(std::string octets);

  /// The record of the smallest network that holds an address; nothing where there is none. Lives
  /// as long as this.
  std::optional<MmdbRecord> find(const IpAddress& address) const;

  /// As its maker calls it, such as "GeoLite2-ASN".
  const std::string& type() const { return type_; }
  /// Seconds since 1970.
  std::uint64_t built() const { return built_; }

 private:
  Mmdb() = default;
  std::string_view data() const { return std::string_view(octets_).substr(data_at_, data_size_); }
  std::uint32_t child(std::uint32_t node, unsigned bit) const;
  std::uint32_t skip_to_v4() const;

  std::string octets_ = {};
  std::string type_ = {};
  std::uint64_t built_ = 0;
  std::uint32_t nodes_ = 0;
  unsigned record_bits_ = 0;
  bool has_v6_ = false;
  std::uint32_t v4_root_ = 0;
  std::size_t data_at_ = 0;
  std::size_t data_size_ = 0;
};

}  // namespace assay::places
