#include "system/analysis/failures.h"

#include <algorithm>
#include <map>

#include "assay/base/ascii.h"
#include "system/analysis/detail/order.h"

namespace assay::analysis {
namespace {

constexpr std::size_t max_subject = 100;
constexpr std::size_t max_hosts = 20;
constexpr std::size_t max_examples = 5;

/// The domain of an address within text such as "Name <a@example.com>".
std::string domain_of(std::string_view from) {
  const std::size_t at = from.rfind('@');
  if (at == std::string_view::npos) return "";
  std::string_view rest = from.substr(at + 1);
  rest = rest.substr(0, rest.find_first_of(" >,;\t\r\n"));
  return ascii::to_lower(rest);
}

/// The host of a URL, without user and port.
std::string host_of(std::string_view url) {
  const std::size_t scheme = url.find("://");
  if (scheme != std::string_view::npos) url.remove_prefix(scheme + 3);
  url = url.substr(0, url.find_first_of("/?#"));
  if (const std::size_t at = url.rfind('@'); at != std::string_view::npos)
    url.remove_prefix(at + 1);
  if (!url.starts_with('[')) url = url.substr(0, url.find(':'));
  return ascii::to_lower(url);
}

}  // namespace

std::string defang(std::string_view text) {
  std::string safe;
  std::size_t at = 0;
  if (ascii::istarts_with(text, "http")) {
    safe = "hxxp";
    at = 4;
  } else if (ascii::istarts_with(text, "ftp:")) {
    safe = "fxp";
    at = 3;
  }
  for (const char c : text.substr(at)) {
    if (c == '.') {
      safe += "[.]";
    } else if (c == '@') {
      safe += "[@]";
    } else {
      safe += c;
    }
  }
  return safe;
}

std::string subject_pattern(std::string_view subject) {
  std::string pattern;
  for (const char c : subject) {
    if (pattern.size() >= max_subject) break;
    const bool blank = ascii::is_fws(c);
    const char put = ascii::is_digit(c) ? '#' : (blank ? ' ' : ascii::to_lower(c));
    const bool repeated = !pattern.empty() && pattern.back() == put && (put == '#' || put == ' ');
    if (!repeated) pattern += put;
  }
  return std::string(ascii::trim_fws(pattern));
}

Failures make_failures(std::span<const store::FailureCount> counts,
                       std::span<const FailureSeen> seen) {
  Failures answer{.looked_at = seen.size()};
  std::map<std::string, Failures::Source> sources;
  for (const store::FailureCount& each : counts) {
    answer.came += each.came;
    answer.kept += each.kept;
    answer.incidents += each.incidents;
    Failures::Source& source = sources[each.source_ip];
    source.address = each.source_ip;
    source.came += each.came;
    source.kept += each.kept;
    source.busiest_day = std::max(source.busiest_day, each.came);
  }
  for (auto& [address, source] : sources) answer.sources.push_back(std::move(source));
  detail::sort_largest_first(answer.sources, &Failures::Source::came);
  struct Growing {
    Campaign campaign;
    std::set<std::string> hosts = {};
    std::set<std::string> sources = {};
  };
  std::map<std::pair<std::string, std::string>, Growing> campaigns;
  for (const FailureSeen& each : seen) {
    const store::FailureFacts& facts = each.facts;
    const std::pair key(subject_pattern(facts.subject), domain_of(facts.from));
    const bool is_new = !campaigns.contains(key);
    Growing& growing = campaigns[key];
    Campaign& campaign = growing.campaign;
    campaign.subject = key.first;
    campaign.from_domain = key.second;
    ++campaign.reports;
    campaign.incidents += facts.incidents;
    campaign.first = is_new ? each.arrived : std::min(campaign.first, each.arrived);
    campaign.last = is_new ? each.arrived : std::max(campaign.last, each.arrived);
    if (!facts.source_ip.empty()) growing.sources.insert(facts.source_ip);
    for (const std::string& url : facts.urls) {
      if (growing.hosts.size() < max_hosts) growing.hosts.insert(defang(host_of(url)));
    }
    if (!facts.auth_failure.empty()) campaign.failures.insert(facts.auth_failure);
    if (!facts.delivery_result.empty()) campaign.delivered.insert(facts.delivery_result);
  }
  for (auto& [key, growing] : campaigns) {
    growing.campaign.sources = growing.sources.size();
    for (const std::string& source : growing.sources) {
      if (growing.campaign.examples.size() < max_examples)
        growing.campaign.examples.push_back(source);
    }
    growing.campaign.hosts.assign(growing.hosts.begin(), growing.hosts.end());
    answer.campaigns.push_back(std::move(growing.campaign));
  }
  detail::sort_largest_first(answer.campaigns, &Campaign::incidents);
  return answer;
}

void tell(const Failures& failures, Document& document) {
  document.facts = {{"came", "Failure reports that came", failures.came},
                    {"kept", "  kept", failures.kept},
                    {"sampled_out", "  counted and not kept",
                     failures.came - std::min(failures.came, failures.kept)},
                    {"incidents", "Messages they stand for", failures.incidents}};
  Table campaigns{.name = "campaigns",
                  .title = "Messages that look alike",
                  .columns = {{"subject", "Subject"},
                              {"from_domain", "From"},
                              {"hosts", "Links to"},
                              {"reports", "Reports"},
                              {"incidents", "Messages"},
                              {"sources", "Sources"},
                              {"examples"},
                              {"first"},
                              {"last", "Last"},
                              {"auth_failure", "Failed"},
                              {"delivery_result"}},
                  .empty =
                      "No failure report of these days is kept. Few receivers send any; they go to "
                      "the ruf= of the record."};
  for (const Campaign& each : failures.campaigns) {
    campaigns.rows.push_back(
        {each.subject, defang(each.from_domain), each.hosts, each.reports, each.incidents,
         each.sources, each.examples, each.first, each.last,
         std::vector<std::string>(each.failures.begin(), each.failures.end()),
         std::vector<std::string>(each.delivered.begin(), each.delivered.end())});
  }
  Table sources{.name = "sources",
                .title = "By source, with what was sampled out",
                .columns = {{"address", "Source"},
                            {"came", "Came"},
                            {"kept", "Kept"},
                            {"busiest_day", "Most in a day"}}};
  for (const Failures::Source& each : failures.sources)
    sources.rows.push_back({each.address, each.came, each.kept, each.busiest_day});
  bound_rows(campaigns, document.basis);
  bound_rows(sources, document.basis);
  document.tables = {std::move(campaigns), std::move(sources)};
  if (failures.looked_at < failures.kept) {
    document.basis.unknown.push_back(
        {"campaigns_of_some",
         "Campaigns are made of " + count_of(failures.looked_at, "report") +
             ", the others of these days are not looked at or were sampled out"});
  }
  document.notes.emplace_back(
      "Addresses and links are written so that nobody opens them by mistake: [.] is a dot.");
}

}  // namespace assay::analysis
