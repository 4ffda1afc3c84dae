#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "assay/dmarc/evaluate.h"

namespace {

using namespace assay;
using namespace assay::dmarc;

void require(bool holds) {
  if (!holds) std::abort();
}

/// The input, octet by octet; zeros behind its end.
class Octets {
 public:
  Octets(const std::uint8_t* data, std::size_t size) : data_(data), size_(size) {}
  std::size_t next() { return at_ < size_ ? data_[at_++] : 0; }

 private:
  const std::uint8_t* data_;
  std::size_t size_;
  std::size_t at_ = 0;
};

constexpr std::array<const char*, 16> records = {
    "v=DMARC1; p=reject",
    "v=DMARC1; p=none; sp=quarantine; np=reject",
    "v=DMARC1; p=reject; psd=n",
    "v=DMARC1; p=reject; psd=y",
    "v=DMARC1; p=quarantine; adkim=s",
    "v=DMARC1; p=reject; aspf=s; adkim=s; t=y",
    "v=DMARC1; p=bad",
    "v=DMARC1; p=bad; rua=mailto:d@example.com",
    "v=DMARC1; p=reject; np=none; pct=20",
    "v=DMARC1",
    "v=spf1 -all",
    "v=DMARC1; p=none; psd=n; sp=reject",
    "v=DMARC1; p=quarantine; t=y",
    "v=DMARC1; p=reject; sp=x",
    "v=DMARC1; p=reject; psd=u",
    "v=DMARC1; p=none; psd=y; np=reject",
};

/// A DNS that says the same whenever it is asked: what, the input decides by the name's hash.
class HashedResolver : public dns::Resolver {
 public:
  explicit HashedResolver(Octets& octets) {
    for (std::uint8_t& choice : choices_) choice = static_cast<std::uint8_t>(octets.next());
  }

  dns::AnswerPtr ask(const dns::Question& question) override {
    ++asked;
    const std::size_t choice = choices_[std::hash<DomainName>{}(question.name) % choices_.size()];
    auto answer = std::make_shared<dns::Answer>();
    if (choice % 8 == 7) {
      answer->outcome = dns::Outcome::temporary_failure;
    } else if (choice % 8 > 3) {
      answer->outcome = choice % 2 == 0 ? dns::Outcome::name_error : dns::Outcome::no_data;
    } else {
      answer->outcome = dns::Outcome::records;
      answer->texts.emplace_back(records[choice / 16 % records.size()]);
      if (choice % 8 == 3) answer->texts.emplace_back(records[choice / 8 % records.size()]);
    }
    return answer;
  }

  std::size_t asked = 0;

 private:
  std::array<std::uint8_t, 64> choices_ = {};
};

DomainName read_name(Octets& octets) {
  std::string text;
  for (std::size_t labels = octets.next() % 11; labels > 0; --labels) {
    text += static_cast<char>('a' + octets.next() % 3);
    text += '.';
  }
  return DomainName::parse(text + (octets.next() % 8 == 0 ? "net" : "com")).value();
}

std::vector<Identifier> read_identifiers(Octets& octets, const DomainName& author) {
  std::vector<Identifier> identifiers;
  for (std::size_t count = octets.next() % 8; count > 0; --count) {
    const Method method = octets.next() % 2 == 0 ? Method::spf : Method::dkim;
    const auto check = static_cast<Check>(octets.next() % 3);
    const std::size_t kind = octets.next();
    DomainName domain =
        kind % 3 == 0 ? read_name(octets) : author.suffix(1 + kind / 3 % author.label_count());
    if (kind % 3 == 1) domain = domain.child("x").value_or(author);
    identifiers.push_back(
        {.method = method, .domain = std::move(domain), .check = check, .selector = "s"});
  }
  return identifiers;
}

bool passed_aligned(const PlacedIdentifier& placed) {
  return placed.identifier.check == Check::passed && placed.aligned == true;
}

/// What was placed without a walk is placed as by a walk.
void require_placed_as_by_walks(const Facts& facts, dns::Resolver& resolver) {
  if (facts.standard == Standard::rfc7489 || !facts.organizational) return;
  for (const PlacedIdentifier& placed : facts.identifiers) {
    const Alignment mode =
        placed.identifier.method == Method::spf ? facts.record->aspf : facts.record->adkim;
    if (!placed.aligned) continue;
    if (mode == Alignment::strict) {
      require(*placed.aligned == (placed.identifier.domain == facts.author));
      continue;
    }
    const auto own = organizational_domain(fetch_walk(placed.identifier.domain, resolver));
    if (own) require(*placed.aligned == (own == facts.organizational));
  }
}

void require_sound(const Facts& facts, const Evaluation& evaluation) {
  const bool passed = std::ranges::any_of(facts.identifiers, passed_aligned);
  require((evaluation.result == Result::pass) == passed);
  require(evaluation.result != Result::temperror || !evaluation.unresolved.empty());
  require(evaluation.result != Result::pass || evaluation.unresolved.empty());
  require(evaluation.policy.has_value() == evaluation.published_policy.has_value());
  require(evaluation.policy <= evaluation.published_policy);
  require(!evaluation.reason.empty());
  require(evaluate(facts).reason == evaluation.reason);
}

}  // namespace

/// A made-up DNS and made-up results. Shortcuts give what walks give; a pass stays a pass when more
/// passes are added; identifiers that cannot align change nothing, whatever their DNS does; no more
/// is asked than the limits allow.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Octets octets(data, size);
  HashedResolver resolver(octets);
  const bool old = octets.next() % 4 == 0;
  const GatherOptions options = {
      .standard = old ? Standard::rfc7489 : Standard::rfc9989,
      .psl_organizational_domain = [](const DomainName& name) { return name.suffix(2); }};
  const DomainName author = read_name(octets);
  std::vector<Identifier> identifiers = read_identifiers(octets, author);
  const Facts facts = gather(author, identifiers, resolver, options);
  require(resolver.asked <= (old ? 2 : max_walk_queries * (1 + options.max_identifier_walks) + 1));
  const Evaluation evaluation = evaluate(facts);
  require_sound(facts, evaluation);
  if (evaluation.result != Result::none && evaluation.result != Result::permerror &&
      !facts.discovery_failed) {
    require_placed_as_by_walks(facts, resolver);
  }
  const auto judged = [&](Identifier more) {
    std::vector<Identifier> all = identifiers;
    all.insert(all.begin() + static_cast<std::ptrdiff_t>(octets.next() % (all.size() + 1)),
               std::move(more));
    return evaluate(gather(author, all, resolver, options)).result;
  };
  // An identifier of a name that shares nothing with the author's.
  const DomainName elsewhere = DomainName::parse("dead.invalid").value();
  require(judged({.domain = elsewhere, .check = Check::unresolved}) == evaluation.result);
  require(judged({.domain = elsewhere, .check = Check::passed}) == evaluation.result);
  require(judged({.domain = author, .check = Check::failed}) == evaluation.result);
  // The author's own signature.
  const bool applies = evaluation.published_policy.has_value();
  require(judged({.domain = author, .check = Check::passed}) ==
          (applies ? Result::pass : evaluation.result));
  return 0;
}
