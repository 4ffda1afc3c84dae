#include "assay/dkim/signature.h"

#include <algorithm>
#include <utility>

#include "assay/base/ascii.h"
#include "assay/base/base64.h"
#include "assay/base/tag_list.h"
#include "assay/base/try.h"
#include "assay/crypto/digest.h"
#include "assay/dkim/detail/first_tag.h"
#include "assay/dkim/tag_values.h"

namespace assay::dkim {
namespace {

std::unexpected<Finding> error(std::string_view code, std::string what, std::size_t at) {
  return std::unexpected(Finding{.code = code, .what = std::move(what), .at = at});
}

/// The tags of one field by name.
class Tags {
 public:
  explicit Tags(std::vector<Tag> tags) : tags_(std::move(tags)) {}

  const Tag* find(std::string_view name) const {
    const auto found = std::ranges::find(tags_, name, &Tag::name);
    return found == tags_.end() ? nullptr : &*found;
  }

 private:
  std::vector<Tag> tags_;
};

/// RFC 6008 §4: eight characters at least.
constexpr std::size_t start_characters = 8;

/// Fills a Signature from its tags, a step a group of tags.
class Reader {
 public:
  Reader(const Tags& tags, SignatureKind kind) : tags_(tags), kind_(kind) {}

  std::expected<Signature, Finding> read();

 private:
  using Step = std::expected<void, Finding>;
  Step check_required() const;
  Step read_names();
  Step read_identity();
  Step read_algorithm_tags();
  Step read_what_is_signed();
  Step read_times();

