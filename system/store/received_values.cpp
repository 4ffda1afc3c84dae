#include "system/store/received_values.h"

#include <array>

#include "system/store/detail/words.h"

namespace assay::store {
namespace {

constexpr std::array<std::string_view, 2> standings = {"counted", "set_aside"};
constexpr std::array<std::string_view, 6> channels = {"file", "folder", "lmtp",
                                                      "smtp", "imap",   "upload"};
constexpr std::array<std::string_view, 4> trusts = {"unchecked", "genuine", "unverified", "forged"};

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
  return detail::read_word<Standing>(standings, text);
}
std::optional<Channel> parse_channel(std::string_view text) {
  return detail::read_word<Channel>(channels, text);
}
std::optional<Trust> parse_trust(std::string_view text) {
  return detail::read_word<Trust>(trusts, text);
}

}  // namespace assay::store
