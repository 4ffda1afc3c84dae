#include <libpsl.h>

#include <algorithm>
#include <cstdio>
#include <utility>

#include "assay/base/ascii.h"
#include "assay/suffix/suffix.h"

namespace assay::suffix {
namespace {

std::unexpected<Finding> no_list(std::string what) {
  return std::unexpected(Finding{.code = "no_suffix_list", .what = std::move(what)});
}

/// One rule of the list with its labels as A-labels in lower case; nothing for a comment or a line
/// that is no rule. A rule ends at the first white space, "*" stands for a whole left-most label,
/// "!" makes an exception.
std::string rule_of(std::string_view line) {
  line = ascii::trim_fws(line);
  if (line.empty() || line.starts_with("//")) return {};
  line = line.substr(0, std::min(line.size(), line.find_first_of(" \t")));
  std::string_view prefix = line.substr(0, 0);
  if (line.starts_with("!")) prefix = line.substr(0, 1);
  if (line.starts_with("*.")) prefix = line.substr(0, 2);
  const std::string_view labels = line.substr(prefix.size());
  if (labels.find_first_of("*!") != std::string_view::npos) return {};
  const auto name = to_a_labels(labels);
  return name ? std::string(prefix) + name->text() : std::string();
}

/// The rules alone, one a line: libpsl cuts lines at 255 octets and would read the rest of a long
/// comment as a rule.
std::string rules_of(std::string_view list) {
  std::string rules;
  for (const std::string_view line : ascii::split(list, '\n')) {
    const std::string rule = rule_of(line);
    if (!rule.empty()) rules += rule + "\n";
  }
  return rules;
}

/// The name as libpsl can take it: octets that stand in no A-label become one that no rule has.
std::string for_lookup(const DomainName& name) {
  std::string text = name.text();
  for (char& c : text) {
    if (c == '\0' || ascii::is_octet_above_127(c)) c = '\x01';
  }
  return text;
}

}  // namespace

struct SuffixList::State {
  const psl_ctx_t* list = nullptr;
  psl_ctx_t* owned = nullptr;  // null for the one that libpsl holds itself

  State(const psl_ctx_t* used, psl_ctx_t* freed) : list(used), owned(freed) {}
  ~State() { psl_free(owned); }
  State(const State&) = delete;
  State& operator=(const State&) = delete;
};

SuffixList::SuffixList(std::unique_ptr<State> state) : state_(std::move(state)) {}
SuffixList::~SuffixList() = default;
SuffixList::SuffixList(SuffixList&&) noexcept = default;
SuffixList& SuffixList::operator=(SuffixList&&) noexcept = default;

std::expected<SuffixList, Finding> SuffixList::built_in() {
  const psl_ctx_t* list = psl_builtin();
  if (list == nullptr) return no_list("libpsl was built without a public suffix list");
  return SuffixList(std::make_unique<State>(list, nullptr));
}

std::expected<SuffixList, Finding> SuffixList::parse(std::string_view text) {
  std::string rules = rules_of(text);
  if (rules.empty()) return no_list("the text holds no rule of a public suffix list");
  std::FILE* stream = fmemopen(rules.data(), rules.size(), "r");
  if (stream == nullptr) return no_list("the public suffix list cannot be read: no memory");
  psl_ctx_t* list = psl_load_fp(stream);
  if (std::fclose(stream) != 0 || list == nullptr) {
    psl_free(list);
    return no_list("the public suffix list cannot be read");
  }
  return SuffixList(std::make_unique<State>(list, list));
}

DomainName SuffixList::organizational_domain(const DomainName& name) const {
  const std::string text = for_lookup(name);
  // RFC 7489 §3.2: the longest suffix of the list and one label more. A name below an unlisted
  // top-level domain falls under the list's default rule "*".
  const char* found = psl_registrable_domain(state_->list, text.c_str());
  if (found == nullptr) return name;
  return name.suffix(1 +
                     static_cast<std::size_t>(std::ranges::count(std::string_view(found), '.')));
}

bool SuffixList::is_public_suffix(const DomainName& name) const {
  if (name.is_root()) return false;
  return psl_is_public_suffix(state_->list, for_lookup(name).c_str()) != 0;
}

}  // namespace assay::suffix
