#include "system/filter/message_filter.h"

#include <algorithm>
#include <exception>
#include <new>
#include <utility>

#include "assay/base/ascii.h"
#include "assay/verify/author.h"
#include "assay/verify/judge.h"
#include "system/config/reports.h"
#include "system/filter/edits.h"

namespace assay::filter {
namespace {

using milter::Ending;
using milter::Macros;
using milter::Reply;

constexpr std::size_t max_recipients = 10'000;  // kept; all are counted
constexpr std::size_t max_header = (std::size_t{16} << 20) + 1;

/// Ends lookups when the time of a message is over.
class Hurried final : public dns::Resolver {
 public:
  Hurried(dns::Resolver& upstream, std::chrono::seconds time)
      : upstream_(upstream), until_(std::chrono::steady_clock::now() + time) {}

  dns::AnswerPtr ask(const dns::Question& question) override {
    if (std::chrono::steady_clock::now() < until_) return upstream_.ask(question);
    auto answer = std::make_shared<dns::Answer>();
    answer->outcome = dns::Outcome::temporary_failure;
    answer->why = "the time for the message is over";
    return answer;
  }
  void prefetch(std::span<const dns::Question> questions) override {
    upstream_.prefetch(questions);
  }

 private:
  dns::Resolver& upstream_;
  std::chrono::steady_clock::time_point until_;
};

bool is_in(const std::optional<IpAddress>& address, const std::vector<config::Network>& networks) {
  return address && std::ranges::any_of(
                        networks, [&](const config::Network& one) { return one.holds(*address); });
}

bool has_argument(const milter::Path& path, std::string_view name) {
  return std::ranges::any_of(path.arguments,
                             [&](const std::string& one) { return ascii::iequals(one, name); });
}

/// ENVID of a DSN request, its xtext undone (RFC 3461 §4).
std::string envelope_id_of(const milter::Path& path) {
  constexpr std::string_view name = "ENVID=";
  constexpr std::string_view digits = "0123456789ABCDEF";
  const auto found = std::ranges::find_if(
      path.arguments, [&](const std::string& one) { return ascii::istarts_with(one, name); });
  if (found == path.arguments.end()) return {};
  const std::string_view xtext = std::string_view(*found).substr(name.size(), 300);
  std::string text;
  for (std::size_t i = 0; i < xtext.size(); ++i) {
    const std::string_view pair = xtext[i] == '+' ? xtext.substr(i + 1, 2) : std::string_view();
    const bool encoded = pair.size() == 2 && digits.contains(pair[0]) && digits.contains(pair[1]);
    if (!encoded) {
      text += xtext[i];
      continue;
    }
    text += static_cast<char>(digits.find(pair[0]) * 16 + digits.find(pair[1]));
    i += 2;
  }
  return text;
}

/// Whether the body may be wanted for a failure report: the author's domain is one that gets them,
/// and they show text.
bool is_body_wanted(const Failures* failures, const config::Reports& settings,
                    const mail::Header& header) {
  if (failures == nullptr || settings.failure_content != config::FailureContent::text) return false;
  return std::ranges::any_of(verify::find_authors(header).domains, [&](const DomainName& author) {
    return config::gets_failures(settings, author);
  });
}

}  // namespace

/// One message under way.
struct MessageFilter::Message {
  Message(Shared& all, std::shared_ptr<const Policy> by) : shared(all), policy(std::move(by)) {}
  ~Message() { shared.octets -= held; }
  Message(const Message&) = delete;
  Message& operator=(const Message&) = delete;

  /// Counts octets that will be held; false where all messages together would hold too many.
  bool hold(std::size_t octets) {
    held += octets;
    shared.octets += octets;
    return shared.octets <= policy->settings.filter.max_memory;
  }

  /// Keeps the beginning of the body for a failure report; without room there is less to show.
  void show(std::string_view octets) {
    octets = octets.substr(0, max_shown_body - shown_body.size());
    if (octets.empty() || !hold(octets.size())) return;
    shown_body += octets;
  }

