#include "assay/dkim/canonical.h"

#include <algorithm>
#include <tuple>

#include "assay/base/ascii.h"

namespace assay::dkim {
namespace {

constexpr std::size_t npos = std::string_view::npos;

/// WSP, LF, or the CR of a CRLF: what relaxed canonicalization takes for white space in a value.
bool is_folding_at(std::string_view value, std::size_t at) {
  const char c = value[at];
  if (ascii::is_wsp(c) || c == '\n') return true;
  return c == '\r' && at + 1 < value.size() && value[at + 1] == '\n';
}

/// Writes the value unfolded, with white space runs as one space and none at either end; gives the
/// end of what was written. `out` must have room for the whole value.
char* write_relaxed_value(std::string_view value, char* out) {
  const char* const begin = out;
  bool space = false;
  for (std::size_t at = 0; at < value.size(); ++at) {
    const char c = value[at];
    // RFC 6376 §3.4.2: unfold, reduce white space.
    if (static_cast<unsigned char>(c) <= ' ' && is_folding_at(value, at)) {
      space = true;
      continue;
    }
    if (space && out != begin) *out++ = ' ';
    space = false;
    *out++ = c;
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

FieldIndex::FieldIndex(const mail::Header& header) : header_(&header) {
  std::size_t octets = 0;
  for (const mail::Field& field : header.fields) octets += field.name.size();
  names_.reserve(octets);  // views into it must stay
  entries_.reserve(header.fields.size());
  for (std::size_t i = 0; i < header.fields.size(); ++i) {
    const std::size_t begin = names_.size();
    for (const char c : header.fields[i].name) names_ += ascii::to_lower(c);
    entries_.push_back({.name = std::string_view(names_).substr(begin), .position = i});
  }
  // RFC 6376 §5.4.2: from the bottom of the header to its top.
  std::ranges::sort(entries_, [](const Entry& a, const Entry& b) {
    return std::tie(a.name, b.position) < std::tie(b.name, a.position);
  });
}

std::vector<const mail::Field*> FieldIndex::select(const std::vector<std::string>& header_names,
                                                   const mail::Field* except) const {
  std::vector<const mail::Field*> selected;
  // How many of the entries that begin here were looked at.
  std::vector<std::size_t> taken(entries_.size());
  for (const std::string& listed : header_names) {
    const std::string name = ascii::to_lower(listed);
    const auto first = std::ranges::lower_bound(entries_, std::string_view(name), {}, &Entry::name);
    const auto group = static_cast<std::size_t>(first - entries_.begin());
    const mail::Field* found = nullptr;
    while (found == nullptr && group < entries_.size()) {
      const std::size_t at = group + taken[group];
      if (at == entries_.size() || entries_[at].name != name) break;
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
