#include "assay/arc/detail/chain.h"

#include <array>
#include <utility>

#include "assay/authres/authres.h"

namespace assay::arc::detail {
namespace {

enum class Kind : std::uint8_t { results, message_signature, seal };

constexpr std::string_view name_of(Kind kind) {
  switch (kind) {
    case Kind::results:
      return "ARC-Authentication-Results";
    case Kind::message_signature:
      return "ARC-Message-Signature";
    case Kind::seal:
      break;
  }
  return "ARC-Seal";
}

constexpr std::array<Kind, 3> kinds = {Kind::results, Kind::message_signature, Kind::seal};

std::string with_instance(std::string_view text, unsigned instance) {
  return std::string(text) + " of instance " + std::to_string(instance);
}

/// Reads the fields in the order of RFC 8617 §5.2, steps 1 to 3. The first thing that is wrong is
/// kept, yet what the newest seal says goes before it.
class Reader {
 public:
  explicit Reader(const mail::Header& header) : header_(header) {}

  Chain read() {
    if (!collect()) return std::move(chain_);
    if (newest_says_fail()) {
      chain_.broken = "the newest seal says cv=fail";
    } else if (first_error_.empty()) {
      check_structure();
    }
    if (!first_error_.empty() && chain_.broken.empty()) chain_.broken = std::move(first_error_);
    if (chain_.broken.empty()) take_links();
    return std::move(chain_);
  }

 private:
  bool collect();
  void place(Kind kind, const mail::Field& field);
  void place_at(unsigned instance, const mail::Field*& slot, const mail::Field& field, Kind kind);
  bool newest_says_fail() const;
  void check_structure();
  void check_cv(unsigned instance);
  void take_links();
  void note(std::string text) {
    if (first_error_.empty()) first_error_ = std::move(text);
  }

  const mail::Header& header_;
  Chain chain_ = {};
  std::vector<Link> slots_ = {};  // by instance; the first is not used
  std::string first_error_ = {};
};

// RFC 8617 §5.2 step 1; false when nothing is left to look at.
bool Reader::collect() {
  for (const Kind kind : kinds) {
    const auto fields = mail::fields_named(header_, name_of(kind));
    if (fields.empty()) continue;
    chain_.highest = std::max(chain_.highest, 1U);
    if (header_.truncated) {
      chain_.broken = "the header is larger than is read, so that fields may be missing";
      return false;
    }
    if (fields.size() > max_sets) {
      chain_.highest = max_sets;
      chain_.broken = "more than 50 ARC sets";
      return false;
    }
    slots_.resize(max_sets + 1);
    for (const mail::Field* field : fields) place(kind, *field);
  }
  return chain_.highest > 0;
}

void Reader::place(Kind kind, const mail::Field& field) {
  const std::string name(name_of(kind));
  switch (kind) {
    case Kind::results: {
      const auto parsed = authres::parse_arc_instance(field.value);
      if (!parsed) return note("the " + name + " has " + parsed.error().what);
      // RFC 8617 §3.4: what the results are, and whether they can be read, is no matter here.
      slots_[parsed->instance].authentication_results = parsed->rest;
      return place_at(parsed->instance, slots_[parsed->instance].results, field, kind);
    }
    case Kind::message_signature: {
      const auto instance = message_signature_instance(field.value);
      if (!instance) return note("the " + name + " has no instance from 1 to 50");
      return place_at(*instance, slots_[*instance].message_signature, field, kind);
    }
    case Kind::seal: {
      auto seal = parse_seal(field.value);
      if (!seal) return note("the " + name + " is not valid: " + seal.error().what);
      Link& link = slots_[seal->instance];
      link.seal = std::move(*seal);
      return place_at(link.seal.instance, link.seal_field, field, kind);
    }
  }
}

void Reader::place_at(unsigned instance, const mail::Field*& slot, const mail::Field& field,
                      Kind kind) {
  // RFC 8617 §5.2 step 3: exactly one of each.
  if (slot != nullptr) note(with_instance("a second " + std::string(name_of(kind)), instance));
  slot = &field;
  chain_.highest = std::max(chain_.highest, instance);
}

// RFC 8617 §5.2 step 2
bool Reader::newest_says_fail() const {
  const Link& newest = slots_[chain_.highest];
  return newest.seal_field != nullptr && newest.seal.cv == "fail";
}

// RFC 8617 §5.2 step 3
void Reader::check_structure() {
  for (unsigned instance = 1; instance <= chain_.highest; ++instance) {
    const Link& link = slots_[instance];
    const std::array<const mail::Field*, 3> fields = {link.results, link.message_signature,
                                                      link.seal_field};
    for (const Kind kind : kinds) {
      if (fields[static_cast<std::size_t>(kind)] != nullptr) continue;
      return note(with_instance("no " + std::string(name_of(kind)), instance));
    }
    check_cv(instance);
  }
}

void Reader::check_cv(unsigned instance) {
  const std::string_view expected = instance == 1 ? "none" : "pass";
  const std::string& cv = slots_[instance].seal.cv;
  if (cv == expected) return;
  note(with_instance("cv=" + cv + " in the ARC-Seal", instance));
}

void Reader::take_links() {
  for (unsigned instance = 1; instance <= chain_.highest; ++instance) {
    chain_.links.push_back(std::move(slots_[instance]));
  }
}

}  // namespace

Chain read_chain(const mail::Header& header) {
  return Reader(header).read();
}

}  // namespace assay::arc::detail
