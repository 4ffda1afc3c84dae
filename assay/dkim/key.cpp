#include "assay/dkim/key.h"

#include <algorithm>
#include <optional>

#include "assay/base/ascii.h"
#include "assay/base/base64.h"
#include "assay/base/tag_list.h"
#include "assay/base/try.h"

namespace assay::dkim {
namespace {

/// RFC 6376 §2.10: hyphenated-word, and the underscore, which some services have in their names.
bool is_word(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return ascii::is_alnum(c) || c == '-' || c == '_';
  });
}

/// Fills a KeyRecord from a text: what spoils it becomes a finding of level error, and reading goes
/// on as far as it can.
class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  KeyRecord read();

 private:
  void read_version();
  void read_key_type();
  void read_lists();
  void read_key();
  void decode_key(const Tag& tag);
  std::vector<std::string> read_words(std::string_view name);

  const Tag* find(std::string_view name) const;
  void spoil(std::string_view code, std::string what, std::size_t at);

  std::string_view text_;
  std::vector<Tag> tags_ = {};
  KeyRecord record_ = {};
};

KeyRecord Reader::read() {
  // RFC 6376 §3.2: one bad tag spoils the list.
  TagList list = split_tags(text_);
  tags_ = std::move(list.tags);
  record_.findings = std::move(list.findings);
  for (const Tag& tag : tags_) record_.tags.emplace_back(tag.name, tag.value);
  read_version();
  read_key_type();
  read_lists();
  read_key();
  return std::move(record_);
}

const Tag* Reader::find(std::string_view name) const {
  const auto found = std::ranges::find(tags_, name, &Tag::name);
  return found == tags_.end() ? nullptr : &*found;
}

void Reader::spoil(std::string_view code, std::string what, std::size_t at) {
  add_bounded(record_.findings,
              {.code = code, .what = std::move(what), .at = at, .level = Level::error});
}

void Reader::read_version() {
  const Tag* v = find("v");
  if (v == nullptr) return;  // RFC 6376 §3.6.1: recommended, not required
  if (v->value != "DKIM1") {
    spoil("bad_version", "v= is not DKIM1", v->value_at);  // RFC 6376 §6.1.2
  } else if (v != tags_.data()) {
    spoil("version_not_first", "v= is not the first tag", v->at);  // RFC 6376 §3.6.1
  }
}

void Reader::read_key_type() {
  const Tag* k = find("k");
  if (k == nullptr) return;
  record_.key_type = ascii::to_lower(k->value);
  const bool known = record_.key_type == "rsa" || record_.key_type == "ed25519";
  if (!is_word(k->value)) {
    spoil("bad_tag", "k= is no key type", k->value_at);
  } else if (!known) {
    // RFC 6376 §3.6.1: unrecognized key types are ignored.
    spoil("unknown_key_type", "k= names a key type that is not known", k->value_at);
  }
}

/// A colon-separated list in lower case.
std::vector<std::string> Reader::read_words(std::string_view name) {
  const Tag* tag = find(name);
  if (tag == nullptr) return {};
  std::vector<std::string> words;
  for (const std::string_view piece : ascii::Pieces(tag->value, ':')) {
    const std::string_view word = ascii::trim_fws(piece);
    if (!is_word(word) && word != "*") {
      spoil("bad_tag", std::string(name) + "= holds what is no word: " + ascii::printable(word, 40),
            tag->value_at + static_cast<std::size_t>(piece.data() - tag->value.data()));
    }
    words.push_back(ascii::to_lower(word));
  }
  return words;
}

void Reader::read_lists() {
  // RFC 6376 §3.6.1: unrecognized hashes, services and flags are ignored.
  record_.hashes = read_words("h");
  record_.services = read_words("s");
  const auto serves_email = [](const std::string& one) { return one == "email" || one == "*"; };
  record_.for_email =
      record_.services.empty() || std::ranges::any_of(record_.services, serves_email);
  for (const std::string& flag : read_words("t")) {
    record_.testing = record_.testing || flag == "y";
    record_.exact_domain = record_.exact_domain || flag == "s";
  }
}

void Reader::read_key() {
  const Tag* p = find("p");
  if (p == nullptr) {
    spoil("missing_tag", "the tag p= is missing", text_.size());  // RFC 6376 §3.6.1
  } else if (p->value.empty()) {
    record_.revoked = true;  // RFC 6376 §3.6.1
  } else {
    decode_key(*p);
  }
}

