#include "system/places/mmdb.h"

#include <algorithm>

namespace assay::places {
namespace {

constexpr std::string_view marker = "\xab\xcd\xefMaxMind.com";
constexpr std::size_t max_metadata = std::size_t{128} << 10;
constexpr std::size_t separator = 16;  ///< zero octets between tree and data
/// Values looked at in one look-up: records have some ten.
constexpr unsigned max_values = 10'000;

enum class Type : std::uint8_t {
  extended = 0,
  pointer = 1,
  text = 2,
  uint16 = 5,
  uint32 = 6,
  map = 7,
  uint64 = 9,
  array = 11,
  boolean = 14,
};

unsigned octet(std::string_view octets, std::size_t at) {
  return static_cast<unsigned char>(octets[at]);
}

std::uint64_t big_endian(std::string_view octets) {
  std::uint64_t value = 0;
  for (const char each : octets) value = (value << 8U) | static_cast<unsigned char>(each);
  return value;
}

/// What a value says of itself. `at` is where its octets begin, of a pointer where it leads to.
struct Head {
  Type type = Type::extended;
  std::size_t size = 0;
  std::size_t at = 0;
};

/// Reads values one after the other; what is beyond the end is no value.
class Walk {
 public:
  Walk(std::string_view data, std::size_t at) : data_(data), at_(at) {}

  std::optional<Head> next() {
    if (++values_ > max_values) return std::nullopt;
    const auto control = take(1);
    if (!control) return std::nullopt;
    const auto first = static_cast<unsigned>(big_endian(*control));
    auto type = static_cast<Type>(first >> 5U);
    if (type == Type::pointer) return pointer(first);
    if (type == Type::extended) {
      const auto more = take(1);
      if (!more) return std::nullopt;
      type = static_cast<Type>(std::min<std::uint64_t>(big_endian(*more), 248) + 7);
    }
    const auto size = read_size(first & 31U);
    if (!size) return std::nullopt;
    return Head{.type = type, .size = *size, .at = at_};
  }

  /// Goes past the octets of a value that holds no others.
  bool pass(const Head& head) {
    if (holds_values(head.type) || head.type == Type::pointer || head.type == Type::boolean)
      return true;
    return take(head.size).has_value();
  }

  /// Goes past a whole value with all in it.
  bool skip() {
    for (std::uint64_t left = 1; left > 0; --left) {
      const auto head = next();
      if (!head || !pass(*head)) return false;
      if (head->type == Type::map) left += 2 * std::uint64_t{head->size};
      if (head->type == Type::array) left += head->size;
      if (left > max_values) return false;
    }
    return true;
  }

  /// The value itself where it is a pointer: pointers do not lead to pointers.
  std::optional<Head> behind(const Head& head) {
    if (head.type != Type::pointer) return head;
    if (head.at >= data_.size()) return std::nullopt;
    Walk there(data_, head.at);
    there.values_ = values_;
    const auto found = there.next();
    values_ = there.values_;
    if (!found || found->type == Type::pointer) return std::nullopt;
    return found;
  }

  std::optional<std::string_view> octets_of(const Head& head) const {
    if (head.at > data_.size() || head.size > data_.size() - head.at) return std::nullopt;
    return data_.substr(head.at, head.size);
  }

  void go_to(std::size_t at) { at_ = at; }

 private:
  static bool holds_values(Type type) { return type == Type::map || type == Type::array; }

  std::optional<std::string_view> take(std::size_t size) {
    if (at_ > data_.size() || size > data_.size() - at_) return std::nullopt;
    const std::string_view taken = data_.substr(at_, size);
    at_ += size;
    return taken;
  }

