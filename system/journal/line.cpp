#include "system/journal/line.h"

#include <algorithm>
#include <optional>
#include <type_traits>
#include <utility>

#include "assay/base/ascii.h"
#include "system/journal/detail/shorten.h"
#include "system/journal/time_text.h"
#include "system/json/value.h"
#include "system/json/writer.h"

namespace assay::journal {
namespace {

using json::Value;

// ---- Writing -----------------------------------------------------------------------------------

void write_texts(json::Writer& out, std::string_view name, const std::vector<std::string>& texts) {
  if (texts.empty()) return;
  out.key(name);
  out.begin_array();
  for (const std::string& text : texts) out.string(text);
  out.end_array();
}

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
  write_texts(out, "sealers", arc.sealers);
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
  write_texts(out, "recipient_domains", entry.recipient_domains);
  write_number(out, "recipients", entry.recipients);
  write_number(out, "size", entry.size);
  out.member("message_id", entry.message_id);
  out.member("list_id", entry.list_id);
  out.member("automatic", entry.automatic);
  write_texts(out, "author_domains", entry.author_domains);
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
  write_texts(out, "differs", entry.differs);
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

// ---- Reading -----------------------------------------------------------------------------------

enum class Need : std::uint8_t { optional, required };

std::string quoted(std::string_view name) {
  return "\"" + std::string(name) + "\"";
}

/// Takes members out of an object by name. What is wrong first stays in `error`; the rest is then
/// passed over.
class Members {
 public:
  Members(Value& object, std::optional<Finding>& error) : object_(object), error_(error) {}

  /// The member, or null where there is none.
  Value* find(std::string_view name, Value::Kind kind, Need need = Need::optional) {
    Value* found = nullptr;
    for (json::Member& member : object_.members) {
      if (member.name != name) continue;
      if (found != nullptr) return complain(quoted(name) + " is given twice");
      found = &member.value;
    }
    if (found == nullptr || found->kind == Value::Kind::null) {
      return need == Need::optional ? nullptr : complain(quoted(name) + " is missing");
    }
    if (found->kind == kind) return found;
    return complain(quoted(name) + " must be " + std::string(describe(kind)) + ", not " +
                    std::string(describe(found->kind)));
  }

  Value* complain(std::string what) {
    if (!error_) error_ = Finding{"journal_line", std::move(what)};
    return nullptr;
  }

  void take(std::string_view name, std::string& into, Need need = Need::optional) {
    if (Value* value = find(name, Value::Kind::string, need)) into = std::move(value->text);
  }

  template <class Number>
    requires std::is_unsigned_v<Number>
  void take(std::string_view name, Number& into) {
    const Value* value = find(name, Value::Kind::number);
    if (value == nullptr) return;
    const auto number = ascii::parse_number(value->text);
    if (!number || !std::in_range<Number>(*number)) {
      complain(quoted(name) + " must be a whole number that is not negative");
      return;
    }
    into = static_cast<Number>(*number);
  }

  void take(std::string_view name, bool& into) {
    if (const Value* value = find(name, Value::Kind::boolean)) into = value->text == "true";
  }

  void take(std::string_view name, std::vector<std::string>& into) {
    Value* value = find(name, Value::Kind::array);
    if (value == nullptr) return;
    for (Value& item : value->items) {
      if (item.kind != Value::Kind::string) {
        complain(quoted(name) + " must hold strings");
        return;
      }
      into.push_back(std::move(item.text));
    }
  }

  template <class T>
  void take_list(std::string_view name, std::vector<T>& into);

  std::optional<Finding>& error() { return error_; }

