#pragma once

#include <chrono>
#include <cstddef>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "assay/base/domain_name.h"

/// What the texts of single options may say. A complaint is words that follow the option's name:
/// "must be a host name".
namespace assay::config {

/// Nothing where the text is good.
using Complaint = std::optional<std::string>;

/// "500ms", "60s", "5m", "2h", "7d".
std::expected<std::chrono::milliseconds, std::string> parse_duration(std::string_view text);
/// Twin of parse_duration, in the greatest unit that has no rest.
std::string write_duration(std::chrono::milliseconds duration);

/// Octets: "4096", "64KiB", "16MiB", "1GiB".
std::expected<std::size_t, std::string> parse_size(std::string_view text);
/// Twin of parse_size, in the greatest unit that has no rest.
std::string write_size(std::size_t octets);

/// "0660": the octal digits of chmod, at most 0777.
std::expected<unsigned, std::string> parse_permissions(std::string_view text);
std::string write_permissions(unsigned mode);

/// A domain in any spelling, as the DNS knows it.
std::expected<DomainName, std::string> parse_domain(std::string_view text);

/// UTF-8 without control characters and what a terminal hides.
Complaint check_text(std::string_view text);
Complaint check_not_empty(std::string_view text);
/// IP address or localhost, and a port; or unix:/path.
Complaint check_listener_address(std::string_view text);
/// IP address and port, or localhost and port; empty for none.
Complaint check_metrics_address(std::string_view text);
/// Whether only this host reaches a good metrics address.
bool is_loopback(std::string_view metrics_address);
/// An IP address, or address@port.
Complaint check_dns_server(std::string_view text);
/// A token (RFC 8601 §2.2, RFC 2045 §5.1), or empty.
Complaint check_authserv_id(std::string_view text);
/// A field's name (RFC 5322 §2.2) that mail does not use for other things.
Complaint check_header_name(std::string_view text);
/// Printable ASCII, since it goes into a Subject as it is.
Complaint check_subject_mark(std::string_view text);
/// address@domain or @domain.
Complaint check_recipient(std::string_view text);
/// A mail address; empty for none.
Complaint check_address(std::string_view text);
/// A mail address whose local-part holds one "%"; empty for none.
Complaint check_return_path(std::string_view text);
/// Labels of letters, digits, hyphens and underscores with dots between; empty for none.
Complaint check_selector(std::string_view text);
/// "host:port", "[v6]:port", either with "smtps:" before.
Complaint check_smtp_server(std::string_view text);
/// As check_listener_address; empty for none.
Complaint check_receiver_address(std::string_view text);
/// "imaps:host", "imaps:host:port" or "imap:host:port".
Complaint check_imap_server(std::string_view text);
/// Printable ASCII (RFC 3501 §5.1.3 says how others are written), not empty.
Complaint check_folder_name(std::string_view text);
/// An SMTP reply of one line with an enhanced status code (RFC 5321 §4.2, RFC 2034 §4), where %d
/// becomes a domain.
Complaint check_reject_text(std::string_view text);
Complaint check_defer_text(std::string_view text);
Complaint check_no_author(std::string_view text);
/// The override types of RFC 9990 that an operator may give.
Complaint check_override_type(std::string_view text);
/// The words of enforcement.mode, or empty.
Complaint check_mode_override(std::string_view text);

}  // namespace assay::config