  Shared& shared;
  std::shared_ptr<const Policy> policy;
  Transaction transaction = {};
  HeaderOctets header_octets = {};
  ForgedResults forged = {};
  mail::Header header = {};
  Client client = {};
  std::string exempt = {};
  verify::Envelope envelope = {};
  std::optional<Hurried> resolver = {};
  std::optional<verify::Session> session = {};
  std::string body = {};  ///< for undoing list changes; as long as it is short enough
  bool body_kept = false;
  std::string shown_body = {};  ///< its beginning, for a failure report
  bool body_shown = false;
  std::uint64_t size = 0;
  std::size_t held = 0;
  std::string trouble = {};  ///< why it cannot be judged
  std::chrono::steady_clock::time_point began = std::chrono::steady_clock::now();
};

MessageFilter::MessageFilter(Shared& shared, std::size_t listener)
    : shared_(shared), listener_(listener) {}
MessageFilter::~MessageFilter() = default;

// Sendmail says nothing of a RSET before the header, so that an envelope alone is no message yet.
bool MessageFilter::busy() const {
  return message_ && !message_->header_octets.octets().empty();
}

void MessageFilter::set_leading_space(HeaderOctets::LeadingSpace space) {
  leading_space_ = space;
}

const config::Listener& MessageFilter::listener_of(const Policy& policy) const {
  const auto& all = policy.settings.listeners;
  return all[std::min(listener_, all.size() - 1)];
}

std::string_view MessageFilter::host_of(const Policy& policy) const {
  const auto& own = listener_of(policy).authserv_id;
  return own ? *own : policy.authserv_id;
}

Reply MessageFilter::connect(const milter::Connection& connection, const Macros& /*macros*/) {
  start_over();
  peer_.address = connection.client;
  peer_.port = connection.port;
  const bool found = !connection.host_name.starts_with('[') && connection.host_name != "unknown";
  if (found) peer_.name = connection.host_name;
  return {};
}

Reply MessageFilter::helo(std::string_view name, const Macros& /*macros*/) {
  peer_.helo = name;
  return {};
}

Reply MessageFilter::mail(const milter::Path& from, const Macros& macros) {
  message_ = std::make_unique<Message>(shared_, shared_.policy());
  Transaction& transaction = message_->transaction;
  transaction.peer = peer_;
  // Sendmail and Postfix both name who signed in; either macro may be left out of a configuration.
  transaction.authenticated =
      !macros.find("auth_authen").empty() || !macros.find("auth_type").empty();
  transaction.smtputf8 = has_argument(from, "SMTPUTF8");
  transaction.mail_from = from.address;
  if (shared_.failures != nullptr) transaction.envelope_id = envelope_id_of(from);
  return {};
}

// RFC 9989 §7.1: nothing is refused before the end of the message, so that DMARC sees and reports
// it.
Reply MessageFilter::recipient(const milter::Path& to, const Macros& /*macros*/) {
  if (!message_) return {};
  auto& recipients = message_->transaction.recipients;
  if (recipients.size() < max_recipients) recipients.push_back(to.address);
  return {};
}

Reply MessageFilter::data(const Macros& /*macros*/) {
  return {};
}

Reply MessageFilter::header(std::string_view name, std::string_view value) {
  if (!message_) return {};
  Message& message = *message_;
  message.size += name.size() + value.size() + 3;
  message.forged.see(name, value, host_of(*message.policy));
  if (message.header_octets.octets().size() > max_header) return {};
  if (!message.hold(name.size() + value.size() + 4)) {
    message.trouble = "too much memory is held by messages under way";
    return {};
  }
  message.header_octets.add(name, value, leading_space_);
  return {};
}

// RFC 9989 §5.3: it is mail that is received, not what own users submit.
Reply MessageFilter::end_of_header(const Macros& macros) {
  if (!message_ || !message_->trouble.empty()) return {};
  Message& message = *message_;
  const Policy& policy = *message.policy;
  const config::Filter& settings = policy.settings.filter;
  message.transaction.queue_id = macros.find("i");
  message.header = mail::parse_header(message.header_octets.octets());
  if (settings.exempt_authenticated && message.transaction.authenticated) {
    message.exempt = "authenticated";
  } else if (is_in(message.transaction.peer.address, settings.own_networks)) {
    message.exempt = "own_network";
  }
  if (!message.exempt.empty()) return {.kind = Reply::Kind::skip};
  message.client = find_client(message.transaction.peer, message.header, settings.trusted_relays);
  message.envelope = {.client = message.client.address,
                      .helo = message.client.helo,
                      .mail_from = message.transaction.mail_from};
  message.resolver.emplace(shared_.resolver, settings.message_time);
  message.body_kept = policy.settings.evidence.recover_signatures &&
                      !mail::fields_named(message.header, "DKIM-Signature").empty();
  message.body_shown = is_body_wanted(shared_.failures, policy.settings.reports, message.header);
  message.session.emplace(message.envelope, *message.resolver,
                          std::chrono::floor<std::chrono::seconds>(shared_.now()),
                          verify_options(policy, listener_of(policy)));
  message.session->header(message.header_octets.octets());
  return {};
}

Reply MessageFilter::body(std::string_view octets) {
  if (!message_) return {};
  Message& message = *message_;
  message.size += octets.size();
  if (!message.session) return {.kind = Reply::Kind::skip};
  message.session->body(octets);
  if (message.body_shown) message.show(octets);
  if (!message.body_kept) return {};
  const std::size_t most = message.policy->settings.evidence.recover_max_body;
  // Without room the message is judged all the same; only the undoing of changes is left out.
  if (message.body.size() + octets.size() > most || !message.hold(octets.size())) {
    message.body_kept = false;
    message.body = {};
    return {};
  }
  message.body += octets;
  return {};
}

Ending MessageFilter::end_of_message(const Macros& macros) {
  if (!message_) return {};
  const std::unique_ptr<Message> message = std::move(message_);
  if (message->transaction.queue_id.empty()) message->transaction.queue_id = macros.find("i");
  // RFC 9989 §5.3.6: whatever goes wrong here, no message passes as if it had been tested.
  try {
    if (message->forged.too_many()) return refuse_forged();
    if (!message->trouble.empty()) return fault(*message, message->trouble);
    if (!message->exempt.empty()) return let_through(*message, message->exempt);
    if (!message->session) return fault(*message, "the message ended before its header");
    return judge(*message);
  } catch (const std::bad_alloc&) {
    return fault(*message, "no memory left");
  } catch (const std::exception& error) {
    return fault(*message, error.what());
  }
}

Ending MessageFilter::fault(const Message& message, std::string_view what) {
  shared_.watch.fault(what);
  // Untested mail does not keep what somebody else wrote in our name (RFC 8601 §5).
  if (message.policy->settings.filter.on_fault == config::OnFault::accept) {
    return {.edits = message.forged.removals()};
  }
  return {.reply = {.kind = Reply::Kind::custom,
                    .text = "451 4.7.1 The message could not be tested now, try again later"}};
}

Ending MessageFilter::refuse_forged() {
  shared_.watch.fault("a message forges more Authentication-Results than can be removed");
  return {.reply = {.kind = Reply::Kind::custom,
                    .text = "550 5.7.1 The message has too many Authentication-Results fields"}};
}

void MessageFilter::abort() {
  message_.reset();
}

void MessageFilter::start_over() {
  message_.reset();
  peer_ = {};
}

namespace {

void finish_entry(journal::Entry& entry, Shared& shared, std::string_view host,
                  std::uint64_t size) {
  entry.id = shared.id_prefix + std::to_string(++shared.number);
  entry.time = shared.now();
  entry.host = host;
  entry.size = size;
}

std::uint64_t milliseconds_since(std::chrono::steady_clock::time_point began) {
  const auto took = std::chrono::steady_clock::now() - began;
  return static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::milliseconds>(took).count());
}

}  // namespace

