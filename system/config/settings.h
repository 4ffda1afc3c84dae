#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "assay/base/domain_name.h"
#include "assay/base/finding.h"
#include "assay/base/ip_address.h"
#include "assay/dmarc/record.h"
#include "assay/verify/verify.h"

/// One typed value from one TOML file. Every option has a default, so that an empty file works; the
/// commented sample packaging/assay.toml and assay.toml(5) name them all.
namespace assay::config {

/// 192.0.2.0/24, 2001:db8::/32, or a single address.
struct Network {
  IpAddress address;
  unsigned prefix = 0;
  bool holds(const IpAddress& one) const { return one.in_network(address, prefix); }
  friend bool operator==(const Network&, const Network&) = default;
};

/// [[listen]]
struct Listener {
  std::string address = "127.0.0.1:8891";       ///< host:port, [v6]:port, or unix:/path
  unsigned mode = 0660;                         ///< of a unix socket
  std::optional<std::string> authserv_id = {};  ///< instead of filter.authserv_id
  std::optional<std::string> mode_override =
      {};  ///< enforcement mode of this listener: "monitor", …
};

enum class OnFault : std::uint8_t { accept, tempfail };
enum class OnDnsFailure : std::uint8_t { accept, defer };
enum class QuarantineBy : std::uint8_t { hold, header, subject, mark };
enum class Mode : std::uint8_t { monitor, rfc9989, published };

/// [filter]
struct Filter {
  std::string authserv_id = {};  ///< empty: the name of the host
  verify::Standard standard = verify::Standard::rfc9989;
  std::vector<Network> own_networks = {};  ///< exempt: mail from there is submitted, not received
  bool exempt_authenticated = true;
  std::vector<Network> trusted_relays =
      {};  ///< gateways, backup MX: the client is found behind them
  bool add_received_spf = false;
  bool add_arc_results = true;  ///< arc= in Authentication-Results
  OnFault on_fault = OnFault::accept;
  unsigned max_connections = 500;
  std::size_t max_memory = std::size_t{256} << 20;  ///< of messages in flight, together
  std::chrono::seconds message_time{60};            ///< for all lookups of a message
  std::chrono::milliseconds lookup_time{5000};
  std::chrono::seconds idle_time{600};  ///< of a connection between commands
  unsigned min_rsa_bits = 1024;
  bool allow_sha1 = false;
  std::string suffix_list = {};  ///< file; empty: the system's
};

/// [dns]
struct Dns {
  std::vector<std::string> servers = {};  ///< address or address@port; empty: /etc/resolv.conf
  bool recursive = false;                 ///< ask the root and below by oneself
  bool dnssec = true;
  std::size_t cache_octets = std::size_t{16} << 20;
  std::string zone = {};  ///< a master file instead of the network (for trying)
  bool operator==(const Dns&) const = default;
};

/// [enforcement]
struct Enforcement {
  Mode mode = Mode::rfc9989;
  unsigned share = 100;                           ///< percent of messages, deterministic by message
  std::vector<DomainName> only_authors = {};      ///< empty: all; they and what is below
  std::vector<std::string> only_recipients = {};  ///< address or @domain; empty: all
  /// Author domain (and below) to the policy it is held to at least.
  std::vector<std::pair<DomainName, dmarc::Policy>> stricter = {};
  QuarantineBy quarantine = QuarantineBy::header;
  std::string subject_mark = "[suspicious] ";
  std::string header_name = "X-Assay-Quarantine";
  std::string no_author = "accept";  ///< accept, quarantine, reject
  OnDnsFailure on_dns_failure = OnDnsFailure::accept;
  unsigned max_deferrals = 5;  ///< of one client and author domain an hour
  std::string reject_text = "550 5.7.1 DMARC policy of %d";
  std::string defer_text = "451 4.7.1 DMARC policy of %d cannot be told now, try again later";
};

/// [[allow]]: exactly one of client, domain, list, recipient
struct Allow {
  std::string of = {};  ///< "client", "domain", "list", "recipient"
  std::string value = {};
  std::string override_type = "local_policy";  ///< or trusted_forwarder, mailing_list, other
  std::string comment = {};
};

/// [evidence]
struct Evidence {
  std::string snapshot = {};  ///< file; empty: none
  std::vector<DomainName> trusted_sealers = {};
  bool recover_signatures = true;
  std::size_t recover_max_body = std::size_t{1} << 20;
};

/// [journal]
struct Journal {
  std::string folder = {};  ///< empty: <data>/journal
  std::size_t max_backlog = std::size_t{16}
                            << 20;  ///< octets kept in memory while the disk refuses
  std::chrono::seconds keep = std::chrono::days{90};  ///< older files are removed; 0: none is
  bool operator==(const Journal&) const = default;
};

enum class ReportTo : std::uint8_t { known, all };
enum class ReportForm : std::uint8_t { rfc9990, rfc7489 };

/// What of a message a failure report shows; all of it redacted.
enum class FailureContent : std::uint8_t { headers, text };

/// [reports]: aggregate reports to domain owners (RFC 9990), and failure reports (RFC 9991)
struct Reports {
  std::string email = {};     ///< whom they come from, and who answers; empty: none are made
  std::string org_name = {};  ///< empty: the domain of email
  std::string contact = {};   ///< a page or address for people
  /// The envelope sender, with the number of the delivery for %; empty: email with +number.
  std::string return_path = {};
  unsigned period_hours = 24;              ///< divides a day
  ReportTo to = ReportTo::known;           ///< known: domains that passed here or that we wrote to
  std::vector<DomainName> also = {};       ///< policy domains that get them in any case
  std::vector<DomainName> never = {};      ///< policy domains, and those below, that get none
  std::vector<std::string> never_to = {};  ///< destinations: address or @domain
  std::vector<DomainName> ignore_recipients = {};  ///< mail to these alone is not counted
  ReportForm form = ReportForm::rfc9990;
  std::vector<std::string> rfc7489_to = {};            ///< destinations that want the older form
  std::size_t max_attachment = std::size_t{10} << 20;  ///< larger reports go in parts
  bool https = false;                                  ///< post to https URIs as well
  std::string https_ca = {};                           ///< file; empty: the system's
  bool https_private = false;                          ///< also to private addresses, and any port
  bool psd = true;  ///< public suffix operators get them of domains that exist, too
  unsigned max_uris = 10;
  unsigned max_domains_per_host = 1'000;  ///< in a period, to one organization
  std::chrono::seconds spread = std::chrono::hours{4};
  unsigned per_minute = 60;
  unsigned per_host_minute = 10;
  unsigned per_day = 10'000;
  std::chrono::seconds give_up_after = std::chrono::days{2};
  std::chrono::seconds keep = std::chrono::days{90};  ///< what is kept of evaluations and reports
  std::string dkim_selector = {};
  std::string dkim_key = {};     ///< file; empty: reports are not signed here
  std::string dkim_domain = {};  ///< empty: the domain of email
  /// Policy domains, with those below, whose owners get failure reports; none: none are made.
  std::vector<DomainName> failure_domains = {};
  std::vector<std::string> failure_only_to = {};  ///< address or @domain; none: all confirmed ones
  FailureContent failure_content = FailureContent::headers;
  std::chrono::seconds failure_hold = std::chrono::minutes{10};  ///< likes are waited for so long
  unsigned failure_per_hour = 20;       ///< to one destination, and of one policy domain
  unsigned failure_all_per_hour = 200;  ///< in all
  std::chrono::seconds failure_keep = std::chrono::days{7};  ///< after they were sent or given up
  std::string failure_folder = {};  ///< of the spool; empty: <data>/failures
  unsigned failure_spool_files = 10'000;
  std::size_t failure_spool_octets = std::size_t{64} << 20;
  bool operator==(const Reports&) const = default;
};

/// [insight]: files that say whose an address is, in the MMDB format
struct Insight {
  std::string asn = {};      ///< autonomous systems; empty: not asked
  std::string country = {};  ///< countries; may be the same file
  bool operator==(const Insight&) const = default;
};

enum class SameReportId : std::uint8_t { first, latest };

/// [intake]: reports of others that come in
struct Intake {
  std::vector<DomainName> domains = {};  ///< ours, with those below; empty: every one is
  bool verify = true;                    ///< the mail that carries a report
  /// "forged", or with a channel before it "lmtp:unverified".
  std::vector<std::string> set_aside = {"forged"};
  std::vector<std::string> refuse = {};
  SameReportId same_id = SameReportId::first;  ///< of two with other content: which counts
  std::size_t max_file = std::size_t{1} << 30;
  std::size_t max_packed = std::size_t{512} << 20;   ///< of one that is packed, also within another
  std::size_t max_expanded = std::size_t{32} << 30;  ///< out of one file
  unsigned max_ratio = 500;                          ///< octets that come out of one that goes in
  unsigned max_members = 1'000;                      ///< packed in one file
  unsigned max_nesting = 4;                          ///< packed things in one another
  unsigned max_depth = 100;                          ///< elements in one another
  unsigned max_records = 0;                          ///< of a report; 0: any number
  std::size_t max_text = std::size_t{16} << 10;      ///< of one text in a report
  unsigned failures_per_source = 100;                ///< kept of a source, a domain and a day
  unsigned failures_per_domain = 10'000;
  std::chrono::seconds keep_raw = std::chrono::days{400};
  std::chrono::seconds keep_aggregate{0};  ///< 0: for ever
  std::chrono::seconds keep_failures = std::chrono::days{400};
  std::chrono::seconds keep_originals = std::chrono::days{30};
  std::chrono::seconds keep_tls{0};
  bool operator==(const Intake&) const = default;
};

/// [receive]: where reports of others come in
struct Receive {
  /// Recipients: address, or @domain for all at it; empty: every one (for LMTP alone).
  std::vector<std::string> addresses = {};
  std::string lmtp = "127.0.0.1:8894";  ///< as Listener::address; empty: off; so are the next two
  std::string smtp = {};
  std::string certificate = {};  ///< PEM, for STARTTLS with its key; empty: none
  std::string key = {};
  std::string upload = "127.0.0.1:8895";
  std::string upload_token_file = {};  ///< empty: <data>/upload.token, made at the first start
  std::string folder = {};             ///< files put there are taken in; empty: <data>/incoming
  std::chrono::seconds look_every{5};  ///< at the folder
  std::size_t max_mail = std::size_t{50} << 20;
  std::size_t max_memory = std::size_t{512} << 20;  ///< of mails under way, together
  unsigned max_connections = 300;
  unsigned per_minute = 600;  ///< mails from one client by SMTP; 0: any number
  bool operator==(const Receive&) const = default;
};

enum class AfterFetch : std::uint8_t { move, remove };
enum class ImapTls : std::uint8_t { never, require };

/// [[imap]]: a mail store from which reports are fetched
struct Imap {
  std::string server = {};  ///< "imaps:host", "imaps:host:port", "imap:host:port"
  ImapTls tls = ImapTls::require;
  std::string ca_file = {};
  std::string user = {};
  std::string password_file = {};
  std::string token_command = {};  ///< prints a token of OAuth 2.0; instead of a password
  std::string folder = "INBOX";
  AfterFetch after = AfterFetch::move;
  std::string to = "Reports taken in";
  std::chrono::seconds poll{300};  ///< where the server knows no IDLE
  bool operator==(const Imap&) const = default;
};

/// [web]: the pages
struct Web {
  std::string listen = "127.0.0.1:8899";  ///< as Metrics::address; empty: off
  std::string files = {};                 ///< folder of the built pages; empty: the installed ones
  std::string certificate = {};           ///< PEM files; empty: plain HTTP
  std::string key = {};
  bool plain = false;                   ///< plain HTTP also where other hosts reach it
  std::vector<std::string> hosts = {};  ///< names under which it is reached
  std::vector<Network> trusted_proxies = {};
  bool read_only = false;
  std::chrono::seconds session_idle = std::chrono::hours{12};
  std::chrono::seconds session_time = std::chrono::days{7};
  std::size_t max_upload = std::size_t{50} << 20;
  unsigned max_connections = 256;
  bool operator==(const Web&) const = default;
};

enum class Tls : std::uint8_t { never, opportunistic, require };

/// [smtp]: how reports leave
struct Smtp {
  std::string server = "127.0.0.1:25";  ///< host:port; smtps:host:port for TLS from the start
  Tls tls = Tls::opportunistic;
  std::string user = {};
  std::string password_file = {};
  unsigned connections = 4;  ///< at once
  std::chrono::seconds timeout{120};
  bool operator==(const Smtp&) const = default;
};

/// A value for a domain and those below it, or for all.
struct Scoped {
  std::string domain = {};  ///< A-labels; empty: all
  std::string value = {};
  bool operator==(const Scoped&) const = default;
};

/// [alerts]: what owners are told without asking
struct Alerts {
  bool enabled = true;
  std::vector<Scoped> to = {};           ///< mail addresses
  std::string from = {};                 ///< empty: [reports] email
  std::vector<Scoped> webhooks = {};     ///< URIs of the scheme https
  std::string webhook_secret_file = {};  ///< signs what is posted; empty: it is not signed
  std::string webhook_ca = {};           ///< file; empty: the system's
  bool webhook_private = false;          ///< also to private addresses, and any port
  std::vector<Scoped> policies = {};     ///< planned: "none", "quarantine", "reject"
  std::chrono::seconds watch_every = std::chrono::hours{1};  ///< the records of a domain; 0: never
  unsigned watch_per_second = 5;                             ///< questions to the DNS
  std::chrono::seconds check_every = std::chrono::minutes{10};
  std::chrono::seconds give_up_after = std::chrono::days{3};
  std::chrono::seconds keep = std::chrono::days{800};  ///< what is over
  bool operator==(const Alerts&) const = default;
};

/// [[alert]]: other thresholds of a rule
struct AlertRule {
  std::string rule = {};
  std::vector<DomainName> domains = {};  ///< they and those below; empty: all
  bool enabled = true;
  unsigned minimum = 0;  ///< 0: as usual; so are the next
  unsigned factor = 0;
  unsigned share = 0;
  std::chrono::seconds after{0};
  std::chrono::seconds cool_down{0};
  bool operator==(const AlertRule&) const = default;
};

/// [digest]: what was in a week, by mail
struct Digest {
  std::vector<Scoped> to = {};
  unsigned weekday = 2;  ///< 1 Monday … 7 Sunday
  unsigned hour = 7;     ///< UTC
  bool operator==(const Digest&) const = default;
};

enum class LogFormat : std::uint8_t { logfmt, json };
enum class LogLevel : std::uint8_t { error, warning, info, debug };

/// [log]
struct Log {
  LogFormat format = LogFormat::logfmt;
  LogLevel level = LogLevel::info;
  bool mask_addresses = false;
};

/// [metrics]
struct Metrics {
  std::string address = "127.0.0.1:8892";  ///< empty: off; loopback unless `public` is set
  bool is_public = false;                  ///< key `public`: whoever reaches the address may read
  bool operator==(const Metrics&) const = default;
};

struct Settings {
  std::string data = {};  ///< a folder; empty: the one that systemd gives, or else ./var
  Filter filter = {};
  std::vector<Listener> listeners = {Listener{}};
  Dns dns = {};
  Enforcement enforcement = {};
  std::vector<Allow> allow = {};
  Evidence evidence = {};
  Journal journal = {};
  Reports reports = {};
  Intake intake = {};
  Receive receive = {};
  Insight insight = {};
  std::vector<Imap> imap = {};
  Web web = {};
  Smtp smtp = {};
  Alerts alerts = {};
  std::vector<AlertRule> alert_rules = {};
  Digest digest = {};
  Log log = {};
  Metrics metrics = {};
};

/// What differs of that which is read at the start alone, by the names in the file ("dns",
/// "listen"): a running process keeps it as it was until it is started again.
std::vector<std::string> needs_restart(const Settings& running, const Settings& wanted);

/// Where in the file: 1 is the first.
struct Place {
  std::size_t line = 0;
  std::size_t column = 0;
};
struct Problem {
  Place place = {};
  std::string what = {};  ///< one sentence; names the nearest known key for an unknown one
};

/// Reads it all, and says everything that is wrong with it, not only the first.
std::expected<Settings, std::vector<Problem>> parse_settings(std::string_view toml);

}  // namespace assay::config
