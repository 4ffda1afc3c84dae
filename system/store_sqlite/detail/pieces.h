#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace assay::store_sqlite::detail {

/// Values one after the other as octets. They stand in files: members are only added at the end,
/// and what is missing at the end reads as empty.
class PieceWriter {
 public:
  void number(std::uint64_t value) {
    for (; value >= 0x80; value >>= 7U) octets_ += static_cast<char>((value & 0x7fU) | 0x80U);
    octets_ += static_cast<char>(value);
  }
  void text(std::string_view value) {
    number(value.size());
    octets_ += value;
  }
  void texts(const std::vector<std::string>& values) {
    number(values.size());
    for (const std::string& each : values) text(each);
  }
  const std::string& octets() const { return octets_; }

 private:
  std::string octets_ = {};
};

/// The twin. Total: octets of a damaged file give other values, of bounded size.
class PieceReader {
 public:
  explicit PieceReader(std::string_view octets) : rest_(octets) {}

  std::uint64_t number() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64 && !rest_.empty(); shift += 7) {
      const auto octet = static_cast<unsigned char>(rest_.front());
      rest_.remove_prefix(1);
      value |= std::uint64_t{octet & 0x7fU} << shift;
      if (octet < 0x80) break;
    }
    return value;
  }
  std::string text() {
    const std::uint64_t size = number();
    const std::string_view value = rest_.substr(0, size);
    rest_.remove_prefix(value.size());
    return std::string(value);
  }
  /// How many follow, of which each takes an octet at least.
  std::size_t count() {
    const std::uint64_t value = number();
    return value > rest_.size() ? rest_.size() : static_cast<std::size_t>(value);
  }
  std::vector<std::string> texts() {
    std::vector<std::string> values(count());
    for (std::string& each : values) each = text();
    return values;
  }

 private:
  std::string_view rest_;
};

}  // namespace assay::store_sqlite::detail
