#include "system/analysis/tls.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "assay/base/ascii.h"
#include "system/analysis/detail/order.h"

namespace assay::analysis {
namespace {

constexpr std::size_t max_kinds = 10'000;
/// As for aggregate reports (overview.h).
constexpr std::chrono::hours least_silence{72};
constexpr int silent_after = 3;

struct Meaning {
  std::string_view result;
  std::string_view words;
};

// RFC 8460 §4.3
constexpr std::array meanings = {
    Meaning{"starttls-not-supported", "the MX offered no STARTTLS: switch TLS on there"},
    Meaning{"certificate-host-mismatch",
            "the certificate is for another name: it must name the MX host"},
    Meaning{"certificate-expired", "the certificate is over: renew it"},
    Meaning{
        "certificate-not-trusted",
        "no authority that senders trust stands behind the certificate, or its chain is not sent "
        "whole"},
    Meaning{"validation-failure", "a failure that the reporter does not name closer"},
    Meaning{
        "tlsa-invalid",
        "the TLSA record does not match the certificate, as after a renewal without a new record"},
    Meaning{"dnssec-invalid", "DNSSEC of the TLSA record or the MX does not validate"},
    Meaning{"dane-required", "the sender wants DANE, and there is no TLSA record"},
    Meaning{"sts-policy-fetch-error", "the policy file of MTA-STS could not be fetched by HTTPS"},
    Meaning{"sts-policy-invalid", "the policy file of MTA-STS cannot be read"},
    Meaning{"sts-webpki-invalid",
            "the certificate of the MX does not hold for MTA-STS: its name, its time or its chain"},
    Meaning{"unexplained", "counted as failed without any detail"},
};

bool is_silent(const store::ReporterCount& each, store::Instant now) {
  constexpr std::uint64_t enough = 3;
  if (each.reports < enough) return false;
  const auto cadence = (each.last - each.first) / static_cast<std::int64_t>(each.reports);
  return now - each.arrived > std::max<std::chrono::seconds>(least_silence, silent_after * cadence);
}

Table reporter_table(const TlsAnswer& answer) {
  Table table{.name = "reporters",
              .title = "By reporter",
              .columns = {{"reporter", "Reporter"},
                          {"successful", "Successful"},
                          {"failed", "Failed"},
                          {"failed_share", "Share"},
                          {"reports", "Reports"},
                          {"set_aside", "Set aside"},
                          {"last_arrived", "Last came"},
                          {"silent", "Silent"}},
              .empty = "Nobody has sent a TLS report."};
  for (const TlsReporter& each : answer.reporters) {
    table.rows.push_back({each.reporter, each.sessions.successful, each.sessions.failed,
                          Share{each.sessions.failed, each.sessions.all()}, each.reports,
                          each.set_aside != 0 ? Cell(each.set_aside) : Cell(), each.arrived,
                          each.silent ? Cell(true) : Cell()});
  }
  return table;
}

Table policy_table(const TlsAnswer& answer) {
  Table table{.name = "policies",
              .title = "By policy that the sender found",
              .columns = {{"policy_type", "Policy"},
                          {"successful", "Successful"},
                          {"failed", "Failed"},
                          {"failed_share", "Share"}}};
  for (const auto& [type, sessions] : answer.by_policy)
    table.rows.push_back(
        {type, sessions.successful, sessions.failed, Share{sessions.failed, sessions.all()}});
  return table;
}

Table result_table(const TlsAnswer& answer) {
  Table table{.name = "results",
              .title = "Why sessions failed",
              .columns = {{"result_type", "Result"},
                          {"sessions", "Sessions"},
                          {"share", "Of failed"},
                          {"meaning", "What it means"}},
              .empty = "No session failed."};
  std::vector<std::pair<std::uint64_t, std::string>> order;
  for (const auto& [result, sessions] : answer.by_result) order.emplace_back(sessions, result);
  std::ranges::sort(order, std::ranges::greater());
  for (const auto& [sessions, result] : order)
    table.rows.push_back(
        {result, sessions, Share{sessions, answer.all.failed}, meaning_of_result(result)});
  return table;
}

Table failing_table(const TlsAnswer& answer) {
  Table table{.name = "failing",
              .title = "Where they failed",
              .columns = {{"mx", "MX"},
                          {"result_type", "Result"},
                          {"sessions", "Sessions"},
                          {"reports", "Reports"},
                          {"mx_ip", "Its address"},
                          {"sender", "A sender"},
                          {"details", "Told with it"}}};
  for (const TlsFailing& each : answer.failing)
    table.rows.push_back({each.mx.empty() ? "not told" : each.mx, each.result_type, each.sessions,
                          each.reports, each.mx_ip, each.sender, each.details});
  return table;
}

Table day_table(const TlsAnswer& answer) {
  Table table{.name = "days",
              .title = "By day",
              .columns = {{"day", "Day"},
                          {"successful", "Successful"},
                          {"failed", "Failed"},
                          {"failed_share", "Share"}}};
  for (const auto& [day, sessions] : answer.days)
    table.rows.push_back(
        {day, sessions.successful, sessions.failed, Share{sessions.failed, sessions.all()}});
  return table;
}

void say_next(const TlsAnswer& answer, Document& document) {
  if (answer.reporters.empty()) {
    document.next.push_back(
        fmt::format("No TLS report came: publish v=TLSRPTv1; rua=mailto:ADDRESS at _smtp._tls.{} "
                    "(RFC 8460 §3). "
                    "Few senders report, and only such as look for MTA-STS or DANE.",
                    document.domain));
    return;
  }
  if (answer.by_result.empty()) return;
  const auto worst =
      std::ranges::max_element(answer.by_result, {}, [](const auto& each) { return each.second; });
  const std::string_view meaning = meaning_of_result(worst->first);
  document.next.push_back(fmt::format("Most failures are {}{}{}.", ascii::printable(worst->first),
                                      meaning.empty() ? "" : ": ", meaning));
}

}  // namespace

std::string_view meaning_of_result(std::string_view result_type) {
  const auto found = std::ranges::find(meanings, result_type, &Meaning::result);
  return found == meanings.end() ? std::string_view{} : found->words;
}

TlsAnswer make_tls(std::span<const store::TlsCount> counts,
                   std::span<const store::ReporterCount> known, store::Instant now) {
  TlsAnswer answer;
  std::map<std::string, TlsReporter> reporters;
  for (const store::ReporterCount& each : known) {
    if (each.kind != store::ReportKind::tls) continue;
    TlsReporter& row = reporters[each.reporter];
    row.reports += each.reports;
    row.set_aside += each.set_aside;
    row.arrived = std::max(row.arrived.value_or(each.arrived), each.arrived);
    row.silent = is_silent(each, now);
  }
  for (const store::TlsCount& each : counts) {
    const bool good = each.result_type.empty();
    const auto add = [&](Sessions& sum) { (good ? sum.successful : sum.failed) += each.sessions; };
    add(answer.all);
    add(reporters[each.reporter].sessions);
    add(answer.by_policy[each.policy_type]);
    add(answer.days[each.day]);
    if (!good && each.sessions > 0) answer.by_result[each.result_type] += each.sessions;
  }
  for (auto& [name, row] : reporters) {
    row.reporter = name;
    answer.reporters.push_back(std::move(row));
  }
  detail::sort_stably(answer.reporters, [](const TlsReporter& a, const TlsReporter& b) {
    return a.sessions.all() > b.sessions.all();
  });
  return answer;
}

void add_policies(TlsAnswer& answer, std::span<const store::TlsPolicy> policies) {
  ++answer.reports_read;
  for (const store::TlsPolicy& policy : policies) {
    for (const store::TlsFailure& each : policy.failures) {
      auto found = std::ranges::find_if(answer.failing, [&](const TlsFailing& one) {
        return one.result_type == each.result_type && one.mx == each.receiving_mx_hostname;
      });
      if (found == answer.failing.end()) {
        if (answer.failing.size() == max_kinds) continue;
        answer.failing.push_back(
            {.result_type = each.result_type, .mx = each.receiving_mx_hostname});
        found = answer.failing.end() - 1;
      }
      found->sessions += each.sessions;
      ++found->reports;
      if (found->mx_ip.empty()) found->mx_ip = each.receiving_ip;
      if (found->sender.empty()) found->sender = each.sending_mta_ip;
      if (found->details.empty())
        found->details = !each.reason_code.empty() ? each.reason_code : each.additional_information;
    }
  }
  detail::sort_stably(answer.failing, [](const TlsFailing& a, const TlsFailing& b) {
    return a.sessions > b.sessions;
  });
}

void tell(const TlsAnswer& answer, Document& document) {
  document.facts.push_back({"sessions", "Sessions", answer.all.all()});
  document.facts.push_back({"successful", "  successful", answer.all.successful});
  document.facts.push_back({"failed", "  failed", answer.all.failed});
  std::vector<std::string> silent;
  for (const TlsReporter& each : answer.reporters) {
    if (each.silent) silent.push_back(each.reporter);
  }
  if (!answer.reporters.empty()) {
    document.facts.push_back({"silent_reporters", "Reporters fallen silent", silent.size()});
  }
  document.tables = {reporter_table(answer), policy_table(answer), result_table(answer),
                     failing_table(answer), day_table(answer)};
  for (Table& each : document.tables) bound_rows(each, document.basis);
  if (answer.not_all_read) {
    document.basis.unknown.push_back(
        {"failures_of_some", fmt::format("Where sessions failed: of {} alone, the earliest",
                                         count_of(answer.reports_read, "report"))});
  }
  document.basis.unknown.push_back(
      {"not_reported", "Sessions of senders that send no TLS reports, which most do not"});
  document.notes.emplace_back(
      "Counts are sessions, not messages. A failure under an MTA-STS policy in mode enforce, or "
      "under "
      "DANE, kept mail away; one under another policy did not.");
  say_next(answer, document);
}

}  // namespace assay::analysis
