#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

/// Failure reports: one message that failed, told to the domain's owner (RFC 9991 over RFC 6591 and
/// the Abuse Reporting Format, RFC 5965). `decide` says whether and to whom one is to be made,
/// `redact` takes out what is private, `write` gives the mail, `read` takes such mails in.
///
///     Report report = …;                               // what happened
///     report = redact(report, Redactor(key));          // by default: headers alone, no
///     local-parts if (has_error(validate(report))) return; const std::string octets =
///     write(report, {.from_address = …, .to = …, .date = now, .id = …});
///
/// Asking, signing and sending are for others.
namespace assay::failure {

/// One SPF record that was used (RFC 6591 §3.2.6).
struct SpfDns {
  std::string type = "txt";  ///< txt or spf; empty where the field read has another form
  std::string domain = {};   ///< where the record was found
  std::string record = {};   ///< its text; the whole field where that has another form
  friend bool operator==(const SpfDns&, const SpfDns&) = default;
};

/// A field that no RFC of these knows (RFC 5965 §6).
struct OtherField {
  std::string name = {};  ///< as written
  std::string value = {};
  friend bool operator==(const OtherField&, const OtherField&) = default;
};

/// What of the reported message came with the report: its third part.
enum class OriginalForm : std::uint8_t { none, headers, message };

struct Original {
  OriginalForm form = OriginalForm::none;
  std::string octets = {};  ///< with CRLF; of `headers` without the empty line
  friend bool operator==(const Original&, const Original&) = default;
};

/// A failure report as a value: the fields of message/feedback-report by their names, as text on
/// the wire, unfolded and without comments where those may stand. Empty text or an empty list is an
/// absent field. What is read may hold anything: nothing here is known to be true (RFC 5965 §3).
struct Report {
  std::string feedback_type = "auth-failure";  ///< lower case
  std::string user_agent = {};                 ///< the program that made the report
  std::string version = "1";                   ///< of the format
  std::string auth_failure = {};               ///< dmarc, spf, signature, bodyhash, revoked …
  std::vector<std::string> authentication_results = {};
  std::vector<std::string> identity_alignment = {};  ///< dkim, spf: those that failed; or none
  std::string delivery_result = {};                  ///< delivered, spam, policy, reject, other
  std::string arrival_date = {};                     ///< RFC 5322 §3.3; parse_mail_date reads it
  std::string source_ip = {};                     ///< without "IPv6:"; may be no address where read
  std::optional<std::uint16_t> source_port = {};  ///< RFC 6692 §3
  std::vector<std::string> reported_domain = {};
  std::vector<std::string> reported_uri = {};
  std::string original_envelope_id = {};
  std::string original_mail_from = {};             ///< a path: "<a@example.com>"; "<>" the null one
  std::vector<std::string> original_rcpt_to = {};  ///< paths
  std::string dkim_domain = {};
  std::string dkim_identity = {};  ///< "@example.com", with or without a local-part
  std::string dkim_selector = {};
  std::string dkim_selector_dns = {};          ///< the key record; unquoted
  std::string dkim_adsp_dns = {};              ///< the ADSP record; unquoted; historic
  std::string dkim_canonicalized_header = {};  ///< octets, base64 undone
  std::string dkim_canonicalized_body = {};    ///< octets, base64 undone
  std::vector<SpfDns> spf_dns = {};
  std::string reporting_mta = {};  ///< "dns; mx.example.com"
  std::uint32_t incidents = 1;     ///< how many this report stands for (RFC 5965 §3.2)
  std::vector<OtherField> other_fields = {};
  Original original = {};
  friend bool operator==(const Report&, const Report&) = default;
};

}  // namespace assay::failure
