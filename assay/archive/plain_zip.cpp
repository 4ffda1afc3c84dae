#include "assay/archive/detail/budget.h"
#include "assay/archive/detail/inflater.h"

namespace assay::archive::detail {
namespace {

constexpr std::size_t most_members = 16;

/// Little-endian numbers of PKWARE's APPNOTE.TXT §4.3.
std::size_t number(std::string_view zip, std::size_t at, std::size_t octets) {
  std::size_t value = 0;
  for (std::size_t i = octets; i > 0; --i) {
    value = value << 8U | static_cast<unsigned char>(zip[at + i - 1]);
  }
  return value;
}

bool stands(std::string_view zip, std::size_t at, std::string_view signature, std::size_t octets) {
  return at <= zip.size() && zip.size() - at >= octets && zip.substr(at).starts_with(signature);
}

/// One entry of the central directory.
struct Entry {
  std::size_t flags, method, sum, packed, size, header;
  std::string_view name;
  std::size_t octets;  ///< of the entry
};

std::optional<Entry> entry_at(std::string_view zip, std::size_t at) {
  constexpr std::size_t fixed = 46;
  if (!stands(zip, at, "PK\x01\x02", fixed)) return std::nullopt;
  const std::size_t name = number(zip, at + 28, 2);
  const std::size_t octets = fixed + name + number(zip, at + 30, 2) + number(zip, at + 32, 2);
  if (zip.size() - at < octets) return std::nullopt;
  return Entry{.flags = number(zip, at + 8, 2),
               .method = number(zip, at + 10, 2),
               .sum = number(zip, at + 16, 4),
               .packed = number(zip, at + 20, 4),
               .size = number(zip, at + 24, 4),
               .header = number(zip, at + 42, 4),
               .name = zip.substr(at + fixed, name),
               .octets = octets};
}

/// The packed octets of an entry whose local header says the same and ends before `directory`.
std::optional<std::string_view> packed_of(std::string_view zip, const Entry& entry,
                                          std::size_t directory) {
  constexpr std::size_t fixed = 30;
  constexpr std::size_t ordinary = 0x0808;  // sizes behind the data; names in UTF-8
  const std::size_t at = entry.header;
  if (!stands(zip, at, std::string_view("PK\x03\x04", 4), fixed)) return std::nullopt;
  const std::size_t name = number(zip, at + 26, 2);
  const std::size_t begin = at + fixed + name + number(zip, at + 28, 2);
  const bool same =
      (entry.flags & ~ordinary & 0xfff9U) == 0 && number(zip, at + 6, 2) == entry.flags &&
      number(zip, at + 8, 2) == entry.method && name == entry.name.size() && begin <= directory &&
      directory - begin >= entry.packed && zip.substr(at + fixed, name) == entry.name;
  if (!same) return std::nullopt;
  return zip.substr(begin, entry.packed);
}

std::optional<std::string> expanded(std::string_view packed, const Entry& entry) {
  constexpr std::size_t stored = 0;
  constexpr std::size_t deflated = 8;
  std::string text;
  if (entry.method == stored && packed.size() == entry.size) {
    text = packed;
  } else if (entry.method == deflated) {
    bool sound = false;
    text.resize_and_overwrite(entry.size, [&](char* data, std::size_t room) {
      std::size_t in = 0;
      std::size_t out = 0;
      sound = libdeflate_deflate_decompress_ex(inflater(), packed.data(), packed.size(), data, room,
                                               &in, &out) == LIBDEFLATE_SUCCESS &&
              in == packed.size() && out == room;
      return sound ? out : 0;
    });
    if (!sound) return std::nullopt;
  } else {
    return std::nullopt;
  }
  if (libdeflate_crc32(0, text.data(), text.size()) != entry.sum) return std::nullopt;
  return text;
}

}  // namespace

std::optional<std::vector<PlainMember>> plain_members(std::string_view zip,
                                                      const UnpackLimits& limits) {
  constexpr std::size_t end_octets = 22;
  if (zip.size() < end_octets) return std::nullopt;
  const std::size_t end = zip.size() - end_octets;
  if (!stands(zip, end, "PK\x05\x06", end_octets)) return std::nullopt;
  const std::size_t count = number(zip, end + 10, 2);
  const std::size_t directory = number(zip, end + 16, 4);
  if (count > most_members || number(zip, end + 4, 4) != 0 || number(zip, end + 8, 2) != count ||
      number(zip, end + 20, 2) != 0) {
    return std::nullopt;
  }
  std::vector<PlainMember> members;
  std::size_t total = 0;
  std::size_t at = directory;
  for (std::size_t i = 0; i < count; ++i) {
    const auto entry = entry_at(zip, at);
    if (!entry || entry->size > small) return std::nullopt;
    total += entry->size;
    if (total > small || total > limits.ratio_from || total > limits.expanded) return std::nullopt;
    const auto packed = packed_of(zip, *entry, directory);
    if (!packed) return std::nullopt;
    auto text = expanded(*packed, *entry);
    if (!text) return std::nullopt;
    members.push_back({.name = entry->name, .text = std::move(*text)});
    at += entry->octets;
  }
  if (at != end) return std::nullopt;
  return members;
}

}  // namespace assay::archive::detail
