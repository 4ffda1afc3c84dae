/// A document as JSON, CSV and words.
#include <fmt/format.h>

#include <algorithm>

#include "assay/base/ascii.h"
#include "assay/base/overloaded.h"
#include "system/analysis/document.h"
#include "system/json/writer.h"

namespace assay::analysis {
namespace {

// ---- JSON --------------------------------------------------------------------------------------

void write_cell(json::Writer& out, const Cell& cell) {
  std::visit(
      overloaded{[&](const std::monostate&) {}, [&](const std::string& text) { out.string(text); },
                 [&](const std::uint64_t number) { out.number(number); },
                 [&](const std::int64_t number) { out.raw(std::to_string(number)); },
                 [&](const bool yes) { out.boolean(yes); },
                 [&](const Share& share) {
                   out.raw(fmt::format("{:.6g}", static_cast<double>(share.part) /
                                                     static_cast<double>(share.whole)));
                 },
                 [&](const std::vector<std::string>& list) {
                   out.begin_array();
                   for (const std::string& each : list) out.string(each);
                   out.end_array();
                 }},
      cell.value());
}

void write_member(json::Writer& out, std::string_view name, const Cell& cell) {
  if (cell.empty()) return;
  out.key(name);
  write_cell(out, cell);
}

void write_basis(json::Writer& out, const Basis& basis) {
  constexpr std::chrono::days day{1};
  out.key("period");
  out.begin_object();
  out.member("from", to_text(basis.days.from));
  out.member("to", to_text(basis.days.until - day));
  out.end_object();
  if (basis.data_through) out.member("data_through", to_text(*basis.data_through));
  out.key("basis");
  out.begin_object();
  out.member_number("reports", basis.reports);
  out.member_number("reporters", basis.reporters);
  if (basis.sessions) {
    out.member_number("sessions", *basis.sessions);
  } else {
    out.member_number("messages", basis.messages);
  }
  if (basis.set_aside > 0) out.member_number("reports_set_aside", basis.set_aside);
  if (basis.first) out.member("first_day", to_text(*basis.first));
  out.end_object();
}

void write_table(json::Writer& out, const Table& table) {
  out.key(table.name);
  out.begin_array();
  for (const std::vector<Cell>& row : table.rows) {
    out.begin_object();
    for (std::size_t i = 0; i < row.size() && i < table.columns.size(); ++i) {
      write_member(out, table.columns[i].name, row[i]);
    }
    out.end_object();
  }
  out.end_array();
}

// ---- CSV ---------------------------------------------------------------------------------------

std::string plain(const Cell& cell) {
  return std::visit(
      overloaded{[](const std::monostate&) { return std::string(); },
                 [](const std::string& text) { return ascii::printable(text, 2'000); },
                 [](const std::uint64_t number) { return std::to_string(number); },
                 [](const std::int64_t number) { return std::to_string(number); },
                 [](const bool yes) { return std::string(yes ? "yes" : "no"); },
                 [](const Share& share) { return percent(share); },
                 [](const std::vector<std::string>& list) {
                   std::string text;
                   for (const std::string& each : list) {
                     text += (text.empty() ? "" : "; ") + ascii::printable(each, 2'000);
                   }
                   return text;
                 }},
      cell.value());
}

bool is_number(const Cell& cell) {
  return std::holds_alternative<std::uint64_t>(cell.value()) ||
         std::holds_alternative<std::int64_t>(cell.value()) ||
         std::holds_alternative<Share>(cell.value());
}

std::string csv_field(const Cell& cell) {
  if (const Share* share = std::get_if<Share>(&cell.value()); share != nullptr) {
    if (share->whole == 0) return "";
    return fmt::format("{:.6g}",
                       static_cast<double>(share->part) / static_cast<double>(share->whole));
  }
  std::string text = plain(cell);
  if (!is_number(cell) && !text.empty() &&
      std::string_view("=+-@\t").find(text.front()) != std::string_view::npos) {
    text.insert(text.begin(), '\'');
  }
  if (text.find_first_of("\",\r\n;") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted + '"';
}

// ---- Words -------------------------------------------------------------------------------------

constexpr std::size_t widest = 48;

/// Whether a column has a value in one of the first rows.
bool says_something(const Table& table, std::size_t column, std::size_t rows) {
  return std::any_of(
      table.rows.begin(), table.rows.begin() + static_cast<std::ptrdiff_t>(rows),
      [&](const std::vector<Cell>& row) { return column < row.size() && !row[column].empty(); });
}

std::string table_in_words(const Table& table, std::size_t limit) {
  const std::size_t rows = std::min(limit, table.rows.size());
  std::vector<std::size_t> shown;
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    if (!table.columns[i].heading.empty() && says_something(table, i, rows)) shown.push_back(i);
  }
  std::vector<std::vector<std::string>> texts(rows + 1);
  std::vector<std::size_t> width(table.columns.size(), 0);
  for (const std::size_t i : shown) texts[0].push_back(table.columns[i].heading);
  for (std::size_t r = 0; r < rows; ++r) {
    for (const std::size_t i : shown) {
      texts[r + 1].push_back(i < table.rows[r].size() ? plain(table.rows[r][i]) : "");
    }
  }
  for (const auto& row : texts) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      width[i] = std::max(width[i], std::min(widest, row[i].size()));
    }
  }
  std::string text;
  for (std::size_t r = 0; r < texts.size(); ++r) {
    std::string line;
    for (std::size_t i = 0; i < texts[r].size(); ++i) {
      const bool right = !table.rows.empty() && shown[i] < table.rows[0].size() &&
                         is_number(table.rows[0][shown[i]]);
      const bool last = i + 1 == texts[r].size();
      if (right) {
        line += fmt::format("{:>{}}", texts[r][i], width[i]);
      } else {
        line += last ? texts[r][i] : fmt::format("{:<{}}", texts[r][i], width[i]);
      }
      if (!last) line += "  ";
    }
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + "\n";
  }
  if (table.rows.size() > rows) {
    text += fmt::format("... and {} more (--json or --csv shows all)\n", table.rows.size() - rows);
  }
  return text;
}

std::string basis_in_words(const Document& document) {
  const Basis& basis = document.basis;
  constexpr std::chrono::days day{1};
  std::string text = fmt::format("{}{}{}, {} to {} (UTC)\n", document.question,
                                 document.domain.empty() ? "" : " of ", document.domain,
                                 to_text(basis.days.from), to_text(basis.days.until - day));
  text += fmt::format(
      "Rests on {} of {}, {}", count_of(basis.reports, "report"),
      count_of(basis.reporters, "reporter"),
      basis.sessions ? count_of(*basis.sessions, "session") : count_of(basis.messages, "message"));
  if (basis.data_through) text += "; data through " + to_text(*basis.data_through);
  if (basis.set_aside > 0) {
    text += "; " + count_of(basis.set_aside, "report") + " set aside and not counted";
  }
  return text + "\n";
}

std::string list_in_words(std::string_view title, const std::vector<std::string>& texts) {
  if (texts.empty()) return "";
  std::string text = "\n" + std::string(title) + "\n";
  for (const std::string& each : texts) text += "  - " + ascii::printable(each, 2'000) + "\n";
  return text;
}

}  // namespace

void bound_rows(Table& table, Basis& basis) {
  if (table.rows.size() <= max_rows) return;
  basis.unknown.push_back(
      {"rows_left_out", fmt::format("{} of {} rows of \"{}\" are left out; ask for fewer days",
                                    table.rows.size() - max_rows, table.rows.size(), table.name)});
  table.rows.resize(max_rows);
}

std::string to_json(const Document& document) {
  json::Writer out;
  out.begin_object();
  out.member("question", document.question);
  out.member("domain", document.domain);
  write_basis(out, document.basis);
  for (const Fact& fact : document.facts) write_member(out, fact.name, fact.value);
  for (const Table& table : document.tables) write_table(out, table);
  out.key("not_known");
  out.begin_array();
  for (const Unknown& each : document.basis.unknown) {
    out.begin_object();
    out.member("code", each.code);
    out.member("what", each.what);
    out.end_object();
  }
  out.end_array();
  out.member("notes", document.notes);
  out.member("next", document.next);
  out.end_object();
  return out.take();
}

std::optional<std::string> to_csv(const Document& document, std::string_view table) {
  const auto found = std::ranges::find_if(
      document.tables, [&](const Table& each) { return table.empty() || each.name == table; });
  if (found == document.tables.end()) return std::nullopt;
  std::string text;
  for (std::size_t i = 0; i < found->columns.size(); ++i) {
    text += (i == 0 ? "" : ",") + found->columns[i].name;
  }
  text += "\r\n";
  for (const std::vector<Cell>& row : found->rows) {
    for (std::size_t i = 0; i < found->columns.size(); ++i) {
      text += (i == 0 ? "" : ",") + (i < row.size() ? csv_field(row[i]) : "");
    }
    text += "\r\n";
  }
  return text;
}

std::string to_words(const Document& document, std::size_t rows) {
  std::string text = basis_in_words(document);
  if (!document.facts.empty()) text += "\n";
  for (const Fact& fact : document.facts) {
    if (!fact.value.empty()) text += fmt::format("{:<44} {}\n", fact.words, plain(fact.value));
  }
  for (const Table& table : document.tables) {
    if (!table.in_words || (table.rows.empty() && table.empty.empty())) continue;
    text += "\n" + table.title + "\n";
    text += table.rows.empty() ? table.empty + "\n" : table_in_words(table, rows);
  }
  text += list_in_words("Note", document.notes);
  std::vector<std::string> unknown;
  for (const Unknown& each : document.basis.unknown) unknown.push_back(each.what);
  text += list_in_words("Not known", unknown);
  text += list_in_words("Next", document.next);
  return text;
}

}  // namespace assay::analysis
