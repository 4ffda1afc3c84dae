#include "system/json/detail/parts.h"

namespace assay::json::detail {

void begin_answer(Writer& out, std::string_view id) {
  out.begin_object();
  if (id.empty()) return;
  out.key("id");
  out.raw(id);
}

void write_findings(Writer& out, std::string_view name, const Findings& findings) {
  out.key(name);
  out.begin_array();
  for (const Finding& finding : findings) {
    out.begin_object();
    out.member("code", finding.code);
    out.member("what", finding.what);
    out.member_number("at", finding.at);
    out.member("level", to_text(finding.level));
    out.end_object();
  }
  out.end_array();
}

void write_domains(Writer& out, std::string_view name, std::span<const DomainName> domains) {
  out.key(name);
  out.begin_array();
  for (const DomainName& domain : domains) out.string(domain.text());
  out.end_array();
}

void write_lookups(Writer& out, std::span<const dns::Asked> asked) {
  out.key("dns");
  out.begin_array();
  for (const dns::Asked& each : asked) {
    out.begin_object();
    out.member("name", each.question.name.text());
    out.member("type", dns::to_text(each.question.type));
    out.member("outcome", dns::to_text(each.outcome));
    out.key("ms");
    out.tenths(each.waited.count());
    out.end_object();
  }
  out.end_array();
}

}  // namespace assay::json::detail
