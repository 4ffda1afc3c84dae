#include "system/json/key_answer.h"

#include "system/json/detail/parts.h"
#include "system/json/writer.h"

namespace assay::json {

std::string key_line(const KeyAnswer& answer) {
  const dkim::PublishedKey& published = answer.published;
  Writer out;
  out.begin_object();
  out.member("name", answer.question.name.text());
  out.member("publication", to_text(published.publication));
  out.member_boolean("usable", published.publication == dkim::Publication::matches);
  out.member("reason", published.reason);
  out.member("key_type", answer.key_type);
  if (published.key_bits > 0) out.member_number("key_bits", published.key_bits);
  out.member("expected", answer.expected);
  detail::write_findings(out, "findings", published.findings);
  out.end_object();
  return out.take();
}

}  // namespace assay::json
