#include "assay/base/loose_time.h"

#include <chrono>
#include <cstdint>
#include <string>
#include <utility>

#include "assay/base/ascii.h"

namespace assay {

namespace chrono = std::chrono;

namespace {

constexpr chrono::seconds last_loose_second{7'258'118'399};  // of the year 2199

bool is_permitted(Instant at) {
  return at >= Instant{} && at.time_since_epoch() <= last_loose_second;
}

/// "20260501" and "20260501120000" as RFC 3339; empty where that is no date.
std::string from_digits(std::string_view digits) {
  constexpr std::string_view midnight = "000000";
  if (digits.size() != 8 && digits.size() != 14) return {};
  const std::string_view time = digits.size() == 14 ? digits.substr(8) : midnight;
  const auto piece = [](std::string_view text, std::size_t at) {
    return std::string(text.substr(at, 2));
  };
  return std::string(digits.substr(0, 4)) + "-" + piece(digits, 4) + "-" + piece(digits, 6) + "T" +
         piece(time, 0) + ":" + piece(time, 2) + ":" + piece(time, 4) + "Z";
}

std::optional<Instant> from_number(std::string_view digits) {
  auto number = ascii::parse_number(digits);
  if (!number) return std::nullopt;
  if (const auto date = parse_instant(from_digits(digits)); date && is_permitted(*date))
    return date;
  // As many digits as seconds have since 2001, and three more for each finer unit.
  for (std::size_t size = digits.size(); size > 10; size -= 3) {
    if (size != 13 && size != 16 && size != 19) return std::nullopt;
    *number /= 1'000;
  }
  if (*number > static_cast<std::uint64_t>(last_loose_second.count())) return std::nullopt;
  return Instant{chrono::seconds{static_cast<std::int64_t>(*number)}};
}

/// Takes "UTC" or "GMT" off the end, or puts the colon into an offset: "+0200" is "+02:00".
std::string plain_zone(std::string iso) {
  for (const std::string_view zone : {"UTC", "GMT", "utc", "gmt"}) {
    if (!iso.ends_with(zone)) continue;
    iso.resize(iso.size() - zone.size());
    return iso + (iso.ends_with('Z') ? "" : "Z");
  }
  const std::size_t sign = iso.find_last_of("+-");
  const bool offset = sign != std::string::npos && sign > 10;
  if (offset && iso.size() - sign == 5 && iso.find(':', sign) == std::string::npos) {
    iso.insert(sign + 3, ":");
  } else if (offset && iso.size() - sign == 3) {
    iso += ":00";
  }
  return iso;
}

}  // namespace

std::optional<Instant> parse_loose_instant(std::string_view text) {
  constexpr std::size_t longest = 50;
  constexpr std::size_t date_size = 10;
  text = ascii::trim_fws(text);
  if (text.size() > longest) return std::nullopt;
  if (const auto number = from_number(text)) return number;
  std::string iso(text.substr(0, date_size));
  for (char& c : iso) {
    if (c == '/') c = '-';
  }
  for (const char c : text.substr(iso.size())) {
    if (c != ' ' || iso.size() == date_size) iso += iso.size() == date_size && c == ' ' ? 'T' : c;
  }
  iso = plain_zone(std::move(iso));
  for (const std::string_view more : {"", "Z", "T00:00:00Z"}) {
    const auto at = parse_instant(iso + std::string(more));
    if (at && is_permitted(*at)) return at;
  }
  return std::nullopt;
}

}  // namespace assay
