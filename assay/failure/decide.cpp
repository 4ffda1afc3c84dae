#include "assay/failure/decide.h"

#include <algorithm>

#include "assay/base/ascii.h"
#include "assay/failure/detail/parts.h"
#include "assay/failure/detail/text.h"
#include "assay/mail/header.h"

namespace assay::failure {
namespace {

bool asks_for(std::string_view fo, char option) {
  const auto is_it = [&](std::string_view item) {
    const std::string_view word = ascii::trim_fws(item);
    return word.size() == 1 && ascii::to_lower(word.front()) == option;
  };
  return std::ranges::any_of(ascii::Pieces(fo, ':'), is_it);
}

/// Whether the evaluation ended in something that is a failure by itself.
bool failed(const Signature& signature) {
  return signature.result != Result::pass && signature.result != Result::none;
}

/// RFC 6591 §3.3
bool failed(const Spf& spf) {
  return spf.result != Result::pass && spf.result != Result::neutral && spf.result != Result::none;
}

bool names(std::string_view rr, char letter) {
  const auto is_it = [&](std::string_view item) {
    const std::string word = ascii::to_lower(ascii::trim_fws(item));
    return word == "all" || word == std::string_view(&letter, 1);
  };
  return std::ranges::any_of(ascii::Pieces(rr, ':'), is_it);
}

/// The letter of RFC 6652 §4.1 for a result; 0 for a pass.
char letter_of(Result result) {
  switch (result) {
    case Result::temperror:
    case Result::permerror:
      return 'e';
    case Result::fail:
    case Result::policy:
      return 'f';
    case Result::softfail:
      return 's';
    case Result::neutral:
    case Result::none:
      return 'n';
    case Result::pass:
      break;
  }
  return 0;
}

/// A request's address, or empty text where there is none that can be used.
std::string address_of(const Request& request, const std::string& domain) {
  const bool plain =
      !request.ra.empty() && request.ra.size() <= 64 && std::ranges::all_of(request.ra, [](char c) {
        return ascii::is_graph(c) && !std::string_view("()<>@,;:\\\"[]").contains(c);
      });
  return plain && !domain.empty() ? request.ra + "@" + domain : "";
}

/// Collects the reports of one message.
class Collector {
 public:
  Collector(const Incident& incident, std::size_t most) : incident_(incident), most_(most) {
    for (const Signature& signature : incident.signatures) {
      aligned_dkim_ = aligned_dkim_ || (signature.aligned && signature.result == Result::pass);
    }
    aligned_spf_ = incident.spf.aligned && incident.spf.result == Result::pass;
  }

  /// RFC 9989 §4.7: fo=0 and fo=1.
  void take_dmarc() {
    const bool all_failed = !aligned_dkim_ && !aligned_spf_;
    const bool any_failed = !aligned_dkim_ || !aligned_spf_;
    const bool wanted =
        (asks_for(incident_.fo, '0') && all_failed) || (asks_for(incident_.fo, '1') && any_failed);
    if (!wanted) return;
    Wanted report{.kind = Kind::dmarc,
                  .domain = incident_.policy_domain,
                  .auth_failure = "dmarc",
                  .spf_dns = incident_.spf.aligned && !aligned_spf_ && incident_.spf.used_a_record};
    if (!aligned_dkim_) report.identity_alignment.emplace_back("dkim");
    if (!aligned_spf_) report.identity_alignment.emplace_back("spf");
    // RFC 9991 §4: the failed signature of an aligned identifier.
    for (std::size_t i = 0; !aligned_dkim_ && i < incident_.signatures.size(); ++i) {
      const Signature& signature = incident_.signatures[i];
      if (!report.signature && signature.aligned && failed(signature)) report.signature = i;
    }
    add(std::move(report));
  }

  /// RFC 9989 §4.7: fo=d, and with it the requests of signers (RFC 6651 §3.3).
  void take_dkim() {
    if (!asks_for(incident_.fo, 'd')) return;
    for (std::size_t i = 0; i < incident_.signatures.size(); ++i) {
      const Signature& signature = incident_.signatures[i];
      if (!failed(signature)) continue;
      add(dkim_report(i, incident_.policy_domain, ""));
      const Request& request = signature.request;
      const std::string address = address_of(request, signature.domain);
      const bool asked = signature.asks && !address.empty() &&
                         names(request.rr, signature.reason) && incident_.chance < request.percent;
      if (asked) add(dkim_report(i, signature.domain, address));
    }
  }

