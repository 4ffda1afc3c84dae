#include "system/analysis/ladder.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "assay/base/ascii.h"
#include "assay/base/ip_address.h"
#include "assay/base/time.h"
#include "assay/dmarc/destination.h"
#include "assay/dmarc/record.h"
#include "assay/dmarc/tree_walk.h"

namespace assay::analysis {
namespace {

constexpr std::array<std::string_view, 4> rung_words = {"ok", "broken", "unknown", "waiting"};
/// Receivers report a day after it is over, most within hours.
constexpr std::chrono::hours first_report_due{48};
/// Mail of these days would be reported on by now or soon.
constexpr std::chrono::days lately{8};

using Steps = std::vector<Step>;

/// The record, single and valid (RFC 9989 §4.10, §4.8).
std::shared_ptr<const dmarc::PolicyRecord> climb_to_record(const DomainName& domain,
                                                           dns::Resolver& resolver, Steps& steps,
                                                           DomainName& policy_domain) {
  const dmarc::Walk walk = dmarc::fetch_walk(domain, resolver);
  const dmarc::PolicyDiscovery found = dmarc::discover_policy(walk);
  if (found.failed) {
    steps.push_back({"record", Rung::unknown, "the DNS does not answer for _dmarc." + domain.text(),
                     "ask again; if it stays, repair the name servers"});
    return nullptr;
  }
  const std::size_t own_records = walk.steps.empty() ? 0 : walk.steps.front().records_seen;
  if (own_records > 1) {
    steps.push_back({"record_single", Rung::broken,
                     fmt::format("{} DMARC records stand at _dmarc.{}: receivers use none of them",
                                 own_records, domain.text()),
                     "leave one of them"});
  }
  if (!found.record) {
    steps.push_back(
        {"record", Rung::broken, "no DMARC record stands at _dmarc." + domain.text() + " or above",
         fmt::format("publish v=DMARC1; p=none; rua=mailto:dmarc-reports@{}", domain.text())});
    return nullptr;
  }
  policy_domain = found.policy_domain.value_or(domain);
  steps.push_back(
      {"record", Rung::ok, fmt::format("a record stands at _dmarc.{}", policy_domain.text())});
  const dmarc::PolicyRecord& record = *found.record;
  const auto worst = std::ranges::find(record.findings, Level::error, &Finding::level);
  const bool usable = record.usable() != dmarc::Usable::not_at_all;
  if (!usable || worst != record.findings.end()) {
    steps.push_back({"record_valid", usable ? Rung::unknown : Rung::broken,
                     worst != record.findings.end()
                         ? worst->what
                         : "receivers following RFC 9989 do not use this record",
                     "see assay record dmarc for what is wrong and where"});
  } else {
    steps.push_back({"record_valid", Rung::ok, "it is read without an error"});
  }
  return found.record;
}

/// Where mail for a domain goes (RFC 5321 §5.1, RFC 7505).
void climb_to_mailbox(const std::string& address, dns::Resolver& resolver, Steps& steps) {
  const auto name = to_a_labels(std::string_view(address).substr(address.rfind('@') + 1));
  if (!name) {
    steps.push_back({"mailbox", Rung::broken, address + " is at no domain of the DNS",
                     "name another mailbox in rua"});
    return;
  }
  const dns::AnswerPtr mx = resolver.ask({.name = *name, .type = dns::Type::mx});
  if (mx->outcome == dns::Outcome::temporary_failure) {
    steps.push_back({"mailbox", Rung::unknown,
                     "the DNS does not say where mail for " + name->text() + " goes",
                     "ask again later"});
    return;
  }
  if (mx->outcome == dns::Outcome::records && mx->exchanges.size() == 1 &&
      mx->exchanges.front().host.is_root()) {
    steps.push_back({"mailbox", Rung::broken,
                     name->text() + " says by a null MX that it takes no mail",
                     "name a mailbox elsewhere in rua"});
    return;
  }
  const bool has_mx = mx->outcome == dns::Outcome::records && !mx->exchanges.empty();
  const DomainName& host = has_mx ? mx->exchanges.front().host : *name;
  for (const dns::Type type : {dns::Type::a, dns::Type::aaaa}) {
    const dns::AnswerPtr answer = resolver.ask({.name = host, .type = type});
    if (answer->outcome == dns::Outcome::records && !answer->addresses.empty()) {
      steps.push_back(
          {"mailbox", Rung::ok, fmt::format("mail for {} goes to {}", address, host.text())});
      return;
    }
  }
  steps.push_back({"mailbox", Rung::broken,
                   fmt::format("{} has no address, so that mail for {} cannot be delivered",
                               host.text(), address),
                   "give it an address, or name another mailbox in rua"});
}

/// A mailbox domain that publishes a policy mostly tests for DMARC itself: what reporters send must
/// pass there.
void climb_to_mailbox_dmarc(const std::string& host, dns::Resolver& resolver, Steps& steps) {
  const auto name = to_a_labels(host);
  if (!name) return;
  const dmarc::Walk walk = dmarc::fetch_walk(*name, resolver);
  const dmarc::PolicyDiscovery found = dmarc::discover_policy(walk);
  if (found.failed) {
    steps.push_back({"mailbox_dmarc", Rung::unknown,
                     "the DNS does not say whether " + host + " has a DMARC record", "ask again"});
  } else if (!found.record) {
    steps.push_back(
        {"mailbox_dmarc", Rung::ok,
         host + " publishes no DMARC record; its mailbox may test for DMARC all the same"});
  } else {
    steps.push_back(
        {"mailbox_dmarc", Rung::ok,
         fmt::format("{} is under the DMARC record at _dmarc.{}: where it tests what it "
                     "receives, a reporter whose mail fails for the reporter's own "
                     "domain is refused there",
                     host, found.policy_domain.value_or(*name).text())});
  }
}

void climb_uri(const DomainName& policy_domain, const dmarc::ReportUri& uri,
               dns::Resolver& resolver, Steps& steps) {
  if (!uri.supported) {
    steps.push_back({"rua_mailto", Rung::broken,
                     ascii::printable(uri.uri) +
                         " is no mailto: address, and receivers send reports by mail alone",
                     "name a mailbox: rua=mailto:dmarc-reports@" + policy_domain.text()});
    return;
  }
  steps.push_back({"rua_mailto", Rung::ok, "reports are asked to " + uri.address});
  // RFC 9990 §4
  const dmarc::Destination destination =
      dmarc::fetch_destination(policy_domain, uri.uri, dmarc::ReportKind::aggregate, resolver);
  const std::string host = uri.address.substr(uri.address.rfind('@') + 1);
  const Rung state = destination.authorized == dmarc::Authorized::yes  ? Rung::ok
                     : destination.authorized == dmarc::Authorized::no ? Rung::broken
                                                                       : Rung::unknown;
  steps.push_back({"rua_authorized", state, destination.reason,
                   state == Rung::broken ? fmt::format("publish v=DMARC1; at {}._report._dmarc.{}",
                                                       policy_domain.text(), host)
                                         : ""});
  climb_to_mailbox(uri.address, resolver, steps);
  climb_to_mailbox_dmarc(host, resolver, steps);
}

/// What this host's own configuration says of mail that brings reports.
void climb_own_intake(const LadderFacts& facts, Steps& steps) {
  if (facts.intake_limit) {
    // Large reporters send attachments of 10 MiB, which base64 makes a third larger.
    constexpr std::uint64_t enough = std::uint64_t{14} << 20;
    constexpr std::uint64_t mebi = std::uint64_t{1} << 20;
    const bool fits = *facts.intake_limit >= enough;
    steps.push_back(
        {"intake_size", fits ? Rung::ok : Rung::broken,
         fmt::format("this host takes mails of up to {} MiB; reports are 10 MiB at most "
                     "with most reporters, 14 MiB as mail",
                     *facts.intake_limit / mebi),
         fits ? "" : "raise max_mail in [receive] to 25MiB or more"});
  }
  if (facts.intake_refuses.empty()) return;
  std::string words;
  for (const std::string& each : facts.intake_refuses) words += (words.empty() ? "" : ", ") + each;
  steps.push_back({"intake_refuses", Rung::unknown,
                   "this host refuses reports whose mail is: " + words,
                   "such reports are in no list; see refuse in [intake]"});
}

/// What our own intake shows.
void climb_intake(const LadderFacts& facts, Steps& steps) {
  if (facts.counted > 0 || facts.set_aside > 0) {
    steps.push_back(
        {"intake", Rung::ok,
         fmt::format("{} came in, the last at {}",
                     count_of(facts.counted + facts.set_aside, "report"),
                     facts.last_arrived ? to_rfc3339(*facts.last_arrived) : "a time not known")});
  } else if (facts.of_others > 0) {
    steps.push_back({"intake", Rung::ok,
                     fmt::format("intake works: {} of other domains came in, the last at {}",
                                 count_of(facts.of_others, "report"),
                                 facts.last_of_others ? to_rfc3339(*facts.last_of_others)
                                                      : "a time not known")});
  } else {
    steps.push_back(
        {"intake", Rung::unknown,
         "no report ever reached this intake: the mailbox may refuse them (size, greylisting, TLS, "
         "its own DMARC), "
         "or nobody brings them here",
         "send a mail of 10 MB to the mailbox from outside; see docs/owner/reports.md"});
  }
  climb_own_intake(facts, steps);
  if (facts.set_aside == 0) return;
  std::string reasons;
  for (const std::string& each : facts.set_aside_reasons)
    reasons += (reasons.empty() ? "" : ", ") + each;
  steps.push_back({"counted", facts.counted == 0 ? Rung::broken : Rung::ok,
                   fmt::format("{} set aside ({}) and in no count; {} counted",
                               count_of(facts.set_aside, "report"), reasons, facts.counted),
                   facts.counted == 0 ? "see why with assay intake list --set-aside" : ""});
}

/// Whether there is mail that could be reported on: from this host's own journal, from reports of
/// the domain, or of others of its organization.
void climb_mail_sent(const DomainName& domain, const LadderFacts& facts, Steps& steps) {
  const bool known = facts.own != nullptr && facts.own->messages > 0;
  if (known && facts.now - *facts.own->last <= lately) {
    steps.push_back(
        {"mail_sent", Rung::ok,
         fmt::format("own users sent {} as {} from {} to {}, as this host's own journal "
                     "says",
                     count_of(facts.own->messages, "message"), domain.text(),
                     to_text(*facts.own->first), to_text(*facts.own->last))});
    return;
  }
  if (facts.last_told && facts.now - *facts.last_told <= lately) {
    steps.push_back(
        {"mail_sent", Rung::ok, "reports tell of mail up to " + to_rfc3339(*facts.last_told)});
    return;
  }
  std::string what = "whether the domain sent mail in the last 7 days, and to whom: ";
  if (known) {
    what += "the last that this host's own journal tells of was on " + to_text(*facts.own->last);
  } else if (facts.own != nullptr && facts.own->read_from) {
    what += fmt::format("this host's own journal, read from {} on, has none of it",
                        to_text(*facts.own->read_from));
  } else {
    what += "there is no journal here";
  }
  if (facts.last_told) what += "; reports tell of mail up to " + to_rfc3339(*facts.last_told);
  if (facts.last_related) {
    what += fmt::format("; reports on {} tell of mail up to {}", facts.related_domain,
                        to_rfc3339(*facts.last_related));
  }
  steps.push_back({"mail_sent", Rung::unknown, std::move(what),
                   "write to an address at a large mailbox provider, which report daily"});
}

/// Receivers report on a day after it is over (RFC 9990 §3.5).
void climb_first_report(const LadderFacts& facts, Steps& steps) {
  const bool sent = facts.own != nullptr && facts.own->first;
  const auto today = std::chrono::floor<std::chrono::days>(facts.now);
  const auto day = sent ? *facts.own->first : today;
  const store::Instant due = day + std::chrono::days{1} + first_report_due;
  if (due < facts.now) {
    steps.push_back(
        {"first_report", Rung::unknown,
         fmt::format("none came, though mail was sent from {} on and the first report was "
                     "due by {}",
                     to_text(day), to_rfc3339(due)),
         "look at the steps above; the mail may have gone to receivers alone that do not "
         "report"});
    return;
  }
  steps.push_back(
      {"first_report", Rung::waiting,
       fmt::format("receivers report on a day after it is over: the first is due by {}, {}",
                   to_rfc3339(due),
                   sent ? "on mail of " + to_text(day) + ", if one of its receivers reports"
                        : "if the domain sends mail today to a receiver that reports")});
}

void climb_reporters(const DomainName& domain, const LadderFacts& facts, Steps& steps) {
  climb_mail_sent(domain, facts, steps);
  if (facts.counted == 0) {
    climb_first_report(facts, steps);
    return;
  }
  std::vector<std::string> silent;
  for (const ReporterRow& each : facts.reporters) {
    if (each.silent) silent.push_back(each.reporter);
  }
  const std::size_t all = facts.reporters.size();
  if (silent.empty()) {
    steps.push_back({"heartbeat", Rung::ok,
                     fmt::format("each of {} reports as often as before, as far as can be told",
                                 count_of(all, "reporter"))});
    return;
  }
  steps.push_back(
      {"heartbeat", silent.size() == all ? Rung::broken : Rung::unknown,
       fmt::format("{} of {} fell silent, such as {}", silent.size(), count_of(all, "reporter"),
                   silent.front()),
       silent.size() == all
           ? "all at once: look at the steps above; one of them broke lately"
           : "single ones: they may have stopped reporting, or no mail goes to them any more"});
}

}  // namespace

std::string_view to_text(Rung rung) {
  return rung_words[static_cast<std::size_t>(rung)];
}

std::vector<Step> climb(const DomainName& domain, const LadderFacts& facts,
                        dns::Resolver& resolver) {
  Steps steps;
  DomainName policy_domain = domain;
  const auto record = climb_to_record(domain, resolver, steps, policy_domain);
  if (record) {
    constexpr std::size_t max_uris = 10;
    if (record->rua.empty()) {
      steps.push_back({"rua", Rung::broken,
                       "the record names no usable rua: nobody is asked for reports",
                       fmt::format("add rua=mailto:dmarc-reports@{}", policy_domain.text())});
    } else {
      steps.push_back({"rua", Rung::ok, count_of(record->rua.size(), "address") + " in rua"});
    }
    for (std::size_t i = 0; i < record->rua.size() && i < max_uris; ++i)
      climb_uri(policy_domain, record->rua[i], resolver, steps);
  }
  climb_intake(facts, steps);
  climb_reporters(domain, facts, steps);
  return steps;
}

void tell(std::span<const Step> steps, Document& document) {
  Table table{
      .name = "steps",
      .title = "The way of a report, step by step",
      .columns = {{"step", "Step"}, {"state", "State"}, {"what", "Found"}, {"fix", "What to do"}}};
  std::uint64_t broken = 0;
  for (const Step& each : steps) {
    table.rows.push_back({each.code, to_text(each.state), each.what, each.fix});
    if (each.state == Rung::broken && ++broken == 1)
      document.next.push_back(each.what + ": " + each.fix);
    if (each.state == Rung::unknown) document.basis.unknown.push_back({each.code, each.what});
  }
  document.facts.push_back({"broken", "Broken steps", broken});
  document.tables.push_back(std::move(table));
  document.basis.unknown.push_back(
      {"mailbox_tested",
       "Whether the mailbox takes large mail over TLS from strangers: nothing was sent to it"});
}

// ---- Names -------------------------------------------------------------------------------------

std::optional<DomainName> reverse_name(std::string_view text) {
  const auto address = IpAddress::parse(text);
  if (!address) return std::nullopt;
  std::string name;
  const std::size_t octets = address->bits() / 8;
  for (std::size_t i = octets; i-- > 0;) {
    const unsigned octet = address->octets()[i];
    name += address->is_v4() ? fmt::format("{}.", octet)
                             : fmt::format("{:x}.{:x}.", octet & 15U, octet >> 4U);
  }
  auto parsed = DomainName::parse(name + (address->is_v4() ? "in-addr.arpa" : "ip6.arpa"));
  if (!parsed) return std::nullopt;
  return std::move(*parsed);
}

std::map<std::string, std::string, std::less<>> ask_hosts(const OwnMail& own,
                                                          dns::Resolver& resolver) {
  constexpr std::size_t max_hosts = 20;
  std::map<std::string, std::string, std::less<>> addresses;
  std::size_t asked = 0;
  for (const auto& [host, messages] : own.hosts) {
    const auto name = to_a_labels(host);
    if (!name) continue;
    if (asked++ == max_hosts) break;
    for (const dns::Type type : {dns::Type::a, dns::Type::aaaa}) {
      const dns::AnswerPtr answer = resolver.ask({.name = *name, .type = type});
      for (const IpAddress& each : answer->addresses) addresses.emplace(to_text(each), host);
    }
  }
  return addresses;
}

namespace {

constexpr std::size_t max_names = 10;  ///< that an address may have

dns::Type type_of(const IpAddress& address) {
  return address.is_v4() ? dns::Type::a : dns::Type::aaaa;
}

/// Asks for the names of some addresses, all at once, and then for the addresses of these names.
void ask_some_names(std::span<const std::string> addresses, dns::Resolver& resolver,
                    std::map<std::string, ReverseName, std::less<>>& names) {
  std::vector<dns::Question> questions;
  for (const std::string& each : addresses) {
    if (auto name = reverse_name(each); name)
      questions.push_back({.name = std::move(*name), .type = dns::Type::ptr});
  }
  resolver.prefetch(questions);
  std::vector<dns::Question> back;
  for (const dns::Question& each : questions) {
    const dns::AnswerPtr answer = resolver.ask(each);
    const bool is_v4 = each.name.text().ends_with("in-addr.arpa");
    for (std::size_t i = 0; i < answer->names.size() && i < max_names; ++i)
      back.push_back({.name = answer->names[i], .type = is_v4 ? dns::Type::a : dns::Type::aaaa});
  }
  resolver.prefetch(back);
  for (const std::string& each : addresses) {
    const auto address = IpAddress::parse(each);
    const auto name = reverse_name(each);
    if (!address || !name) continue;
    ReverseName& found = names[each];
    const dns::AnswerPtr answer = resolver.ask({.name = *name, .type = dns::Type::ptr});
    for (std::size_t i = 0; i < answer->names.size() && i < max_names && !found.confirmed; ++i) {
      const dns::AnswerPtr there =
          resolver.ask({.name = answer->names[i], .type = type_of(*address)});
      found.confirmed = std::ranges::find(there->addresses, *address) != there->addresses.end();
      if (found.confirmed || found.name.empty()) found.name = answer->names[i].text();
    }
  }
}

}  // namespace

std::map<std::string, ReverseName, std::less<>> ask_names(std::span<const std::string> addresses,
                                                          dns::Resolver& resolver) {
  constexpr std::size_t at_once = 50;
  std::map<std::string, ReverseName, std::less<>> names;
  for (std::size_t at = 0; at < addresses.size(); at += at_once) {
    ask_some_names(addresses.subspan(at, std::min(at_once, addresses.size() - at)), resolver,
                   names);
  }
  return names;
}

}  // namespace assay::analysis