/// Own submitters' mail: not judged. A forged result in our name goes all the same, and the journal
/// learns to whom own users write.
Ending MessageFilter::let_through(Message& message, std::string exempt) {
  const Policy& policy = *message.policy;
  const std::string_view host = host_of(policy);
  journal::Entry entry = describe(message.transaction, message.transaction.peer, message.header);
  entry.exempt = std::move(exempt);
  add_claims(entry, message.header);
  entry.milliseconds = milliseconds_since(message.began);
  finish_entry(entry, shared_, host, message.size);
  shared_.watch.message(entry, std::chrono::microseconds(0));
  return {.edits = message.forged.removals()};
}

namespace {

/// The findings for a message that fails; none for others, which need no explanation.
std::vector<evidence::Finding> findings_of(const evidence::Seen& seen, const Policy& policy,
                                           Instant now) {
  if (seen.verdict.dmarc.result == dmarc::Result::pass) return {};
  return evidence::gather(seen, policy.sources, policy.knowledge, now);
}

// RFC 9989 §7.2: while the SMTP session is open, so that nothing is bounced later; and a rejection
// is one, never a silent discard.
Reply reply_of(const verify::Decision& decision) {
  const bool refused =
      decision.action == verify::Action::reject || decision.action == verify::Action::defer;
  return refused ? Reply{.kind = Reply::Kind::custom, .text = decision.reply} : Reply{};
}

std::string_view name_of(config::QuarantineBy how) {
  switch (how) {
    case config::QuarantineBy::hold:
      return "hold";
    case config::QuarantineBy::header:
      return "header";
    case config::QuarantineBy::subject:
      return "subject";
    case config::QuarantineBy::mark:
      return "mark";
  }
  return "";
}

void append(std::vector<milter::Edit>& to, std::vector<milter::Edit> more) {
  std::ranges::move(more, std::back_inserter(to));
}

}  // namespace

