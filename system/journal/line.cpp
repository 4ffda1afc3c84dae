#include "system/journal/line.h"

#include <algorithm>
#include <utility>

#include "system/journal/detail/read.h"
#include "system/journal/detail/shorten.h"
#include "system/journal/time_text.h"
#include "system/json/writer.h"

namespace assay::journal {
namespace {

void write_number(json::Writer& out, std::string_view name, std::uint64_t number) {
  if (number != 0) out.member_number(name, number);
}

void write_flag(json::Writer& out, std::string_view name, bool flag) {
  if (flag) out.member_boolean(name, true);
}

void write(json::Writer& out, const Verdict& verdict) {
  out.member_always("result", verdict.result);
  out.member("author_domain", verdict.author_domain);
  out.member("policy_domain", verdict.policy_domain);
  out.member("organizational_domain", verdict.organizational_domain);
  out.member("record", verdict.record);
  out.member("published_policy", verdict.published_policy);
  out.member("policy", verdict.policy);
  write_flag(out, "test_mode", verdict.test_mode);
  write_flag(out, "nonexistent", verdict.nonexistent);
  out.member_always("discovery", verdict.discovery);
  write_flag(out, "spf_aligned", verdict.spf_aligned);
  write_flag(out, "dkim_aligned", verdict.dkim_aligned);
  out.member("reason", verdict.reason);
}

void write(json::Writer& out, const SpfResult& spf) {
  out.member_always("identity", spf.identity);
  out.member_always("domain", spf.domain);
  out.member_always("result", spf.result);
}

void write(json::Writer& out, const DkimResult& dkim) {
  out.member_always("domain", dkim.domain);
  out.member("selector", dkim.selector);
  out.member("algorithm", dkim.algorithm);
  out.member_always("result", dkim.result);
  out.member("reason", dkim.reason);
}

void write(json::Writer& out, const ArcResult& arc) {
  out.member_always("result", arc.result);
  write_number(out, "instances", arc.instances);
  out.member("sealers", arc.sealers);
}

void write(json::Writer& out, const Evidence& evidence) {
  out.member_always("kind", evidence.kind);
  out.member_always("leans", evidence.leans);
  out.member_always("what", evidence.what);
}

void write(json::Writer& out, const Override& reason) {
  out.member_always("type", reason.type);
  out.member("comment", reason.comment);
}

void write(json::Writer& out, const Action& action) {
  out.member_always("action", action.action);
  out.member_always("disposition", action.disposition);
  out.member("quarantine", action.quarantine);
  out.member("reply", action.reply);
}

template <class T>
void write_object(json::Writer& out, std::string_view name, const T& value) {
  out.key(name);
  out.begin_object();
  write(out, value);
  out.end_object();
}

template <class T>
void write_list(json::Writer& out, std::string_view name, const std::vector<T>& values) {
  if (values.empty()) return;
  out.key(name);
  out.begin_array();
  for (const T& value : values) {
    out.begin_object();
    write(out, value);
    out.end_object();
  }
  out.end_array();
}

void write_envelope(json::Writer& out, const Entry& entry) {
  out.member_always("id", entry.id);
  out.member_always("time", to_rfc3339(entry.time));
  out.member("host", entry.host);
  out.member("queue_id", entry.queue_id);
  out.member("exempt", entry.exempt);
  if (entry.client) out.member("client", to_text(*entry.client));
  out.member("client_name", entry.client_name);
  out.member("helo", entry.helo);
  out.member("mail_from", entry.mail_from);
  out.member("recipient_domains", entry.recipient_domains);
  write_number(out, "recipients", entry.recipients);
  write_number(out, "size", entry.size);
  out.member("message_id", entry.message_id);
  out.member("list_id", entry.list_id);
  out.member("automatic", entry.automatic);
  out.member("author_domains", entry.author_domains);
}

void write_facts(json::Writer& out, const Entry& entry) {
  if (entry.verdict) write_object(out, "verdict", *entry.verdict);
  write_list(out, "spf", entry.spf);
  write_list(out, "dkim", entry.dkim);
  if (entry.arc != ArcResult{}) write_object(out, "arc", entry.arc);
  write_list(out, "evidence", entry.evidence);
  write_list(out, "overrides", entry.overrides);
  write_object(out, "action", entry.action);
  if (entry.rfc7489) write_object(out, "rfc7489", *entry.rfc7489);
  out.member("differs", entry.differs);
  write_number(out, "milliseconds", entry.milliseconds);
}

enum class Length : std::uint8_t { whole, shortened };

std::string write_line(const Entry& entry, Length length) {
  constexpr std::size_t usual_octets = 2'048;
  json::Writer out;
  out.reserve(usual_octets);
  out.begin_object();
  out.member_number("v", line_version);
  write_envelope(out, entry);
  write_facts(out, entry);
  write_flag(out, "shortened", length == Length::shortened);
  out.end_object();
  return out.take();
}

constexpr std::size_t max_values = 50'000;

std::string write_shortened(Entry entry) {
  for (std::size_t limit = 16'384;; limit /= 2) {
    cut_entry(entry, limit);
    if (count_values(entry) > max_values) continue;
    std::string line = write_line(entry, Length::shortened);
    if (line.size() <= max_line_octets || limit == 0) return line;
  }
}

}  // namespace

std::string to_line(const Entry& entry) {
  if (count_values(entry) > max_values) return write_shortened(entry);
  std::string line = write_line(entry, Length::whole);
  if (line.size() <= max_line_octets) return line;
  return write_shortened(entry);
}

std::expected<Entry, Finding> parse_line(std::string_view line) {
  if (line.ends_with('\n')) line.remove_suffix(1);
  if (line.size() > max_line_octets) {
    return std::unexpected(Finding{"journal_long", "the line is longer than 1 MiB"});
  }
  std::expected<Entry, Finding> read;
  if (!detail::read_straight(line, *read)) read = detail::read_any(line);
  return read;
}

bool view_line(std::string_view line, EntryView& entry) {
  return detail::read_straight(line, entry);
}

}  // namespace assay::journal
