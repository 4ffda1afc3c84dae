#include "assay/dmarc/record.h"

#include <algorithm>
#include <array>

#include "assay/base/ascii.h"
#include "assay/dmarc/detail/tags.h"

namespace assay::dmarc {
namespace {

using detail::Piece;
using detail::Seen;
using detail::Tag;
using detail::Tags;

// RFC 9989 §4.8: dmarc-value = %x20-3A / %x3C-7E; the semicolon is gone already.
bool is_dmarc_value(std::string_view value) {
  return !value.empty() &&
         std::ranges::all_of(value, [](char c) { return c == ' ' || ascii::is_graph(c); });
}

void note_bad_value(const Piece& piece, std::string_view allowed, PolicyRecord& record) {
  const std::string name = ascii::to_lower(piece.name);
  const bool policy = name == "p" || name == "sp" || name == "np";
  std::string what = name + " is ";
  if (piece.value.empty()) {
    what += "empty";
  } else if (!is_dmarc_value(piece.value)) {
    what += "not of printable ASCII octets";
  } else {
    what += "\"" + ascii::printable(piece.value, 40) + "\"";
  }
  what += "; it takes ";
  what += allowed;
  detail::note(
      record,
      {.code = policy ? "bad_policy" : "bad_value", .what = std::move(what), .at = piece.value_at});
}

/// The one piece of a tag, or nothing when it is absent or repeated. DKIM makes a whole list
/// invalid by a repeated tag (RFC 6376 §3.2) and DMARC says nothing, so the repeated tag alone is
/// bad syntax.
const Piece* single(const Seen& seen) {
  return seen.count == 1 ? &seen.first : nullptr;
}

/// A tag of one word without regard to case (RFC 5234 §2.3), or its default, which stands first.
template <class Value, std::size_t Count>
Value read_word(const Seen& seen,
                const std::array<std::pair<std::string_view, Value>, Count>& words,
                std::string_view allowed, PolicyRecord& record) {
  const Piece* piece = single(seen);
  if (piece == nullptr) return words.front().second;
  for (const auto& [word, value] : words) {
    if (ascii::iequals(piece->value, word)) return value;
  }
  // RFC 9989 §4.8: syntax errors give way to default values.
  note_bad_value(*piece, allowed, record);
  return words.front().second;
}

/// p, sp or np; `bad` becomes true when it stands there without one valid value.
std::optional<Policy> read_policy(const Seen& seen, bool& bad, PolicyRecord& record) {
  if (seen.count == 0) return std::nullopt;
  const Piece* piece = single(seen);
  const auto policy = piece == nullptr ? std::nullopt : parse_policy(piece->value);
  if (policy) return policy;
  bad = true;
  if (piece != nullptr) note_bad_value(*piece, "none, quarantine or reject", record);
  return std::nullopt;
}

/// fo in lower case: 0 or 1 at most, d and s at most once each, in any order (RFC 9989 §4.8).
std::optional<std::string> parse_failure_options(std::string_view value) {
  std::string options;
  for (const std::string_view item : ascii::Pieces(value, ':')) {
    if (item.size() != 1) return std::nullopt;
    const char option = ascii::to_lower(item.front());
    if (!std::string_view("01ds").contains(option) || options.contains(option)) return std::nullopt;
    options += options.empty() ? "" : ":";
    options += option;
  }
  // RFC 9989 §4.7: 0 and 1 exclude each other.
  if (options.contains('0') && options.contains('1')) return std::nullopt;
  return options;
}

void read_failure_options(const Seen& seen, PolicyRecord& record) {
  const Piece* piece = single(seen);
  if (piece == nullptr) return;
  if (auto options = parse_failure_options(piece->value)) {
    record.fo = std::move(*options);
    return;
  }
  note_bad_value(*piece,
                 "0, 1, d and s joined by colons, each once and not 0 together with 1, which would "
                 "be redundant",
                 record);
}

std::vector<ReportUri> read_uris(const Seen& seen, PolicyRecord& record) {
  const Piece* piece = single(seen);
  return piece == nullptr ? std::vector<ReportUri>() : detail::read_uris(*piece, record);
}

// RFC 7489 §6.3: a number from 0 to 100, by default 100. RFC 9989 §9.3 made pct historic.
unsigned read_percentage(const Seen& seen) {
  const Piece* piece = single(seen);
  if (piece == nullptr || piece->value.size() > 3) return 100;
  const auto number = ascii::parse_number(piece->value);
  return number && *number <= 100 ? static_cast<unsigned>(*number) : 100;
}

void read_meanings(const Tags& tags, PolicyRecord& record) {
  using Word = std::pair<std::string_view, Alignment>;
  // RFC 9989 §4.7: the defaults are relaxed, t=n and psd=u.
  constexpr std::array<Word, 2> modes = {{{"r", Alignment::relaxed}, {"s", Alignment::strict}}};
  constexpr std::array<std::pair<std::string_view, bool>, 2> test_modes = {
      {{"n", false}, {"y", true}}};
  constexpr std::array<std::pair<std::string_view, Psd>, 3> psds = {
      {{"u", Psd::u}, {"y", Psd::y}, {"n", Psd::n}}};
  record.p = read_policy(tags[Tag::p], record.bad_policy, record);
  record.sp = read_policy(tags[Tag::sp], record.bad_sp, record);
  record.np = read_policy(tags[Tag::np], record.bad_policy, record);
  record.bad_policy = record.bad_policy || record.bad_sp;
  record.adkim = read_word(tags[Tag::adkim], modes, "r or s", record);
  record.aspf = read_word(tags[Tag::aspf], modes, "r or s", record);
  record.test_mode = read_word(tags[Tag::t], test_modes, "y or n", record);
  record.psd = read_word(tags[Tag::psd], psds, "y, n or u", record);
  read_failure_options(tags[Tag::fo], record);
  record.rua = read_uris(tags[Tag::rua], record);
  record.ruf = read_uris(tags[Tag::ruf], record);
  record.pct = read_percentage(tags[Tag::pct]);
}

/// The receivers' reading of a policy that is not there or not valid.
Usable without_policy(const PolicyRecord& record) {
  // Any syntactically valid URI counts, also one of a scheme that we cannot send by: the RFC asks
  // for a syntactically valid reporting URI here, and leaves out other schemes when sending only.
  return record.rua.empty() ? Usable::not_at_all : Usable::as_none;
}

void write_uris(std::string_view name, const std::vector<ReportUri>& uris, std::string& text) {
  if (uris.empty()) return;
  text += "; ";
  text += name;
  for (const ReportUri& uri : uris) {
    text += &uri == &uris.front() ? '=' : ',';
    text += uri.uri;
  }
}

void write_policies(const PolicyRecord& record, std::string& text) {
  const auto write = [&](std::string_view name, Policy policy) {
    text += "; ";
    text += name;
    text += '=';
    text += to_text(policy);
  };
  if (record.usable() == Usable::not_at_all) return;
  if (record.usable() == Usable::as_none) return write("p", Policy::none);
  // RFC 9989 §4.7: an absent np takes sp, an absent sp takes p.
  const Policy sp = record.sp.value_or(*record.p);
  write("p", *record.p);
  if (sp != *record.p) write("sp", sp);
  if (record.np.value_or(sp) != sp) write("np", *record.np);
}

}  // namespace

std::string_view to_text(Policy policy) {
  constexpr std::array<std::string_view, 3> words = {"none", "quarantine", "reject"};
  return words[static_cast<std::size_t>(policy)];
}

std::optional<Policy> parse_policy(std::string_view word) {
  for (const Policy policy : {Policy::none, Policy::quarantine, Policy::reject}) {
    if (ascii::iequals(word, to_text(policy))) return policy;
  }
  return std::nullopt;
}

std::string_view to_text(Psd psd) {
  constexpr std::array<std::string_view, 3> letters = {"u", "y", "n"};
  return letters[static_cast<std::size_t>(psd)];
}

// RFC 9989 §4.10.1: no valid p, or a bad sp or np, voids the whole policy.
Usable PolicyRecord::usable() const {
  return p && !bad_policy ? Usable::as_written : without_policy(*this);
}

// RFC 7489 §6.6.3: no valid p, or a bad sp.
Usable PolicyRecord::usable_rfc7489() const {
  return p && !bad_sp ? Usable::as_written : without_policy(*this);
}

// RFC 9989 §4.7: fo is ignored where ruf is not specified.
std::string_view PolicyRecord::failure_options() const {
  return ruf.empty() ? std::string_view("0") : std::string_view(fo);
}

std::expected<PolicyRecord, Finding> parse_record(std::string_view text) {
  if (!is_dmarc_record(text)) {
    return std::unexpected(Finding{.code = "no_dmarc_record", .what = detail::why_no_record(text)});
  }
  PolicyRecord record{.text = std::string(text)};
  const Tags tags = detail::split(text, record);
  read_meanings(tags, record);
  std::ranges::sort(record.findings, {}, [](const Finding& finding) {
    return std::pair<std::size_t, std::string_view>(finding.at, finding.code);
  });
  detail::lint(tags, record);
  return record;
}

std::string to_text(const PolicyRecord& record) {
  std::string text = "v=DMARC1";
  write_policies(record, text);
  if (record.adkim == Alignment::strict) text += "; adkim=s";
  if (record.aspf == Alignment::strict) text += "; aspf=s";
  if (record.test_mode) text += "; t=y";
  if (record.psd != Psd::u) text += "; psd=" + std::string(to_text(record.psd));
  if (record.failure_options() != "0") text += "; fo=" + std::string(record.failure_options());
  write_uris("rua", record.rua, text);
  write_uris("ruf", record.ruf, text);
  return text;
}

}  // namespace assay::dmarc