/// The second and third step of RFC 9989 §5.4: evidence and decision.
struct MessageFilter::Judged {
  verify::Verdict verdict = {};
  std::vector<evidence::Finding> findings = {};
  verify::Decision decision = {};
};

MessageFilter::Judged MessageFilter::evaluate(Message& message) {
  const Policy& policy = *message.policy;
  Judged judged{.verdict = message.session->finish()};
  const Instant now = std::chrono::floor<std::chrono::seconds>(shared_.now());
  evidence::Seen seen{.verdict = judged.verdict,
                      .header = message.header,
                      .client = message.client.address,
                      .client_name = message.client.name,
                      .recipients = message.transaction.recipients};
  seen.own_received = message.client.relays;
  if (judged.verdict.dmarc.result == dmarc::Result::fail && message.body_kept) {
    std::vector<DomainName> authors = judged.verdict.authors.domains;
    // The signature of a sibling domain may align as well.
    if (judged.verdict.dmarc.organizational)
      authors.push_back(*judged.verdict.dmarc.organizational);
    seen.recovered = evidence::recover({.header = message.header, .body = message.body}, authors,
                                       *message.resolver, now,
                                       {.max_body = policy.settings.evidence.recover_max_body});
  }
  judged.findings = findings_of(seen, policy, now);
  judged.decision = decide(message, judged);
  return judged;
}

verify::Decision MessageFilter::decide(const Message& message, const Judged& judged) {
  const Policy& policy = *message.policy;
  const unsigned sample = verify::sample_of(message.header_octets.octets());
  evidence::Rules rules = rules_for(policy, listener_of(policy), judged.verdict,
                                    message.transaction.recipients, sample);
  verify::Decision decision = evidence::judge(judged.verdict, judged.findings, rules);
  if (decision.action != verify::Action::defer) return decision;
  const std::string client = message.client.address ? to_text(*message.client.address) : "";
  const std::string pair = client + " " + judged.verdict.dmarc.author.text();
  const unsigned most = policy.settings.enforcement.max_deferrals;
  if (shared_.deferrals.allow(pair, most, std::chrono::steady_clock::now())) return decision;
  rules.defer_on_dns_failure = false;
  return evidence::judge(judged.verdict, judged.findings, rules);
}

