#pragma once

#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "system/store/received_values.h"

/// An answer as it is told: what it rests on, single facts, tables, sentences. Made from the
/// answers' own values by the functions named tell(), and written as JSON, CSV or words.
namespace assay::analysis {

/// A share of a whole; written in percent to people. Nothing of nothing is absent.
struct Share {
  std::uint64_t part = 0;
  std::uint64_t whole = 0;
  friend bool operator==(const Share&, const Share&) = default;
};

/// One value of a table. Texts may hold any octets of reports.
class Cell {
 public:
  // NOLINTBEGIN(google-explicit-constructor): a row is written as the list of its values.
  using Value = std::variant<std::monostate, std::string, std::uint64_t, std::int64_t, bool, Share,
                             std::vector<std::string>>;
  Cell() = default;
  Cell(const char* text) : value_(std::string(text)) {}
  Cell(std::string text) : value_(std::move(text)) {}
  Cell(std::string_view text) : value_(std::string(text)) {}
  Cell(bool yes) : value_(yes) {}
  template <std::unsigned_integral T>
    requires(!std::same_as<T, bool>)
  Cell(T number) : value_(static_cast<std::uint64_t>(number)) {}
  template <std::signed_integral T>
  Cell(T number) : value_(static_cast<std::int64_t>(number)) {}
  Cell(Share share) : value_(share) {}
  Cell(std::vector<std::string> list) : value_(std::move(list)) {}
  Cell(std::chrono::sys_days day);
  Cell(store::Instant at);
  template <class T>
  Cell(const std::optional<T>& value) {
    if (value) *this = Cell(*value);
  }
  // NOLINTEND(google-explicit-constructor)

  const Value& value() const { return value_; }
  /// Nothing, an empty text, an empty list or a share of nothing: what is absent is absent.
  bool empty() const;

 private:
  Value value_ = {};
};

struct Column {
  std::string name;          ///< snake_case
  std::string heading = {};  ///< for people; empty: in JSON and CSV alone
};

struct Table {
  std::string name;   ///< snake_case
  std::string title;  ///< for people
  std::vector<Column> columns = {};
  std::vector<std::vector<Cell>> rows = {};
  std::string empty = {};  ///< said in words where there is no row
  bool in_words = true;    ///< false: in JSON and CSV alone
};

/// Rows of one table beyond this are left out, with a word about it in Basis::unknown.
constexpr std::size_t max_rows = 10'000;
struct Basis;
void bound_rows(Table& table, Basis& basis);

struct Fact {
  std::string name;
  std::string words;
  Cell value;
};

/// Something that the answer does not know, and therefore does not claim.
struct Unknown {
  std::string code;
  std::string what;
  friend bool operator==(const Unknown&, const Unknown&) = default;
};

/// What an answer rests on.
struct Basis {
  store::Days days = {};      ///< asked for
  std::uint64_t reports = 0;  ///< counted aggregate reports that touch these days
  std::uint64_t reporters = 0;
  std::uint64_t messages = 0;
  std::optional<std::uint64_t> sessions = {};              ///< instead of messages: TLS reports
  std::optional<std::chrono::sys_days> first = {};         ///< first day with messages
  std::optional<std::chrono::sys_days> data_through = {};  ///< last day with messages
  std::uint64_t set_aside = 0;                             ///< reports that are in no count
  std::vector<Unknown> unknown = {};
};

struct Document {
  std::string question;
  std::string domain = {};  ///< empty: all
  Basis basis = {};
  std::vector<Fact> facts = {};
  std::vector<Table> tables = {};
  std::vector<std::string> notes = {};  ///< caveats that belong to the answer
  std::vector<std::string> next = {};   ///< what to do
};

/// One JSON object. Each table is a member with an array of objects; what is absent is left out.
std::string to_json(const Document& document);

/// A table of the document as CSV (RFC 4180), with a line of names first; the first table where
/// `table` is empty. A text that a spreadsheet would take for a formula gets a ' before it.
/// Nothing when there is no such table.
std::optional<std::string> to_csv(const Document& document, std::string_view table = {});

/// As text for a terminal. At most `rows` rows of each table are shown, and how many there are
/// more.
std::string to_words(const Document& document, std::size_t rows = 40);

/// "2026-05-01".
std::string to_text(std::chrono::sys_days day);
/// A day as written by to_text; nothing for other text or a day that no calendar has.
std::optional<std::chrono::sys_days> parse_day(std::string_view text);

/// "1 message", "2 messages".
std::string count_of(std::uint64_t number, std::string_view what);
/// "12.3 %"; "-" of nothing. Never rounds to 0 or 100 what is neither.
std::string percent(Share share);

}  // namespace assay::analysis
