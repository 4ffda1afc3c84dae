#include <algorithm>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "assay/aggregate/names.h"
#include "assay/aggregate/write.h"
#include "assay/base/ascii.h"
#include "assay/base/ip_address.h"
#include "assay/base/utf8.h"

namespace assay::aggregate {
namespace {

using Words = std::span<const std::string_view>;

constexpr std::string_view policies[] = {"none", "quarantine", "reject"};
constexpr std::string_view dispositions[] = {"none", "pass", "quarantine", "reject"};
constexpr std::string_view modes[] = {"r", "s"};
constexpr std::string_view methods[] = {"psl", "treewalk"};
constexpr std::string_view yes_or_no[] = {"n", "y"};
constexpr std::string_view aligned_results[] = {"pass", "fail"};
// RFC 9990 §3.1.6
constexpr std::string_view reasons[] = {"local_policy", "mailing_list", "other", "policy_test_mode",
                                        "trusted_forwarder"};
// RFC 7489 Appendix C, and what is written as one of them
constexpr std::string_view old_reasons[] = {"forwarded",       "sampled_out",  "trusted_forwarder",
                                            "mailing_list",    "local_policy", "other",
                                            "policy_test_mode"};
// RFC 8601 §2.7.1
constexpr std::string_view dkim_results[] = {"none",    "pass",      "fail",     "policy",
                                             "neutral", "temperror", "permerror"};
// RFC 8601 §2.7.2
constexpr std::string_view spf_results[] = {"none",   "pass",    "fail",      "softfail",
                                            "policy", "neutral", "temperror", "permerror"};
constexpr std::string_view scopes[] = {"mfrom", "helo"};  // the first alone in RFC 9990 §3.1.1.13

/// One place of a report and where to say what is wrong with it.
class Check {
 public:
  Check(Findings& findings, std::uint64_t number) : findings_(findings), number_(number) {}

  void complain(std::string_view code, std::string what) {
    if (number_ > 0) what = "record " + std::to_string(number_) + ": " + what;
    add_bounded(findings_, {.code = code, .what = std::move(what), .at = number_});
  }

  /// Any text that XML can hold.
  void text(std::string_view name, std::string_view value) {
    while (!value.empty()) {
      const utf8::CodePoint next = utf8::decode(value);
      const bool control =
          next.value < 0x20 && next.value != '\t' && next.value != '\n' && next.value != '\r';
      if (next.octets == 0 || control || next.value == 0xfffe || next.value == 0xffff) {
        complain("not_text", std::string(name) + " holds what XML cannot hold");
        return;
      }
      value.remove_prefix(next.octets);
    }
  }

  void required(std::string_view name, std::string_view value) {
    if (value.empty()) complain("missing", std::string(name) + " is missing");
    text(name, value);
  }

  void word(std::string_view name, std::string_view value, Words words) {
    if (std::ranges::find(words, value) != words.end()) return;
    if (value.empty()) {
      complain("missing", std::string(name) + " is missing");
      return;
    }
    complain("bad_word", std::string(name) + " may not be \"" + ascii::printable(value, 40) + "\"");
  }

  void optional_word(std::string_view name, std::string_view value, Words words) {
    if (!value.empty()) word(name, value, words);
  }

