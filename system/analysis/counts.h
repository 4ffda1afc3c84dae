#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "system/analysis/document.h"
#include "system/analysis/flows.h"
#include "system/store/received_values.h"

/// Questions that daily counts answer: how mail authenticated, and what was done with it.
namespace assay::analysis {

/// Messages by how they authenticated and what became of them.
struct Tally {
  std::uint64_t both = 0;
  std::uint64_t only_spf = 0;  ///< a risk under p=reject (RFC 9989 §7.4)
  std::uint64_t only_dkim = 0;
  std::uint64_t none = 0;
  std::uint64_t unknown =
      0;  ///< no reporter's word says that it passed, and not both that it failed
  std::uint64_t delivered = 0;
  std::uint64_t quarantined = 0;
  std::uint64_t rejected = 0;
  std::uint64_t other = 0;  ///< a disposition that no standard knows

  void add(const store::Cell& cell, std::uint64_t messages);
  std::uint64_t messages() const { return both + only_spf + only_dkim + none + unknown; }
  std::uint64_t passing() const { return both + only_spf + only_dkim; }
  friend bool operator==(const Tally&, const Tally&) = default;
};

/// SPF × DKIM × disposition, with the same by day, reporter and source.
struct Cube {
  struct Edge {
    store::Aligned spf;
    store::Aligned dkim;
    store::Done disposition;
    friend auto operator<=>(const Edge&, const Edge&) = default;
  };
  Tally all = {};
  std::map<Edge, std::uint64_t> cells = {};
  std::map<std::chrono::sys_days, Tally> days = {};
  std::map<std::string, Tally> reporters = {};
  std::map<std::string, Tally> sources = {};  ///< by service
};
/// `counts` by day, reporter and cell.
Cube make_cube(std::span<const store::DailyCount> counts, std::span<const Flow> flows);
void tell(const Cube& cube, Document& document);

/// The five parts of all mail, and what cannot be put in one of them.
enum class Part : std::uint8_t {
  passed_enforced,      ///< passed, under quarantine or reject
  without_enforcement,  ///< delivered under none: whether it passed or failed
  overridden,           ///< failed under enforcement, delivered all the same
  quarantined,
  rejected,
  unknown,
};
constexpr std::size_t parts = 6;
std::string_view to_text(Part part);
/// t=y lowers the policy by one step (RFC 9989 §4.7).
Part part_of(const store::Cell& cell);

struct Split {
  std::array<std::uint64_t, parts> messages = {};
  std::uint64_t unenforced_passing = 0;  ///< of without_enforcement
  std::map<std::chrono::sys_days, std::array<std::uint64_t, parts>> days = {};
  std::uint64_t of(Part part) const { return messages[static_cast<std::size_t>(part)]; }
};
/// `counts` by day and cell.
Split make_split(std::span<const store::DailyCount> counts);
void tell(const Split& split, Document& document);

/// The policy that a message was under, t applied.
store::Asked in_effect(const store::Cell& cell);

/// Why a message that failed was not handled as the policy asks.
enum class GapKind : std::uint8_t {
  override_told,         ///< the reporter gives a reason
  test_mode,             ///< t=y: one step less was asked for
  served_as_quarantine,  ///< reject served as quarantine, which RFC 9989 §7.4 wants of receivers
  not_enforced,          ///< no reason given
  other_policy,          ///< the reporter saw a weaker policy than others did that day
};
std::string_view to_text(GapKind kind);

struct Gap {
  std::string reporter;
  GapKind kind = GapKind::not_enforced;
  store::OverrideType reason = store::OverrideType::absent;
  store::Asked asked = store::Asked::none;
  store::Done done = store::Done::none;
  std::uint64_t messages = 0;
};
struct ReporterHandling {
  std::string reporter;
  std::uint64_t failing = 0;    ///< messages that failed under an enforcing policy
  std::uint64_t as_asked = 0;   ///< of these
  bool never_enforces = false;  ///< of a number large enough to say so
};
struct Gaps {
  std::uint64_t failing =
      0;  ///< messages that failed under an enforcing policy, as reporters saw it
  std::uint64_t as_asked = 0;  ///< handled so
  std::vector<Gap> gaps = {};  ///< largest first
  std::vector<ReporterHandling> reporters = {};
};
/// `counts` by day, reporter and cell.
Gaps make_gaps(std::span<const store::DailyCount> counts);
void tell(const Gaps& gaps, Document& document);

}  // namespace assay::analysis
