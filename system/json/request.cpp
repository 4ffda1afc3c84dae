#include "system/json/request.h"

#include <algorithm>
#include <array>
#include <utility>

#include "assay/base/ascii.h"
#include "assay/base/base64.h"
#include "assay/base/try.h"
#include "system/json/value.h"
#include "system/json/writer.h"

namespace assay::json {
namespace {

using Error = std::string;
template <class T>
using Wanted = std::expected<std::optional<T>, Error>;

Error quoted(std::string_view name) {
  return "\"" + std::string(name) + "\"";
}

/// The members of one object, asked for by name.
class Members {
 public:
  explicit Members(const Value& object) : object_(object) {}

  /// The member, or null where there is none. Errors: it stands there twice, or has another type.
  std::expected<const Value*, Error> find(std::string_view name, Value::Kind kind) const {
    const Value* found = nullptr;
    for (const Member& member : object_.members) {
      if (member.name != name) continue;
      if (found != nullptr) return std::unexpected(quoted(name) + " is given twice");
      found = &member.value;
    }
    if (found == nullptr || found->kind == Value::Kind::null) return nullptr;
    if (found->kind == kind) return found;
    return std::unexpected(quoted(name) + " must be " + std::string(describe(kind)) + ", not " +
                           std::string(describe(found->kind)));
  }

  Wanted<std::string> text(std::string_view name) const {
    ASSAY_TRY(value, find(name, Value::Kind::string));
    if (value == nullptr) return std::nullopt;
    return value->text;
  }

  Wanted<unsigned> number(std::string_view name, unsigned max) const {
    ASSAY_TRY(value, find(name, Value::Kind::number));
    if (value == nullptr) return std::nullopt;
    const auto parsed = ascii::parse_number(value->text);
    if (!parsed || *parsed > max) {
      return std::unexpected(quoted(name) + " must be a whole number up to " + std::to_string(max));
    }
    return static_cast<unsigned>(*parsed);
  }

  Wanted<bool> boolean(std::string_view name) const {
    ASSAY_TRY(value, find(name, Value::Kind::boolean));
    if (value == nullptr) return std::nullopt;
    return value->text == "true";
  }