  const Tags& tags_;
  SignatureKind kind_;
  Signature signature_ = {};
};

std::expected<Signature, Finding> Reader::read() {
  if (auto step = check_required(); !step) return std::unexpected(std::move(step).error());
  for (const auto step : {&Reader::read_names, &Reader::read_identity, &Reader::read_algorithm_tags,
                          &Reader::read_what_is_signed, &Reader::read_times}) {
    if (auto done = (this->*step)(); !done) return std::unexpected(std::move(done).error());
  }
  return std::move(signature_);
}

Reader::Step Reader::check_required() const {
  const bool dkim = kind_ == SignatureKind::dkim;
  const Tag* version = tags_.find("v");
  if (dkim && version != nullptr && version->value != "1") {
    return error("bad_version", "v= is not 1", version->value_at);  // RFC 6376 §6.1.1
  }
  // RFC 6376 §6.1.1; RFC 8617 §4.1.2 has i= in the place of v=.
  for (const std::string_view name : {"v", "a", "b", "bh", "d", "h", "s", "i"}) {
    const bool required = name == "v" ? dkim : name == "i" ? !dkim : true;
    if (required && tags_.find(name) == nullptr) {
      return error("missing_tag", "the tag " + std::string(name) + "= is missing", 0);
    }
  }
  return {};
}

Reader::Step Reader::read_names() {
  const Tag& d = *tags_.find("d");
  ASSAY_TRY(domain, read_signing_domain(d));
  ASSAY_TRY(selector, read_selector(*tags_.find("s")));
  signature_.domain_text = d.value;
  signature_.domain = std::move(domain);
  signature_.selector = std::move(selector);
  return {};
}

Reader::Step Reader::read_identity() {
  const Tag* tag = tags_.find("i");
  if (kind_ == SignatureKind::arc_message) {
    ASSAY_TRY(instance, read_instance(*tag));
    signature_.instance = instance;
    return {};
  }
  if (tag == nullptr) {
    signature_.identity = "@" + signature_.domain_text;  // RFC 6376 §6.1.1
    return {};
  }
  ASSAY_TRY(domain, read_identity_domain(*tag));
  signature_.identity = ascii::without_fws(tag->value);
  signature_.identity_below_domain = domain.equal_or_below(signature_.domain);
  signature_.identity_is_domain = domain == signature_.domain;
  return {};
}

Reader::Step Reader::read_algorithm_tags() {
  const Tag& a = *tags_.find("a");
  const Tag& bh = *tags_.find("bh");
  ASSAY_TRY(algorithm, read_algorithm(a));
  ASSAY_TRY(signature, read_base64(*tags_.find("b")));
  ASSAY_TRY(body_hash, read_base64(bh));
  if (algorithm) {
    const auto kind =
        algorithm->hash == Hash::sha1 ? crypto::DigestKind::sha1 : crypto::DigestKind::sha256;
    if (body_hash.size() != crypto::digest_size(kind)) {
      return error("bad_tag", "bh= is not as long as the hash of a= makes it", bh.value_at);
    }
  }
  signature_.algorithm_text = a.value;
  signature_.algorithm = algorithm;
  const std::string_view start = std::string_view(signature).substr(0, start_characters);
  signature_.signature_start = base64::encode(start).substr(0, start_characters);
  signature_.signature = std::move(signature);
  signature_.body_hash = std::move(body_hash);
  return {};
}

Reader::Step Reader::read_what_is_signed() {
  const Tag& h = *tags_.find("h");
  const bool dkim = kind_ == SignatureKind::dkim;
  ASSAY_TRY(names, read_header_names(h, dkim ? EmptyNames::refuse : EmptyNames::drop));
  if (dkim && std::ranges::find(names, "from") == names.end()) {
    return error("from_not_signed", "h= does not name From", h.value_at);  // RFC 6376 §6.1.1
  }
  signature_.header_names = std::move(names);
  if (const Tag* c = tags_.find("c")) {
    ASSAY_TRY(both, read_canonicalizations(*c));
    signature_.canonicalization_known = both.has_value();
    signature_.header_canonicalization = both.value_or(Canonicalizations{}).header;
    signature_.body_canonicalization = both.value_or(Canonicalizations{}).body;
  }
  if (const Tag* l = tags_.find("l")) {
    ASSAY_TRY(length, read_length(*l));
    signature_.length = length;
  }
  if (const Tag* q = tags_.find("q")) {
    ASSAY_TRY(known, read_query(*q));
    signature_.query_known = known;
  }
  return {};
}

Reader::Step Reader::read_times() {
  const Tag* t = tags_.find("t");
  const Tag* x = tags_.find("x");
  if (t != nullptr) {
    ASSAY_TRY(timestamp, read_instant(*t));
    signature_.timestamp = timestamp;
  }
  if (x != nullptr) {
    ASSAY_TRY(expiration, read_instant(*x));
    signature_.expiration = expiration;
  }
  // RFC 6376 §3.5: x= is greater than t=.
  if (t != nullptr && x != nullptr && signature_.expiration <= signature_.timestamp) {
    return error("bad_tag", "x= is not later than t=", x->value_at);
  }
  return {};
}

/// The characters of b= that tell signatures apart, also where the value does not decode.
std::string start_of(std::string_view value) {
  const std::string packed = ascii::without_fws(value.substr(0, 200));
  const auto end = std::ranges::find_if_not(
      packed, [](char c) { return ascii::is_alnum(c) || c == '+' || c == '/' || c == '='; });
  const auto usable = static_cast<std::size_t>(end - packed.begin());
  return packed.substr(0, std::min(usable, start_characters));
}

}  // namespace

std::expected<Signature, Finding> parse_signature(std::string_view value, SignatureKind kind) {
  if (value.size() > max_signature_octets) {
    return error("too_long", "the field is longer than 64 KiB", max_signature_octets);
  }
  ASSAY_TRY(list, strict_tags(value));  // RFC 6376 §3.2
  const Tags tags(std::move(list));
  return Reader(tags, kind).read();
}

namespace detail {

std::optional<Tag> first_tag(std::string_view value, std::string_view name) {
  for (std::size_t begin = 0; begin < value.size();) {
    const std::size_t end = std::min(value.find(';', begin), value.size());
    const std::string_view piece = value.substr(begin, end - begin);
    begin = end + 1;
    const std::string_view behind = ascii::trim_fws(piece);
    if (!behind.starts_with(name)) continue;
    const std::string_view rest = ascii::trim_fws(behind.substr(name.size()));
    if (!rest.starts_with('=')) continue;
    const std::string_view text = ascii::trim_fws(rest.substr(1));
    return Tag{.name = name,
               .value = text,
               .at = static_cast<std::size_t>(behind.data() - value.data()),
               .value_at = static_cast<std::size_t>(text.data() - value.data())};
  }
  return std::nullopt;
}

}  // namespace detail

Signature salvage_signature(std::string_view value) {
  value = value.substr(0, max_signature_octets);
  const auto find = [&](std::string_view name) { return detail::first_tag(value, name); };
  Signature signature;
  signature.canonicalization_known = false;
  signature.query_known = false;
  if (const auto d = find("d")) {
    signature.domain_text = d->value;
    if (auto domain = read_signing_domain(*d)) signature.domain = std::move(*domain);
  }
  if (const auto s = find("s")) {
    if (auto selector = read_selector(*s)) signature.selector = std::move(*selector);
  }
  if (const auto a = find("a")) {
    signature.algorithm_text = a->value;
    if (auto algorithm = read_algorithm(*a)) signature.algorithm = *algorithm;
  }
  if (const auto b = find("b")) signature.signature_start = start_of(b->value);
  const auto i = find("i");
  signature.identity = i ? ascii::without_fws(i->value) : "@" + signature.domain_text;
  return signature;
}

}  // namespace assay::dkim