  std::optional<std::size_t> read_size(unsigned small) {
    constexpr unsigned one_more = 29;
    if (small < one_more) return small;
    const unsigned octets = small - one_more + 1;
    const auto more = take(octets);
    if (!more) return std::nullopt;
    constexpr std::size_t bases[] = {29, 285, 65'821};
    return bases[octets - 1] + static_cast<std::size_t>(big_endian(*more));
  }

  std::optional<Head> pointer(unsigned first) {
    const unsigned octets = ((first >> 3U) & 3U) + 1;
    const auto more = take(octets);
    if (!more) return std::nullopt;
    constexpr std::size_t bases[] = {0, 2'048, 526'336, 0};
    const std::uint64_t high = octets == 4 ? 0 : std::uint64_t{first & 7U} << (8U * octets);
    return Head{.type = Type::pointer,
                .at = bases[octets - 1] + static_cast<std::size_t>(high | big_endian(*more))};
  }

  std::string_view data_;
  std::size_t at_;
  unsigned values_ = 0;
};

/// The value under a path of names.
std::optional<Head> look(Walk& walk, std::initializer_list<std::string_view> path) {
  auto head = walk.next();
  if (head) head = walk.behind(*head);
  for (const std::string_view name : path) {
    if (!head || head->type != Type::map) return std::nullopt;
    walk.go_to(head->at);
    std::optional<Head> found;
    for (std::size_t left = head->size; left > 0 && !found; --left) {
      const auto written = walk.next();
      if (!written) return std::nullopt;
      const auto key = walk.behind(*written);
      if (!key || key->type != Type::text || !walk.pass(*written)) return std::nullopt;
      if (walk.octets_of(*key) != name) {
        if (!walk.skip()) return std::nullopt;
        continue;
      }
      const auto value = walk.next();
      if (!value) return std::nullopt;
      found = walk.behind(*value);
      if (!found) return std::nullopt;
    }
    head = found;
  }
  return head;
}

std::unexpected<Finding> broken(std::string what) {
  return std::unexpected(Finding{.code = "mmdb_broken", .what = std::move(what)});
}

}  // namespace

std::optional<std::string_view> MmdbRecord::text(
    std::initializer_list<std::string_view> path) const {
  Walk walk(data_, at_);
  const auto head = look(walk, path);
  if (!head || head->type != Type::text) return std::nullopt;
  return walk.octets_of(*head);
}

std::optional<std::uint64_t> MmdbRecord::number(
    std::initializer_list<std::string_view> path) const {
  Walk walk(data_, at_);
  const auto head = look(walk, path);
  const bool is_number = head && (head->type == Type::uint16 || head->type == Type::uint32 ||
                                  head->type == Type::uint64);
  if (!is_number || head->size > 8) return std::nullopt;
  const auto octets = walk.octets_of(*head);
  if (!octets) return std::nullopt;
  return big_endian(*octets);
}

std::expected<Mmdb, Finding> Mmdb::read(std::string octets) {
  const std::size_t tail = octets.size() - std::min(octets.size(), max_metadata);
  const std::size_t at = octets.rfind(marker);
  if (at == std::string::npos || at < tail) return broken("it is no MMDB file");
  Mmdb file;
  file.octets_ = std::move(octets);
  const MmdbRecord about(std::string_view(file.octets_).substr(at + marker.size()), 0);
  const auto nodes = about.number({"node_count"});
  const auto bits = about.number({"record_size"});
  const auto version = about.number({"ip_version"});
  const auto format = about.number({"binary_format_major_version"});
  if (!nodes || !bits || !version || !format) return broken("its metadata cannot be read");
  if (*format != 2) return broken("it is of another version of the format than 2");
  if (*bits != 24 && *bits != 28 && *bits != 32) return broken("its tree has records of odd size");
  if (*version != 4 && *version != 6) return broken("it is for neither IPv4 nor IPv6");
  const std::uint64_t node_octets = *bits / 4;
  if (*nodes == 0 || *nodes > at / node_octets || *nodes * node_octets + separator > at) {
    return broken("its tree does not fit into it");
  }
  file.nodes_ = static_cast<std::uint32_t>(*nodes);
  file.record_bits_ = static_cast<unsigned>(*bits);
  file.has_v6_ = *version == 6;
  file.data_at_ = static_cast<std::size_t>(*nodes * node_octets) + separator;
  file.data_size_ = at - file.data_at_;
  file.type_ = std::string(about.text({"database_type"}).value_or(""));
  file.built_ = about.number({"build_epoch"}).value_or(0);
  if (file.has_v6_) file.v4_root_ = file.skip_to_v4();
  return file;
}

/// IPv4 stands under ::/96.
std::uint32_t Mmdb::skip_to_v4() const {
  std::uint32_t node = 0;
  constexpr unsigned bits = 96;
  for (unsigned i = 0; i < bits && node < nodes_; ++i) node = child(node, 0);
  return node;
}

std::uint32_t Mmdb::child(std::uint32_t node, unsigned bit) const {
  const std::size_t size = record_bits_ / 4;
  const std::string_view octets = std::string_view(octets_).substr(node * size, size);
  if (record_bits_ != 28) {
    return static_cast<std::uint32_t>(big_endian(octets.substr(bit * size / 2, size / 2)));
  }
  const unsigned middle = octet(octets, 3);
  const unsigned high = bit == 0 ? middle >> 4U : middle & 15U;
  const auto low = static_cast<std::uint32_t>(big_endian(octets.substr(bit == 0 ? 0 : 4, 3)));
  return (high << 24U) | low;
}

std::optional<MmdbRecord> Mmdb::find(const IpAddress& address) const {
  if (!address.is_v4() && !has_v6_) return std::nullopt;
  std::uint32_t node = address.is_v4() && has_v6_ ? v4_root_ : 0;
  const unsigned bits = address.is_v4() ? 32 : 128;
  for (unsigned i = 0; i < bits && node < nodes_; ++i) {
    node = child(node, (address.octets()[i / 8] >> (7U - i % 8)) & 1U);
  }
  if (node <= nodes_) return std::nullopt;
  const std::size_t at = std::size_t{node} - nodes_;
  if (at < separator || at - separator >= data_size_) return std::nullopt;
  return MmdbRecord(data(), at - separator);
}

}  // namespace assay::places
