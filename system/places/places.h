#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>

#include "assay/base/finding.h"
#include "assay/base/ip_address.h"
#include "system/places/mmdb.h"

/// Which autonomous system an address is of, and in which country its network is said to be, as
/// files say that are given away for it (docs/owner/sources.md). Weak evidence: who rents a server
/// of a large provider has its AS too.
///
///     ASSAY_TRY(places, places::Places::open({.as_numbers = "/var/lib/assay/asn.mmdb"}));
///     const places::Place place = places.find(address);
namespace assay::places {

struct Place {
  std::uint32_t as_number = 0;  ///< 0: not known
  std::string as_name = {};     ///< whose it is, as the file says; bounded
  std::string country = {};     ///< two capital letters (ISO 3166-1); empty: not known
  friend bool operator==(const Place&, const Place&) = default;
};

/// Names of files; empty: there is none. Both may be the same.
struct Files {
  std::string as_numbers = {};
  std::string countries = {};
};

class Places {
 public:
  /// Reads the files into memory. Errors: `places_file` with the name of the file, for one that
  /// cannot be read, is too large, or is broken.
  static std::expected<Places, Finding> open(const Files& files);

  Place find(const IpAddress& address) const;

  bool knows_as() const { return as_numbers_ != nullptr; }
  bool knows_country() const { return countries_ != nullptr; }

  /// Whether a file was replaced, changed or taken away since it was read. What runs for long asks
  /// now and then, and opens anew; where that fails it keeps this.
  bool is_stale() const;

  static constexpr std::size_t max_octets = std::size_t{512} << 20;

 private:
  /// What tells a file from the one that replaces it.
  struct Stamp {
    std::string path = {};
    std::uint64_t device = 0;
    std::uint64_t inode = 0;
    std::int64_t size = 0;
    std::int64_t changed = 0;  ///< nanoseconds
    friend bool operator==(const Stamp&, const Stamp&) = default;
  };
  static std::optional<Stamp> stamp_of(const std::string& path);
  static std::expected<std::shared_ptr<const Mmdb>, Finding> read(const std::string& path,
                                                                  Stamp& stamp);

  std::shared_ptr<const Mmdb> as_numbers_ = {};
  std::shared_ptr<const Mmdb> countries_ = {};
  Stamp as_stamp_ = {};
  Stamp country_stamp_ = {};
};

}  // namespace assay::places
