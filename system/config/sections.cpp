#include "system/config/detail/sections.h"

#include <array>
#include <utility>

#include "system/config/network.h"

namespace assay::config {

namespace {

constexpr std::size_t kib = 1024;
constexpr std::size_t mib = kib * 1024;
constexpr std::size_t gib = mib * 1024;
constexpr std::int64_t second = 1000;  // in milliseconds, as all below
constexpr std::int64_t hour = 3600 * second;
constexpr std::int64_t day = 24 * hour;

template <class Value>
using Word = std::pair<std::string_view, Value>;

constexpr Word<verify::Standard> standards[] = {{"rfc9989", verify::Standard::rfc9989},
                                                {"rfc7489", verify::Standard::rfc7489},
                                                {"compare", verify::Standard::compare}};
constexpr Word<OnFault> faults[] = {{"accept", OnFault::accept}, {"tempfail", OnFault::tempfail}};
constexpr Word<OnDnsFailure> dns_failures[] = {{"accept", OnDnsFailure::accept},
                                               {"defer", OnDnsFailure::defer}};
constexpr Word<QuarantineBy> quarantines[] = {{"hold", QuarantineBy::hold},
                                              {"header", QuarantineBy::header},
                                              {"subject", QuarantineBy::subject},
                                              {"mark", QuarantineBy::mark}};
constexpr Word<Mode> modes[] = {
    {"monitor", Mode::monitor}, {"rfc9989", Mode::rfc9989}, {"published", Mode::published}};
constexpr Word<unsigned> periods[] = {{"1h", 1}, {"2h", 2}, {"3h", 3},   {"4h", 4},
                                      {"6h", 6}, {"8h", 8}, {"12h", 12}, {"24h", 24}};
constexpr Word<ReportTo> report_tos[] = {{"known", ReportTo::known}, {"all", ReportTo::all}};
constexpr Word<ReportForm> report_forms[] = {{"rfc9990", ReportForm::rfc9990},
                                             {"rfc7489", ReportForm::rfc7489}};
constexpr Word<SameReportId> same_ids[] = {{"first", SameReportId::first},
                                           {"latest", SameReportId::latest}};
constexpr Word<FailureContent> failure_contents[] = {{"headers", FailureContent::headers},
                                                     {"text", FailureContent::text}};
constexpr Word<Tls> tlses[] = {
    {"never", Tls::never}, {"opportunistic", Tls::opportunistic}, {"require", Tls::require}};
constexpr Word<ImapTls> imap_tlses[] = {{"never", ImapTls::never}, {"require", ImapTls::require}};
constexpr Word<AfterFetch> after_fetches[] = {{"move", AfterFetch::move},
                                              {"remove", AfterFetch::remove}};
constexpr Word<LogFormat> formats[] = {{"logfmt", LogFormat::logfmt}, {"json", LogFormat::json}};
constexpr Word<LogLevel> levels[] = {{"error", LogLevel::error},
                                     {"warning", LogLevel::warning},
                                     {"info", LogLevel::info},
                                     {"debug", LogLevel::debug}};

std::expected<Network, std::string> network_item(std::string_view text) {
  auto network = parse_network(text);
  if (network) return *network;
  return std::unexpected("must be networks: " + network.error());
}
std::string write_network(const Network& network) {
  return to_text(network);
}
std::string write_domain(const DomainName& name) {
  return name.text();
}
std::string write_text(const std::string& text) {
  return text;
}
std::expected<std::string, std::string> server_item(std::string_view text) {
  if (Complaint complaint = check_dns_server(text)) return std::unexpected(*complaint);
  return std::string(text);
}
/// The domain as the DNS knows it, so that it can be compared.
std::expected<std::string, std::string> recipient_item(std::string_view text) {
  if (Complaint complaint = check_recipient(text)) return std::unexpected(*complaint);
  const std::size_t domain = text.rfind('@') + 1;
  return std::string(text.substr(0, domain)) + parse_domain(text.substr(domain))->text();
}

/// A name as it stands in a Host field, without a port.
std::expected<std::string, std::string> host_item(std::string_view text) {
  if (parse_network(text)) return std::string(text);
  const auto name = parse_domain(text);
  if (name) return name->text();
  return std::unexpected("must be names of hosts, such as \"dmarc.example.com\", without a port");
}

/// "forged", or with a channel before it.
std::expected<std::string, std::string> trust_item(std::string_view text) {
  constexpr std::string_view channels[] = {"file", "folder", "lmtp", "smtp", "imap", "upload"};
  constexpr std::string_view trusts[] = {"unchecked", "genuine", "unverified", "forged"};
  const std::size_t colon = text.find(':');
  const std::string_view trust = colon == std::string_view::npos ? text : text.substr(colon + 1);
  const bool on_one = colon != std::string_view::npos;
  if (std::ranges::count(trusts, trust) != 0 &&
      (!on_one || std::ranges::count(channels, text.substr(0, colon)) != 0)) {
    return std::string(text);
  }
  return std::unexpected(
      "must be unchecked, genuine, unverified or forged, or one of these behind a channel (file, "
      "folder, lmtp, smtp, imap, upload), such as \"lmtp:unverified\"");
}

void read_permissions(const Node& node, Listener& listener, Problems& problems) {
  const auto mode =
      node.kind == Node::Kind::text ? parse_permissions(node.text) : parse_permissions("");
  if (!mode) return add_complaint(node, node.key, mode.error(), problems);
  listener.mode = *mode;
}
std::string write_listener_permissions(const Listener& listener) {
  return quoted(write_permissions(listener.mode));
}

/// One line of [enforcement.stricter].
void read_stricter_domain(const Node& node, Enforcement& enforcement, Problems& problems) {
  auto domain = parse_domain(node.key);
  if (!domain) {
    problems.add(node.key_place,
                 "stricter holds domains: " + quoted("example.com") + " = " + quoted("reject"));
    return;
  }
  if (node.kind == Node::Kind::table) {
    problems.add(node.key_place, "the domain must stand in quotes: \"example.com\" = \"reject\"");
    return;
  }
  const auto policy = node.kind == Node::Kind::text ? dmarc::parse_policy(node.text) : std::nullopt;
  if (!policy || *policy == dmarc::Policy::none) {
    return add_complaint(node, domain->text(), "must be \"quarantine\" or \"reject\"", problems);
  }
  const auto same = [&](const auto& pair) { return pair.first == *domain; };
  if (std::ranges::any_of(enforcement.stricter, same)) {
    problems.add(node.key_place, domain->text() + " stands here twice");
    return;
  }
  enforcement.stricter.emplace_back(std::move(*domain), *policy);
}

void read_stricter(const Node& node, Enforcement& enforcement, Problems& problems) {
  if (node.kind != Node::Kind::table) {
    return add_wrong_kind(node, "a table of domains and policies", problems);
  }
  for (const Node& item : node.items) read_stricter_domain(item, enforcement, problems);
  // The file's keys are sorted as they are spelled; the domains are not, once they are lower case.
  std::ranges::sort(enforcement.stricter);
}
std::string write_stricter(const Enforcement& enforcement) {
  std::string table = "{";
  for (const auto& [domain, policy] : enforcement.stricter) {
    table += (table.size() > 1 ? ", " : " ") + quoted(domain.text()) + " = ";
    table += quoted(dmarc::to_text(policy));
  }
  return table + (table.size() > 1 ? " }" : "}");
}

}  // namespace

std::span<const Row<Settings>> top_rows() {
  static constexpr std::array rows = {text<&Settings::data, check_text>("data")};
  return rows;
}

std::span<const Row<Filter>> filter_rows() {
  static constexpr std::array rows = {
      text<&Filter::authserv_id, check_authserv_id>("authserv_id"),
      word<&Filter::standard, standards>("standard"),
      list<&Filter::own_networks, network_item, write_network>("own_networks"),
      boolean<&Filter::exempt_authenticated>("exempt_authenticated"),
      list<&Filter::trusted_relays, network_item, write_network>("trusted_relays"),
      boolean<&Filter::add_received_spf>("add_received_spf"),
      boolean<&Filter::add_arc_results>("add_arc_results"),
      word<&Filter::on_fault, faults>("on_fault"),
      number<&Filter::max_connections, 1, 100'000>("max_connections"),
      size<&Filter::max_memory, mib, 1024 * gib>("max_memory"),
      duration<&Filter::message_time, second, hour>("message_time"),
      duration<&Filter::lookup_time, 10, 300 * second>("lookup_time"),
      duration<&Filter::idle_time, second, day>("idle_time"),
      // RFC 8301 §3.2
      number<&Filter::min_rsa_bits, 1024, 4096>("min_rsa_bits"),
      boolean<&Filter::allow_sha1>("allow_sha1"),
      text<&Filter::suffix_list, check_text>("suffix_list")};
  return rows;
}

std::span<const Row<Listener>> listener_rows() {
  static constexpr std::array rows = {
      text<&Listener::address, check_listener_address>("address"),
      Row<Listener>{"permissions", read_permissions, write_listener_permissions},
      text<&Listener::authserv_id, check_authserv_id>("authserv_id"),
      text<&Listener::mode_override, check_mode_override>("mode")};
  return rows;
}

std::span<const Row<Dns>> dns_rows() {
  static constexpr std::array rows = {list<&Dns::servers, server_item, write_text>("servers"),
                                      boolean<&Dns::recursive>("recursive"),
                                      boolean<&Dns::dnssec>("dnssec"),
                                      size<&Dns::cache_octets, 64 * kib, 64 * gib>("cache_octets"),
                                      text<&Dns::zone, check_text>("zone")};
  return rows;
}

std::span<const Row<Enforcement>> enforcement_rows() {
  static constexpr std::array rows = {
      word<&Enforcement::mode, modes>("mode"),
      number<&Enforcement::share, 0, 100>("share"),
      list<&Enforcement::only_authors, parse_domain, write_domain>("only_authors"),
      list<&Enforcement::only_recipients, recipient_item, write_text>("only_recipients"),
      Row<Enforcement>{"stricter", read_stricter, write_stricter},
      word<&Enforcement::quarantine, quarantines>("quarantine"),
      text<&Enforcement::subject_mark, check_subject_mark>("subject_mark"),
      text<&Enforcement::header_name, check_header_name>("header_name"),
      text<&Enforcement::no_author, check_no_author>("no_author"),
      word<&Enforcement::on_dns_failure, dns_failures>("on_dns_failure"),
      number<&Enforcement::max_deferrals, 0, 1'000'000>("max_deferrals"),
      text<&Enforcement::reject_text, check_reject_text>("reject_text"),
      text<&Enforcement::defer_text, check_defer_text>("defer_text")};
  return rows;
}

std::span<const Row<Allow>> allow_rows() {
  static constexpr std::array rows = {
      text<&Allow::override_type, check_override_type>("override_type"),
      text<&Allow::comment, check_text>("comment")};
  return rows;
}

std::span<const std::string_view> allow_subjects() {
  static constexpr std::array<std::string_view, 4> subjects = {"client", "domain", "list",
                                                               "recipient"};
  return subjects;
}

std::span<const Row<Evidence>> evidence_rows() {
  static constexpr std::array rows = {
      text<&Evidence::snapshot, check_text>("snapshot"),
      list<&Evidence::trusted_sealers, parse_domain, write_domain>("trusted_sealers"),
      boolean<&Evidence::recover_signatures>("recover_signatures"),
      size<&Evidence::recover_max_body, 0, gib>("recover_max_body")};
  return rows;
}

std::span<const Row<Journal>> journal_rows() {
  static constexpr std::array rows = {
      text<&Journal::folder, check_text>("folder"),
      size<&Journal::max_backlog, 64 * kib, 64 * gib>("max_backlog"),
      duration<&Journal::keep, 0, 3650 * day>("keep")};
  return rows;
}

std::span<const Row<Reports>> reports_rows() {
  static constexpr std::array rows = {
      text<&Reports::email, check_address>("email"),
      text<&Reports::org_name, check_text>("org_name"),
      text<&Reports::contact, check_text>("contact"),
      text<&Reports::return_path, check_return_path>("return_path"),
      word<&Reports::period_hours, periods>("period"),
      word<&Reports::to, report_tos>("to"),
      list<&Reports::also, parse_domain, write_domain>("also"),
      list<&Reports::never, parse_domain, write_domain>("never"),
      list<&Reports::never_to, recipient_item, write_text>("never_to"),
      list<&Reports::ignore_recipients, parse_domain, write_domain>("ignore_recipients"),
      word<&Reports::form, report_forms>("form"),
      list<&Reports::rfc7489_to, recipient_item, write_text>("rfc7489_to"),
      size<&Reports::max_attachment, 16 * kib, gib>("max_attachment"),
      boolean<&Reports::https>("https"),
      text<&Reports::https_ca, check_text>("https_ca"),
      boolean<&Reports::https_private>("https_private"),
      boolean<&Reports::psd>("psd"),
      number<&Reports::max_uris, 1, 100>("max_uris"),
      number<&Reports::max_domains_per_host, 1, 10'000'000>("max_domains_per_host"),
      duration<&Reports::spread, 0, day>("spread"),
      number<&Reports::per_minute, 1, 1'000'000>("per_minute"),
      number<&Reports::per_host_minute, 1, 1'000'000>("per_host_minute"),
      number<&Reports::per_day, 0, 100'000'000>("per_day"),
      duration<&Reports::give_up_after, hour, 30 * day>("give_up_after"),
      duration<&Reports::keep, 7 * day, 3650 * day>("keep"),
      text<&Reports::dkim_selector, check_selector>("dkim_selector"),
      text<&Reports::dkim_key, check_text>("dkim_key"),
      text<&Reports::dkim_domain, check_selector>("dkim_domain"),
      list<&Reports::failure_domains, parse_domain, write_domain>("failure_domains"),
      list<&Reports::failure_only_to, recipient_item, write_text>("failure_only_to"),
      word<&Reports::failure_content, failure_contents>("failure_content"),
      duration<&Reports::failure_hold, 0, 12 * hour>("failure_hold"),
      number<&Reports::failure_per_hour, 0, 1'000'000>("failure_per_hour"),
      number<&Reports::failure_all_per_hour, 0, 1'000'000>("failure_all_per_hour"),
      duration<&Reports::failure_keep, 2 * day, 365 * day>("failure_keep"),
      text<&Reports::failure_folder, check_text>("failure_folder"),
      number<&Reports::failure_spool_files, 1, 1'000'000>("failure_spool_files"),
      size<&Reports::failure_spool_octets, 64 * kib, 64 * gib>("failure_spool_octets")};
  return rows;
}

std::span<const Row<Intake>> intake_rows() {
  static constexpr std::array rows = {
      list<&Intake::domains, parse_domain, write_domain>("domains"),
      boolean<&Intake::verify>("verify"),
      list<&Intake::set_aside, trust_item, write_text>("set_aside"),
      list<&Intake::refuse, trust_item, write_text>("refuse"),
      word<&Intake::same_id, same_ids>("same_id"),
      size<&Intake::max_file, mib, 64 * gib>("max_file"),
      size<&Intake::max_packed, mib, 64 * gib>("max_packed"),
      size<&Intake::max_expanded, mib, 1024 * gib>("max_expanded"),
      number<&Intake::max_ratio, 2, 1'000'000'000>("max_ratio"),
      number<&Intake::max_members, 1, 1'000'000'000>("max_members"),
      number<&Intake::max_nesting, 1, 100>("max_nesting"),
      number<&Intake::max_depth, 10, 10'000>("max_depth"),
      number<&Intake::max_records, 0, 1'000'000'000>("max_records"),
      size<&Intake::max_text, kib, gib>("max_text"),
      number<&Intake::failures_per_source, 0, 1'000'000'000>("failures_per_source"),
      number<&Intake::failures_per_domain, 0, 1'000'000'000>("failures_per_domain"),
      duration<&Intake::keep_raw, 0, 36'500 * day>("keep_raw"),
      duration<&Intake::keep_aggregate, 0, 36'500 * day>("keep_aggregate"),
      duration<&Intake::keep_failures, 0, 36'500 * day>("keep_failures"),
      duration<&Intake::keep_originals, 0, 36'500 * day>("keep_originals"),
      duration<&Intake::keep_tls, 0, 36'500 * day>("keep_tls")};
  return rows;
}

std::span<const Row<Receive>> receive_rows() {
  static constexpr std::array rows = {
      list<&Receive::addresses, recipient_item, write_text>("addresses"),
      text<&Receive::lmtp, check_receiver_address>("lmtp"),
      text<&Receive::smtp, check_receiver_address>("smtp"),
      text<&Receive::certificate, check_text>("certificate"),
      text<&Receive::key, check_text>("key"),
      text<&Receive::upload, check_metrics_address>("upload"),
      text<&Receive::upload_token_file, check_text>("upload_token_file"),
      text<&Receive::folder, check_text>("folder"),
      duration<&Receive::look_every, second, day>("look_every"),
      size<&Receive::max_mail, mib, gib>("max_mail"),
      size<&Receive::max_memory, 16 * mib, 1024 * gib>("max_memory"),
      number<&Receive::max_connections, 1, 100'000>("max_connections"),
      number<&Receive::per_minute, 0, 1'000'000>("per_minute")};
  return rows;
}

std::span<const Row<Insight>> insight_rows() {
  static constexpr std::array rows = {text<&Insight::asn, check_text>("asn"),
                                      text<&Insight::country, check_text>("country")};
  return rows;
}

std::span<const Row<Imap>> imap_rows() {
  static constexpr std::array rows = {text<&Imap::server, check_imap_server>("server"),
                                      word<&Imap::tls, imap_tlses>("tls"),
                                      text<&Imap::ca_file, check_text>("ca_file"),
                                      text<&Imap::user, check_text>("user"),
                                      text<&Imap::password_file, check_text>("password_file"),
                                      text<&Imap::token_command, check_text>("token_command"),
                                      text<&Imap::folder, check_folder_name>("folder"),
                                      word<&Imap::after, after_fetches>("after"),
                                      text<&Imap::to, check_folder_name>("to"),
                                      duration<&Imap::poll, 10 * second, day>("poll")};
  return rows;
}

std::span<const Row<Web>> web_rows() {
  static constexpr std::array rows = {
      text<&Web::listen, check_metrics_address>("listen"),
      text<&Web::files, check_text>("files"),
      text<&Web::certificate, check_text>("certificate"),
      text<&Web::key, check_text>("key"),
      boolean<&Web::plain>("plain"),
      list<&Web::hosts, host_item, write_text>("hosts"),
      list<&Web::trusted_proxies, network_item, write_network>("trusted_proxies"),
      boolean<&Web::read_only>("read_only"),
      duration<&Web::session_idle, 60 * second, 365 * day>("session_idle"),
      duration<&Web::session_time, 60 * second, 365 * day>("session_time"),
      size<&Web::max_upload, 64 * kib, gib>("max_upload"),
      number<&Web::max_connections, 8, 100'000>("max_connections")};
  return rows;
}

std::span<const Row<Smtp>> smtp_rows() {
  static constexpr std::array rows = {text<&Smtp::server, check_smtp_server>("server"),
                                      word<&Smtp::tls, tlses>("tls"),
                                      text<&Smtp::user, check_text>("user"),
                                      text<&Smtp::password_file, check_text>("password_file"),
                                      number<&Smtp::connections, 1, 64>("connections"),
                                      duration<&Smtp::timeout, second, hour>("timeout")};
  return rows;
}

std::span<const Row<Log>> log_rows() {
  static constexpr std::array rows = {word<&Log::format, formats>("format"),
                                      word<&Log::level, levels>("level"),
                                      boolean<&Log::mask_addresses>("mask_addresses")};
  return rows;
}

std::span<const Row<Metrics>> metrics_rows() {
  static constexpr std::array rows = {text<&Metrics::address, check_metrics_address>("address"),
                                      boolean<&Metrics::is_public>("public")};
  return rows;
}

}  // namespace assay::config
