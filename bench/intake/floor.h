#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace assay::bench {

/// What reading reports costs at the least: libdeflate, and one pass over the XML that looks at the
/// tags it needs and keeps a typed row a record, believing everything.
class IntakeFloor {
 public:
  IntakeFloor();
  ~IntakeFloor();
  IntakeFloor(const IntakeFloor&) = delete;
  IntakeFloor& operator=(const IntakeFloor&) = delete;

  /// The records of one gzip of an aggregate report.
  std::size_t records(std::string_view gzip);
  /// Octets that zlib alone makes of it, in pieces.
  static std::size_t inflate(std::string_view gzip);

 private:
  struct State;
  State* state_;
};

}  // namespace assay::bench
