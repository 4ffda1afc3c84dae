#include "assay/dkim/canonical.h"

#include <algorithm>
#include <cstdint>

#include "assay/base/ascii.h"
#include "assay/dkim/detail/white_space.h"

namespace assay::dkim {
namespace {

constexpr std::size_t npos = std::string_view::npos;

/// WSP, LF, or the CR of a CRLF: what relaxed canonicalization takes for white space in a value.
bool is_folding_at(std::string_view value, std::size_t at) {
  const char c = value[at];
  if (ascii::is_wsp(c) || c == '\n') return true;
  return c == '\r' && at + 1 < value.size() && value[at + 1] == '\n';
}

/// Where the line that `at` stands in ends: before its LF or CRLF.
std::size_t line_end(std::string_view value, std::size_t at) {
  const std::size_t feed = std::min(value.find('\n', at), value.size());
  const bool crlf = feed > at && feed < value.size() && value[feed - 1] == '\r';
  return crlf ? feed - 1 : feed;
}

/// Writes the value unfolded, with white space runs as one space and none at either end; gives the
/// end of what was written. `out` must have room for the whole value.
char* write_relaxed_value(std::string_view value, char* out) {
  const char* const begin = out;
  bool space = false;
  std::size_t line = line_end(value, 0);
  for (std::size_t at = 0; at < value.size();) {
    // RFC 6376 §3.4.2: unfold, reduce white space.
    if (is_folding_at(value, at)) {
      space = true;
      ++at;
      continue;
    }
    if (space && out != begin) *out++ = ' ';
    space = false;
    // An octet that is no white space stands here, so that it goes forward.
    if (at >= line) line = line_end(value, at);
    const std::size_t clean =
        detail::fastest_reducer().clean(value.data() + at, std::max(line, at + 1) - at);
    out = std::copy_n(value.data() + at, clean, out);
    at += clean;
  }
  return out;
}

void append_relaxed(std::string& out, std::string_view name, std::string_view value) {
  const std::size_t before = out.size();
  out.resize(before + name.size() + value.size() + 1);
  char* at = out.data() + before;
  for (const char c : name) *at++ = ascii::to_lower(c);  // RFC 6376 §3.4.2
  *at++ = ':';
  at = write_relaxed_value(value, at);
  out.resize(static_cast<std::size_t>(at - out.data()));
}

/// Where the value of the first b= tag stands in a tag list: from behind the "=" to the ";".
struct Range {
  std::size_t begin = 0;
  std::size_t end = 0;
};

Range signature_value(std::string_view raw) {
  std::size_t begin = raw.find(':');
  if (begin == npos) return {raw.size(), raw.size()};
  for (++begin; begin <= raw.size();) {
    const std::size_t end = std::min(raw.find(';', begin), raw.size());
    const std::string_view piece = raw.substr(begin, end - begin);
    const std::size_t equals = piece.find('=');
    if (equals != npos && ascii::trim_fws(piece.substr(0, equals)) == "b") {
      return {begin + equals + 1, end};
    }
    begin = end + 1;
  }
  return {raw.size(), raw.size()};
}

}  // namespace

void append_canonical(std::string& out, const mail::Field& field, Canonicalization how) {
  if (how == Canonicalization::simple) {
    out += field.raw;  // RFC 6376 §3.4.1
  } else {
    append_relaxed(out, field.name, field.value);
  }
  out += "\r\n";
}

namespace {

/// Of the name in lower case, eight octets at a time.
std::uint64_t hash_of(std::string_view name) {
  constexpr std::uint64_t factor = 0x9e3779b97f4a7c15ULL;
  std::uint64_t hash = name.size() * factor;
  const auto mix = [&hash](std::uint64_t word) {
    hash = (hash ^ word) * factor;
    hash ^= hash >> 32;
  };
  std::size_t at = 0;
  for (; at + 8 <= name.size(); at += 8) mix(ascii::lower_word(name.data() + at));
  std::uint64_t rest = 0;
  for (; at < name.size(); ++at) {
    rest = rest << 8 | static_cast<unsigned char>(ascii::to_lower(name[at]));
  }
  mix(rest);
  return hash;
}

/// The order of names in the index; that of the alphabet only where hashes are the same, which is
/// then an accident or an attack.
bool stands_before(std::uint64_t hash, std::string_view name, std::uint64_t other_hash,
                   std::string_view other) {
  if (hash != other_hash) return hash < other_hash;
  if (ascii::iequals(name, other)) return false;
  return std::ranges::lexicographical_compare(
      name, other, {}, [](char c) { return ascii::to_lower(c); },
      [](char c) { return ascii::to_lower(c); });
}

}  // namespace

FieldIndex::FieldIndex(const mail::Header& header) : header_(&header) {
  entries_.reserve(header.fields.size());
  for (std::size_t i = 0; i < header.fields.size(); ++i) {
    entries_.push_back({.hash = hash_of(header.fields[i].name), .position = i});
  }
  // RFC 6376 §5.4.2: from the bottom of the header to its top.
  std::ranges::sort(entries_, [&](const Entry& a, const Entry& b) {
    if (a.hash != b.hash) return a.hash < b.hash;
    const std::string_view one = header.fields[a.position].name;
    const std::string_view other = header.fields[b.position].name;
    if (ascii::iequals(one, other)) return a.position > b.position;
    return stands_before(a.hash, one, b.hash, other);
  });
}

std::vector<const mail::Field*> FieldIndex::select(const std::vector<std::string>& header_names,
                                                   const mail::Field* except) const {
  std::vector<const mail::Field*> selected;
  // How many of the entries that begin here were looked at.
  std::vector<std::size_t> taken(entries_.size());
  selected.reserve(header_names.size());
  const auto name_at = [&](std::size_t i) { return header_->fields[entries_[i].position].name; };
  for (const std::string_view name : header_names) {
    const std::uint64_t hash = hash_of(name);
    const auto first = std::ranges::partition_point(entries_, [&](const Entry& entry) {
      return stands_before(entry.hash, header_->fields[entry.position].name, hash, name);
    });
    const auto group = static_cast<std::size_t>(first - entries_.begin());
    const mail::Field* found = nullptr;
    while (found == nullptr && group < entries_.size()) {
      const std::size_t at = group + taken[group];
      if (at == entries_.size() || !ascii::iequals(name_at(at), name)) break;
      ++taken[group];
      const mail::Field* field = &header_->fields[entries_[at].position];
      // RFC 6376 §3.5: the signature's own field is not in its h=.
      if (field != except) found = field;
    }
    if (found != nullptr) selected.push_back(found);
  }
  return selected;
}

std::vector<const mail::Field*> select_fields(const mail::Header& header,
                                              const std::vector<std::string>& header_names) {
  return FieldIndex(header).select(header_names);
}

std::string without_signature(std::string_view raw) {
  // RFC 6376 §3.7: the value goes "including all surrounding whitespace".
  const Range value = signature_value(raw);
  std::string rest(raw.substr(0, value.begin));
  rest += raw.substr(value.end);
  return rest;
}

void append_own_field(std::string& out, const mail::Field& field, Canonicalization how) {
  const std::string emptied = without_signature(field.raw);
  if (how == Canonicalization::simple) {
    out += emptied;
    return;
  }
  const std::size_t colon = emptied.find(':');
  const std::size_t value = colon == npos ? emptied.size() : colon + 1;
  append_relaxed(out, field.name, std::string_view(emptied).substr(value));
}

std::string signed_octets(const std::vector<const mail::Field*>& selected, const mail::Field& field,
                          Canonicalization how) {
  std::size_t size = field.raw.size();
  for (const mail::Field* one : selected) size += one->raw.size() + 3;
  std::string octets;
  octets.reserve(size + 1);
  // RFC 6376 §3.7: the listed fields in their order, then the signature's own.
  for (const mail::Field* one : selected) append_canonical(octets, *one, how);
  append_own_field(octets, field, how);
  return octets;
}

std::string signed_octets(const mail::Header& header, const std::vector<std::string>& header_names,
                          const mail::Field& field, Canonicalization how) {
  return signed_octets(FieldIndex(header).select(header_names, &field), field, how);
}

}  // namespace assay::dkim
