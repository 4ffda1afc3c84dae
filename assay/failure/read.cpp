#include "assay/failure/read.h"

#include <algorithm>
#include <array>

#include "assay/base/ascii.h"
#include "assay/failure/detail/feedback.h"
#include "assay/failure/detail/fields.h"
#include "assay/failure/detail/parts.h"
#include "assay/failure/detail/text.h"
#include "assay/mail/header.h"
#include "assay/mail/line_ends.h"

namespace assay::failure {
namespace {

void complain(Findings& findings, std::string_view code, std::string what,
              Level level = Level::warning) {
  add_bounded(findings, {.code = code, .what = std::move(what), .level = level});
}

OriginalForm form_of(std::string_view type) {
  // RFC 5965 §2, RFC 6591 §3.1; message/global: RFC 6532, RFC 6533 §4.4
  constexpr std::array<std::string_view, 2> whole = {"message/rfc822", "message/global"};
  constexpr std::array<std::string_view, 4> headers = {
      "text/rfc822-headers", "message/global-headers", "text/rfc822-header",
      "message/rfc822-headers"};
  if (detail::holds(whole, type)) return OriginalForm::message;
  return detail::holds(headers, type) ? OriginalForm::headers : OriginalForm::none;
}

Original read_original(const detail::Part& part, std::size_t most, Findings& findings) {
  std::string octets = part.decoded();
  if (octets.size() > most) {
    complain(findings, "too_large", "The original message is larger than what is read of it.");
    octets.resize(most);
  }
  const OriginalForm form = form_of(part.type.value);
  return {form,
          form == OriginalForm::headers ? detail::header_section(octets) : mail::to_crlf(octets)};
}

/// Whether the part is the report by its type, or else by how it begins.
bool is_feedback(const detail::Part& part) {
  if (part.type.value.ends_with("/feedback-report")) return true;
  if (form_of(part.type.value) != OriginalForm::none) return false;
  const std::string text = part.decoded();
  return ascii::istarts_with(ascii::trim_fws(text), "Feedback-Type:");
}

void check_outer(const detail::ContentField& outer, Findings& findings) {
  if (outer.value != "multipart/report") {
    complain(findings, "not_multipart_report", "The mail is not multipart/report.");
  } else if (!ascii::iequals(outer["report-type"], "feedback-report")) {
    complain(findings, "no_report_type", "The report-type is not feedback-report.");
  }
}

/// RFC 7489 §7.3.1 had the methods that passed here; RFC 9991 §4 has those that failed.
void check_alignment(const Report& report, Reporter reporter, Findings& findings) {
  if (report.identity_alignment.empty() || reporter == Reporter::follows_rfc9991) return;
  complain(findings, "ambiguous_alignment",
           "Identity-Alignment names what failed (RFC 9991), or what passed where the reporter "
           "follows RFC 7489.",
           Level::info);
}

std::optional<Report> read_notices(const std::vector<detail::Part>& parts) {
  for (const detail::Part& part : parts) {
    if (part.type.value != "text/plain") continue;
    if (auto report = detail::read_notice(part.decoded())) return report;
  }
  return std::nullopt;
}

Read read_text(const detail::Parts& parts, Read read) {
  read.report = read_notices(parts.leaves);
  if (read.report) {
    complain(read.findings, "text_report", "The report is text for people, and was read from it.");
  } else {
    complain(read.findings, "no_report", "The mail holds no failure report.", Level::error);
  }
  return read;
}

/// Adds what begins at `at` and ends before white space, quotes or brackets.
std::size_t take_url(std::string_view text, std::size_t at, std::vector<std::string>& urls) {
  std::size_t end = at;
  while (end < text.size() && ascii::is_graph(text[end]) &&
         !std::string_view("<>\"'()[]{}").contains(text[end])) {
    ++end;
  }
  std::string url(text.substr(at, std::min<std::size_t>(end - at, 2'000)));
  while (!url.empty() && std::string_view(".,;:!?").contains(url.back())) url.pop_back();
  if (urls.size() < 100 && !detail::holds(urls, url)) urls.push_back(std::move(url));
  return end;
}

std::vector<std::string> urls_of(std::string_view text) {
  std::vector<std::string> urls;
  for (std::size_t at = text.find("://"); at != std::string_view::npos; at = text.find("://", at)) {
    std::size_t begin = at;
    while (begin > 0 && ascii::is_alpha(text[begin - 1]) && at - begin < 6) --begin;
    const std::string scheme = ascii::to_lower(text.substr(begin, at - begin));
    const bool known =
        scheme == "http" || scheme == "https" || scheme == "hxxp" || scheme == "hxxps";
    at = known ? take_url(text, begin, urls) : at + 3;
  }
  return urls;
}

}  // namespace

Read read(std::string_view mail, const ReadOptions& options) {
  Read read;
  if (mail.size() > options.octets) {
    complain(read.findings, "too_large", "The mail is larger than what is read of it.");
    mail = mail.substr(0, options.octets);
  }
  const detail::Parts parts = detail::split_parts(mail);
  for (const Finding& finding : parts.findings) add_bounded(read.findings, finding);
  const auto feedback = std::ranges::find_if(parts.leaves, is_feedback);
  if (feedback == parts.leaves.end()) return read_text(parts, std::move(read));
  check_outer(parts.outer, read.findings);
  read.report = detail::read_feedback(feedback->decoded(), options.values, read.findings);
  check_alignment(*read.report, options.reporter, read.findings);
  const auto original = std::find_if(feedback + 1, parts.leaves.end(), [](const auto& part) {
    return form_of(part.type.value) != OriginalForm::none;
  });
  if (original != parts.leaves.end()) {
    read.report->original = read_original(*original, options.original_octets, read.findings);
  } else {
    complain(read.findings, "no_original", "The third part, the original message, is missing.");
  }
  return read;
}

OriginalFacts original_facts(const Original& original) {
  const mail::Header header = mail::parse_header(original.octets);
  const auto first = [&](std::string_view name) {
    const auto fields = mail::fields_named(header, name);
    return fields.empty() ? std::string() : detail::unfolded(fields.front()->value);
  };
  OriginalFacts facts{.from = first("From"),
                      .subject = first("Subject"),
                      .message_id = first("Message-ID"),
                      .urls = {}};
  if (original.form != OriginalForm::message) return facts;
  for (const detail::Part& part : detail::split_parts(original.octets).leaves) {
    if (!part.type.value.starts_with("text/")) continue;
    for (std::string& url : urls_of(part.decoded())) {
      if (facts.urls.size() < 100 && !detail::holds(facts.urls, url)) {
        facts.urls.push_back(std::move(url));
      }
    }
  }
  return facts;
}

}  // namespace assay::failure
