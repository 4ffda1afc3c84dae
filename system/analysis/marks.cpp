#include "system/analysis/marks.h"

#include <algorithm>
#include <array>

#include "assay/base/ascii.h"
#include "system/json/value.h"
#include "system/json/writer.h"

namespace assay::analysis {
namespace {

constexpr std::array<std::string_view, 5> marked_words = {"unknown", "own", "approved", "forwarder",
                                                          "blocked"};
constexpr std::array<std::string_view, 4> piles = {"non_sending", "transactional", "users",
                                                   "mixed"};

template <class Enum, std::size_t size>
std::optional<Enum> read_word(const std::array<std::string_view, size>& words,
                              std::string_view word) {
  const auto found = std::ranges::find(words, word);
  if (found == words.end()) return std::nullopt;
  return static_cast<Enum>(found - words.begin());
}

std::unexpected<Finding> wrong(std::string what) {
  return std::unexpected(Finding{.code = "mark", .what = std::move(what)});
}

}  // namespace

std::string_view to_text(Marked marked) {
  return marked_words[static_cast<std::size_t>(marked)];
}
std::optional<Marked> parse_marked(std::string_view word) {
  return read_word<Marked>(marked_words, word);
}
std::string_view to_text(Pile pile) {
  return piles[static_cast<std::size_t>(pile)];
}
std::optional<Pile> parse_pile(std::string_view word) {
  return read_word<Pile>(piles, word);
}

std::string to_line(const Mark& mark) {
  json::Writer out;
  out.begin_object();
  out.member("at", to_rfc3339(mark.at));
  out.member("who", mark.who);
  out.member("domain", mark.domain);
  out.member("service", mark.service);
  if (mark.marked) out.member("mark", to_text(*mark.marked));
  if (mark.pile) out.member("pile", to_text(*mark.pile));
  out.member("note", mark.note);
  out.end_object();
  return out.take() + "\n";
}

std::expected<Mark, Finding> parse_mark(std::string_view line) {
  const json::Reading reading = json::read(line, {.depth = 2, .values = 20});
  if (reading.error) return wrong(reading.error->what);
  if (reading.value.kind != json::Value::Kind::object) return wrong("a mark is a JSON object");
  Mark mark{.who = {}, .domain = {}};
  for (const json::Member& each : reading.value.members) {
    if (each.value.kind != json::Value::Kind::string) return wrong(each.name + " must be a string");
    const std::string& text = each.value.text;
    if (each.name == "at") {
      const auto at = parse_instant(text);
      if (!at) return wrong("at is no time");
      mark.at = *at;
    } else if (each.name == "mark") {
      mark.marked = parse_marked(text);
      if (!mark.marked) return wrong("\"" + ascii::printable(text) + "\" is no mark");
    } else if (each.name == "pile") {
      mark.pile = parse_pile(text);
      if (!mark.pile) return wrong("\"" + ascii::printable(text) + "\" is no pile");
    } else if (each.name == "who") {
      mark.who = text;
    } else if (each.name == "domain") {
      mark.domain = text;
    } else if (each.name == "service") {
      mark.service = text;
    } else if (each.name == "note") {
      mark.note = text;
    } else {
      return wrong("unknown member \"" + ascii::printable(each.name) + "\"");
    }
  }
  if (mark.domain.empty()) return wrong("a mark names its domain");
  const bool of_service = mark.marked && !mark.service.empty() && !mark.pile;
  const bool of_domain = mark.pile && mark.service.empty() && !mark.marked;
  if (!of_service && !of_domain) return wrong("a mark is of a service, or of a domain's pile");
  return mark;
}

Marked Marks::of(std::string_view domain, std::string_view service) const {
  const auto found = services_.find(std::pair(std::string(domain), std::string(service)));
  return found == services_.end() ? Marked::unknown : found->second;
}

std::optional<Pile> Marks::pile_of(std::string_view domain) const {
  const auto found = piles_.find(domain);
  if (found == piles_.end()) return std::nullopt;
  return found->second;
}

void Marks::add(Mark mark) {
  if (mark.marked) services_[{mark.domain, mark.service}] = *mark.marked;
  if (mark.pile) piles_[mark.domain] = *mark.pile;
  all.push_back(std::move(mark));
}

std::expected<Marks, Finding> read_marks(std::string_view text) {
  Marks marks;
  std::size_t number = 0;
  for (const std::string_view line : ascii::Pieces(text, '\n')) {
    ++number;
    if (ascii::trim_fws(line).empty()) continue;
    auto mark = parse_mark(line);
    if (!mark) {
      mark.error().what = "line " + std::to_string(number) + ": " + mark.error().what;
      mark.error().at = number;
      return std::unexpected(std::move(mark.error()));
    }
    marks.add(std::move(*mark));
  }
  return marks;
}

}  // namespace assay::analysis