void Reader::decode_key(const Tag& tag) {
  const bool rsa = record_.key_type == "rsa";
  if (!rsa && record_.key_type != "ed25519") return;
  const auto octets = base64::decode(tag.value);
  if (!octets) {
    record_.key_error = "p= is no base64: " + octets.error().what;
    return spoil("bad_key", record_.key_error, tag.value_at + octets.error().at);
  }
  // RFC 6376 §3.6.1, RFC 8463 §4.2
  auto key = rsa ? crypto::PublicKey::rsa(*octets) : crypto::PublicKey::ed25519(*octets);
  if (!key) {
    record_.key_error = "p= holds " + key.error().what;
    return spoil("bad_key", record_.key_error, tag.value_at);
  }
  record_.key = std::make_shared<const crypto::PublicKey>(std::move(*key));
}

/// Adds advice to a record that was read.
class Adviser {
 public:
  explicit Adviser(KeyRecord& record) : record_(record) {}

  void advise();

 private:
  bool has(std::string_view name) const {
    return std::ranges::any_of(record_.tags, [&](const auto& tag) { return tag.first == name; });
  }
  void say(Level level, std::string_view code, std::string what) {
    add_bounded(record_.findings, {.code = code, .what = std::move(what), .at = 0, .level = level});
  }
  void advise_on_key();
  void advise_on_use();
  void advise_on_tags();

  KeyRecord& record_;
};

void Adviser::advise() {
  advise_on_key();
  advise_on_use();
  advise_on_tags();
}

void Adviser::advise_on_key() {
  if (record_.revoked) say(Level::warning, "revoked", "p= is empty: the key is revoked");
  if (!record_.key || record_.key_type != "rsa") return;
  const unsigned bits = record_.key->bits();
  const std::string size = "the RSA key has " + std::to_string(bits) + " bits";
  if (bits < 1024) {  // RFC 8301 §3.2
    say(Level::error, "weak_key", size + "; receivers refuse fewer than 1024");
  } else if (bits < 2048) {  // RFC 8301 §3.2
    say(Level::info, "short_key", size + "; signers should use 2048");
  } else if (bits > 4096) {  // RFC 8301 §3.2
    say(Level::warning, "long_key", size + "; receivers need not verify more than 4096");
  }
}

void Adviser::advise_on_use() {
  const auto& hashes = record_.hashes;
  if (!hashes.empty() && std::ranges::find(hashes, "sha256") == hashes.end()) {  // RFC 8301 §3.1
    say(Level::error, "no_usable_hash",
        "h= does not allow sha256, the one hash that is still used");
  } else if (std::ranges::find(hashes, "sha1") != hashes.end()) {
    say(Level::info, "sha1", "h= allows sha1, which receivers refuse");
  }
  if (!record_.for_email) {  // RFC 6376 §3.6.1
    say(Level::warning, "not_for_email", "s= does not allow email: mail signed with it fails");
  }
  if (record_.testing) {  // RFC 6376 §3.6.1
    say(Level::warning, "testing", "t=y: the domain says that it is only testing DKIM");
  }
}

void Adviser::advise_on_tags() {
  constexpr std::string_view known[] = {"v", "h", "k", "n", "p", "s", "t", "g"};
  if (!has("v")) say(Level::info, "no_version", "v=DKIM1 is missing; it is recommended");
  if (has("g")) {  // RFC 6376 §C.2
    say(Level::info, "obsolete_tag", "g= is no longer used; receivers ignore it");
  }
  for (const auto& [name, value] : record_.tags) {
    if (std::ranges::find(known, name) != std::end(known)) continue;
    say(Level::info, "unknown_tag", "the tag " + name + "= is not known; receivers ignore it");
  }
}

const Finding* first_error(const KeyRecord& record) {
  const auto found = std::ranges::find(record.findings, Level::error, &Finding::level);
  return found == record.findings.end() ? nullptr : &*found;
}

using Records = std::vector<std::expected<KeyRecord, Finding>>;

Records parse_all(const std::vector<std::string>& texts) {
  Records records;
  std::size_t good = 0;
  for (const std::string& text : texts) {
    records.push_back(parse_key(text));
    if (records.back() && ++good == max_key_records) break;
  }
  return records;
}

}  // namespace

std::expected<KeyRecord, Finding> parse_key(std::string_view text) {
  KeyRecord record = Reader(text).read();
  if (const Finding* error = first_error(record)) return std::unexpected(*error);
  return record;
}

KeyRecord lint_key(std::string_view text) {
  KeyRecord record = Reader(text).read();
  Adviser(record).advise();
  return record;
}

bool usable(const KeyRecord& linted) {
  return first_error(linted) == nullptr;
}

std::expected<dns::Question, Finding> key_question(std::string_view selector,
                                                   const DomainName& domain) {
  // RFC 6376 §3.6.2.1
  ASSAY_TRY(name, domain.child(std::string(selector) + "._domainkey"));
  return dns::Question{.name = std::move(name), .type = dns::Type::txt};
}

const std::vector<std::expected<KeyRecord, Finding>>& parsed_keys(const dns::Answer& answer) {
  return answer.memo.get<Records>([&] { return parse_all(answer.texts); });
}

}  // namespace assay::dkim
