// A message and a key record of any octets: every signature has an outcome, in message order; none
// passes, since no fuzzer signs; no more questions than limits allow.

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>

#include "assay/dkim/dkim.h"
#include "assay/mail/header.h"

namespace {

using namespace assay;

void expect(bool holds) {
  if (!holds) std::abort();
}

/// Answers every question alike.
class OneAnswer final : public dns::Resolver {
 public:
  explicit OneAnswer(std::string_view text) {
    answer_->outcome = text.empty() ? dns::Outcome::temporary_failure : dns::Outcome::records;
    answer_->texts = {std::string(text),
                      "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="};
  }
  dns::AnswerPtr ask(const dns::Question& /*question*/) override {
    ++asked;
    return answer_;
  }
  std::size_t asked = 0;

 private:
  std::shared_ptr<dns::Answer> answer_ = std::make_shared<dns::Answer>();
};

void check_outcome(const dkim::Outcome& outcome, const dkim::Options& options) {
  expect(outcome.result != dkim::Result::pass);
  expect(!outcome.reason.empty());
  expect((outcome.result == dkim::Result::policy) == !outcome.policy_rule.empty());
  const bool judged_key = outcome.result == dkim::Result::fail;
  expect(!judged_key || outcome.key_bits >= options.min_rsa_bits || outcome.key_bits == 256);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::string_view key = input.substr(0, input.find('\n'));
  const std::string_view message = input.substr(std::min(key.size() + 1, size));
  const std::size_t body = std::min(mail::find_body(message), message.size());
  const mail::Header header = mail::parse_header(message.substr(0, body), {.fields = 100});
  const dkim::Options options = {.sha1 = dkim::Sha1::allow, .max_signatures = 3};
  const DomainName author = DomainName::parse("example.com").value();

  dkim::BodyHashes hashes;
  const dkim::Verifier verifier(header, hashes, options, {&author, 1});
  hashes.update(message.substr(body));
  hashes.finish();
  OneAnswer resolver(key);
  const auto outcomes =
      verifier.finish(hashes, resolver, Instant(std::chrono::seconds(1'777'000'000)));
  const auto fields = mail::fields_named(header, "dkim-signature");
  expect(outcomes.size() == fields.size());
  expect(verifier.questions().size() <= options.max_signatures);
  expect(resolver.asked <= verifier.questions().size());
  for (const dkim::Outcome& outcome : outcomes) check_outcome(outcome, options);
  const auto neutral = std::ranges::count(outcomes, dkim::Result::neutral, &dkim::Outcome::result);
  expect(outcomes.size() <= options.max_signatures + static_cast<std::size_t>(neutral));
  return 0;
}
