#include <algorithm>
#include <utility>

#include "assay/authres/authres.h"
#include "assay/authres/detail/characters.h"
#include "assay/authres/detail/registry.h"
#include "assay/authres/detail/scanner.h"
#include "assay/base/ascii.h"
#include "assay/base/utf8.h"

namespace assay::authres {
namespace {

/// What an authserv-id is made of when it stands without quotes. RFC 8601 §2.2 has a token; more is
/// taken, and noted, as long as it cannot be read in two ways.
bool in_authserv_id(char c) {
  constexpr std::string_view not_inside = "();=\\\"";
  return ascii::is_graph(c) && not_inside.find(c) == std::string_view::npos;
}

/// What a value is made of when it stands without quotes, likewise: real software writes URIs and
/// base64 bare.
bool in_value(char c) {
  constexpr std::string_view not_inside = "();\\\"";
  return (ascii::is_graph(c) && not_inside.find(c) == std::string_view::npos) ||
         ascii::is_octet_above_127(c);
}

bool in_keyword(char c) {
  return detail::is_keyword(c) || c == '_';
}

bool in_property(char c) {
  return in_keyword(c) || c == '.';
}

/// Whether text behind "=" and white space is the next property: then the value before it is empty.
bool is_next_property(std::string_view text) {
  const std::size_t dot = text.find('.');
  const std::size_t equals = text.find('=');
  return dot != std::string_view::npos && equals != std::string_view::npos && dot < equals &&
         detail::is_known_ptype(ascii::to_lower(text.substr(0, dot))) &&
         detail::is_keyword_text(text.substr(dot + 1, equals - dot - 1));
}

std::string plain_number(std::string_view digits) {
  const std::size_t begin = std::min(digits.find_first_not_of('0'), digits.size() - 1);
  return std::string(digits.substr(begin));
}

/// One field, read from left to right in the order of RFC 8601 §2.2.
class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text), scan_(text) {}

  std::expected<AuthenticationResults, Finding> parse() {
    if (!read_payload()) return std::unexpected(scan_.failure());
    note_octets();
    return std::move(value_);
  }

 private:
  bool read_payload();
  bool read_authserv_id();
  bool read_version();
  bool read_results();
  bool read_statement_list();
  bool read_none(bool& found);
  bool read_resinfo();
  bool read_methodspec(MethodResult& result);
  bool read_details(MethodResult& result);
  bool read_property(MethodResult& result, std::string_view ptype);
  bool read_bare_statement(MethodResult& result, std::string_view name);
  bool read_value(std::string& value);
  bool read_pvalue(std::string& value);

  void note_result(const MethodResult& result, std::string_view as_written);
  void note_octets();
  void note(std::string_view code, std::string what, std::size_t at, Level level = Level::warning) {
    if (value_.findings.size() >= max_findings) return;
    value_.findings.push_back({.code = code, .what = std::move(what), .at = at, .level = level});
  }
  void note_keyword(std::string_view text) {
    if (detail::is_keyword_text(text)) return;
    note("bad_keyword", ascii::printable(text) + " is no keyword", offset(text));
  }
  /// Where a view into the text begins.
  std::size_t offset(std::string_view part) const {
    return static_cast<std::size_t>(part.data() - text_.data());
  }
  bool count_part() {
    if (++parts_ <= max_parts) return true;
    return scan_.fail("too_many_parts", "more results and properties than are read");
  }

  std::string_view text_;
  detail::Scanner scan_;
  AuthenticationResults value_ = {};
  std::size_t parts_ = 0;
  bool nameless_ = false;
};

// RFC 8601 §2.2: authres-payload
bool Parser::read_payload() {
  if (!scan_.skip_cfws() || !read_authserv_id()) return false;
  if (nameless_) return read_statement_list();
  return read_version() && read_results();
}

bool Parser::read_authserv_id() {
  if (scan_.sees('"')) return scan_.read_quoted(value_.authserv_id);
  const std::size_t begin = scan_.at();
  const std::string_view id = scan_.run(in_authserv_id);
  if (id.empty()) return scan_.fail("no_authserv_id", "no authserv-id at the beginning");
  const std::size_t end = scan_.at();
  if (!scan_.skip_cfws()) return false;
  if (scan_.sees('=')) {
    // Some receivers leave the authserv-id out. Their results can be read, but nobody can tell
    // whose they are.
    scan_.go_to(begin);
    nameless_ = true;
    note("no_authserv_id", "the field does not say who wrote it", begin, Level::error);
    return true;
  }
  scan_.go_to(end);
  if (!detail::is_token_text(id)) {
    note("unquoted_value", ascii::printable(id) + " must stand in quotes", begin);
  }
  value_.authserv_id = id;
  return true;
}

