#include "bin/filter_watch.h"

#include <algorithm>
#include <string>

namespace assay::cli {
namespace {

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& one : words) text += (text.empty() ? "" : ",") + one;
  return text;
}

std::string spf_words(const journal::Entry& entry) {
  const auto found = std::ranges::find(entry.spf, "mfrom", &journal::SpfResult::identity);
  return found == entry.spf.end() ? "" : found->result + ":" + found->domain;
}

std::string dkim_words(const journal::Entry& entry) {
  std::string text;
  for (const journal::DkimResult& one : entry.dkim) {
    text += (text.empty() ? "" : ",") + one.result + ":" + one.domain;
  }
  return text;
}

std::string override_words(const journal::Entry& entry) {
  std::string text;
  for (const journal::Override& one : entry.overrides) {
    text += (text.empty() ? "" : "; ") + one.type + ": " + one.comment;
  }
  return text;
}

void add_verdict(ops::Fields& fields, const journal::Entry& entry) {
  const journal::Verdict& verdict = *entry.verdict;
  fields.text("dmarc", verdict.result);
  fields.text("author", joined(entry.author_domains));
  fields.text("policy", verdict.policy);
  fields.text("spf", spf_words(entry));
  fields.text("dkim", dkim_words(entry));
  if (entry.arc.result != "none") fields.text("arc", entry.arc.result);
  fields.text("reason", verdict.reason);
  fields.text("override", override_words(entry));
  for (const journal::Evidence& one : entry.evidence) {
    fields.text(one.leans == "abuse" ? "against" : "for", one.what);
  }
  fields.text("differs", joined(entry.differs));
}

}  // namespace

FilterWatch::FilterWatch(journal::Writer& journal, ops::Log& log, ops::Metrics& metrics)
    : journal_(journal),
      log_(log),
      metrics_(metrics),
      judging_(
          metrics.histogram("assay_judging_seconds", "From the end of a message to the decision")),
      faults_(metrics.counter(
          "assay_faults_total",
          "Messages that could not be judged, and peers that broke the protocol")) {}

void FilterWatch::message(const journal::Entry& entry, std::chrono::microseconds judging) {
  journal_.append(entry);
  const std::string result = entry.verdict ? entry.verdict->result : "exempt";
  metrics_
      .counter("assay_messages_total", "Messages by DMARC result and what was done",
               {{"result", result}, {"action", entry.action.action}})
      .add();
  if (!entry.differs.empty()) {
    metrics_.counter("assay_standards_differ_total", "Messages that RFC 7489 judges otherwise")
        .add();
  }
  if (entry.verdict) judging_.observe(std::chrono::duration<double>(judging).count());
  log_message(entry, judging);
}

void FilterWatch::log_message(const journal::Entry& entry, std::chrono::microseconds judging) {
  log_.write(ops::LogLevel::info, "message", [&](ops::Fields& fields) {
    fields.text("queue_id", entry.queue_id);
    fields.text("action", entry.action.action);
    fields.text("exempt", entry.exempt);
    if (entry.client) fields.ip_address("client", *entry.client);
    fields.mail_address("from", entry.mail_from);
    if (entry.verdict) add_verdict(fields, entry);
    fields.number("size", entry.size);
    fields.milliseconds("ms", judging);
  });
}

void FilterWatch::fault(std::string_view what) {
  faults_.add();
  log_.write(ops::LogLevel::warning, "fault",
             [&](ops::Fields& fields) { fields.text("what", what); });
}

}  // namespace assay::cli
