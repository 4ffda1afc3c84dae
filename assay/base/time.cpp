#include "assay/base/time.h"

#include <cstdio>

#include "assay/base/ascii.h"

namespace assay {

namespace chrono = std::chrono;

std::string to_rfc3339(Instant at) {
  const auto day = chrono::floor<chrono::days>(at);
  const chrono::year_month_day date{day};
  const chrono::hh_mm_ss time{at - day};
  char text[48];
  std::snprintf(text, sizeof text, "%04d-%02u-%02uT%02d:%02d:%02dZ", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                static_cast<int>(time.hours().count()), static_cast<int>(time.minutes().count()),
                static_cast<int>(time.seconds().count()));
  return text;
}

namespace {

/// Takes `digits` digits and then `after` (unless NUL) from the front.
std::optional<int> take(std::string_view& text, std::size_t digits, char after) {
  const auto number = ascii::parse_number(text.substr(0, digits));
  const std::size_t length = digits + (after != 0 ? 1 : 0);
  if (!number || text.size() < length || (after != 0 && text[digits] != after)) return std::nullopt;
  text.remove_prefix(length);
  return static_cast<int>(*number);
}

/// What stands behind the seconds: an optional fraction, then Z or an offset.
std::optional<chrono::minutes> take_zone(std::string_view text) {
  if (!text.empty() && text.front() == '.') {
    text.remove_prefix(1);
    if (text.empty() || !ascii::is_digit(text.front())) return std::nullopt;
    while (!text.empty() && ascii::is_digit(text.front())) text.remove_prefix(1);
  }
  if (text == "Z" || text == "z") return chrono::minutes{0};
  if (text.size() != 6 || (text[0] != '+' && text[0] != '-')) return std::nullopt;
  const bool west = text[0] == '-';
  text.remove_prefix(1);
  const auto hours = take(text, 2, ':');
  const auto minutes = hours ? take(text, 2, 0) : std::nullopt;
  if (!minutes || *hours > 23 || *minutes > 59) return std::nullopt;
  const chrono::minutes offset = chrono::hours{*hours} + chrono::minutes{*minutes};
  return west ? -offset : offset;
}

}  // namespace

std::optional<Instant> parse_instant(std::string_view text) {
  constexpr Instant last_second{chrono::seconds{253'402'300'799}};  // of the year 9999
  if (const auto seconds = ascii::parse_number(text); seconds && *seconds <= 253'402'300'799ULL) {
    return Instant{chrono::seconds{static_cast<long long>(*seconds)}};
  }
  const auto year = take(text, 4, '-');
  const auto month = year ? take(text, 2, '-') : std::nullopt;
  if (!month || text.size() < 3 || (text[2] != 'T' && text[2] != 't' && text[2] != ' ')) {
    return std::nullopt;
  }
  const auto day = take(text, 2, text[2]);
  const auto hour = day ? take(text, 2, ':') : std::nullopt;
  const auto minute = hour ? take(text, 2, ':') : std::nullopt;
  const auto second = minute ? take(text, 2, 0) : std::nullopt;
  if (!second || *hour > 23 || *minute > 59 || *second > 60) return std::nullopt;
  const chrono::year_month_day date{chrono::year{*year},
                                    chrono::month{static_cast<unsigned>(*month)},
                                    chrono::day{static_cast<unsigned>(*day)}};
  const auto offset = take_zone(text);
  if (!date.ok() || !offset) return std::nullopt;
  const Instant at = chrono::sys_days{date} + chrono::hours{*hour} + chrono::minutes{*minute} +
                     chrono::seconds{*second} - *offset;
  // An offset or a leap second may lead out of the years that RFC 3339 §1 can write.
  if (at < chrono::sys_days{chrono::year{0} / 1 / 1} || at > last_second) return std::nullopt;
  return at;
}

}  // namespace assay