// RFC 8601 §2.6: what follows an unknown version may have another form.
bool Parser::read_version() {
  const std::size_t begin = scan_.at();
  if (!scan_.skip_cfws()) return false;
  const bool apart = scan_.at() > begin;
  const std::string_view digits = apart ? scan_.run(ascii::is_digit) : std::string_view();
  if (!digits.empty()) {
    value_.version = plain_number(digits);
    if (value_.version != "1") {
      return scan_.fail("unknown_version", "a version of the field that is not known");
    }
    if (!scan_.skip_cfws()) return false;
  }
  if (scan_.at_end()) return scan_.fail("no_result", "neither a result nor none");
  if (!scan_.sees(';')) return scan_.fail("bad_authserv_id", "no ; behind the authserv-id");
  return true;
}

// RFC 8601 §2.2: no-result / 1*resinfo, each behind a semicolon
bool Parser::read_results() {
  scan_.take(';');
  bool none = false;
  if (!scan_.skip_cfws() || !read_none(none)) return false;
  return none || read_statement_list();
}

bool Parser::read_none(bool& found) {
  const std::size_t begin = scan_.at();
  const bool word = ascii::iequals(scan_.run(in_keyword), "none");
  if (!scan_.skip_cfws()) return false;
  if (!word || scan_.sees('=') || scan_.sees('/')) {
    scan_.go_to(begin);
    return true;
  }
  found = true;
  if (scan_.take(';')) {
    note("trailing_semicolon", "a ; behind none", scan_.at() - 1);
    if (!scan_.skip_cfws()) return false;
  }
  if (!scan_.at_end()) return scan_.fail("bad_none", "none with something behind it");
  return true;
}

bool Parser::read_statement_list() {
  while (true) {
    if (!scan_.skip_cfws()) return false;
    if (scan_.at_end()) break;
    if (scan_.sees(';')) {
      note("empty_result", "two ; with nothing between", scan_.at());
    } else if (!read_resinfo()) {
      return false;
    }
    if (scan_.at_end()) return true;
    scan_.take(';');
  }
  if (value_.results.empty()) return scan_.fail("no_result", "neither a result nor none");
  note("trailing_semicolon", "a ; at the end", scan_.at());
  return true;
}

bool Parser::read_resinfo() {
  MethodResult result;
  if (!count_part() || !read_methodspec(result) || !read_details(result)) return false;
  value_.results.push_back(std::move(result));
  return true;
}

// RFC 8601 §2.2: methodspec
bool Parser::read_methodspec(MethodResult& result) {
  const std::string_view method = scan_.run(in_keyword);
  if (method.empty()) return scan_.fail("no_method", "no method where one must stand");
  note_keyword(method);
  result.method = ascii::to_lower(method);
  if (!scan_.skip_cfws()) return false;
  if (scan_.take('/')) {
    if (!scan_.skip_cfws()) return false;
    const std::string_view digits = scan_.run(ascii::is_digit);
    if (digits.empty()) return scan_.fail("bad_method_version", "no version behind the /");
    result.version = plain_number(digits);
    if (!scan_.skip_cfws()) return false;
  }
  if (!scan_.take('=')) return scan_.fail("no_method", "no = behind the method");
  if (!scan_.skip_cfws()) return false;
  const std::string_view word = scan_.run(in_keyword);
  if (word.empty()) return scan_.fail("no_result", "no result behind the =");
  result.result = ascii::to_lower(word);
  note_result(result, word);
  return true;
}

// RFC 8601 §2.2: [ CFWS reasonspec ] [ CFWS 1*propspec ]
bool Parser::read_details(MethodResult& result) {
  while (true) {
    if (!scan_.skip_cfws()) return false;
    if (scan_.at_end() || scan_.sees(';')) return true;
    const std::string_view name = scan_.run(in_keyword);
    if (name.empty()) return scan_.fail("no_property", "no property where one must stand");
    if (!scan_.skip_cfws()) return false;
    const bool read = scan_.take('.')   ? read_property(result, name)
                      : scan_.take('=') ? read_bare_statement(result, name)
                                        : scan_.fail("no_property", "no . behind a ptype");
    if (!read) return false;
  }
}

bool Parser::read_property(MethodResult& result, std::string_view ptype) {
  if (!count_part() || !scan_.skip_cfws()) return false;
  const std::string_view property = scan_.run(in_property);
  if (property.empty()) return scan_.fail("no_property", "no property behind the ptype");
  note_keyword(ptype);
  note_keyword(property);
  Property one{.ptype = ascii::to_lower(ptype), .property = ascii::to_lower(property), .value = {}};
  if (!detail::is_known_ptype(one.ptype)) {
    note("unknown_ptype", ascii::printable(ptype) + " is no registered ptype", offset(ptype));
  }
  if (!scan_.skip_cfws()) return false;
  if (!scan_.take('=')) return scan_.fail("no_property", "no = behind a property");
  if (!read_pvalue(one.value)) return false;
  result.properties.push_back(std::move(one));
  return true;
}

