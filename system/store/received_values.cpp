#include "system/store/received_values.h"

#include <algorithm>
#include <array>

namespace assay::store {
namespace {

constexpr std::array<std::string_view, 2> standings = {"counted", "set_aside"};
constexpr std::array<std::string_view, 6> channels = {"file", "folder", "lmtp",
                                                      "smtp", "imap",   "upload"};
constexpr std::array<std::string_view, 4> trusts = {"unchecked", "genuine", "unverified", "forged"};

template <class Enum, std::size_t size>
std::optional<Enum> read_word(const std::array<std::string_view, size>& words,
                              std::string_view text) {
  const auto found = std::ranges::find(words, text);
  if (found == words.end()) return std::nullopt;
  return static_cast<Enum>(found - words.begin());
}

}  // namespace

std::string_view to_text(Standing standing) {
  return standings[static_cast<std::size_t>(standing)];
}
std::string_view to_text(Channel channel) {
  return channels[static_cast<std::size_t>(channel)];
}
std::string_view to_text(Trust trust) {
  return trusts[static_cast<std::size_t>(trust)];
}
std::optional<Standing> parse_standing(std::string_view text) {
  return read_word<Standing>(standings, text);
}
std::optional<Channel> parse_channel(std::string_view text) {
  return read_word<Channel>(channels, text);
}
std::optional<Trust> parse_trust(std::string_view text) {
  return read_word<Trust>(trusts, text);
}

}  // namespace assay::store
