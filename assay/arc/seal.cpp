#include "assay/arc/detail/seal.h"

#include <algorithm>
#include <utility>

#include "assay/base/ascii.h"
#include "assay/base/tag_list.h"
#include "assay/base/try.h"
#include "assay/dkim/tag_values.h"

namespace assay::arc::detail {
namespace {

std::unexpected<Finding> error(std::string_view code, std::string what, std::size_t at) {
  return std::unexpected(Finding{.code = code, .what = std::move(what), .at = at});
}

const Tag* find(const std::vector<Tag>& tags, std::string_view name) {
  const auto found = std::ranges::find(tags, name, &Tag::name);
  return found == tags.end() ? nullptr : &*found;
}

/// cv= as a word of RFC 8617 §3.9, in lower case.
std::expected<std::string, Finding> read_cv(const Tag& tag) {
  std::string word = ascii::to_lower(tag.value);
  if (word == "none" || word == "pass" || word == "fail") return word;
  return error("bad_tag", "cv= is none of none, pass and fail", tag.value_at);
}

// RFC 8617 §4.1.3
std::expected<void, Finding> check_tags(const std::vector<Tag>& tags) {
  if (const Tag* h = find(tags, "h")) {
    return error("h_tag", "h= must not stand in an ARC-Seal", h->at);
  }
  for (const std::string_view name : {"i", "a", "b", "cv", "d", "s"}) {
    if (find(tags, name) != nullptr) continue;
    return error("missing_tag", "the tag " + std::string(name) + "= is missing", 0);
  }
  return {};
}

}  // namespace

std::expected<Seal, Finding> parse_seal(std::string_view value) {
  if (value.size() > dkim::max_signature_octets) {
    return error("too_long", "the field is longer than 64 KiB", dkim::max_signature_octets);
  }
  ASSAY_TRY(tags, strict_tags(value));  // RFC 6376 §3.2
  if (auto checked = check_tags(tags); !checked) return std::unexpected(std::move(checked).error());
  ASSAY_TRY(instance, dkim::read_instance(*find(tags, "i")));
  ASSAY_TRY(algorithm, dkim::read_algorithm(*find(tags, "a")));
  ASSAY_TRY(signature, dkim::read_base64(*find(tags, "b")));
  ASSAY_TRY(cv, read_cv(*find(tags, "cv")));
  ASSAY_TRY(domain, dkim::read_signing_domain(*find(tags, "d")));
  ASSAY_TRY(selector, dkim::read_selector(*find(tags, "s")));
  Seal seal{.instance = instance,
            .cv = std::move(cv),
            .algorithm = algorithm,
            .signature = std::move(signature),
            .domain = std::move(domain),
            .selector = std::move(selector)};
  if (const Tag* t = find(tags, "t")) {
    ASSAY_TRY(timestamp, dkim::read_instant(*t));
    seal.timestamp = timestamp;
  }
  return seal;
}

std::optional<unsigned> message_signature_instance(std::string_view value) {
  if (value.size() > dkim::max_signature_octets) return std::nullopt;
  const TagList list = split_tags(value);
  const Tag* i = find(list.tags, "i");
  const bool twice = std::ranges::any_of(list.findings, [&](const Finding& finding) {
    return finding.code == "duplicate_tag" && value.substr(finding.at).starts_with('i') &&
           finding.at + 1 < value.size() && !ascii::is_alnum(value[finding.at + 1]) &&
           value[finding.at + 1] != '_';
  });
  if (i == nullptr || twice) return std::nullopt;
  const auto instance = dkim::read_instance(*i);
  return instance ? std::optional(*instance) : std::nullopt;
}

}  // namespace assay::arc::detail
