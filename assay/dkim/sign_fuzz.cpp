// Options and a message of any octets: either there is a finding, or the signatures are read and
// verified by our own verifier with the keys that belong to them, and stay within what mail allows.
// The first octet chooses, three lines are an identity, a selector and a field, the rest is the
// message.

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>

#include "assay/dkim/dkim.h"
#include "assay/mail/header.h"
#include "assay/mail/line_ends.h"

namespace {

using namespace assay;

constexpr Instant now{std::chrono::seconds(1'777'636'800)};

void expect(bool holds) {
  if (!holds) std::abort();
}

std::shared_ptr<const crypto::PrivateKey> rsa_key() {
  static const auto key =
      std::make_shared<const crypto::PrivateKey>(crypto::PrivateKey::generate_rsa(1024).value());
  return key;
}
std::shared_ptr<const crypto::PrivateKey> ed25519_key() {
  static const auto key = std::make_shared<const crypto::PrivateKey>(
      crypto::PrivateKey::ed25519(std::string(32, 'k')).value());
  return key;
}

/// Has both keys at every name.
class BothKeys final : public dns::Resolver {
 public:
  BothKeys() {
    answer_->outcome = dns::Outcome::records;
    answer_->texts = {dkim::key_record(*rsa_key()), dkim::key_record(*ed25519_key())};
  }
  dns::AnswerPtr ask(const dns::Question& /*question*/) override { return answer_; }

 private:
  std::shared_ptr<dns::Answer> answer_ = std::make_shared<dns::Answer>();
};

std::string_view take_line(std::string_view& input) {
  const std::string_view line = input.substr(0, input.find('\n'));
  input.remove_prefix(std::min(line.size() + 1, input.size()));
  return line;
}

void check_fields(std::string_view fields, std::size_t keys) {
  expect(fields.ends_with("\r\n"));
  const mail::Header header = mail::parse_header(fields);
  expect(header.findings.empty() && header.fields.size() == keys);
  for (const mail::Field& field : header.fields) {
    const auto signature = dkim::parse_signature(field.value);
    expect(signature.has_value());
    expect(!signature->length && signature->timestamp == now);
    expect(std::ranges::count(signature->header_names, "from") == 2);
  }
}

void check_verified(const std::string& message, std::size_t keys) {
  const std::size_t body = std::min(mail::find_body(message), message.size());
  const mail::Header header = mail::parse_header(std::string_view(message).substr(0, body));
  dkim::BodyHashes hashes;
  const dkim::Verifier verifier(header, hashes);
  hashes.update(std::string_view(message).substr(body));
  hashes.finish();
  BothKeys resolver;
  const auto outcomes = verifier.finish(hashes, resolver, now);
  expect(outcomes.size() >= keys);
  for (std::size_t i = 0; i < keys; ++i) expect(outcomes[i].result == dkim::Result::pass);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view input(reinterpret_cast<const char*>(data), size);
  const unsigned choice = input.empty() ? 0 : static_cast<unsigned char>(input.front());
  input.remove_prefix(std::min<std::size_t>(1, input.size()));
  dkim::SigningOptions options = {.domain = DomainName::parse("example.com").value(), .keys = {}};
  const auto form = [&](unsigned bit) {
    return (choice & bit) != 0 ? dkim::Canonicalization::simple : dkim::Canonicalization::relaxed;
  };
  options.header_canonicalization = form(1);
  options.body_canonicalization = form(2);
  if ((choice & 4U) != 0) options.lifetime = std::chrono::hours(24);
  if ((choice & 8U) != 0) options.unaligned = dkim::Unaligned::warn;
  options.identity = take_line(input);
  const std::string selector(take_line(input));
  options.keys = {{.selector = selector, .key = ed25519_key()}};
  if ((choice & 16U) != 0) options.keys.push_back({.selector = "r." + selector, .key = rsa_key()});
  const std::string_view field = take_line(input);
  if (!field.empty()) options.signed_fields.emplace_back(field);
  const std::string message = (choice & 32U) != 0 ? mail::to_crlf(input) : std::string(input);

  const auto signer = dkim::Signer::make(options);
  if (!signer) return 0;
  const auto made = signer->sign(message, now);
  if (!made) {
    expect(!made.error().what.empty());
    expect((choice & 32U) == 0 || made.error().code != "bare_line_end");
    return 0;
  }
  check_fields(made->fields, options.keys.size());
  check_verified(made->fields + message, options.keys.size());
  return 0;
}
