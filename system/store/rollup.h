#pragma once

#include <chrono>
#include <compare>
#include <cstdint>
#include <map>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "assay/aggregate/report.h"
#include "system/store/packed_records.h"

/// How records become daily counts: what is told apart, and how a report over several days is
/// spread.
namespace assay::store {

/// An aligned result as the reporter says it.
enum class Aligned : std::uint8_t { pass, fail, unknown };

/// What was done with a message. `pass` is RFC 9990's word for one that needed no policy.
enum class Done : std::uint8_t { none, pass, quarantine, reject, other };

/// The first reason for an override (RFC 9990 §3.1.6), with those of RFC 7489.
enum class OverrideType : std::uint8_t {
  absent,
  local_policy,
  mailing_list,
  trusted_forwarder,
  policy_test_mode,
  forwarded,
  sampled_out,
  other,
};

/// The policy that was asked for.
enum class Asked : std::uint8_t { none, quarantine, reject, unknown };

/// Whether any identifier was authenticated, aligned or not.
enum class Authenticated : std::uint8_t { yes, no };

/// All that daily counts tell apart beside domain, day and reporter.
struct Cell {
  Aligned spf = Aligned::unknown;
  Aligned dkim = Aligned::unknown;
  Done disposition = Done::none;
  OverrideType reason = OverrideType::absent;
  Asked policy = Asked::none;
  bool test_mode = false;                      ///< t=y was published
  Authenticated raw_spf = Authenticated::no;   ///< a result of SPF is pass
  Authenticated raw_dkim = Authenticated::no;  ///< a signature is pass
  friend auto operator<=>(const Cell&, const Cell&) = default;
};

std::string_view to_text(Aligned result);
std::string_view to_text(Done disposition);
std::string_view to_text(OverrideType type);
std::string_view to_text(Asked policy);

/// A cell as a small number, and back. Bits stand in files: they are only added to.
std::uint32_t number_of(const Cell& cell);
Cell cell_of(std::uint32_t number);

/// The cell of a record under the policy that its report says was published.
Cell cell_of(const aggregate::Row& row, const aggregate::PolicyPublished& policy);

/// The same for the records of one chunk, quickly. The chunk must outlive it no longer than its
/// making.
class CellReader {
 public:
  CellReader(const ChunkReader& chunk, const aggregate::PolicyPublished& policy);
  /// Of a record that the chunk's reader gave.
  std::uint32_t number_of(const PackedRecord& record) const;

 private:
  struct Word {
    Aligned aligned = Aligned::unknown;
    Done done = Done::other;
    OverrideType type = OverrideType::other;
    Asked asked = Asked::unknown;
    bool passed = false;
  };
  static std::span<const Word> usual_words();
  std::vector<Word> words_ = {};
  bool test_mode_;
};

/// Which days a period touches, and what share of it each has. The period is half open; one that
/// ends where it begins is of one second.
class Spread {
 public:
  Spread(aggregate::Instant begin, aggregate::Instant end);
  std::size_t days() const { return until_.size(); }
  std::chrono::sys_days day(std::size_t at) const {
    return first_ + std::chrono::days{static_cast<int>(at)};
  }
  /// How many of the messages of a record are of a day: those of all days together are `count`.
  /// Where they cannot be divided evenly, the number of the record decides which day has one more,
  /// so that records with few messages do not all fall on one.
  std::uint64_t share(std::uint64_t count, std::uint64_t number, std::size_t at) const;

  /// Periods longer than this are no reports of a day or a week; they must not be spread.
  static constexpr std::chrono::days longest{62};

 private:
  std::uint64_t before(std::uint64_t count, std::uint64_t number, std::size_t days) const;
  std::chrono::sys_days first_;
  std::vector<std::uint64_t> until_ = {};  ///< seconds of the period up to the end of each day
};

/// The daily counts of one report.
class Rollup {
 public:
  Rollup(aggregate::PolicyPublished policy, aggregate::Instant begin, aggregate::Instant end)
      : policy_(std::move(policy)), spread_(begin, end) {}

  /// Counts the next chunk. False for octets that are no chunk.
  bool add(std::string_view chunk);

  struct Place {
    std::chrono::sys_days day;
    std::uint32_t cell;  ///< number_of(Cell)
    friend auto operator<=>(const Place&, const Place&) = default;
  };
  /// Places with messages.
  const std::map<Place, std::uint64_t>& counts() const { return counts_; }
  std::uint64_t records() const { return records_; }

 private:
  aggregate::PolicyPublished policy_;
  Spread spread_;
  std::map<Place, std::uint64_t> counts_ = {};
  std::uint64_t records_ = 0;
};

}  // namespace assay::store
