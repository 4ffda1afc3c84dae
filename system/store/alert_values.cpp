#include "system/store/alert_values.h"

#include <array>

#include "system/store/detail/words.h"

namespace assay::store {
namespace {

constexpr std::array<std::string_view, watched_kinds> kinds = {
    "dmarc", "spf", "spf_senders", "dkim", "mx", "mta_sts", "tls_rpt"};
constexpr std::array<std::string_view, 3> severities = {"low", "medium", "high"};
constexpr std::array<std::string_view, 5> events = {"opened", "again", "worse", "over", "closed"};
constexpr std::array<std::string_view, 2> letter_kinds = {"mail", "webhook"};

}  // namespace

std::string_view to_text(WatchedKind kind) {
  return kinds[static_cast<std::size_t>(kind)];
}
std::optional<WatchedKind> parse_watched_kind(std::string_view text) {
  return detail::read_word<WatchedKind>(kinds, text);
}
std::string_view to_text(Severity severity) {
  return severities[static_cast<std::size_t>(severity)];
}
std::optional<Severity> parse_severity(std::string_view text) {
  return detail::read_word<Severity>(severities, text);
}
std::string_view to_text(AlertEvent event) {
  return events[static_cast<std::size_t>(event)];
}
std::string_view to_text(LetterKind kind) {
  return letter_kinds[static_cast<std::size_t>(kind)];
}

}  // namespace assay::store
