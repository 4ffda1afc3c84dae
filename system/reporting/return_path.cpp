#include "system/reporting/return_path.h"

#include "assay/base/ascii.h"
#include "assay/crypto/hmac.h"

namespace assay::reporting {
namespace {

/// 50 bits: whoever guesses has to send that many mails.
constexpr std::size_t tag_letters = 10;

/// Letters that survive programs which change the case of addresses.
std::string tag_of(std::string_view key, std::string_view number) {
  constexpr std::string_view digits = "abcdefghijkmnpqrstuvwxyz23456789";
  const std::string mac = crypto::hmac_sha256(key, "return path " + std::string(number));
  std::string tag;
  for (const char c : mac.substr(0, tag_letters)) {
    tag += digits[static_cast<unsigned char>(c) & 31U];
  }
  return tag;
}

/// The address with % where number and tag stand.
std::string pattern_of(const config::Reports& settings) {
  if (!settings.return_path.empty()) return settings.return_path;
  std::string pattern = settings.email;
  return pattern.insert(pattern.rfind('@'), "+%");
}

}  // namespace

std::string return_path_of(const config::Reports& settings, std::string_view key,
                           std::int64_t delivery) {
  const std::string number = std::to_string(delivery);
  std::string path = pattern_of(settings);
  return path.replace(path.find('%'), 1, number + "-" + tag_of(key, number));
}

std::optional<std::int64_t> parse_return_path(const config::Reports& settings, std::string_view key,
                                              std::string_view address) {
  const std::string pattern = ascii::to_lower(pattern_of(settings));
  const std::string text = ascii::to_lower(address);
  const std::string_view before = std::string_view(pattern).substr(0, pattern.find('%'));
  const std::string_view behind = std::string_view(pattern).substr(pattern.find('%') + 1);
  if (text.size() <= before.size() + behind.size()) return std::nullopt;
  if (!text.starts_with(before) || !text.ends_with(behind)) return std::nullopt;
  std::string_view middle = text;
  middle.remove_prefix(before.size());
  middle.remove_suffix(behind.size());
  const std::string_view number = middle.substr(0, middle.find('-'));
  constexpr std::size_t most_digits = 18;
  if (number.empty() || number.size() > most_digits || number.front() == '0') return std::nullopt;
  const auto delivery = ascii::parse_number(number);
  if (!delivery || middle != std::string(number) + "-" + tag_of(key, number)) return std::nullopt;
  return static_cast<std::int64_t>(*delivery);
}

}  // namespace assay::reporting
