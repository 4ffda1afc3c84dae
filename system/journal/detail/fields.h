#pragma once

#include <cstdint>
#include <string_view>

#include "system/journal/entry.h"

/// The members of a line in the order in which to_line writes them, said once for both readers:
/// that of any JSON text (read_any.cpp) and that of lines as we write them (read_straight.cpp).
///
/// A `From` takes members out of an object: take(name, into, need) for texts, numbers, flags, lists
/// of texts, times and addresses, and objects; take_list(name, into) for lists of objects.
namespace assay::journal::detail {

enum class Need : std::uint8_t { optional, required };

template <class From, class Text>
void read(From& from, VerdictOf<Text>& verdict) {
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

template <class From, class Text>
void read(From& from, SpfResultOf<Text>& spf) {
  from.take("identity", spf.identity, Need::required);
  from.take("domain", spf.domain, Need::required);
  from.take("result", spf.result, Need::required);
}

template <class From, class Text>
void read(From& from, DkimResultOf<Text>& dkim) {
  from.take("domain", dkim.domain, Need::required);
  from.take("selector", dkim.selector);
  from.take("algorithm", dkim.algorithm);
  from.take("result", dkim.result, Need::required);
  from.take("reason", dkim.reason);
}

template <class From, class Text>
void read(From& from, ArcResultOf<Text>& arc) {
  from.take("result", arc.result, Need::required);
  from.take("instances", arc.instances);
  from.take("sealers", arc.sealers);
}

template <class From, class Text>
void read(From& from, EvidenceOf<Text>& evidence) {
  from.take("kind", evidence.kind, Need::required);
  from.take("leans", evidence.leans, Need::required);
  from.take("what", evidence.what, Need::required);
}

template <class From, class Text>
void read(From& from, OverrideOf<Text>& reason) {
  from.take("type", reason.type, Need::required);
  from.take("comment", reason.comment);
}

template <class From, class Text>
void read(From& from, ActionOf<Text>& action) {
  from.take("action", action.action, Need::required);
  from.take("disposition", action.disposition, Need::required);
  from.take("quarantine", action.quarantine);
  from.take("reply", action.reply);
}

template <class From, class Text>
void read_envelope(From& from, EntryOf<Text>& entry) {
  from.take("id", entry.id, Need::required);
  from.take("time", entry.time, Need::required);
  from.take("host", entry.host);
  from.take("queue_id", entry.queue_id);
  from.take("exempt", entry.exempt);
  from.take("client", entry.client);
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

template <class From, class Text>
void read_facts(From& from, EntryOf<Text>& entry) {
  from.take("verdict", entry.verdict);
  from.take_list("spf", entry.spf);
  from.take_list("dkim", entry.dkim);
  from.take("arc", entry.arc);
  from.take_list("evidence", entry.evidence);
  from.take_list("overrides", entry.overrides);
  from.take("action", entry.action, Need::required);
  from.take("rfc7489", entry.rfc7489);
  from.take("differs", entry.differs);
  from.take("milliseconds", entry.milliseconds);
}

}  // namespace assay::journal::detail
