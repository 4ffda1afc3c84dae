#pragma once

#include <cstdint>
#include <string>

#include "system/intake/arrivals.h"
#include "system/store/received.h"

/// What `assay intake` says.
namespace assay::cli {

/// What became of one report, or of a file without one.
struct IntakeLine {
  std::string file = {};
  std::string member = {};
  std::string outcome = {};  ///< added, set_aside, duplicate, sampled_out, refused
  std::string code = {};     ///< why, as a word; with refused and set_aside
  std::string why = {};      ///< and in a sentence
  std::int64_t id = 0;       ///< of a duplicate that of the one that is there
  std::int64_t of = 0;
  store::ReportHead head = {};  ///< unless it was refused
  store::Authenticity authenticity = {};
  std::uint64_t records = 0;
  std::uint64_t messages = 0;
  std::vector<store::Remark> remarks = {};
};

IntakeLine placed_line(const std::string& file, const store::Arrival& arrival,
                       const store::Placed& placed);
IntakeLine refused_line(const std::string& file, const intake::Refused& refused);

struct IntakeTally {
  std::uint64_t files = 0;
  std::uint64_t added = 0;
  std::uint64_t set_aside = 0;
  std::uint64_t duplicate = 0;
  std::uint64_t sampled_out = 0;
  std::uint64_t refused = 0;
  std::uint64_t missing = 0;  ///< files, which are not among those refused
  std::uint64_t records = 0;  ///< of those added
  std::uint64_t messages = 0;
  void count(const IntakeLine& line);
};

// With a line end.
std::string as_json(const IntakeLine& line);
std::string in_words(const IntakeLine& line);
std::string as_json(const IntakeTally& tally);
std::string in_words(const IntakeTally& tally);

}  // namespace assay::cli
