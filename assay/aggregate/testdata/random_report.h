#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "assay/aggregate/report.h"

/// Reports made from a number, for properties that hold for all reports.
namespace assay::aggregate::testdata {

class Chance {
 public:
  explicit Chance(std::uint64_t seed) : state_(seed) {}
  /// Below `limit` (SplitMix64).
  std::uint64_t below(std::uint64_t limit) {
    state_ += 0x9e3779b97f4a7c15U;
    std::uint64_t z = state_;
    z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27U)) * 0x94d049bb133111ebU;
    return (z ^ (z >> 31U)) % limit;
  }
  bool one_in(std::uint64_t many) { return below(many) == 0; }
  std::string word(std::initializer_list<std::string_view> words) {
    return std::string(words.begin()[below(words.size())]);
  }

 private:
  std::uint64_t state_;
};

/// Text with markup, quotes, letters of several octets, and no space at its ends.
inline std::string make_text(Chance& chance) {
  std::string text = "x";
  for (std::uint64_t i = chance.below(12); i > 0; --i) {
    text += chance.word({"<", ">", "&", "]]>", "\"", "'", "&amp;", "K\xc3\xb6ln", "\xe4\xbe\x8b",
                         "\xf0\x9f\x93\xa8", " ", "a", "<!--", "<![CDATA[", "\t", "%", ";"});
  }
  return text + ".";
}

inline std::string make_domain(Chance& chance) {
  return chance.word({"", "a.", "mail.", "xn--bcher-kva."}) +
         chance.word({"example.com", "example.org", "example.net"});
}

inline std::string make_address(Chance& chance) {
  return chance.word({"192.0.2.", "198.51.100."}) + std::to_string(chance.below(256));
}

inline Metadata make_metadata(Chance& chance, Schema schema) {
  Metadata metadata{.org_name = make_text(chance),
                    .email = "reports@" + make_domain(chance),
                    .report_id = "id" + std::to_string(chance.below(1'000'000))};
  metadata.begin = Instant{std::chrono::seconds{1'700'000'000 + chance.below(100'000'000)}};
  metadata.end = metadata.begin + std::chrono::seconds{chance.below(200'000)};
  if (chance.one_in(2)) metadata.extra_contact_info = make_text(chance);
  if (chance.one_in(3)) metadata.errors.push_back(make_text(chance));
  if (schema == Schema::rfc7489 && chance.one_in(3)) metadata.errors.push_back(make_text(chance));
  if (schema == Schema::rfc9990 && chance.one_in(2)) metadata.generator = make_text(chance);
  return metadata;
}

inline PolicyPublished make_policy(Chance& chance, Schema schema) {
  PolicyPublished policy{.domain = make_domain(chance),
                         .p = chance.word({"none", "quarantine", "reject"}),
                         .sp = chance.word({"none", "quarantine", "reject"}),
                         .adkim = chance.word({"", "r", "s"}),
                         .aspf = chance.word({"", "r", "s"}),
                         .fo = chance.word({"0", "1", "d:s"})};
  if (schema == Schema::rfc7489) {
    policy.pct = std::to_string(chance.below(101));
    return policy;
  }
  policy.np = chance.word({"", "none", "reject"});
  policy.discovery_method = chance.word({"", "psl", "treewalk"});
  policy.testing = chance.word({"", "n", "y"});
  return policy;
}

inline void make_results(Chance& chance, Schema schema, Row& row) {
  for (std::uint64_t i = chance.below(4); i > 0; --i) {
    row.dkim_results.push_back(
        {.domain = make_domain(chance),
         .selector = chance.word({"s1", "2026._x", "a.b"}),
         .result =
             chance.word({"none", "pass", "fail", "policy", "neutral", "temperror", "permerror"}),
         .human_result = chance.one_in(3) ? make_text(chance) : std::string()});
  }
  const bool old = schema == Schema::rfc7489;
  for (std::uint64_t i = old ? 1 + chance.below(2) : chance.below(2); i > 0; --i) {
    SpfResult spf{.domain = make_domain(chance),
                  .scope = old ? chance.word({"helo", "mfrom"}) : chance.word({"", "mfrom"}),
                  .result = chance.word(
                      {"none", "pass", "fail", "softfail", "neutral", "temperror", "permerror"})};
    if (!old && chance.one_in(3)) spf.human_result = make_text(chance);
    row.spf_results.push_back(spf);
  }
}

inline Record make_record(Chance& chance, Schema schema) {
  Record record{.count = 1 + chance.below(std::uint64_t{1} << chance.below(63))};
  Row& row = record.row;
  row.source_ip = make_address(chance);
  row.disposition = schema == Schema::rfc7489
                        ? chance.word({"none", "quarantine", "reject"})
                        : chance.word({"none", "pass", "quarantine", "reject"});
  row.dkim = chance.word({"pass", "fail"});
  row.spf = chance.word({"pass", "fail"});
  for (std::uint64_t i = chance.below(3); i > 0; --i) {
    row.reasons.push_back(
        {.type = chance.word({"local_policy", "mailing_list", "other", "trusted_forwarder"}),
         .comment = chance.one_in(2) ? make_text(chance) : std::string()});
  }
  row.header_from = make_domain(chance);
  if (chance.one_in(2)) row.envelope_from = make_domain(chance);
  if (chance.one_in(4)) row.envelope_to = make_domain(chance);
  make_results(chance, schema, row);
  return record;
}

/// A report that validates.
inline Report make_report(std::uint64_t seed) {
  Chance chance(seed);
  Report report;
  report.schema = chance.one_in(2) ? Schema::rfc9990 : Schema::rfc7489;
  if (report.schema == Schema::rfc9990 && chance.one_in(4)) report.version.clear();
  report.metadata = make_metadata(chance, report.schema);
  report.policy = make_policy(chance, report.schema);
  for (std::uint64_t i = 1 + chance.below(4); i > 0; --i) {
    report.records.push_back(make_record(chance, report.schema));
  }
  return report;
}

}  // namespace assay::aggregate::testdata
