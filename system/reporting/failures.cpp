#include "system/reporting/failures.h"

#include <algorithm>
#include <set>
#include <utility>

#include "assay/base/try.h"
#include "assay/crypto/digest.h"
#include "assay/failure/write.h"
#include "assay/mail/mail_date.h"
#include "system/config/reports.h"
#include "system/reporting/targets.h"
#include "system/spool/folder.h"

namespace assay::reporting {
namespace {

constexpr std::chrono::minutes ask_again{5};
constexpr std::size_t max_events = 20;  // of one look: a storm is not to fill the log
constexpr std::chrono::hours keep{24};  // in the spool, for want of the DNS or of a rate

failure::CollapseLimits limits_of(const config::Reports& settings) {
  return {.per_destination = settings.failure_per_hour,
          .per_policy_domain = settings.failure_per_hour,
          .overall = settings.failure_all_per_hour,
          .hold = settings.failure_hold,
          .keep = keep,
          .held = std::size_t{settings.failure_all_per_hour} * keep.count() + 1,
          .held_per_policy_domain = std::size_t{settings.failure_per_hour} * keep.count() + 1};
}

/// The same for the same file and destination, and for nothing else.
std::string id_of(const failure::Outgoing& outgoing) {
  constexpr std::string_view digits = "0123456789abcdef";
  const std::string digest = crypto::digest(crypto::DigestKind::sha256,
                                            outgoing.destination + "\n" + outgoing.sources.front());
  std::string id = "failure-";
  for (const char c : digest.substr(0, 12)) {
    id += digits[static_cast<unsigned char>(c) >> 4U];
    id += digits[static_cast<unsigned char>(c) & 15U];
  }
  return id;
}

std::string first_error(const Findings& findings) {
  const auto found = std::ranges::find(findings, Level::error, &Finding::level);
  return found == findings.end() ? "" : found->what;
}

}  // namespace

void FailureTotals::note(std::string event) {
  if (events.size() < max_events) events.push_back(std::move(event));
}

FailureDesk::FailureDesk(store::Store& store, dns::Resolver& resolver, Options options)
    : store_(store),
      resolver_(resolver),
      options_(std::move(options)),
      limits_(limits_of(options_.settings)),
      collapser_(limits_) {}

void FailureDesk::start_over() {
  collapser_ = failure::Collapser(limits_);
  known_.clear();
  begun_ = false;
}

std::expected<FailureTotals, Finding> FailureDesk::look(store::Instant now) {
  auto totals = look_on(now);
  if (!totals) start_over();
  return totals;
}

/// What went before the start counts for the rates (RFC 9991 §2), or restarts would undo them.
FailureDesk::Done FailureDesk::begin(store::Instant now) {
  store::DeliveryFilter filter{.kind = store::ReportKind::failure, .since = now - limits_.period};
  while (true) {
    ASSAY_TRY(found, store_.deliveries(filter));
    for (const store::Delivery& one : found) {
      collapser_.remember(one.destination, one.policy_domain, one.created);
    }
    if (found.size() < filter.limit) break;
    filter.after = found.back().id;
  }
  begun_ = true;
  return {};
}

std::expected<FailureTotals, Finding> FailureDesk::look_on(store::Instant now) {
  FailureTotals totals;
  if (!begun_) {
    if (auto done = begin(now); !done) return std::unexpected(std::move(done.error()));
  }
  const auto files = spool::list(options_.folder);
  if (!files && files.error().code == "spool_gone") return totals;  // no filter has made it yet
  if (!files) return std::unexpected(files.error());
  for (const spool::Listed& file : *files) {
    if (totals.files == options_.max_files) break;
    const auto known = known_.find(file.name);
    if (known != known_.end() && (known->second.open > 0 || known->second.again > now)) continue;
    ++totals.files;
    if (auto done = take(file.name, now, totals); !done) {
      return std::unexpected(std::move(done.error()));
    }
  }
  const failure::Due due = collapser_.due(now);
  for (const failure::Outgoing& one : due.ready) {
    if (auto done = post(one, now, totals); !done) return std::unexpected(std::move(done.error()));
  }
  for (const failure::Outgoing& one : due.expired) {
    totals.expired += one.report.incidents;
    totals.note(one.policy_domain + ": held back for too long");
    if (auto done = close(one.sources); !done) return std::unexpected(std::move(done.error()));
  }
  totals.held = collapser_.waiting();
  return totals;
}

FailureDesk::Done FailureDesk::take(const std::string& name, store::Instant now,
                                    FailureTotals& totals) {
  const auto item = spool::read_file(options_.folder, name);
  if (!item && item.error().code == "spool_gone") return {};
  if (!item && item.error().code != "bad_item") return std::unexpected(item.error());
  if (!item) {
    ++totals.unusable;
    totals.note(item.error().what);
    return spool::remove_file(options_.folder, name);
  }
  // The clock of another host may be ahead; nothing stays for ever for it.
  if (item->time + keep <= now || item->time > now + keep) {
    totals.expired += item->report.incidents;
    totals.note(item->policy_domain + ": too old");
    return spool::remove_file(options_.folder, name);
  }
  const auto domain = DomainName::parse(item->policy_domain);
  if (!domain || !config::gets_failures(options_.settings, *domain)) {
    totals.no_destination += item->report.incidents;
    totals.note(item->policy_domain + ": is not listed in failure_domains");
    return spool::remove_file(options_.folder, name);
  }
  HostCounts hosts;
  ASSAY_TRY(targets, find_failure_targets(item->policy_domain, item->record, options_.settings,
                                          {store_, resolver_, hosts, now}));
  if (targets.ask_again) {
    known_[name] = {.again = now + ask_again};
    return {};
  }
  std::vector<std::string> addresses;
  for (const Target& one : targets.targets) addresses.push_back(one.address);
  if (addresses.empty()) {
    totals.no_destination += item->report.incidents;
    std::string why = item->policy_domain + ": nobody gets it";
    for (const std::string& one : targets.refused) why += "; " + one;
    totals.note(std::move(why));
    return spool::remove_file(options_.folder, name);
  }
  return hold(name, *item, addresses, now, totals);
}

/// A report for each destination. One that a crash left behind in the spool is known to the store.
FailureDesk::Done FailureDesk::hold(const std::string& name, const spool::Item& item,
                                    const std::vector<std::string>& addresses, store::Instant now,
                                    FailureTotals& totals) {
  Known known;
  for (const std::string& address : addresses) {
    ASSAY_TRY(posted, store_.is_posted(name, address));
    if (posted) continue;
    const failure::Added added = collapser_.add({.destination = address,
                                                 .policy_domain = item.policy_domain,
                                                 .report = item.report,
                                                 .sources = {name}},
                                                now);
    if (added == failure::Added::collapsed) totals.collapsed += item.report.incidents;
    if (added == failure::Added::discarded) {
      totals.no_room += item.report.incidents;
      totals.note(item.policy_domain + ": more fails than the limits of rate let out");
    } else {
      ++known.open;
    }
  }
  if (known.open == 0) return close({name});
  known_[name] = known;
  return {};
}

FailureDesk::Done FailureDesk::post(const failure::Outgoing& outgoing, store::Instant now,
                                    FailureTotals& totals) {
  // What was erased meanwhile (RFC 9991 §7) is told to nobody.
  const auto is_there = [&](const std::string& one) {
    return spool::is_there(options_.folder, one);
  };
  if (std::ranges::none_of(outgoing.sources, is_there)) return close(outgoing.sources);
  const Findings findings = failure::validate(outgoing.report);
  if (has_error(findings)) {
    totals.unusable += outgoing.report.incidents;
    totals.note(outgoing.policy_domain + ": " + first_error(findings));
    return close(outgoing.sources);
  }
  const std::string id = id_of(outgoing);
  const auto when = mail::parse_mail_date(outgoing.report.arrival_date);
  store::FailureLetter letter{
      .at = now,
      .delivery = {.report_id = id,
                   .policy_domain = outgoing.policy_domain,
                   .destination = outgoing.destination,
                   .octets =
                       failure::write(outgoing.report, {.from_name = options_.reporter.org_name,
                                                        .from_address = options_.reporter.email,
                                                        .to = {outgoing.destination},
                                                        .date = now,
                                                        .id = id,
                                                        .contact = options_.reporter.contact}),
                   .begin = when.value_or(now),
                   .end = now,
                   .messages = outgoing.report.incidents,
                   .next = now},
      .sources = outgoing.sources};
  if (auto done = store_.post(letter); !done) return done;
  ++totals.letters;
  totals.reported += outgoing.report.incidents;
  return close(outgoing.sources);
}

/// One report less that files are a part of; those of none go.
FailureDesk::Done FailureDesk::close(const std::vector<std::string>& sources) {
  const std::set<std::string> each(sources.begin(), sources.end());
  for (const std::string& name : each) {
    const auto known = known_.find(name);
    if (known != known_.end() && known->second.open > 1) {
      --known->second.open;
      continue;
    }
    if (auto done = spool::remove_file(options_.folder, name); !done) return done;
    if (known != known_.end()) known_.erase(known);
  }
  return {};
}

}  // namespace assay::reporting