/// reason=…, or a property that some receivers write without a ptype, which says nothing to us.
bool Parser::read_bare_statement(MethodResult& result, std::string_view name) {
  std::string value;
  if (!scan_.skip_cfws() || !read_value(value)) return false;
  if (!ascii::iequals(name, "reason")) {
    note("no_ptype", ascii::printable(name) + " stands without a ptype and is left out",
         offset(name));
    return true;
  }
  if (!result.properties.empty() || !result.reason.empty()) {
    note("misplaced_reason", "a reason that does not stand first", offset(name));
  }
  if (result.reason.empty()) result.reason = std::move(value);
  return true;
}

// RFC 2045 §5.1: value = token / quoted-string
bool Parser::read_value(std::string& value) {
  if (scan_.sees('"')) return scan_.read_quoted(value);
  const std::size_t begin = scan_.at();
  value = scan_.run(in_value);
  if (value.empty()) {
    note("empty_value", "no value behind the =", begin);
  } else if (!detail::is_token_text(value)) {
    note("unquoted_value", ascii::printable(value) + " must stand in quotes", begin);
  }
  return true;
}

// RFC 8601 §2.2: pvalue
bool Parser::read_pvalue(std::string& value) {
  const std::size_t begin = scan_.at();
  if (!scan_.skip_cfws()) return false;
  const std::size_t after_space = scan_.at();
  if (scan_.sees('"')) {
    std::string content;
    if (!scan_.read_quoted(content)) return false;
    // A quoted local-part belongs to an address; the quotes stay, since it needs them.
    if (!scan_.sees('@')) {
      value = std::move(content);
      return true;
    }
    value = detail::quote(content);
  }
  value += scan_.run(in_value);
  if (after_space > begin && is_next_property(value)) {
    value.clear();
    scan_.go_to(after_space);
  }
  if (value.empty()) {
    note("empty_value", "no value behind the =", begin);
  } else if (!detail::is_token_text(value) && !detail::is_address(value)) {
    note("unquoted_value", ascii::printable(value) + " must stand in quotes", after_space);
  }
  return true;
}

void Parser::note_result(const MethodResult& result, std::string_view as_written) {
  const std::size_t at = offset(as_written);
  if (result.version != "1") {
    note("unknown_method_version", "a version of the method that is not known", at);
  }
  if (!detail::is_known_method(result.method)) {
    note("unknown_method", ascii::printable(result.method) + " is no registered method", at,
         Level::info);
    return;
  }
  if (!detail::is_known_result(result.method, result.result)) {
    note("unknown_result", ascii::printable(as_written) + " is no result of this method", at);
    return;
  }
  // RFC 4408 wrote its results with a capital letter, and SPF software still does.
  if (result.result != as_written && result.method != "spf" && result.method != "sender-id") {
    note("result_case", "a result in capital letters", at);
  }
}

/// Octets that a field may hold only in a message of RFC 6532, or never.
void Parser::note_octets() {
  const auto place_of = [&](auto is_one) {
    return static_cast<std::size_t>(std::ranges::find_if(text_, is_one) - text_.begin());
  };
  const std::size_t control = place_of(detail::is_control);
  if (control < text_.size()) note("control_octet", "a control character in the field", control);
  const std::size_t first = place_of(ascii::is_octet_above_127);
  if (first == text_.size()) return;
  std::string_view rest = text_.substr(first);
  while (!rest.empty()) {
    const utf8::CodePoint next = utf8::decode(rest);
    if (next.octets == 0) return note("not_utf8", "octets that are no UTF-8", offset(rest));
    rest.remove_prefix(next.octets);
  }
  note("not_ascii", "UTF-8, which only an internationalized message may hold", first);
}

}  // namespace

std::expected<AuthenticationResults, Finding> parse(std::string_view value) {
  return Parser(value).parse();
}

bool usable(const AuthenticationResults& parsed) {
  return std::ranges::none_of(parsed.findings,
                              [](const Finding& one) { return one.level == Level::error; });
}

std::expected<ArcAuthenticationResults, Finding> parse_arc_instance(std::string_view value) {
  detail::Scanner scan(value);
  const auto bad = [&] {
    return std::unexpected(Finding{
        .code = "bad_instance", .what = "no instance tag at the beginning", .at = scan.at()});
  };
  // RFC 8617 §3.9: instance
  if (!scan.skip_cfws() || !scan.take('i')) return bad();
  if (!scan.skip_cfws() || !scan.take('=')) return bad();
  if (!scan.skip_cfws()) return bad();
  const std::string_view digits = scan.run(ascii::is_digit);
  const auto instance = ascii::parse_number(digits);
  // RFC 8617 §4.2.1: 1 to 50
  if (!instance || digits.size() > 2 || *instance < 1 || *instance > 50) return bad();
  if (!scan.skip_cfws() || !scan.take(';')) return bad();
  return ArcAuthenticationResults{.instance = static_cast<unsigned>(*instance),
                                  .rest = scan.rest()};
}

}  // namespace assay::authres