Ending MessageFilter::answer(const Message& message, const Judged& judged,
                             std::string_view host) const {
  const config::Settings& settings = message.policy->settings;
  Ending ending{.reply = reply_of(judged.decision), .edits = message.forged.removals()};
  if (judged.decision.action == verify::Action::quarantine) {
    append(ending.edits, quarantine_edits(settings.enforcement, message.header,
                                          "DMARC policy of " + judged.verdict.dmarc.author.text()));
  }
  if (settings.filter.add_received_spf) {
    append(ending.edits, received_spf_edits(judged.verdict, message.envelope, host));
  }
  const ResultsForm form{
      .authserv_id = host,
      .characters =
          message.transaction.smtputf8 ? authres::Characters::utf8 : authres::Characters::ascii,
      .arc = settings.filter.add_arc_results ? ResultsForm::Arc::told : ResultsForm::Arc::left_out};
  ending.edits.push_back(results_edit(judged.verdict, message.envelope, judged.decision, form));
  return ending;
}

void MessageFilter::tell_failures(const Message& message, const Judged& judged,
                                  std::string_view host) const {
  if (shared_.failures == nullptr) return;
  const Policy& policy = *message.policy;
  const Instant now = std::chrono::floor<std::chrono::seconds>(shared_.now());
  const auto findings = [&] {
    if (judged.verdict.dmarc.result != dmarc::Result::pass) return judged.findings;
    // What passes was not explained, but may have come by a list all the same (fo=1, d, s).
    evidence::Seen seen{.verdict = judged.verdict,
                        .header = message.header,
                        .client = message.client.address,
                        .client_name = message.client.name,
                        .recipients = message.transaction.recipients};
    seen.own_received = message.client.relays;
    return evidence::gather(seen, policy.sources, policy.knowledge, now);
  };
  const FailedMessage failed{.transaction = message.transaction,
                             .client = message.client,
                             .header_octets = message.header_octets.octets(),
                             .header = message.header,
                             .body = message.shown_body,
                             .verdict = judged.verdict,
                             .findings = findings,
                             .decision = judged.decision,
                             .host = host,
                             .time = now};
  try {
    for (spool::Item& item : failures_of(failed, policy.settings.reports, *shared_.failures)) {
      shared_.failures->put(std::move(item));
    }
  } catch (const std::exception& error) {
    // The message goes its way: nobody waits for a report.
    shared_.watch.fault(std::string("a failure report was not made: ") + error.what());
  }
}

Ending MessageFilter::judge(Message& message) {
  const auto start = std::chrono::steady_clock::now();
  const Policy& policy = *message.policy;
  const std::string_view host = host_of(policy);
  const Judged judged = evaluate(message);
  Ending ending = answer(message, judged, host);
  tell_failures(message, judged, host);

  journal::Entry entry = describe(message.transaction, message.client, message.header);
  add_facts(entry, judged.verdict, judged.findings, judged.decision);
  if (judged.decision.action == verify::Action::quarantine) {
    entry.action.quarantine = name_of(policy.settings.enforcement.quarantine);
  }
  entry.milliseconds = milliseconds_since(message.began);
  // RFC 9990 §3.1: now, so that what another filter or the MTA refuses afterwards counts as well.
  finish_entry(entry, shared_, host, message.size);
  const auto took = std::chrono::steady_clock::now() - start;
  shared_.watch.message(entry, std::chrono::duration_cast<std::chrono::microseconds>(took));
  return ending;
}

}  // namespace assay::filter