 private:
  Findings& findings_;
  std::uint64_t number_;
};

void check_metadata(Check& check, Schema schema, const Metadata& metadata) {
  check.required("org_name", metadata.org_name);
  check.required("email", metadata.email);
  check.text("extra_contact_info", metadata.extra_contact_info);
  if (!is_report_id(metadata.report_id)) {
    check.complain("bad_report_id", "report_id is no dot-atom with or without a domain");
  }
  const auto begin = metadata.begin.time_since_epoch().count();
  const auto end = metadata.end.time_since_epoch().count();
  if (begin < 0 || end < begin) {
    check.complain("bad_period", "date_range ends before it begins, or begins before 1970");
  }
  for (const std::string& error : metadata.errors) check.text("error", error);
  if (schema == Schema::rfc9990) check.text("generator", metadata.generator);
}

void check_policy(Check& check, Schema schema, const PolicyPublished& policy) {
  check.required("policy_published/domain", policy.domain);
  check.word("p", policy.p, policies);
  check.optional_word("sp", policy.sp, policies);
  check.optional_word("adkim", policy.adkim, modes);
  check.optional_word("aspf", policy.aspf, modes);
  check.text("fo", policy.fo);
  if (schema == Schema::rfc9990) {
    check.optional_word("np", policy.np, policies);
    check.optional_word("discovery_method", policy.discovery_method, methods);
    check.optional_word("testing", policy.testing, yes_or_no);
    return;
  }
  const auto pct = ascii::parse_number(policy.pct);
  if (!policy.pct.empty() && (!pct || *pct > 100)) {
    check.complain("bad_value", "pct is no number from 0 to 100");
  }
}

void check_reason(Check& check, Schema schema, const Reason& reason) {
  check.word("reason/type", reason.type, schema == Schema::rfc9990 ? Words(reasons) : old_reasons);
  check.text("reason/comment", reason.comment);
}

void check_row(Check& check, Schema schema, const Record& record) {
  const Row& row = record.row;
  if (!IpAddress::parse(row.source_ip)) {
    check.complain("bad_value", "source_ip is no IP address");
  }
  if (record.count == 0 || record.count > static_cast<std::uint64_t>(INT64_MAX)) {
    check.complain("bad_value", "count is no number of messages");
  }
  check.word("disposition", row.disposition, dispositions);
  check.word("policy_evaluated/dkim", row.dkim, aligned_results);
  check.word("policy_evaluated/spf", row.spf, aligned_results);
  for (const Reason& reason : row.reasons) check_reason(check, schema, reason);
  check.required("header_from", row.header_from);
  check.text("envelope_from", row.envelope_from);
  check.text("envelope_to", row.envelope_to);
}

void check_results(Check& check, Schema schema, const Row& row) {
  if (row.dkim_results.size() > max_signatures) {
    check.complain("too_many", "more than " + std::to_string(max_signatures) + " signatures");
  }
  for (const DkimResult& signature : row.dkim_results) {
    check.required("dkim/domain", signature.domain);
    if (schema == Schema::rfc9990) check.required("dkim/selector", signature.selector);
    if (schema == Schema::rfc7489) check.text("dkim/selector", signature.selector);
    check.word("dkim/result", signature.result, dkim_results);
    check.text("dkim/human_result", signature.human_result);
  }
  if (schema == Schema::rfc9990 && row.spf_results.size() > 1) {
    check.complain("too_many", "more than one SPF result");
  }
  for (const SpfResult& spf : row.spf_results) {
    check.required("spf/domain", spf.domain);
    check.word("spf/result", spf.result, spf_results);
    if (schema == Schema::rfc9990) {
      check.optional_word("spf/scope", spf.scope, Words(scopes).first(1));
      check.text("spf/human_result", spf.human_result);
    } else {
      check.optional_word("spf/scope", spf.scope, scopes);
      if (spf.result == "policy") {
        check.complain("bad_word", "spf/result may not be \"policy\" in the form of RFC 7489");
      }
    }
  }
}

}  // namespace

void validate_head(const Report& report, Findings& findings) {
  Check check(findings, 0);
  const bool no_version = report.version.empty();  // it is optional, and written in the old form
  if (!no_version && report.version != "1.0") {    // RFC 9990 §3.1.1.2
    check.complain("bad_value", "version is not 1.0");
  }
  check_metadata(check, report.schema, report.metadata);
  check_policy(check, report.schema, report.policy);
}

void validate_record(Schema schema, const Record& record, std::uint64_t number,
                     Findings& findings) {
  Check check(findings, number);
  check_row(check, schema, record);
  check_results(check, schema, record.row);
}

Findings validate(const Report& report) {
  Findings findings;
  validate_head(report, findings);
  if (report.records.empty()) {
    // RFC 9990 §3.1.1.2
    Check(findings, 0).complain("no_record", "a report without a record is none");
  }
  std::uint64_t number = 0;
  for (const Record& record : report.records) {
    validate_record(report.schema, record, ++number, findings);
  }
  return findings;
}

}  // namespace assay::aggregate
