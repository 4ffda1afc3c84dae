#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "assay/aggregate/report.h"
#include "system/analysis/document.h"
#include "system/store/received_values.h"

/// Why reporters departed from the policy, in their own words.
namespace assay::analysis {

/// What a comment says of an ARC chain (RFC 8617 §7.2.2).
struct ArcComment {
  std::string result;  ///< pass, fail, none …
  struct Seal {
    unsigned instance = 0;
    std::string domain = {};
    std::string selector = {};
    friend bool operator==(const Seal&, const Seal&) = default;
  };
  std::vector<Seal> seals = {};  ///< the highest instance first, as the last who sealed it
  std::vector<std::string> remote_ips = {};
  friend bool operator==(const ArcComment&, const ArcComment&) = default;
};

/// Reads the comment of an override. Lenient: words it does not know are passed over; what says
/// nothing of ARC gives nothing. Linear, at most 50 seals (RFC 8617 §4.2.1).
std::optional<ArcComment> parse_arc_comment(std::string_view comment);

/// Overrides of one type, with a comment.
struct OverrideComment {
  std::string type;
  std::string comment;
  std::optional<ArcComment> arc = {};
  std::vector<std::string> reporters = {};
  std::uint64_t messages = 0;
};

/// Sums comments of records. Bounded: beyond so many different ones they are counted as others.
class CommentSums {
 public:
  void add(std::string_view reporter, const aggregate::Record& record);
  std::vector<OverrideComment> comments() const;  ///< largest first
  std::uint64_t others() const { return others_; }
  static constexpr std::size_t max_comments = 2'000;

 private:
  struct Sum {
    std::uint64_t messages = 0;
    std::vector<std::string> reporters = {};
  };
  std::map<std::pair<std::string, std::string>, Sum> sums_ = {};
  std::uint64_t others_ = 0;
};

struct OverrideRow {
  store::OverrideType type = store::OverrideType::absent;
  std::string reporter;
  std::uint64_t messages = 0;
  std::uint64_t failing = 0;    ///< of these, passed by neither
  std::uint64_t delivered = 0;  ///< of the failing
};
struct Overrides {
  std::uint64_t messages = 0;  ///< all mail
  std::uint64_t overridden = 0;
  std::vector<OverrideRow> rows = {};  ///< largest first
  std::vector<OverrideComment> comments = {};
  std::uint64_t reports_read = 0;  ///< whose comments were read
  std::uint64_t reports_with = 0;  ///< that would have to be read; at least
};
/// `counts` by reporter and cell.
Overrides make_overrides(std::span<const store::DailyCount> counts, const CommentSums& comments);
void tell(const Overrides& overrides, Document& document);

}  // namespace assay::analysis
