#include <string>

#include "assay/base/ascii.h"
#include "assay/dmarc/detail/tags.h"

namespace assay::dmarc::detail {
namespace {

void add(PolicyRecord& record, Level level, std::string_view code, std::string what) {
  record.findings.push_back(
      {.code = code, .what = std::move(what), .at = record.text.size(), .level = level});
}

void add_at(PolicyRecord& record, const Seen& seen, std::string_view code, std::string what) {
  record.findings.push_back(
      {.code = code, .what = std::move(what), .at = seen.first.at, .level = Level::warning});
}

// RFC 9989 §A.6: t=y and t=n stand for what pct=0 and pct=100 were used for.
std::string about_percentage(const PolicyRecord& record, std::string_view value) {
  const std::string start = "pct was removed by RFC 9989, whose receivers ignore it: ";
  const auto number = ascii::parse_number(value);
  if (!number || *number > 100 || value.size() > 3) {
    return start + "drop it; those of RFC 7489 read a number from 0 to 100 only";
  }
  if (record.pct == 0) return start + "write t=y instead of pct=0";
  if (record.pct == 100) return start + "drop pct=100, which is what they do anyway";
  return start + "they apply the policy to all failing mail, those of RFC 7489 to " +
         std::to_string(record.pct) + " in a hundred messages; t=y asks for the next weaker policy";
}

// RFC 9989 §9.3: pct, rf and ri are historic.
void lint_historic(const Tags& tags, PolicyRecord& record) {
  if (tags[Tag::pct].count > 0) {
    add_at(record, tags[Tag::pct], "historic_pct",
           about_percentage(record, tags[Tag::pct].first.value));
  }
  if (tags[Tag::ri].count > 0) {
    add_at(record, tags[Tag::ri], "historic_ri",
           "ri was removed by RFC 9989, whose receivers report at least once a day: drop it");
  }
  if (tags[Tag::rf].count > 0) {
    add_at(record, tags[Tag::rf], "historic_rf",
           "rf was removed by RFC 9989, which has one format of failure reports: drop it");
  }
}

void lint_policies(const Tags& tags, PolicyRecord& record) {
  if (tags[Tag::p].count == 0) {
    add(record, Level::warning, "missing_p",
        "p is missing: receivers act as if it were p=none, if rua holds a URI, and else use no "
        "part "
        "of the record");
  } else if (tags[Tag::p].first.order != 1) {
    add_at(record, tags[Tag::p], "p_not_second",
           "the p tag does not immediately follow the v tag, as receivers of RFC 7489 may want it");
  }
  if (!record.p || *record.p == Policy::none) return;
  if (record.sp == Policy::none) {
    add_at(record, tags[Tag::sp], "weak_subdomain_policy",
           "sp=none leaves every subdomain without the protection that p asks for");
  }
  if (record.np == Policy::none) {
    add_at(record, tags[Tag::np], "weak_subdomain_policy",
           "np=none leaves every name below that does not exist without the protection that p asks "
           "for");
  }
}

void lint_reports(const Tags& tags, PolicyRecord& record) {
  // RFC 9989 §4.7: without rua no aggregate reports are generated.
  if (tags[Tag::rua].count == 0) {
    add(record, Level::warning, "missing_rua", "rua is missing, so that no one sends reports");
  }
  // RFC 9989 §10.2: a PSO does not ask for failure reports of the organizations below.
  if (record.psd == Psd::y && tags[Tag::ruf].count > 0) {
    add_at(record, tags[Tag::ruf], "ruf_with_psd",
           "a public suffix (psd=y) that holds several organizations must not ask for failure "
           "reports");
  }
  if (tags[Tag::fo].count > 0 && tags[Tag::ruf].count == 0) {
    add(record, Level::info, "fo_without_ruf", "fo means nothing without ruf");
  }
  for (const auto* uris : {&record.rua, &record.ruf}) {
    if (uris->size() <= 2) continue;
    add(record, Level::info, "several_uris",
        std::string("more than two ") + (uris == &record.rua ? "rua" : "ruf") +
            " URIs: receivers of RFC 7489 need not send to more");
  }
}

void lint_use(PolicyRecord& record) {
  if (record.test_mode) {
    add(record, Level::info, "test_mode",
        "t=y asks for the next weaker policy; receivers of RFC 7489 ignore it and apply p in full");
  }
  // RFC 9989 §4.10.1
  if (record.usable() == Usable::not_at_all) {
    add(record, Level::error, "not_usable",
        "without valid policies and without a valid URI in rua, receivers use no part of this "
        "record");
  } else if (record.usable() == Usable::as_none && record.bad_policy) {
    add(record, Level::error, "policy_void",
        "a bad p, sp or np makes receivers act as if the record said p=none");
  }
}

}  // namespace

void lint(const Tags& tags, PolicyRecord& record) {
  lint_historic(tags, record);
  lint_policies(tags, record);
  lint_reports(tags, record);
  lint_use(record);
}

}  // namespace assay::dmarc::detail
