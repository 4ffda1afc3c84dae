#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "system/store/alert_values.h"

/// Whether what domains publish brings their reports here, as far as watched records tell. Nothing
/// is asked for it.
namespace assay::analysis {

/// How the DMARC records of domains ask for reports. Names are in order, each in one list.
struct RecordSetup {
  std::size_t asking = 0;                    ///< domains that ask for reports, also elsewhere
  std::vector<std::string> unasked = {};     ///< no DMARC record, or none with a usable rua
  std::vector<std::string> elsewhere = {};   ///< they ask, and name no address of ours
  std::vector<std::string> unanswered = {};  ///< the DNS never answered
  std::optional<store::Instant> since = {};  ///< the earliest look at which one asked
  std::size_t watched() const { return asking + unasked.size() + unanswered.size(); }
  /// Every watched domain asks, and there is one.
  bool is_done() const { return asking > 0 && watched() == asking && elsewhere.empty(); }
};

/// `addresses`: where reports are taken in, mailboxes or "@domain"; none: any address may be ours.
/// `reporting`: domains of which reports came, sorted: wherever they are sent, they arrive.
RecordSetup look_at_setup(std::span<const store::RecordState> records,
                          std::span<const std::string> addresses,
                          std::span<const std::string> reporting);

/// In a sentence, such as "All 3 domains ask for reports"; with no domain watched, that none is.
std::string in_words(const RecordSetup& setup);
/// What to do about it; empty where nothing is to be done.
std::string advice(const RecordSetup& setup);

}  // namespace assay::analysis
