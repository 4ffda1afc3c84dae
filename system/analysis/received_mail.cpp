#include "system/analysis/received_mail.h"

#include <algorithm>
#include <set>

#include "system/analysis/detail/order.h"

namespace assay::analysis {
namespace {

constexpr std::size_t shown_authors = 100;

void add_author(ReceivedMail& mail, const journal::Entry& entry) {
  const journal::Verdict& verdict = *entry.verdict;
  if (verdict.author_domain.empty()) return;
  const auto known = mail.authors.find(verdict.author_domain);
  if (known == mail.authors.end() && mail.authors.size() >= ReceivedMail::max_authors) {
    ++mail.other_authors;
    return;
  }
  ReceivedMail::Author& author = mail.authors[verdict.author_domain];
  author.policy = verdict.published_policy;
  ++author.messages;
  if (verdict.result != "fail") return;
  ++author.failing;
  if (entry.action.action == "quarantine" || entry.action.action == "reject") ++author.stopped;
}

Table counted(std::string name, std::string title, std::string heading,
              const std::map<std::string, std::uint64_t>& counts) {
  Table table{.name = std::move(name),
              .title = std::move(title),
              .columns = {{"what", std::move(heading)}, {"messages", "Messages"}}};
  for (const auto& [word, messages] : counts) table.rows.push_back({word, messages});
  detail::sort_largest_first(table.rows, [](const std::vector<Cell>& row) {
    return std::get<std::uint64_t>(row[1].value());
  });
  return table;
}

Table author_table(const ReceivedMail& mail) {
  std::vector<std::pair<std::string, ReceivedMail::Author>> authors;
  for (const auto& each : mail.authors) {
    if (each.second.failing > 0) authors.emplace_back(each);
  }
  detail::sort_largest_first(authors, [](const auto& each) { return each.second.failing; });
  if (authors.size() > shown_authors) authors.resize(shown_authors);
  Table table{.name = "most_abused",
              .title = "Author domains with most mail that fails",
              .columns = {{"domain", "Author domain"},
                          {"policy", "Policy"},
                          {"messages", "Messages"},
                          {"failing", "Failed"},
                          {"stopped", "Stopped"}},
              .empty = "No mail failed."};
  for (const auto& [domain, author] : authors) {
    table.rows.push_back({domain, author.policy, author.messages, author.failing, author.stopped});
  }
  return table;
}

}  // namespace

void add(ReceivedMail& mail, const journal::Entry& entry) {
  ++mail.messages;
  const auto day = std::chrono::floor<std::chrono::days>(entry.time);
  if (!entry.verdict) {
    ++mail.exempt;
    ++mail.days[day]["not_judged"];
    return;
  }
  const journal::Verdict& verdict = *entry.verdict;
  ++mail.judged;
  ++mail.verdicts[verdict.result];
  ++mail.days[day][verdict.result];
  if (!verdict.record.empty()) {
    ++mail.under_dmarc;
    ++mail.policies[verdict.published_policy.empty() ? "not usable" : verdict.published_policy];
  }
  const std::string group =
      verdict.result + (verdict.policy.empty() ? "" : " under " + verdict.policy);
  ++mail.actions[group][entry.action.action];
  ++mail.dispositions[entry.action.disposition];
  if (entry.action.action == "defer") ++mail.deferred;
  std::set<std::string> types;
  for (const journal::Override& each : entry.overrides) types.insert(each.type);
  for (const std::string& type : types) ++mail.overrides[type];
  if (verdict.result == "fail") {
    std::set<std::string> kinds;
    for (const journal::Evidence& each : entry.evidence)
      kinds.insert(each.kind + " (" + each.leans + ")");
    for (const std::string& kind : kinds) {
      ++mail.evidence[kind];
      if (entry.action.disposition != verdict.policy) ++mail.decisive[kind];
    }
  }
  if (entry.rfc7489) {
    ++mail.compared;
    for (const std::string& each : entry.differs) ++mail.differences[each];
  }
  add_author(mail, entry);
}

void tell(const ReceivedMail& mail, Document& document) {
  std::uint64_t policies = 0;
  for (const auto& [domain, author] : mail.authors) policies += author.policy.empty() ? 0 : 1;
  document.facts = {
      {"messages", "Messages received", mail.messages},
      {"judged", "  judged", mail.judged},
      {"not_judged", "  own users' mail, not judged", mail.exempt},
      {"under_dmarc", "Under a DMARC record", mail.under_dmarc},
      {"under_dmarc_share", "  share of those judged", Share{mail.under_dmarc, mail.judged}},
      {"author_domains", "Author domains", mail.authors.size()},
      {"author_domains_with_policy", "  with a policy", policies},
      {"deferred", "Deferred", mail.deferred},
      {"compared", "Judged by both standards", mail.compared}};
  Table actions{
      .name = "actions",
      .title = "What was done, by verdict and policy",
      .columns = {{"verdict", "Verdict"}, {"action", "Action"}, {"messages", "Messages"}}};
  for (const auto& [verdict, counts] : mail.actions) {
    for (const auto& [action, messages] : counts)
      actions.rows.push_back({verdict, action, messages});
  }
  Table days{.name = "days",
             .title = "By day",
             .columns = {{"day", "Day"}, {"verdict", "Verdict"}, {"messages", "Messages"}}};
  for (const auto& [day, counts] : mail.days) {
    for (const auto& [verdict, messages] : counts) days.rows.push_back({day, verdict, messages});
  }
  document.tables = {
      author_table(mail),
      counted("verdicts", "Verdicts", "Verdict", mail.verdicts),
      counted("policies", "Policies published", "Policy", mail.policies),
      std::move(actions),
      counted("overrides", "Reasons for departing from the policy", "Reason", mail.overrides),
      counted("evidence", "Evidence beside mail that failed", "Evidence", mail.evidence),
      counted("decisive", "Evidence beside mail not handled as its policy asks", "Evidence",
              mail.decisive),
      counted("differences", "Where RFC 7489 and RFC 9989 differ", "What differs",
              mail.differences),
      std::move(days)};
  if (mail.broken_lines > 0) {
    document.basis.unknown.push_back(
        {"broken_lines", count_of(mail.broken_lines, "line") +
                             " of the journals cannot be read (assay journal check)"});
  }
  if (mail.other_authors > 0) {
    document.basis.unknown.push_back(
        {"authors_left_out",
         count_of(mail.other_authors, "message") + ": too many author domains to tell apart"});
  }
  if (mail.messages == 0)
    document.next.emplace_back(
        "There is nothing in the journals of these days: is the filter running, and is this its "
        "folder?");
}

}  // namespace assay::analysis
