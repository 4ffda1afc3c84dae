#include "system/reporting/build.h"

#include <sys/random.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <utility>

#include "assay/aggregate/names.h"
#include "assay/aggregate/write.h"
#include "assay/archive/gzip.h"
#include "assay/base/ascii.h"
#include "assay/dmarc/record.h"

namespace assay::reporting {
namespace {

using aggregate::Report;

/// XML that is handed to the packer at once.
constexpr std::size_t block_octets = 65'536;
/// What the packer may still hold back, and the end of the file.
constexpr std::size_t reserve_octets = 2 * block_octets;

/// XML held whole: so little that it cannot be larger than an attachment may be, packed or not.
std::size_t hold_of(std::size_t max_octets) {
  const std::size_t room = std::max(max_octets, reserve_octets) - reserve_octets;
  return std::min(room, archive::GzipWriter::usual_hold);
}

/// Drawn once for a report and kept with it (RFC 9990 §3.5.1).
std::string new_report_id(store::Instant begin) {
  std::array<std::uint8_t, 16> chance = {};
  // Not std::random_device: to make one costs as much as a small report.
  if (::getentropy(chance.data(), chance.size()) != 0) std::abort();  // no kernel without it
  return aggregate::make_report_id(begin, chance);
}

std::string sentence_on_late(const store::Counted& counted) {
  if (counted.late == 0) return "";
  return std::to_string(counted.late) +
         " of the messages are of earlier periods: what was known of them came late";
}

Report head_of(const Reporter& reporter, const store::Counted& counted, store::Instant begin,
               store::Instant end, aggregate::Schema schema) {
  Report report{.schema = schema, .policy = counted.configuration.policy};
  if (schema == aggregate::Schema::rfc7489 && report.policy.pct.empty()) report.policy.pct = "100";
  report.metadata = {.org_name = reporter.org_name.empty() ? reporter.submitter : reporter.org_name,
                     .email = reporter.email,
                     .extra_contact_info = reporter.contact,
                     .begin = begin,
                     .end = end - std::chrono::seconds{1},
                     .generator = reporter.generator};
  for (std::string text : {record_error(counted.configuration), sentence_on_late(counted)}) {
    if (!text.empty()) report.metadata.errors.push_back(std::move(text));
  }
  return report;
}

}  // namespace

struct Builder::State {
  State(Reporter by, const store::Counted& counted, store::Instant begin, store::Instant end,
        BuildOptions how)
      : reporter(std::move(by)),
        options(how),
        gzip(hold_of(how.max_octets)),
        report(head_of(reporter, counted, begin, end, how.schema)) {}

  void begin_part();
  void end_part();
  void pack();

  const Reporter reporter;
  const BuildOptions options;
  archive::GzipWriter gzip;
  Report report;  ///< the head, without records
  std::string xml = {};
  Built part = {};
  std::vector<Built> parts = {};
  Findings findings = {};
  std::uint64_t number = 0;
};

void Builder::State::begin_part() {
  part = {.report_id = new_report_id(report.metadata.begin),
          .begin = report.metadata.begin,
          .end = report.metadata.end};
  report.metadata.report_id = part.report_id;
  part.file_name = aggregate::file_name({.receiver = reporter.submitter,
                                         .policy_domain = report.policy.domain,
                                         .begin = part.begin,
                                         .end = part.end,
                                         .unique_id = part.report_id});
  aggregate::validate_head(report, findings);
  aggregate::append_head(xml, report);
}

void Builder::State::pack() {
  gzip.add(xml, part.octets);
  xml.clear();
}

void Builder::State::end_part() {
  aggregate::append_end(xml);
  pack();
  gzip.finish(part.octets);
  parts.push_back(std::exchange(part, {}));
}

Builder::Builder(Reporter reporter, const store::Counted& counted, store::Instant begin,
                 store::Instant end, BuildOptions options)
    : state_(std::make_unique<State>(std::move(reporter), counted, begin, end, options)) {}
Builder::~Builder() = default;

bool Builder::add(const aggregate::Record& record) {
  State& state = *state_;
  if (state.part.records == 0) state.begin_part();
  aggregate::validate_record(state.options.schema, record, ++state.number, state.findings);
  if (!state.findings.empty()) return false;
  aggregate::append_record(state.xml, state.options.schema, record);
  ++state.part.records;
  state.part.messages += record.count;
  if (state.xml.size() < block_octets) return true;
  state.pack();
  if (state.part.octets.size() + reserve_octets > state.options.max_octets) state.end_part();
  return true;
}

std::expected<std::vector<Built>, Finding> Builder::finish() {
  State& state = *state_;
  if (state.findings.empty() && state.part.records > 0) state.end_part();
  if (state.findings.empty() && !state.parts.empty()) return std::move(state.parts);
  const std::string what =
      state.findings.empty() ? "there is no record" : state.findings.front().what;
  return std::unexpected(Finding{.code = "bad_report",
                                 .what = "no report that its schema permits can be made for " +
                                         ascii::printable(state.report.policy.domain) + ": " +
                                         what});
}

// RFC 9990 §3.1.1.4: periods begin at 00:00 UTC and do not overlap.
Period period_before(store::Instant now, std::chrono::hours length, std::chrono::seconds late) {
  const auto since = (now - late).time_since_epoch();
  const store::Instant end{std::chrono::seconds(since - since % length)};
  return {.begin = end - length, .end = end};
}

std::string record_error(const store::Configuration& configuration) {
  const auto record = dmarc::parse_record(configuration.record);
  if (!record) return "the policy record cannot be read";
  const auto bad = std::ranges::find_if(
      record->findings, [](const Finding& one) { return one.level == Level::error; });
  return bad == record->findings.end() ? "" : "the policy record: " + bad->what;
}

}  // namespace assay::reporting