 private:
  Value& object_;
  std::optional<Finding>& error_;
};

void read(Members& from, Verdict& verdict) {
  from.take("result", verdict.result, Need::required);
  from.take("author_domain", verdict.author_domain);
  from.take("policy_domain", verdict.policy_domain);
  from.take("organizational_domain", verdict.organizational_domain);
  from.take("record", verdict.record);
  from.take("published_policy", verdict.published_policy);
  from.take("policy", verdict.policy);
  from.take("test_mode", verdict.test_mode);
  from.take("nonexistent", verdict.nonexistent);
  from.take("discovery", verdict.discovery, Need::required);
  from.take("spf_aligned", verdict.spf_aligned);
  from.take("dkim_aligned", verdict.dkim_aligned);
  from.take("reason", verdict.reason);
}

void read(Members& from, SpfResult& spf) {
  from.take("identity", spf.identity, Need::required);
  from.take("domain", spf.domain, Need::required);
  from.take("result", spf.result, Need::required);
}

void read(Members& from, DkimResult& dkim) {
  from.take("domain", dkim.domain, Need::required);
  from.take("selector", dkim.selector);
  from.take("algorithm", dkim.algorithm);
  from.take("result", dkim.result, Need::required);
  from.take("reason", dkim.reason);
}

void read(Members& from, ArcResult& arc) {
  from.take("result", arc.result, Need::required);
  from.take("instances", arc.instances);
  from.take("sealers", arc.sealers);
}

void read(Members& from, Evidence& evidence) {
  from.take("kind", evidence.kind, Need::required);
  from.take("leans", evidence.leans, Need::required);
  from.take("what", evidence.what, Need::required);
}

void read(Members& from, Override& reason) {
  from.take("type", reason.type, Need::required);
  from.take("comment", reason.comment);
}

void read(Members& from, Action& action) {
  from.take("action", action.action, Need::required);
  from.take("disposition", action.disposition, Need::required);
  from.take("quarantine", action.quarantine);
  from.take("reply", action.reply);
}

template <class T>
void Members::take_list(std::string_view name, std::vector<T>& into) {
  Value* list = find(name, Value::Kind::array);
  if (list == nullptr) return;
  for (Value& item : list->items) {
    if (item.kind != Value::Kind::object) {
      complain(quoted(name) + " must hold objects");
      return;
    }
    Members members(item, error_);
    read(members, into.emplace_back());
    if (error_) return;
  }
}

template <class T>
void take_object(Members& from, std::string_view name, T& into, Need need = Need::optional) {
  Value* object = from.find(name, Value::Kind::object, need);
  if (object == nullptr) return;
  Members members(*object, from.error());
  read(members, into);
}

void take_verdict(Members& from, std::string_view name, std::optional<Verdict>& into) {
  Verdict verdict;
  if (from.find(name, Value::Kind::object) == nullptr) return;
  take_object(from, name, verdict);
  into = std::move(verdict);
}

void read_envelope(Members& from, Entry& entry) {
  from.take("id", entry.id, Need::required);
  std::string time;
  from.take("time", time, Need::required);
  if (const auto parsed = parse_time(time)) {
    entry.time = *parsed;
  } else {
    from.complain("\"time\" must be a time like 2026-05-01T12:00:00.000Z");
  }
  from.take("host", entry.host);
  from.take("queue_id", entry.queue_id);
  from.take("exempt", entry.exempt);
  if (const Value* client = from.find("client", Value::Kind::string)) {
    entry.client = IpAddress::parse(client->text);
    if (!entry.client) from.complain("\"client\" must be an IPv4 or IPv6 address");
  }
  from.take("client_name", entry.client_name);
  from.take("helo", entry.helo);
  from.take("mail_from", entry.mail_from);
  from.take("recipient_domains", entry.recipient_domains);
  from.take("recipients", entry.recipients);
  from.take("size", entry.size);
  from.take("message_id", entry.message_id);
  from.take("list_id", entry.list_id);
  from.take("automatic", entry.automatic);
  from.take("author_domains", entry.author_domains);
}

void read_facts(Members& from, Entry& entry) {
  take_verdict(from, "verdict", entry.verdict);
  from.take_list("spf", entry.spf);
  from.take_list("dkim", entry.dkim);
  take_object(from, "arc", entry.arc);
  from.take_list("evidence", entry.evidence);
  from.take_list("overrides", entry.overrides);
  take_object(from, "action", entry.action, Need::required);
  take_verdict(from, "rfc7489", entry.rfc7489);
  from.take("differs", entry.differs);
  from.take("milliseconds", entry.milliseconds);
}

std::optional<Finding> check_version(Members& from) {
  const Value* version = from.find("v", Value::Kind::number, Need::required);
  if (version == nullptr) return from.error();
  if (version->text == std::to_string(line_version)) return std::nullopt;
  const auto number = ascii::parse_number(version->text);
  if (!number || *number == 0) {
    return Finding{"journal_line", "\"v\" must be the version of the line, a whole number"};
  }
  return Finding{"journal_version", "the line is of version " + std::to_string(*number) +
                                        ", and this program reads version " +
                                        std::to_string(line_version) + "; use a newer one"};
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
  json::Reading reading = json::read(line);
  if (reading.error) {
    return std::unexpected(
        Finding{"journal_line", "no JSON text: " + reading.error->what, reading.error->at});
  }
  if (reading.value.kind != Value::Kind::object) {
    return std::unexpected(Finding{"journal_line", "a line must be a JSON object, not " +
                                                       std::string(describe(reading.value.kind))});
  }
  std::optional<Finding> error;
  Members members(reading.value, error);
  if (auto wrong = check_version(members)) return std::unexpected(std::move(*wrong));
  Entry entry;
  read_envelope(members, entry);
  read_facts(members, entry);
  if (error) return std::unexpected(std::move(*error));
  return entry;
}

}  // namespace assay::journal
