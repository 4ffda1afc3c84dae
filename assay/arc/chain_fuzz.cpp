#include <algorithm>
#include <cstdint>
#include <cstdlib>

#include "assay/arc/arc.h"
#include "assay/dns/zone.h"

namespace {

using namespace assay;

constexpr Instant now{std::chrono::seconds(1'767'225'600)};

void require(bool holds) {
  if (!holds) std::abort();
}

/// Counts what is asked and wants it told before.
class Watched final : public dns::Resolver {
 public:
  Watched(dns::Resolver& inner, std::vector<dns::Question> told)
      : inner_(inner), told_(std::move(told)) {}
  dns::AnswerPtr ask(const dns::Question& question) override {
    require(std::ranges::find(told_, question) != told_.end());
    require(++asked_ <= told_.size());
    return inner_.ask(question);
  }

 private:
  dns::Resolver& inner_;
  std::vector<dns::Question> told_;
  std::size_t asked_ = 0;
};

bool is_arc_field(const mail::Field& field) {
  const auto named = [&](std::string_view name) {
    const mail::Header one{.fields = {field}};
    return !mail::fields_named(one, name).empty();
  };
  return named("ARC-Seal") || named("ARC-Message-Signature") || named("ARC-Authentication-Results");
}

arc::Outcome validate(const mail::Header& header, std::string_view body, dns::Resolver& zone,
                      std::size_t piece) {
  dkim::BodyHashes hashes;
  const arc::Validator validator(header, hashes);
  const std::vector<dns::Question> told = validator.questions();
  require(told.size() <= std::size_t{2} * arc::max_sets);
  for (std::size_t at = 0; at < body.size(); at += piece) hashes.update(body.substr(at, piece));
  hashes.finish();
  Watched watched(zone, told);
  return validator.finish(hashes, watched, now);
}

void check(const arc::Outcome& outcome, const mail::Header& header) {
  const bool any = std::ranges::any_of(header.fields, is_arc_field);
  require((outcome.result == arc::Result::none) == !any);
  require((outcome.instances == 0) == !any && outcome.instances <= arc::max_sets);
  require(!outcome.reason.empty());
  require(outcome.sets.size() == outcome.sealers.size());
  require(outcome.oldest_pass.has_value() == (outcome.result == arc::Result::pass));
  require(arc::override_comment(outcome).empty() == (outcome.result != arc::Result::pass));
  require(!arc::sealed_only_by(outcome, {}));
  if (outcome.sets.empty()) return;
  require(outcome.sets.size() == outcome.instances);
  for (std::size_t i = 0; i < outcome.sets.size(); ++i) {
    require(outcome.sets[i].instance == i + 1);
    require(outcome.sets[i].cv == (i == 0 ? "none" : "pass"));
    require(outcome.sets[i].sealer == outcome.sealers[i]);
  }
  if (outcome.oldest_pass) require(*outcome.oldest_pass <= outcome.instances);
}

}  // namespace

/// The input is a zone and a message behind its first NUL. However the body is cut, the chain is
/// judged the same; nothing is asked that was not told; a chain that passes is in order.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::size_t cut = std::min(input.find('\0'), input.size());
  auto zone = dns::Zone::parse(input.substr(0, cut));
  if (!zone) return 0;
  const std::string_view message = input.substr(std::min(cut + 1, input.size()));
  const mail::Header header = mail::parse_header(message);
  const std::size_t begin = mail::find_body(message);
  const std::string_view body = message.substr(std::min(begin, message.size()));
  const arc::Outcome outcome = validate(header, body, *zone, std::max<std::size_t>(body.size(), 1));
  check(outcome, header);
  const arc::Outcome again = validate(header, body, *zone, 1 + size % 7);
  require(again.result == outcome.result && again.reason == outcome.reason);
  require(again.oldest_pass == outcome.oldest_pass);
  return 0;
}
