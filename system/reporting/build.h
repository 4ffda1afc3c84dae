#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <vector>

#include "assay/aggregate/report.h"
#include "assay/base/finding.h"
#include "system/store/store.h"

namespace assay::reporting {

/// Who reports (RFC 9990 §3.1.1.3).
struct Reporter {
  std::string email;
  std::string org_name = {};   ///< empty: the submitter
  std::string contact = {};    ///< empty: none
  std::string submitter = {};  ///< the domain of `email`
  std::string generator = {};
};

/// A report as it is attached, ready to be sent.
struct Built {
  std::string report_id = {};
  std::string file_name = {};
  std::string octets = {};  ///< gzip
  store::Instant begin = {};
  store::Instant end = {};  ///< the last second
  std::uint64_t records = 0;
  std::uint64_t messages = 0;
};

struct BuildOptions {
  aggregate::Schema schema = aggregate::Schema::rfc9990;
  std::size_t max_octets = std::size_t{10} << 20;  ///< of an attachment; beyond it goes in parts
};

/// Makes the reports of one configuration, piece by piece: a part is written when it is full, and
/// none is cut. Every value is checked against the schema before it is written (RFC 9990 §9.1).
class Builder {
 public:
  /// `counted`: the configuration with its numbers; `begin`, `end`: the period.
  Builder(Reporter reporter, const store::Counted& counted, store::Instant begin,
          store::Instant end, BuildOptions options);
  ~Builder();
  Builder(const Builder&) = delete;
  Builder& operator=(const Builder&) = delete;

  /// False once something was found that the schema forbids.
  bool add(const aggregate::Record& record);
  /// The parts: one, unless they were too large. Errors: `bad_report`: what the schema forbids.
  std::expected<std::vector<Built>, Finding> finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// The period that ends last before `now` less the time that journals may be late.
struct Period {
  store::Instant begin = {};
  store::Instant end = {};  ///< not in it any more
};
Period period_before(store::Instant now, std::chrono::hours length, std::chrono::seconds late);

/// What is wrong with a policy record, in a sentence for `error` (RFC 9990 §3.1.5); empty: nothing.
std::string record_error(const store::Configuration& configuration);

}  // namespace assay::reporting
