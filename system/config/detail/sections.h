#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "system/config/detail/rows.h"

/// The table of options: the rows of each section, in the order of the manual.
namespace assay::config {

/// What stands above all sections.
std::span<const Row<Settings>> top_rows();
std::span<const Row<Filter>> filter_rows();
std::span<const Row<Listener>> listener_rows();
std::span<const Row<Dns>> dns_rows();
std::span<const Row<Enforcement>> enforcement_rows();
/// Without `client`, `domain`, `list` and `recipient`, of which one stands in each.
std::span<const Row<Allow>> allow_rows();
std::span<const Row<Evidence>> evidence_rows();
std::span<const Row<Journal>> journal_rows();
std::span<const Row<Reports>> reports_rows();
std::span<const Row<Intake>> intake_rows();
std::span<const Row<Receive>> receive_rows();
std::span<const Row<Insight>> insight_rows();
std::span<const Row<Imap>> imap_rows();
std::span<const Row<Web>> web_rows();
std::span<const Row<Smtp>> smtp_rows();
std::span<const Row<Alerts>> alerts_rows();
std::span<const Row<AlertRule>> alert_rule_rows();
std::span<const Row<Digest>> digest_rows();
std::span<const Row<Log>> log_rows();
std::span<const Row<Metrics>> metrics_rows();

/// The keys of an [[allow]] that say whom.
std::span<const std::string_view> allow_subjects();

/// Calls `visit(name, rows, member)` for each section that stands once, in the order of the manual;
/// `member` is the pointer to it in Settings.
template <class Visit>
void for_each_section(const Visit& visit) {
  visit("filter", filter_rows(), &Settings::filter);
  visit("dns", dns_rows(), &Settings::dns);
  visit("enforcement", enforcement_rows(), &Settings::enforcement);
  visit("evidence", evidence_rows(), &Settings::evidence);
  visit("journal", journal_rows(), &Settings::journal);
  visit("reports", reports_rows(), &Settings::reports);
  visit("intake", intake_rows(), &Settings::intake);
  visit("receive", receive_rows(), &Settings::receive);
  visit("web", web_rows(), &Settings::web);
  visit("insight", insight_rows(), &Settings::insight);
  visit("smtp", smtp_rows(), &Settings::smtp);
  visit("alerts", alerts_rows(), &Settings::alerts);
  visit("digest", digest_rows(), &Settings::digest);
  visit("log", log_rows(), &Settings::log);
  visit("metrics", metrics_rows(), &Settings::metrics);
}

}  // namespace assay::config
