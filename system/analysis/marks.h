#pragma once

#include <cstdint>
#include <expected>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "assay/base/finding.h"
#include "assay/base/time.h"

/// What owners say of the services that send as their domains. Only added to: the latest word
/// counts, the earlier ones remain with who said them and when.
namespace assay::analysis {

enum class Marked : std::uint8_t { unknown, own, approved, forwarder, blocked };
std::string_view to_text(Marked marked);
std::optional<Marked> parse_marked(std::string_view word);

/// What kind of mail a domain sends.
enum class Pile : std::uint8_t { non_sending, transactional, users, mixed };
std::string_view to_text(Pile pile);
std::optional<Pile> parse_pile(std::string_view word);

/// One decision of an owner. Of a service (by its name as `assay show sources` says it, also a
/// network or an address), or of the domain's pile.
struct Mark {
  Instant at = {};
  std::string who;
  std::string domain;        ///< policy domain, A-labels in lower case
  std::string service = {};  ///< empty: the mark is of the domain's pile
  std::optional<Marked> marked = {};
  std::optional<Pile> pile = {};
  std::string note = {};
  friend bool operator==(const Mark&, const Mark&) = default;
};

/// One line of the file of marks, with its line feed; a JSON object.
std::string to_line(const Mark& mark);
/// Twin of to_line. Errors: `mark` with what is wrong.
std::expected<Mark, Finding> parse_mark(std::string_view line);

/// The marks of a file: the latest of each service and domain, and all of them in order.
struct Marks {
  std::vector<Mark> all = {};

  /// What the owner of a domain last said of a service; unknown where nothing was said.
  Marked of(std::string_view domain, std::string_view service) const;
  std::optional<Pile> pile_of(std::string_view domain) const;
  void add(Mark mark);

 private:
  std::map<std::pair<std::string, std::string>, Marked, std::less<>> services_ = {};
  std::map<std::string, Pile, std::less<>> piles_ = {};
};

/// Reads all lines. Errors: `mark`, which names the line; a mark that cannot be read must not be
/// passed over, since it might be the one that takes an approval back.
std::expected<Marks, Finding> read_marks(std::string_view text);

}  // namespace assay::analysis