 private:
  const Value& object_;
};

/// The id as JSON text; empty where it is absent. Errors: it is no scalar.
std::expected<std::string, Error> read_id(const Value& object) {
  const auto is_id = [](const Member& member) { return member.name == "id"; };
  const auto found = std::ranges::find_if(object.members, is_id);
  if (found == object.members.end() || found->value.kind == Value::Kind::null) return "";
  switch (found->value.kind) {
    case Value::Kind::string: {
      Writer out;
      out.string(found->value.text);
      return out.take();
    }
    case Value::Kind::number:
    case Value::Kind::boolean:
      return found->value.text;
    default:
      return std::unexpected("\"id\" must be a string, a number or a boolean");
  }
}

std::expected<Common, Error> read_common(const Members& members) {
  Common common;
  ASSAY_TRY(zone, members.text("zone"));
  common.zone = std::move(zone);
  ASSAY_TRY(at, members.text("at"));
  if (at) {
    common.at = parse_instant(*at);
    if (!common.at) {
      return std::unexpected("\"at\" must be a time like 2026-05-01T12:00:00Z, or Unix seconds");
    }
  }
  ASSAY_TRY(standard, members.text("standard"));
  if (standard) {
    common.standard = parse_standard(*standard);
    if (!common.standard) {
      return std::unexpected("\"standard\" must be rfc9989, rfc7489 or compare");
    }
  }
  return common;
}

Wanted<IpAddress> read_client(const Members& members) {
  ASSAY_TRY(ip, members.text("ip"));
  if (!ip) return std::nullopt;
  const auto address = IpAddress::parse(*ip);
  if (!address) return std::unexpected("\"ip\" must be an IPv4 or IPv6 address");
  return address;
}

Wanted<std::string> read_mail_from(const Members& members) {
  ASSAY_TRY(mail_from, members.text("mail_from"));
  if (!mail_from) return std::nullopt;
  return strip_angle_brackets(*mail_from);
}

enum class Files : std::uint8_t { refused, allowed };

std::expected<MessageSource, Error> read_message(const Value& object, Files files) {
  const Members members(object);
  ASSAY_TRY(text, members.text("message"));
  ASSAY_TRY(encoded, members.text("message_base64"));
  ASSAY_TRY(file, members.text("file"));
  if (files == Files::refused) file.reset();
  const int given = (text ? 1 : 0) + (encoded ? 1 : 0) + (file ? 1 : 0);
  if (given != 1) {
    return std::unexpected(std::string(given == 0 ? "a message is missing" : "several messages") +
                           "; give one of \"message\", \"message_base64\" and \"file\"");
  }
  MessageSource source;
  if (text) source.octets = std::move(*text);
  if (file) source.file = std::move(*file);
  if (encoded) {
    auto octets = base64::decode(*encoded);
    if (!octets) {
      return std::unexpected("\"message_base64\" is no base64 from octet " +
                             std::to_string(octets.error().at) + " on");
    }
    source.octets = std::move(*octets);
  }
  return source;
}

/// What a request that is about an SMTP session has in any case.
template <class Request>
std::expected<void, Error> read_envelope(const Members& members, Request& request) {
  ASSAY_TRY(common, read_common(members));
  request.common = std::move(common);
  ASSAY_TRY(client, read_client(members));
  request.client = client;
  ASSAY_TRY(helo, members.text("helo"));
  request.helo = std::move(helo);
  ASSAY_TRY(mail_from, read_mail_from(members));
  request.mail_from = std::move(mail_from);
  return {};
}

std::expected<VerifyRequest, Error> read_verify(const Value& object) {
  const Members members(object);
  VerifyRequest request;
  if (auto read = read_envelope(members, request); !read) return std::unexpected(read.error());
  ASSAY_TRY(authserv_id, members.text("authserv_id"));
  request.authserv_id = std::move(authserv_id);
  ASSAY_TRY(bits, members.number("dkim_min_key_bits", 65'536));
  request.dkim_min_key_bits = bits;
  ASSAY_TRY(sha1, members.boolean("dkim_allow_sha1"));
  request.dkim_allow_sha1 = sha1;
  ASSAY_TRY(message, read_message(object, Files::allowed));
  request.message = std::move(message);
  return request;
}

std::expected<SpfRequest, Error> read_spf(const Value& object) {
  const Members members(object);
  SpfRequest request;
  if (auto read = read_envelope(members, request); !read) return std::unexpected(read.error());
  ASSAY_TRY(receiver, members.text("receiver"));
  request.receiver = std::move(receiver);
  return request;
}

/// Reads one {"result","domain","selector"} and appends the identifier it makes.
std::expected<bool, Error> append_identifier(std::vector<dmarc::Identifier>& identifiers,
                                             dmarc::Method method, const Value& object) {
  const std::string_view name = method == dmarc::Method::spf ? "spf" : "dkim";
  const auto in_member = [&](const Error& error) { return quoted(name) + ": " + error; };
  if (object.kind != Value::Kind::object) {
    return std::unexpected(
        in_member("must hold objects, not " + std::string(describe(object.kind))));
  }
  const Members members(object);
  const auto result = members.text("result");
  const auto domain = members.text("domain");
  const auto selector = members.text("selector");
  for (const auto* member : {&result, &domain, &selector}) {
    if (!*member) return std::unexpected(in_member(member->error()));
  }
  if (!*result) return std::unexpected(in_member("\"result\" is missing"));
  auto made = make_identifier(method, **result, domain->value_or(""));
  if (!made) return std::unexpected(in_member(made.error()));
  if (!*made) return false;
  (*made)->selector = selector->value_or("");
  identifiers.push_back(std::move(**made));
  return true;
}

std::expected<DmarcRequest, Error> read_dmarc(const Value& object) {
  const Members members(object);
  DmarcRequest request;
  ASSAY_TRY(common, read_common(members));
  request.common = std::move(common);
  ASSAY_TRY(from, members.text("from"));
  if (!from) return std::unexpected("\"from\", the author domain, is missing");
  auto domain = to_a_labels(*from);
  if (!domain) return std::unexpected("\"from\" is no domain name: " + domain.error().what);
  request.from = std::move(*domain);
  ASSAY_TRY(spf, members.find("spf", Value::Kind::object));
  if (spf != nullptr) {
    ASSAY_TRY(appended, append_identifier(request.identifiers, dmarc::Method::spf, *spf));
    static_cast<void>(appended);
  }
  ASSAY_TRY(dkim, members.find("dkim", Value::Kind::array));
  if (dkim == nullptr) return request;
  for (const Value& item : dkim->items) {
    ASSAY_TRY(appended, append_identifier(request.identifiers, dmarc::Method::dkim, item));
    static_cast<void>(appended);
  }
  return request;
}

std::expected<RecordRequest, Error> read_record(const Value& object) {
  const Members members(object);
  RecordRequest request;
  ASSAY_TRY(text, members.text("text"));
  if (!text) return std::unexpected("\"text\", the record, is missing");
  request.text = std::move(*text);
  return request;
}

std::expected<DestinationRequest, Error> read_destination(const Value& object) {
  const Members members(object);
  DestinationRequest request;
  ASSAY_TRY(common, read_common(members));
  request.common = std::move(common);
  ASSAY_TRY(domain, members.text("domain"));
  if (!domain) return std::unexpected("\"domain\", the policy domain, is missing");
  auto name = to_a_labels(*domain);
  if (!name) return std::unexpected("\"domain\" is no domain: " + name.error().what);
  request.domain = std::move(*name);
  ASSAY_TRY(uri, members.text("uri"));
  if (!uri) return std::unexpected("\"uri\", the destination, is missing");
  request.uri = std::move(*uri);
  ASSAY_TRY(kind, members.text("kind"));
  if (!kind) return request;
  const auto known = parse_report_kind(*kind);
  if (!known) return std::unexpected("\"kind\" is neither aggregate nor failure");
  request.kind = *known;
  return request;
}

std::expected<AuthorRequest, Error> read_author(const Value& object) {
  AuthorRequest request;
  ASSAY_TRY(message, read_message(object, Files::refused));
  request.message = std::move(message);
  return request;
}

/// What all lines have in common: a JSON object with an id.
template <class Request>
std::expected<Request, RequestError> parse(
    std::string_view line, std::expected<Request, Error> (*read_members)(const Value&)) {
  const Reading reading = read(line);
  auto id = read_id(reading.value);
  const std::string id_text = id.value_or("");
  if (reading.error) {
    return std::unexpected(RequestError{id_text, "the line is no JSON text: octet " +
                                                     std::to_string(reading.error->at) + ": " +
                                                     reading.error->what});
  }
  if (reading.value.kind != Value::Kind::object) {
    return std::unexpected(RequestError{
        "", "a request must be a JSON object, not " + std::string(describe(reading.value.kind))});
  }
  if (!id) return std::unexpected(RequestError{"", id.error()});
  auto request = read_members(reading.value);
  if (!request) return std::unexpected(RequestError{id_text, std::move(request.error())});
  request->common.id = id_text;
  return std::move(*request);
}

}  // namespace

std::expected<VerifyRequest, RequestError> parse_verify_request(std::string_view line) {
  return parse<VerifyRequest>(line, read_verify);
}
std::expected<SpfRequest, RequestError> parse_spf_request(std::string_view line) {
  return parse<SpfRequest>(line, read_spf);
}
std::expected<DmarcRequest, RequestError> parse_dmarc_request(std::string_view line) {
  return parse<DmarcRequest>(line, read_dmarc);
}
std::expected<RecordRequest, RequestError> parse_record_request(std::string_view line) {
  return parse<RecordRequest>(line, read_record);
}
std::expected<AuthorRequest, RequestError> parse_author_request(std::string_view line) {
  return parse<AuthorRequest>(line, read_author);
}

std::expected<DestinationRequest, RequestError> parse_destination_request(std::string_view line) {
  return parse<DestinationRequest>(line, read_destination);
}

std::optional<dmarc::ReportKind> parse_report_kind(std::string_view word) {
  if (word == "aggregate") return dmarc::ReportKind::aggregate;
  if (word == "failure") return dmarc::ReportKind::failure;
  return std::nullopt;
}

std::string strip_angle_brackets(std::string_view reverse_path) {
  const std::string_view path = ascii::trim_wsp(reverse_path);
  const bool bracketed = path.size() >= 2 && path.front() == '<' && path.back() == '>';
  return std::string(bracketed ? path.substr(1, path.size() - 2) : path);
}

std::optional<verify::Standard> parse_standard(std::string_view word) {
  if (word == "rfc9989") return verify::Standard::rfc9989;
  if (word == "rfc7489") return verify::Standard::rfc7489;
  if (word == "compare") return verify::Standard::compare;
  return std::nullopt;
}

std::expected<std::optional<dmarc::Identifier>, std::string> make_identifier(
    dmarc::Method method, std::string_view result, std::string_view domain) {
  // RFC 8601 §2.7.1, §2.7.2
  constexpr std::array<std::string_view, 7> spf_results = {
      "none", "neutral", "pass", "fail", "softfail", "temperror", "permerror"};
  constexpr std::array<std::string_view, 7> dkim_results = {
      "none", "neutral", "pass", "fail", "policy", "temperror", "permerror"};
  const std::string word = ascii::to_lower(result);
  const auto& results = method == dmarc::Method::spf ? spf_results : dkim_results;
  if (std::ranges::find(results, word) == results.end()) {
    return std::unexpected("\"" + ascii::printable(result, 40) + "\" is no result; give one of " +
                           (method == dmarc::Method::spf
                                ? "none, neutral, pass, fail, softfail, temperror and permerror"
                                : "none, neutral, pass, fail, policy, temperror and permerror"));
  }
  // RFC 9989 §5.3.6
  const dmarc::Check check = word == "pass"        ? dmarc::Check::passed
                             : word == "temperror" ? dmarc::Check::unresolved
                                                   : dmarc::Check::failed;
  auto name = to_a_labels(domain);
  if (name) return dmarc::Identifier{.method = method, .domain = std::move(*name), .check = check};
  if (check == dmarc::Check::failed) return std::nullopt;
  return std::unexpected("the domain is no domain name: " + name.error().what);
}

}  // namespace assay::json