  /// RFC 9989 §4.7: fo=s, and with it the request of the SPF record (RFC 6652 §3).
  void take_spf() {
    const Spf& spf = incident_.spf;
    if (!asks_for(incident_.fo, 's')) return;
    if (failed(spf)) add(spf_report(incident_.policy_domain, ""));
    const Request& request = spf.request;
    const std::string address = request.included ? "" : address_of(request, spf.domain);
    const char letter = letter_of(spf.result);
    const bool asked = !address.empty() && letter != 0 && names(request.rr, letter) &&
                       incident_.chance < request.percent;
    if (asked) add(spf_report(spf.domain, address));
  }

  std::vector<Wanted> finish() { return std::move(reports_); }

 private:
  Wanted dkim_report(std::size_t index, const std::string& domain,
                     const std::string& address) const {
    std::string_view word = "signature";
    if (incident_.signatures[index].failure == SignatureFailure::bodyhash) word = "bodyhash";
    if (incident_.signatures[index].failure == SignatureFailure::revoked) word = "revoked";
    return {.kind = Kind::dkim,
            .domain = domain,
            .address = address,
            .auth_failure = word,
            .signature = index};
  }

  Wanted spf_report(const std::string& domain, const std::string& address) const {
    return {.kind = Kind::spf,
            .domain = domain,
            .address = address,
            .auth_failure = "spf",
            .spf_dns = incident_.spf.used_a_record};
  }

  /// RFC 6651 §3.3: one report for a domain, and a bound for the message.
  void add(Wanted report) {
    const bool known = std::ranges::any_of(
        reports_, [&](const Wanted& other) { return ascii::iequals(other.domain, report.domain); });
    if (!known && reports_.size() < most_) reports_.push_back(std::move(report));
  }

  const Incident& incident_;
  std::size_t most_;
  bool aligned_dkim_ = false;
  bool aligned_spf_ = false;
  std::vector<Wanted> reports_ = {};
};

}  // namespace

std::string_view to_text(Silence silence) {
  switch (silence) {
    case Silence::none:
      return "none";
    case Silence::nothing_failed:
      return "nothing_failed";
    case Silence::no_ruf:
      return "no_ruf";
    case Silence::public_suffix:
      return "public_suffix";
    case Silence::report_on_a_report:
      return "report_on_a_report";
    case Silence::indirect:
      return "indirect";
  }
  return "";
}

Decision decide(const Incident& incident, std::size_t most) {
  // RFC 9991 §5.1: no loops.
  if (incident.circumstances.report) return {.silence = Silence::report_on_a_report};
  // RFC 9991 §7.1
  if (incident.circumstances.list || incident.circumstances.forwarded) {
    return {.silence = Silence::indirect};
  }
  // RFC 9991 §2
  if (incident.psd && !incident.agreement) return {.silence = Silence::public_suffix};
  // RFC 9989 §4.7: fo counts only where ruf stands.
  if (!incident.ruf) return {.silence = Silence::no_ruf};
  Collector collector(incident, most);
  collector.take_dmarc();
  collector.take_dkim();
  collector.take_spf();
  Decision decision{.reports = collector.finish()};
  if (decision.reports.empty()) decision.silence = Silence::nothing_failed;
  return decision;
}

bool is_automatic(std::string_view header, std::string_view reverse_path) {
  const std::string_view path = ascii::trim_fws(reverse_path);
  if (path.empty() || path == "<>") return true;
  const mail::Header parsed = mail::parse_header(header);
  const auto is_report = [](const mail::Field* field) {
    return detail::parse_content_field(detail::unfolded(field->value)).value == "multipart/report";
  };
  const auto is_answer = [](const mail::Field* field) {
    const auto pieces = detail::split_outside(detail::unfolded(field->value), ';');
    return !ascii::iequals(pieces.front(), "no");
  };
  return std::ranges::any_of(mail::fields_named(parsed, "Content-Type"), is_report) ||
         std::ranges::any_of(mail::fields_named(parsed, "Auto-Submitted"), is_answer);
}

}  // namespace assay::failure
