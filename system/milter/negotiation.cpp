#include "system/milter/detail/negotiation.h"

#include <algorithm>
#include <string>

namespace assay::milter::detail {
namespace {

std::unexpected<Finding> refused(std::string what) {
  return std::unexpected(Finding{.code = "no_agreement", .what = std::move(what)});
}

/// All that could be asked for. The filter decides at the end of the message, so that no stage
/// before it needs an answer, and no stage waits for one.
std::uint32_t wanted_steps(const Options& options) {
  std::uint32_t wanted = step::no_unknown | step::skip | step::leading_space |
                         step::header_unanswered | step::connect_unanswered |
                         step::helo_unanswered | step::mail_unanswered |
                         step::recipient_unanswered | step::data_unanswered |
                         step::unknown_unanswered | step::end_of_header_unanswered;
  if (!options.want_recipients) wanted |= step::no_recipients;
  if (!options.want_body) wanted |= step::no_body;
  if (!options.answer_body) wanted |= step::body_unanswered;
  return wanted;
}

}  // namespace

std::expected<Offer, Finding> negotiate(const Offer& mta, const Options& options) {
  if (mta.version < oldest_version) {
    return refused("the MTA speaks version " + std::to_string(mta.version) +
                   " of the milter protocol; 2 is the oldest known here");
  }
  const std::uint32_t actions = mta.actions == 0 ? action::version_1 : mta.actions;
  const std::uint32_t steps = mta.protocol == 0 ? step::version_1 : mta.protocol;
  constexpr std::uint32_t needed =
      action::add_headers | action::change_headers | action::quarantine;
  if ((actions & needed) != needed) {
    return refused("the MTA does not offer to add headers, change headers and quarantine");
  }
  return Offer{.version = std::min(mta.version, newest_version),
               .actions = needed,
               .protocol = steps & wanted_steps(options)};
}

}  // namespace assay::milter::detail
