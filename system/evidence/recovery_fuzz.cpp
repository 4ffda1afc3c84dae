// Properties: octets that nobody signed are never recovered, whatever they are; each undo gives no
// more than it was given and keeps the beginning.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "assay/dns/zone.h"
#include "assay/mail/header.h"
#include "system/evidence/detail/bodies.h"
#include "system/evidence/detail/undo.h"
#include "system/evidence/recovery.h"

namespace {

using namespace assay;

void require(bool holds) {
  if (!holds) std::abort();
}

dns::Zone& keys() {
  // The key that RFC 8463 App. A.2 prints; nothing here is signed with it.
  static dns::Zone zone = *dns::Zone::parse(
      "s._domainkey.example.com. TXT \"k=ed25519; "
      "p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\"\n");
  return zone;
}

void undo_text(std::string_view text) {
  for (const std::string_view cut : evidence::without_footer_lines(text)) {
    require(text.starts_with(cut) && cut.size() < text.size());
    require(evidence::keeps_enough(cut, text.substr(cut.size())));
  }
  for (const std::string& subject : evidence::without_subject_tag(text)) {
    require(subject.size() <= text.size() + 2);
  }
  const auto type = evidence::parse_content_type(text);
  if (type) require(!type->type.starts_with("multipart/") || !type->boundary.empty());
  using enum evidence::TransferEncoding;
  const auto decoded = evidence::decode(text, quoted_printable);
  if (decoded) require(decoded->size() <= 2 * text.size());
  const std::string lines = evidence::with_crlf(text);
  const auto again = evidence::decode(evidence::encode_base64_lines(lines), base64);
  require(!again || *again == lines);
}

void undo_parts(std::string_view text) {
  const auto part = evidence::without_wrapper(text, "b");
  if (part) require(text.find(part->body) != std::string_view::npos);
  const auto kept = evidence::without_last_part(text, "b");
  if (kept) require(kept->size() <= text.size() + 10);
}

}  // namespace

// NOLINTNEXTLINE(readability-identifier-naming): the name libFuzzer calls
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view octets(reinterpret_cast<const char*>(data), size);
  undo_text(octets);
  undo_parts(octets);
  const std::string text =
      "DKIM-Signature: v=1; a=ed25519-sha256; d=example.com; s=s; "
      "h=from:subject:reply-to:content-type;"
      " bh=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=; b=AAAA\r\nFrom: a@example.com\r\n" +
      std::string(octets);
  const mail::Header header = mail::parse_header(text);
  const std::size_t body = mail::find_body(text);
  const std::string_view rest =
      body == std::string::npos ? std::string_view() : std::string_view(text).substr(body);
  std::size_t bodies = 0;
  evidence::each_body(header, rest, [&](const evidence::Body& one) {
    ++bodies;
    require(!one.fields.empty());
    return evidence::Go::on;
  });
  require(bodies > 0 && bodies < 300);
  require(!evidence::recover({.header = header, .body = rest},
                             {DomainName::parse("example.com").value()}, keys(), Instant{}));
  return 0;
}
