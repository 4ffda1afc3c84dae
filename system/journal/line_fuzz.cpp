// Properties: what parses survives writing and reading; any octets as an entry make one line of
// JSON, within the limit, that parses; what it says survives another round. Where the quick reader
// answers, the other one says the same.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "system/journal/detail/read.h"
#include "system/journal/line.h"
#include "system/journal/time_text.h"

#include <nlohmann/json.hpp>

namespace {

using namespace assay::journal;

void require(bool holds) {
  if (!holds) std::abort();
}

void require_same(std::string_view line) {
  Entry straight;
  EntryView view;
  const bool well = detail::read_straight(line, straight);
  require(view_line(line, view) == well);
  if (!well) return;
  require(detail::read_any(line) == straight);
  require(view.id == straight.id && view.time == straight.time && view.client == straight.client);
  require(view.mail_from == straight.mail_from && view.action.action == straight.action.action);
  require(view.verdict.has_value() == straight.verdict.has_value());
  if (view.verdict) require(view.verdict->record == straight.verdict->record);
  require(std::ranges::equal(view.dkim, straight.dkim, {}, &DkimResultOf<std::string_view>::domain,
                             &DkimResult::domain));
}

void require_round_trip(const Entry& entry) {
  const std::string line = to_line(entry);
  require(line.size() <= max_line_octets && line.find('\n') == std::string::npos);
  require(nlohmann::json::accept(line));
  const auto read = parse_line(line);
  require(read.has_value());
  require_same(line);
  require(to_line(*read) == line || line.ends_with("\"shortened\":true}"));
}

/// Takes the octets apart into texts and lists of an entry.
Entry make_entry(std::string_view octets) {
  const auto text = [&] {
    const std::size_t end = octets.find('\0');
    const std::string_view piece = octets.substr(0, end);
    octets.remove_prefix(end == std::string_view::npos ? octets.size() : end + 1);
    return std::string(piece);
  };
  Entry entry;
  std::uint64_t number = 0;
  for (const char c : octets.substr(0, 8)) number = number << 8 | static_cast<unsigned char>(c);
  entry.size = number;
  entry.time = Time{std::chrono::milliseconds{static_cast<std::int64_t>(number)}};
  entry.id = text();
  entry.helo = text();
  entry.mail_from = text();
  entry.verdict = Verdict{.result = text(), .record = text(), .discovery = text()};
  while (!octets.empty() && entry.dkim.size() < 100) {
    entry.author_domains.push_back(text());
    entry.dkim.push_back({.domain = text(), .result = text()});
    entry.overrides.push_back({.type = text(), .comment = text()});
  }
  return entry;
}

}  // namespace

// NOLINTNEXTLINE(readability-identifier-naming): the name libFuzzer calls
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view octets(reinterpret_cast<const char*>(data), size);
  require_same(octets);
  if (const auto read = parse_line(octets)) {
    require(nlohmann::json::accept(octets));
    require(parse_line(to_line(*read)) == *read);
  }
  require_round_trip(make_entry(octets));
  if (const auto time = parse_time(octets)) require(parse_time(to_rfc3339(*time)) == time);
  return 0;
}
