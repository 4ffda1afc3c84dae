#include "system/filter/edits.h"

#include <algorithm>

#include "assay/base/ascii.h"
#include "assay/spf/received_spf.h"
#include "assay/verify/results_field.h"

namespace assay::filter {
namespace {

constexpr std::string_view results_name = "Authentication-Results";

/// The value of a field as the milter protocol wants it: no name, no leading space, folding as LF.
std::string value_of(std::string_view field) {
  std::string_view value = field.substr(field.find(':') + 1);
  while (value.starts_with(' ')) value.remove_prefix(1);
  std::string text(value);
  std::erase(text, '\r');
  return text;
}

// RFC 9989 §9.1, RFC 8601 §2.2
std::string dmarc_comment(const verify::Verdict& verdict, const verify::Decision& decision) {
  std::string text;
  if (verdict.dmarc.published_policy) {
    text = "p=" + std::string(to_text(*verdict.dmarc.published_policy)) + " ";
  }
  text += "dis=" + std::string(to_text(decision.disposition));
  if (!decision.overrides.empty()) text += " override=" + decision.overrides.front().type;
  return text;
}

}  // namespace

void ForgedResults::see(std::string_view name, std::string_view value,
                        std::string_view authserv_id) {
  if (too_many() || !ascii::iequals(name, results_name)) return;
  ++seen_;
  const mail::Field field{.raw = {}, .name = name, .value = value};
  if (authres::must_remove(field, authserv_id)) forged_.push_back(seen_);
}

std::vector<milter::Edit> ForgedResults::removals() const {
  std::vector<milter::Edit> edits;
  for (auto index = forged_.rbegin(); index != forged_.rend(); ++index) {
    edits.push_back({.kind = milter::Edit::Kind::delete_header,
                     .name = std::string(results_name),
                     .index = *index});
  }
  return edits;
}

milter::Edit results_edit(const verify::Verdict& verdict, const verify::Envelope& envelope,
                          const verify::Decision& decision, const ResultsForm& form) {
  authres::AuthenticationResults value = verify::results_of(verdict, envelope, form.authserv_id);
  if (form.arc == ResultsForm::Arc::left_out) {
    std::erase_if(value.results, [](const auto& one) { return one.method == "arc"; });
  }
  for (authres::MethodResult& result : value.results) {
    if (result.method == "dmarc") result.comment = dmarc_comment(verdict, decision);
  }
  return {.kind = milter::Edit::Kind::insert_header,
          .name = std::string(results_name),
          .value = value_of(authres::to_field(std::move(value), form.characters))};
}

std::vector<milter::Edit> quarantine_edits(const config::Enforcement& enforcement,
                                           const mail::Header& header, const std::string& reason) {
  using Kind = milter::Edit::Kind;
  switch (enforcement.quarantine) {
    case config::QuarantineBy::hold:
      return {{.kind = Kind::quarantine, .value = reason}};
    case config::QuarantineBy::header:
      return {{.kind = Kind::insert_header, .name = enforcement.header_name, .value = "yes"}};
    case config::QuarantineBy::subject: {
      const auto fields = mail::fields_named(header, "Subject");
      if (fields.empty()) {
        return {{.kind = Kind::add_header, .name = "Subject", .value = enforcement.subject_mark}};
      }
      return {{.kind = Kind::change_header,
               .name = "Subject",
               .value = enforcement.subject_mark +
                        value_of(std::string(":") + std::string(fields.front()->value)),
               .index = 1}};
    }
    case config::QuarantineBy::mark:
      return {};
  }
  return {};
}

std::vector<milter::Edit> received_spf_edits(const verify::Verdict& verdict,
                                             const verify::Envelope& envelope,
                                             std::string_view authserv_id) {
  const auto outcome =
      std::ranges::find(verdict.spf, spf::Identity::mfrom, &spf::Outcome::identity);
  if (outcome == verdict.spf.end() || !envelope.client) return {};
  const spf::Request request{.client = *envelope.client,
                             .helo = envelope.helo,
                             .mail_from = envelope.mail_from,
                             .receiver = std::string(authserv_id)};
  return {{.kind = milter::Edit::Kind::insert_header,
           .name = "Received-SPF",
           .value = value_of(":" + spf::received_spf(*outcome, request))}};
}

}  // namespace assay::filter
