#include <algorithm>

#include "assay/base/ascii.h"
#include "assay/base/ip_address.h"
#include "assay/failure/detail/fields.h"
#include "assay/failure/detail/text.h"
#include "assay/failure/write.h"
#include "assay/mail/line_ends.h"
#include "assay/mail/mail_date.h"

namespace assay::failure {
namespace {

using detail::clean_domain;
using detail::clean_path;
using detail::clean_text;
using detail::clean_token;

constexpr std::size_t most_repeated = 100;
constexpr std::size_t longest_line = 998;  // RFC 5322 §2.1.1

/// Cleans each, drops what is empty then, keeps at most `most`.
template <class Clean>
void clean_all(std::vector<std::string>& texts, std::size_t most, Clean clean) {
  for (std::string& text : texts) text = clean(text);
  std::erase(texts, "");
  if (texts.size() > most) texts.resize(most);
}

/// RFC 9991 §4: dkim and spf each at most once, or none.
void clean_alignment(Report& report) {
  std::vector<std::string> words;
  for (const std::string& written : report.identity_alignment) {
    const std::string word = clean_token(written);
    if ((word == "dkim" || word == "spf") && !detail::holds(words, word)) {
      words.push_back(word);
    }
  }
  const bool needed = report.auth_failure == "dmarc" || !report.identity_alignment.empty();
  if (words.empty() && needed) words.emplace_back("none");
  report.identity_alignment = std::move(words);
}

void clean_spf_dns(std::vector<SpfDns>& records) {
  for (SpfDns& record : records) {
    record.type = clean_token(record.type) == "spf" ? "spf" : "txt";
    record.domain = clean_domain(record.domain);
    record.record = clean_text(record.record);
  }
  std::erase_if(records, [](const SpfDns& record) { return record.domain.empty(); });
  if (records.size() > most_repeated) records.resize(most_repeated);
}

/// No other field may pass for one of ours: those stand once.
void clean_other_fields(std::vector<OtherField>& fields) {
  for (OtherField& field : fields) {
    std::string name;
    for (const char c : field.name.substr(0, 70)) {
      if (ascii::is_graph(c) && c != ':') name += c;
    }
    field.name = std::move(name);
    field.value = clean_text(field.value);
  }
  std::erase_if(fields, [](const OtherField& field) {
    return field.name.empty() || detail::is_known_field(field.name);
  });
  if (fields.size() > most_repeated) fields.resize(most_repeated);
}

bool fits_smtp(std::string_view octets) {
  return !octets.contains('\0') && std::ranges::all_of(ascii::Pieces(octets, '\n'), [](auto line) {
    return line.size() <= longest_line + 1;  // with its CR
  });
}

void clean_original(Original& original) {
  if (original.form == OriginalForm::none) original.octets.clear();
  original.octets = mail::to_crlf(original.octets);
  if (original.form == OriginalForm::message && !fits_smtp(original.octets)) {
    original.form = OriginalForm::headers;
  }
  if (original.form == OriginalForm::headers) {
    original.octets = detail::header_section(original.octets);
  }
}

void clean_words(Report& report) {
  report.feedback_type = clean_token(report.feedback_type);
  if (report.feedback_type.empty()) report.feedback_type = "auth-failure";
  report.auth_failure = clean_token(report.auth_failure);
  // RFC 9991 §4
  if (report.auth_failure.empty() && report.feedback_type == "auth-failure") {
    report.auth_failure = "dmarc";
  }
  report.delivery_result = clean_token(report.delivery_result);
  report.version = "1";  // RFC 5965 §3.1
  report.user_agent = clean_text(report.user_agent, 200);
  if (report.user_agent.empty()) report.user_agent = "Assay";
  report.incidents = std::max<std::uint32_t>(report.incidents, 1);
}

void clean_transport(Report& report) {
  const auto address = IpAddress::parse(report.source_ip);
  report.source_ip = address ? to_text(*address) : "";
  if (report.source_ip.empty()) report.source_port.reset();  // RFC 6692 §3
  report.arrival_date = clean_text(report.arrival_date, 100);
  if (!mail::parse_mail_date(report.arrival_date)) report.arrival_date.clear();
  report.original_envelope_id = clean_text(report.original_envelope_id, 400);
  report.original_mail_from = clean_path(report.original_mail_from);
  report.reporting_mta = clean_text(report.reporting_mta, 400);
  clean_all(report.original_rcpt_to, most_repeated, clean_path);
}

}  // namespace

Report normalized(Report report) {
  clean_words(report);
  clean_transport(report);
  clean_alignment(report);
  // RFC 6591 §3.1: once in a report of this type; any number of times in others (RFC 5965 §3.3).
  const std::size_t most = report.feedback_type == "auth-failure" ? 1 : most_repeated;
  clean_all(report.authentication_results, most, [](auto& text) { return clean_text(text); });
  clean_all(report.reported_domain, most, clean_domain);
  clean_all(report.reported_uri, most_repeated, detail::clean_uri);
  report.dkim_domain = clean_domain(report.dkim_domain);
  report.dkim_identity = detail::clean_identity(report.dkim_identity);
  report.dkim_selector = clean_domain(report.dkim_selector);
  report.dkim_selector_dns = clean_text(report.dkim_selector_dns);
  report.dkim_adsp_dns = clean_text(report.dkim_adsp_dns);
  clean_spf_dns(report.spf_dns);
  clean_other_fields(report.other_fields);
  clean_original(report.original);
  return report;
}

}  // namespace assay::failure
