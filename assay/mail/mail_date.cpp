#include "assay/mail/mail_date.h"

#include <array>
#include <vector>

#include "assay/base/ascii.h"

namespace assay::mail {
namespace {

constexpr std::string_view days = "SunMonTueWedThuFriSat";
constexpr std::string_view months = "JanFebMarAprMayJunJulAugSepOctNovDec";

/// Words without commas and comments, at most 12.
std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words;
  std::string word;
  int depth = 0;
  for (const char c : text.substr(0, 200)) {
    if (c == '(') ++depth;
    const bool skipped = depth > 0 || c == ',' || ascii::is_fws(c);
    if (c == ')' && depth > 0) --depth;
    if (!skipped) word += c;
    if (skipped && !word.empty() && words.size() < 12) words.push_back(word);
    if (skipped) word.clear();
  }
  if (!word.empty()) words.push_back(std::move(word));
  return words;
}

std::optional<unsigned> month_of(std::string_view word) {
  for (unsigned month = 0; month < 12; ++month) {
    if (ascii::iequals(word, months.substr(std::size_t{3} * month, 3))) return month + 1;
  }
  return std::nullopt;
}

std::optional<int> year_of(std::string_view word) {
  const auto number = ascii::parse_number(word);
  if (!number || word.size() < 2 || word.size() > 4) return std::nullopt;
  const int year = static_cast<int>(*number);
  if (word.size() == 4) return year;
  // RFC 5322 §4.3
  return word.size() == 2 && year < 50 ? year + 2000 : year + 1900;
}

std::optional<std::chrono::seconds> time_of(std::string_view word) {
  const auto pieces = ascii::split(word, ':');
  if (pieces.size() < 2 || pieces.size() > 3) return std::nullopt;
  std::array<unsigned long long, 3> most = {23, 59, 60};
  std::array<unsigned long long, 3> values = {};
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    const auto number = ascii::parse_number(pieces[i]);
    if (!number || pieces[i].size() > 2 || *number > most[i]) return std::nullopt;
    values[i] = *number;
  }
  return std::chrono::hours{values[0]} + std::chrono::minutes{values[1]} +
         std::chrono::seconds{values[2]};
}

/// How far the zone is ahead of UTC; unknown names are UTC (RFC 5322 §4.3).
std::optional<std::chrono::minutes> zone_of(std::string_view word) {
  if (word.starts_with('+') || word.starts_with('-')) {
    const auto number = ascii::parse_number(word.substr(1));
    if (!number || word.size() != 5 || *number % 100 > 59) return std::nullopt;
    const std::chrono::minutes ahead{*number / 100 * 60 + *number % 100};
    return word.front() == '-' ? -ahead : ahead;
  }
  constexpr std::array<std::string_view, 8> names = {"EDT", "EST", "CDT", "CST",
                                                     "MDT", "MST", "PDT", "PST"};
  constexpr std::array<int, 8> behind = {4, 5, 5, 6, 6, 7, 7, 8};
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (ascii::iequals(word, names[i])) return -std::chrono::hours{behind[i]};
  }
  return std::chrono::minutes{0};
}

}  // namespace

std::string to_mail_date(Instant at) {
  const auto day = std::chrono::floor<std::chrono::days>(at);
  const std::chrono::weekday weekday{day};
  const std::chrono::year_month_day date{day};
  const std::string iso = to_rfc3339(at);  // 2026-05-01T12:00:00Z
  return std::string(days.substr(std::size_t{3} * weekday.c_encoding(), 3)) + ", " +
         iso.substr(8, 2) + " " +
         std::string(months.substr(std::size_t{3} * (static_cast<unsigned>(date.month()) - 1), 3)) +
         " " + iso.substr(0, 4) + " " + iso.substr(11, 8) + " +0000";
}

std::optional<Instant> parse_mail_date(std::string_view text) {
  std::vector<std::string> words = words_of(text);
  if (!words.empty() && ascii::is_alpha(words.front().front())) words.erase(words.begin());
  if (words.size() < 4) return std::nullopt;
  const auto day = ascii::parse_number(words[0]);
  const auto month = month_of(words[1]);
  const auto year = year_of(words[2]);
  const auto time = time_of(words[3]);
  const auto zone = words.size() > 4 ? zone_of(words[4]) : std::chrono::minutes{0};
  if (!day || *day > 31 || !month || !year || !time || !zone) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year{*year}, std::chrono::month{*month},
                                         std::chrono::day{static_cast<unsigned>(*day)}};
  if (!date.ok()) return std::nullopt;
  return Instant{std::chrono::sys_days{date}} + *time - *zone;
}

}  // namespace assay::mail
