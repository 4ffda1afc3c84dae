#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "assay/tlsrpt/detail/members.h"
#include "assay/tlsrpt/read.h"

namespace assay::tlsrpt::detail {

/// The values of one report while it is read: what each member means.
class Fields {
 public:
  explicit Fields(const ReadLimits& limits) : limits_(limits) {}

  /// An object begins.
  void begin(Node node);
  /// An object ends.
  void finish(Node node);
  void set_text(Node node, std::string text);
  void set_number(Node node, std::uint64_t number);
  /// A number that is negative or has a fraction.
  void set_float(Node node, double number);
  /// A value of a kind that cannot stand there.
  void set_nothing(Node node, std::string_view kind);

  void note(Level level, std::string_view code, std::string what);
  /// Octets read so far, for findings.
  void at(std::size_t position) { position_ = position; }

  /// The document has ended, `cut` where that was before its report did.
  Reading finish_report(bool cut);

  bool seen_report = false;
  bool known_member = false;  ///< some member of a report was there

 private:
  struct Note {
    Finding finding;
    std::size_t policy = 0;
    std::uint64_t times = 1;
  };

  void put(Node node, std::string& field, std::string text);
  void put_count(Node node, std::uint64_t number);
  void put_time(Node node, const std::string& text);
  void add_string(Node node, std::vector<std::string>& list, std::string text);
  void settle_word(Node node, std::string& text, std::span<const std::string_view> words);
  void settle_domain();
  void finish_detail();
  void finish_entry();
  void settle();
  std::string* text_of(Node node);
  bool is_first(Node node);

  ReadLimits limits_;
  std::size_t position_ = 0;
  Report report_ = {};
  std::vector<Note> notes_ = {};
  std::uint64_t other_notes_ = 0;
  std::optional<Finding> bad_date_ = {};
  std::uint64_t sessions_ = 0;
  std::size_t details_ = 0;
  std::size_t entry_ = 0;  ///< the number of the policy that is read, or 0
  // What is being read; becomes part of the report when it has ended.
  Policy policy_ = {};
  FailureDetail detail_ = {};
  /// Bit n: node n has its value within the innermost report, policy or detail.
  std::uint64_t has_ = 0;
};

}  // namespace assay::tlsrpt::detail
