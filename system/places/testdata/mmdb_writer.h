#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "assay/base/ip_address.h"

/// Writes small MMDB files, for tests.
namespace assay::places {

/// A value: a text, a number, or a map.
struct Written {
  enum class Kind : std::uint8_t { text, number, map } kind = Kind::text;
  std::string text = {};
  std::uint64_t number = 0;
  std::vector<std::pair<std::string, Written>> members = {};

  static Written of(std::string text) { return {.kind = Kind::text, .text = std::move(text)}; }
  static Written of(std::uint64_t number) { return {.kind = Kind::number, .number = number}; }
  static Written of(std::vector<std::pair<std::string, Written>> members) {
    return {.kind = Kind::map, .members = std::move(members)};
  }
};

class MmdbWriter {
 public:
  explicit MmdbWriter(unsigned record_bits = 24, unsigned ip_version = 6)
      : record_bits_(record_bits), ip_version_(ip_version) {}

  void add(const std::string& address, unsigned prefix, const Written& record) {
    const IpAddress parsed = *IpAddress::parse(address);
    const bool mapped = parsed.is_v4() && ip_version_ == 6;
    std::vector<unsigned> bits(mapped ? 96 : 0);
    for (unsigned i = 0; i < prefix; ++i)
      bits.push_back((parsed.octets()[i / 8] >> (7U - i % 8)) & 1U);
    std::size_t node = 0;
    for (std::size_t i = 0; i + 1 < bits.size(); ++i) {
      Child& child = nodes_[node].children[bits[i]];
      if (child.kind != Child::node) {
        child = {Child::node, nodes_.size()};
        node = nodes_.size();
        nodes_.emplace_back();
      } else {
        node = child.number;
      }
    }
    nodes_[node].children[bits.back()] = {Child::data, data_.size()};
    data_ += octets_of(record);
  }

  std::string finish(const std::string& type = "Test") const {
    std::string file;
    for (const Node& each : nodes_) {
      const std::uint64_t left = number_of(each.children[0]);
      const std::uint64_t right = number_of(each.children[1]);
      if (record_bits_ == 28) {
        file += big_endian(left & 0xffffffU, 3);
        file += static_cast<char>((left >> 24U) << 4U | right >> 24U);
        file += big_endian(right & 0xffffffU, 3);
      } else {
        file += big_endian(left, record_bits_ / 8) + big_endian(right, record_bits_ / 8);
      }
    }
    file += std::string(16, '\0') + data_;
    return file + "\xab\xcd\xefMaxMind.com" +
           octets_of(Written::of({{"binary_format_major_version", Written::of(2)},
                                  {"build_epoch", Written::of(1'777'600'000)},
                                  {"database_type", Written::of(type)},
                                  {"ip_version", Written::of(ip_version_)},
                                  {"node_count", Written::of(nodes_.size())},
                                  {"record_size", Written::of(record_bits_)}}));
  }

  static std::string octets_of(const Written& value) {
    switch (value.kind) {
      case Written::Kind::text:
        return head(2, value.text.size()) + value.text;
      case Written::Kind::number:
        return head(6, 4) + big_endian(value.number, 4);
      case Written::Kind::map:
        break;
    }
    std::string octets = head(7, value.members.size());
    for (const auto& [name, member] : value.members)
      octets += head(2, name.size()) + name + octets_of(member);
    return octets;
  }

 private:
  struct Child {
    enum Kind : std::uint8_t { none, node, data } kind = none;
    std::size_t number = 0;
  };
  struct Node {
    Child children[2] = {};
  };

  std::uint64_t number_of(const Child& child) const {
    if (child.kind == Child::node) return child.number;
    return child.kind == Child::none ? nodes_.size() : nodes_.size() + 16 + child.number;
  }
  static std::string big_endian(std::uint64_t value, unsigned octets) {
    std::string text;
    for (unsigned i = octets; i-- > 0;) text += static_cast<char>(value >> (8U * i));
    return text;
  }
  static std::string head(unsigned type, std::size_t size) {
    if (size < 29) return {static_cast<char>(type << 5U | size)};
    return static_cast<char>(type << 5U | 29U) + std::string{static_cast<char>(size - 29)};
  }

  unsigned record_bits_;
  unsigned ip_version_;
  std::vector<Node> nodes_ = std::vector<Node>(1);
  std::string data_ = {};
};

}  // namespace assay::places
