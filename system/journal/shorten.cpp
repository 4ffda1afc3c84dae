#include "system/journal/detail/shorten.h"

#include <optional>

namespace assay::journal {
namespace {

/// Cuts at a code point's beginning, as far as the text is UTF-8.
void cut(std::string& text, std::size_t octets) {
  if (text.size() <= octets) return;
  while (octets > 0 && (static_cast<unsigned char>(text[octets]) & 0xc0) == 0x80) --octets;
  text.resize(octets);
}

template <class... Texts>
void cut_all(std::size_t octets, Texts&... texts) {
  (cut(texts, octets), ...);
}

void cut_texts(std::vector<std::string>& texts, std::size_t limit) {
  if (texts.size() > limit) texts.resize(limit);
  for (std::string& text : texts) cut(text, limit);
}

void cut_verdict(std::optional<Verdict>& verdict, std::size_t octets) {
  if (!verdict) return;
  cut_all(octets, verdict->result, verdict->author_domain, verdict->policy_domain,
          verdict->organizational_domain, verdict->record, verdict->published_policy,
          verdict->policy, verdict->discovery, verdict->reason);
}

/// The first `limit` elements of each list.
template <class T>
void cut_list(std::vector<T>& values, std::size_t limit) {
  if (values.size() > limit)
    values.erase(values.begin() + static_cast<std::ptrdiff_t>(limit), values.end());
}

}  // namespace

std::size_t count_values(const Entry& entry) {
  const std::size_t texts = entry.recipient_domains.size() + entry.author_domains.size() +
                            entry.arc.sealers.size() + entry.differs.size();
  return texts + 4 * entry.spf.size() + 6 * entry.dkim.size() + 4 * entry.evidence.size() +
         3 * entry.overrides.size();
}

void cut_entry(Entry& entry, std::size_t limit) {
  cut_all(limit, entry.id, entry.host, entry.queue_id, entry.exempt, entry.client_name, entry.helo,
          entry.mail_from, entry.message_id, entry.list_id, entry.action.action,
          entry.action.disposition, entry.action.quarantine, entry.action.reply, entry.arc.result);
  cut_texts(entry.recipient_domains, limit);
  cut_texts(entry.author_domains, limit);
  cut_texts(entry.arc.sealers, limit);
  cut_texts(entry.differs, limit);
  cut_verdict(entry.verdict, limit);
  cut_verdict(entry.rfc7489, limit);
  cut_list(entry.spf, limit);
  cut_list(entry.dkim, limit);
  cut_list(entry.evidence, limit);
  cut_list(entry.overrides, limit);
  for (SpfResult& spf : entry.spf) cut_all(limit, spf.identity, spf.domain, spf.result);
  for (DkimResult& dkim : entry.dkim) {
    cut_all(limit, dkim.domain, dkim.selector, dkim.algorithm, dkim.result, dkim.reason);
  }
  for (Evidence& each : entry.evidence) cut_all(limit, each.kind, each.leans, each.what);
  for (Override& each : entry.overrides) cut_all(limit, each.type, each.comment);
}

}  // namespace assay::journal
