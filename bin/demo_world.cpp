#include "bin/demo_world.h"

#include <array>
#include <cstdio>

#include "assay/aggregate/names.h"
#include "assay/base/time.h"

namespace assay::cli {
namespace {

using std::chrono::days;
using std::chrono::sys_days;

constexpr std::string_view harbour = "harbour.example", shop = "orders.harbour.example",
                           bakery = "bakery.example", parked = "harbor.example",
                           clinic = "clinic.example", school = "school.example";

/// A company on its way to enforcement, its shop, a beginner, a name that sends nothing, an
/// enforced domain with something forgotten, and one whose mail is passed on a lot.
constexpr std::array streams = {
    DemoStream{harbour, "192.0.2.10", harbour, "pass", harbour, "s1", "pass", 420},
    DemoStream{harbour, "192.0.2.77", harbour, "pass", "", "", "", 24},
    DemoStream{harbour, "198.51.100.20", "bounce.letters.example", "pass", harbour, "letters",
               "pass", 260},
    DemoStream{harbour, "203.0.113.200", "mail.desk.example", "pass", "desk.example", "k1", "pass",
               38},
    DemoStream{harbour, "198.51.100.130", "lists.example", "pass", harbour, "s1", "fail", 14,
               "mailing_list"},
    DemoStream{harbour, "198.51.100.180", harbour, "fail", harbour, "s1", "pass", 9},
    DemoStream{harbour, "203.0.113.44", "new.harbour.example", "pass", harbour, "new1", "pass", 30,
               "", demo_days - 9},
    DemoStream{harbour, "", harbour, "fail", "", "", "", 55},
    DemoStream{shop, "192.0.2.30", shop, "pass", shop, "o1", "pass", 180},
    DemoStream{shop, "192.0.2.31", shop, "pass", shop, "o1", "pass", 150},
    DemoStream{bakery, "198.51.100.61", bakery, "pass", "", "", "", 35},
    DemoStream{bakery, "198.51.100.20", "bounce.letters.example", "pass", "letters.example", "m2",
               "pass", 22},
    DemoStream{bakery, "", bakery, "fail", "", "", "", 6, "", 40},
    DemoStream{parked, "", parked, "fail", "", "", "", 48},
    DemoStream{clinic, "192.0.2.90", clinic, "pass", clinic, "a", "pass", 130},
    DemoStream{clinic, "192.0.2.91", clinic, "fail", "", "", "", 17, "", demo_days - 13},
    DemoStream{clinic, "", clinic, "fail", "", "", "", 12},
    DemoStream{school, "203.0.113.70", school, "pass", school, "mx", "pass", 210},
    DemoStream{school, "198.51.100.150", "fwd.alumni.example", "pass", school, "mx", "pass", 60},
    DemoStream{school, "198.51.100.151", "lists.alumni.example", "pass", school, "mx", "fail", 45,
               "mailing_list"}};

struct Published {
  std::string_view p;
  bool testing = false;
};

/// What a domain published on a day.
Published policy_of(std::string_view domain, int day) {
  if (domain == harbour) {
    if (day < 35) return {"none"};
    return {"quarantine", day < 56};
  }
  if (domain == shop || domain == parked || domain == clinic) return {"reject"};
  return {"none"};
}

/// The same each time for the same place.
std::uint32_t chance(std::uint64_t a, std::uint64_t b, std::uint64_t c) {
  std::uint64_t z = a * 0x9e3779b97f4a7c15U + b * 0xbf58476d1ce4e5b9U + c * 0x94d049bb133111ebU;
  z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9U;
  z = (z ^ (z >> 27U)) * 0x94d049bb133111ebU;
  return static_cast<std::uint32_t>((z ^ (z >> 31U)) >> 32U);
}

/// People write less at weekends, and not the same each day.
std::uint64_t messages_of(std::size_t stream, const DemoReporter& reporter, int day,
                          sys_days date) {
  const DemoStream& one = streams[stream];
  const unsigned weekday = std::chrono::weekday(date).c_encoding();
  const std::uint64_t weekend = weekday == 0 || weekday == 6 ? 35 : 100;
  const std::uint64_t swing =
      75 + chance(stream, static_cast<std::uint64_t>(day), reporter.share) % 50;
  return one.daily * reporter.share * weekend * swing / 1'000'000;
}

std::string address_of(const DemoStream& stream, int day) {
  if (!stream.address.empty()) return std::string(stream.address);
  std::array<char, 64> text = {};
  const unsigned network = chance(static_cast<std::uint64_t>(day / 2), stream.daily, 7) % 0xffff;
  std::snprintf(text.data(), text.size(), "2001:db8:%x::%x", network,
                1 + static_cast<unsigned>(day) % 7);
  return text.data();
}

bool is_below(std::string_view domain, std::string_view above) {
  return domain == above || (domain.ends_with(above) && domain.size() > above.size() &&
                             domain[domain.size() - above.size() - 1] == '.');
}

/// What became of mail that fails.
void handle(aggregate::Row& row, const DemoStream& stream, const DemoReporter& reporter,
            const Published& policy) {
  row.disposition = "none";
  if (row.dkim == "pass" || row.spf == "pass" || policy.p == "none") return;
  if (!stream.reason.empty() && reporter.tells_reasons) {
    row.reasons = {{.type = std::string(stream.reason),
                    .comment = "arc=pass as[1].d=lists.example as[1].s=a"}};
    return;
  }
  if (policy.testing && reporter.schema == aggregate::Schema::rfc9990) {
    row.reasons = {{.type = "policy_test_mode"}};
    return;
  }
  row.disposition = policy.p;
}

aggregate::Row row_of(const DemoStream& stream, const DemoReporter& reporter, int day,
                      const Published& policy) {
  const bool spf = stream.spf == "pass" && is_below(stream.envelope, stream.domain);
  const bool dkim = stream.dkim == "pass" && stream.signer == stream.domain;
  aggregate::Row row{.source_ip = address_of(stream, day),
                     .dkim = dkim ? "pass" : "fail",
                     .spf = spf ? "pass" : "fail",
                     .header_from = std::string(stream.domain),
                     .envelope_from = std::string(stream.envelope)};
  if (!stream.signer.empty()) {
    row.dkim_results = {{.domain = std::string(stream.signer),
                         .selector = std::string(stream.selector),
                         .result = std::string(stream.dkim)}};
  }
  row.spf_results = {{.domain = std::string(stream.envelope),
                      .scope = "mfrom",
                      .result = std::string(stream.spf)}};
  handle(row, stream, reporter, policy);
  return row;
}

sys_days date_of(int day, sys_days last) {
  return last - days{demo_days - 1 - day};
}

}  // namespace

std::vector<std::string> demo_domains() {
  return {std::string(bakery),  std::string(clinic), std::string(parked),
          std::string(harbour), std::string(shop),   std::string(school)};
}

const std::vector<DemoReporter>& demo_reporters() {
  static const std::vector<DemoReporter> all = {
      {"Mailbox One", "mailbox-one.example", aggregate::Schema::rfc9990, 55},
      {"Broad Mail", "broadmail.example", aggregate::Schema::rfc7489, 30, 100'000, false},
      {"City Net", "citynet.example", aggregate::Schema::rfc9990, 15, demo_days - 20}};
  return all;
}

aggregate::Report demo_report(std::string_view domain, const DemoReporter& reporter, int day,
                              sys_days last) {
  const sys_days date = date_of(day, last);
  const Published policy = policy_of(domain, day);
  aggregate::Report report{.schema = reporter.schema};
  report.metadata = {.org_name = std::string(reporter.organization),
                     .email = "dmarc@" + std::string(reporter.domain),
                     .begin = date,
                     .end = date + days{1} - std::chrono::seconds{1},
                     .generator = "Assay demonstration"};
  std::array<std::uint8_t, 16> number = {};
  for (std::size_t i = 0; i < number.size(); ++i) {
    number[i] = static_cast<std::uint8_t>(domain[i % domain.size()] + reporter.domain[i % 8]);
  }
  report.metadata.report_id = aggregate::make_report_id(report.metadata.begin, number);
  report.policy = {.domain = std::string(domain),
                   .p = std::string(policy.p),
                   .sp = std::string(policy.p),
                   .np = std::string(policy.p),
                   .adkim = "r",
                   .aspf = "r",
                   .discovery_method = "treewalk",
                   .fo = "0",
                   .testing = policy.testing ? "y" : "n"};
  for (std::size_t i = 0; i < streams.size(); ++i) {
    const DemoStream& stream = streams[i];
    if (stream.domain != domain || day < stream.from || day >= stream.until) continue;
    const std::uint64_t count = messages_of(i, reporter, day, date);
    if (count == 0 || day >= reporter.until) continue;
    report.records.push_back({.row = row_of(stream, reporter, day, policy), .count = count});
  }
  return report;
}

std::vector<failure::Report> demo_failures(int day) {
  std::vector<failure::Report> reports;
  if (day < demo_days - 30 || day % 3 != 0) return reports;
  const std::string address = address_of(DemoStream{.domain = harbour, .daily = 55}, day);
  failure::Report report{.user_agent = "Assay demonstration",
                         .auth_failure = "dmarc",
                         .identity_alignment = {"none"},
                         .delivery_result = "spam",
                         .source_ip = address,
                         .reported_domain = {std::string(harbour)},
                         .original_mail_from = "<billing@harbour.example>"};
  report.authentication_results = {
      "mx.mailbox-one.example; dmarc=fail header.from=harbour.example"};
  report.reporting_mta = "dns; mx.mailbox-one.example";
  report.original = {.form = failure::OriginalForm::headers,
                     .octets =
                         "From: Harbour Billing <billing@harbour.example>\r\n"
                         "To: <q7d2@mailbox-one.example>\r\n"
                         "Subject: Your invoice is overdue\r\n"
                         "Message-ID: <" +
                         std::to_string(day) + "@host.invalid>\r\n"};
  reports.push_back(std::move(report));
  return reports;
}

tlsrpt::Report demo_tls(int day, sys_days last) {
  const sys_days date = date_of(day, last);
  const bool broken = day >= demo_days - 6 && day < demo_days - 3;
  tlsrpt::Policy policy{
      .policy_type = "sts",
      .policy_domain = std::string(harbour),
      .policy_string = {"version: STSv1", "mode: testing", "mx: mx.harbour.example",
                        "max_age: 604800"},
      .mx_host = {"mx.harbour.example"},
      .successful_session_count = 900 + chance(1, static_cast<unsigned>(day), 3) % 200,
      .failed_session_count = broken ? 41U : 0U};
  if (broken) {
    policy.failure_details = {{.result_type = "certificate-expired",
                               .sending_mta_ip = "198.51.100.8",
                               .receiving_mx_hostname = "mx.harbour.example",
                               .receiving_ip = "192.0.2.10",
                               .failed_session_count = 41}};
  }
  return {.organization_name = "Mailbox One",
          .contact_info = "tls@mailbox-one.example",
          .report_id = to_rfc3339(date) + "_harbour.example",
          .begin = date,
          .end = date + days{1} - std::chrono::seconds{1},
          .policies = {policy}};
}

}  // namespace assay::cli
