#pragma once

#include <cstddef>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "assay/base/domain_name.h"
#include "assay/base/finding.h"

namespace assay::dns::detail {

/// Where something stands in a master file, for findings.
struct Place {
  std::size_t line = 1;
  std::size_t at = 0;  ///< octet offset
};

/// `bad_zone`, with the line number in front of the sentence.
Finding zone_finding(Place place, const std::string& what);

/// A contiguous run of octets or the inside of a quoted string, escapes not yet undone.
struct Token {
  std::string_view raw;
  bool quoted = false;
  Place place = {};
};

/// One entry of a master file: a line, or several joined by parentheses (RFC 1035 §5.1).
struct Entry {
  std::vector<Token> tokens = {};  ///< at least one
  bool owner_given = true;         ///< false: the line begins with white space
  Place place = {};
};

/// Splits master-file text into entries. Views live as long as the text. Linear in its length.
class MasterFile {
 public:
  explicit MasterFile(std::string_view text) : text_(text) {}

  /// Fills the next entry; false at the end of the text.
  /// Errors: `bad_zone` for a quote or parenthesis without its twin or a backslash before nothing.
  std::expected<bool, Finding> next(Entry& entry);

 private:
  std::expected<void, Finding> read_entry(Entry& entry);
  std::expected<void, Finding> read_plain(Entry& entry);
  std::expected<void, Finding> read_quoted(Entry& entry);
  std::expected<void, Finding> take_parenthesis();
  void skip_comment();

  std::string_view text_;
  Place here_ = {};
  std::size_t depth_ = 0;  // of parentheses
};

/// The octets that a token stands for, \DDD and \X undone (RFC 1035 §5.1).
std::expected<std::string, Finding> unescape(const Token& token);

/// The domain name that a token stands for; `origin` completes a relative one, "@" is the origin.
/// The root comes from "." alone.
std::expected<DomainName, Finding> read_name(const Token& token, const DomainName& origin);

}  // namespace assay::dns::detail
