// A value that reads has what the verifier rests on; writing its facts in plain form reads to the
// same; salvage agrees where both can tell; b= emptied stays emptied.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "assay/base/base64.h"
#include "assay/dkim/canonical.h"
#include "assay/dkim/signature.h"

namespace {

using namespace assay;
using dkim::Canonicalization;
using dkim::Signature;
using dkim::SignatureKind;

void expect(bool holds) {
  if (!holds) std::abort();
}

std::string_view word(Canonicalization how) {
  return how == Canonicalization::simple ? "simple" : "relaxed";
}

std::string written(const Signature& one) {
  std::string text = one.instance ? "i=" + std::to_string(*one.instance) : "v=1";
  text += "; a=" + one.algorithm_text + "; d=" + one.domain.text() + "; s=" + one.selector;
  text += "; b=" + base64::encode(one.signature) + "; bh=" + base64::encode(one.body_hash);
  text += "; c=" + std::string(word(one.header_canonicalization)) + "/";
  text += word(one.body_canonicalization);
  if (!one.instance) text += "; i=" + one.identity;
  if (one.length) text += "; l=" + std::to_string(*one.length);
  if (one.timestamp) text += "; t=" + std::to_string(one.timestamp->time_since_epoch().count());
  if (one.expiration) text += "; x=" + std::to_string(one.expiration->time_since_epoch().count());
  if (!one.query_known) text += "; q=other";
  text += "; h=";
  for (std::size_t i = 0; i < one.header_names.size(); ++i) {
    text += (i > 0 ? ":" : "") + one.header_names[i];
  }
  return text;
}

void check_same(const Signature& a, const Signature& b) {
  expect(a.domain == b.domain && a.selector == b.selector && a.identity == b.identity);
  expect(a.algorithm == b.algorithm && a.signature == b.signature && a.body_hash == b.body_hash);
  expect(a.header_canonicalization == b.header_canonicalization);
  expect(a.body_canonicalization == b.body_canonicalization);
  expect(a.header_names == b.header_names && a.length == b.length);
  expect(a.timestamp == b.timestamp && a.expiration == b.expiration);
  expect(a.identity_below_domain == b.identity_below_domain && a.query_known == b.query_known);
}

void check(std::string_view value, SignatureKind kind) {
  const auto one = dkim::parse_signature(value, kind);
  if (!one) {
    expect(one.error().at <= value.size() && !one.error().what.empty());
    return;
  }
  expect(!one->signature.empty() && !one->body_hash.empty() && !one->domain.is_root());
  expect(!one->timestamp || !one->expiration || *one->timestamp < *one->expiration);
  const Signature salvaged = dkim::salvage_signature(value);
  expect(salvaged.domain == one->domain && salvaged.selector == one->selector);
  expect(salvaged.algorithm_text == one->algorithm_text);
  expect(one->signature_start.starts_with(salvaged.signature_start));
  const std::string text = written(*one);
  if (text.size() > dkim::max_signature_octets) return;
  const auto again = dkim::parse_signature(text, kind);
  expect(again.has_value());
  check_same(*one, *again);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view value(reinterpret_cast<const char*>(data), size);
  check(value, SignatureKind::dkim);
  check(value, SignatureKind::arc_message);
  const std::string emptied = dkim::without_signature("DKIM-Signature:" + std::string(value));
  expect(dkim::without_signature(emptied) == emptied);
  return 0;
}
