#include "assay/dns/detail/zone_record.h"

#include <algorithm>
#include <array>

#include "assay/base/ascii.h"
#include "assay/base/try.h"

namespace assay::dns::detail {
namespace {

using std::chrono::seconds;

constexpr seconds ttl_where_none_is_stated{3600};
constexpr std::size_t max_rdata = 65535;  // RFC 1035 §3.2.1: RDLENGTH has 16 bits
constexpr std::size_t max_string = 255;   // RFC 1035 §3.3

/// Types that are legal in a zone and that mail authentication never asks for.
constexpr std::array<std::string_view, 29> irrelevant_types = {
    "NS",    "SPF",        "CAA",        "SRV",   "DS",      "DNSKEY", "RRSIG", "NSEC",
    "NSEC3", "NSEC3PARAM", "TLSA",       "SSHFP", "HINFO",   "NAPTR",  "LOC",   "URI",
    "HTTPS", "SVCB",       "RP",         "CDS",   "CDNSKEY", "SMIMEA", "AFSDB", "CERT",
    "CSYNC", "ZONEMD",     "OPENPGPKEY", "EUI48", "EUI64"};

std::string upper(std::string_view text) {
  std::string result(text);
  for (char& c : result) {
    if (ascii::is_lower(c)) c = static_cast<char>(c - 'a' + 'A');
  }
  return result;
}

seconds unit_of(char letter) {
  switch (ascii::to_lower(letter)) {
    case 's':
      return seconds{1};
    case 'm':
      return seconds{60};
    case 'h':
      return seconds{3600};
    case 'd':
      return seconds{86400};
    case 'w':
      return seconds{604800};
    default:
      return seconds{0};
  }
}

/// Seconds, or numbers with units as "1h30m". Nothing for other text or more than 31 bits.
std::optional<seconds> parse_ttl(std::string_view text) {
  constexpr seconds most{0x7fffffff};  // RFC 2181 §8
  seconds total{0};
  while (!text.empty()) {
    const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
    const auto number = ascii::parse_number(text.substr(0, digits));
    if (!number || *number > static_cast<unsigned long long>(most.count())) return std::nullopt;
    seconds unit{1};
    text.remove_prefix(digits);
    if (!text.empty()) {
      unit = unit_of(text.front());
      text.remove_prefix(1);
    }
    if (unit.count() == 0) return std::nullopt;
    total += unit * static_cast<seconds::rep>(*number);
    if (total > most) return std::nullopt;
  }
  return total;
}

std::optional<Type> parse_type(std::string_view text) {
  constexpr std::array types = {Type::a, Type::aaaa, Type::mx, Type::ptr, Type::txt};
  const auto* const found =
      std::ranges::find_if(types, [&](Type type) { return ascii::iequals(text, to_text(type)); });
  return found == types.end() ? std::nullopt : std::optional(*found);
}

}  // namespace

class ZoneReader::Fields {
 public:
  Fields(const Entry& entry, std::size_t first) : entry_(entry), next_(first) {}

  bool at_end() const { return next_ == entry_.tokens.size(); }
  const Token& peek() const { return entry_.tokens[next_]; }
  void skip() { ++next_; }
  std::unexpected<Finding> wrong(const std::string& what) const {
    return std::unexpected(zone_finding(at_end() ? entry_.place : peek().place, what));
  }
  std::expected<Token, Finding> take(std::string_view what) {
    if (at_end()) return wrong(std::string(what) + " is missing");
    return entry_.tokens[next_++];
  }
  std::expected<std::string, Finding> take_word(std::string_view what) {
    ASSAY_TRY(token, take(what));
    return std::string(token.raw);
  }
  std::expected<DomainName, Finding> take_name(std::string_view what, const DomainName& origin) {
    ASSAY_TRY(token, take(what));
    return read_name(token, origin);
  }
  std::expected<seconds, Finding> take_ttl(std::string_view what) {
    ASSAY_TRY(token, take(what));
    const std::optional<seconds> ttl = parse_ttl(token.raw);
    if (token.raw.empty() || !ttl) {
      return std::unexpected(zone_finding(token.place, std::string(what) + " is no time"));
    }
    return *ttl;
  }
  std::expected<IpAddress, Finding> take_address(Type type) {
    ASSAY_TRY(token, take("the address"));
    const std::optional<IpAddress> address = IpAddress::parse(token.raw);
    const bool v6_text = token.raw.find(':') != std::string_view::npos;
    if (!address || v6_text != (type == Type::aaaa)) {
      return std::unexpected(zone_finding(
          token.place, type == Type::a ? "not an IPv4 address" : "not an IPv6 address"));
    }
    return *address;
  }
  std::expected<std::uint16_t, Finding> take_preference() {
    ASSAY_TRY(token, take("the preference"));
    const auto number = ascii::parse_number(token.raw);
    if (!number || *number > 65535) {
      return std::unexpected(zone_finding(token.place, "the preference is no number to 65535"));
    }
    return static_cast<std::uint16_t>(*number);
  }
  /// RFC 7208 §3.3, RFC 6376 §3.6.2.2: the strings of a record joined without spaces.
  std::expected<std::string, Finding> take_strings() {
    if (at_end()) return wrong("the text is missing");
    std::string joined;
    std::size_t rdata = 0;
    while (!at_end()) {
      ASSAY_TRY(octets, unescape(peek()));
      // A string above 255 octets is taken as the several that it has to be on the wire.
      rdata +=
          octets.size() + std::max<std::size_t>(1, (octets.size() + max_string - 1) / max_string);
      if (rdata > max_rdata) return wrong("a record above 65535 octets");
      joined += octets;
      skip();
    }
    return joined;
  }

 private:
  const Entry& entry_;
  std::size_t next_;
};

std::expected<std::optional<ZoneRecord>, Finding> ZoneReader::next() {
  while (true) {
    ASSAY_TRY(more, file_.next(entry_));
    if (!more) return std::nullopt;
    const Token& first = entry_.tokens.front();
    if (!first.raw.starts_with('$') || first.quoted) return read_record();
    ASSAY_TRY(record, read_directive());
    if (record) return record;
  }
}

std::expected<std::optional<ZoneRecord>, Finding> ZoneReader::read_directive() {
  Fields fields(entry_, 1);
  const std::string word = upper(entry_.tokens.front().raw);
  std::optional<ZoneRecord> record;
  if (word == "$ORIGIN") {  // RFC 1035 §5.1
    ASSAY_TRY(origin, fields.take_name("the origin", origin_));
    origin_ = origin;
  } else if (word == "$TTL") {  // RFC 2308 §4
    ASSAY_TRY(ttl, fields.take_ttl("the TTL"));
    default_ttl_ = ttl;
  } else if (word == "$FAIL") {
    ASSAY_TRY(failure, read_failure(fields));
    record = failure;
  } else {
    return std::unexpected(zone_finding(
        entry_.place,
        ascii::printable(word, 40) + " is not understood; $ORIGIN, $TTL and $FAIL are"));
  }
  if (!fields.at_end()) return fields.wrong("more than " + word + " takes");
  return record;
}

std::expected<ZoneRecord, Finding> ZoneReader::read_failure(Fields& fields) {
  ASSAY_TRY(name, fields.take_name("the name that fails", origin_));
  ASSAY_TRY(word, fields.take_word("servfail or timeout"));
  Failure failure;
  if (const std::optional<Type> type = parse_type(word)) {
    failure.type = type;
    ASSAY_TRY(why, fields.take_word("servfail or timeout"));
    word = why;
  }
  if (ascii::iequals(word, "servfail")) failure.why = "servfail";
  if (ascii::iequals(word, "timeout")) failure.why = "timeout";
  if (failure.why.empty()) {
    return std::unexpected(
        zone_finding(entry_.place, "$FAIL <name> [A|AAAA|MX|PTR|TXT] servfail|timeout is meant"));
  }
  return ZoneRecord{.owner = name, .data = failure, .place = entry_.place};
}

std::expected<ZoneRecord, Finding> ZoneReader::read_record() {
  Fields fields(entry_, entry_.owner_given ? 1 : 0);
  if (entry_.owner_given) {
    ASSAY_TRY(owner, read_name(entry_.tokens.front(), origin_));
    owner_ = owner;
  }
  if (!owner_) return fields.wrong("no owner: the first line begins with white space");
  ASSAY_TRY(type, read_ttl_class_type(fields));
  ASSAY_TRY(data, read_data(type, fields));
  if (!fields.at_end()) return fields.wrong("more than a record of type " + type + " holds");
  const seconds ttl = ttl_of_entry();
  if (auto* const alias = std::get_if<Alias>(&data)) alias->ttl = ttl;
  if (auto* const authority = std::get_if<Authority>(&data)) {
    // RFC 2308 §4: the third meaning of MINIMUM, where $TTL is missing, is the default TTL.
    if (!last_ttl_ && !default_ttl_) last_ttl_ = authority->negative_ttl;
    // RFC 2308 §5
    authority->negative_ttl = std::min(authority->negative_ttl, ttl);
  }
  return ZoneRecord{.owner = *owner_, .ttl = ttl, .data = std::move(data), .place = entry_.place};
}

/// RFC 1035 §5.1: [<TTL>] [<class>] <type> or [<class>] [<TTL>] <type>.
std::expected<std::string, Finding> ZoneReader::read_ttl_class_type(Fields& fields) {
  entry_ttl_.reset();
  bool class_given = false;
  while (true) {
    ASSAY_TRY(token, fields.take("the type"));
    if (!token.quoted && !token.raw.empty() && ascii::is_digit(token.raw.front()) && !entry_ttl_) {
      entry_ttl_ = parse_ttl(token.raw);
      if (!entry_ttl_) return std::unexpected(zone_finding(token.place, "the TTL is no time"));
      last_ttl_ = entry_ttl_;
      continue;
    }
    std::string word = upper(token.raw);
    if (word == "IN" && !class_given) {
      class_given = true;
      continue;
    }
    if (word == "CH" || word == "HS" || word == "CS") {
      return std::unexpected(zone_finding(token.place, "only the class IN is served"));
    }
    return word;
  }
}

seconds ZoneReader::ttl_of_entry() const {
  // RFC 2308 §4: $TTL is for the records without a TTL of their own; without it, RFC 1035 §5.1:
  // the last one stated.
  if (entry_ttl_) return *entry_ttl_;
  if (default_ttl_) return *default_ttl_;
  return last_ttl_.value_or(ttl_where_none_is_stated);
}

std::expected<RecordData, Finding> ZoneReader::read_data(const std::string& type, Fields& fields) {
  if (type == "A" || type == "AAAA") {
    const Type of = type == "A" ? Type::a : Type::aaaa;
    ASSAY_TRY(address, fields.take_address(of));
    return Address{.type = of, .address = address};
  }
  if (type == "MX") {
    ASSAY_TRY(preference, fields.take_preference());
    ASSAY_TRY(host, fields.take_name("the mail exchange", origin_));  // RFC 7505 §3: may be "."
    return MailExchange{.preference = preference, .host = host};
  }
  if (type == "PTR") {
    ASSAY_TRY(host, fields.take_name("the host", origin_));
    return Pointer{host};
  }
  if (type == "CNAME") {
    ASSAY_TRY(target, fields.take_name("the target", origin_));
    return Alias{.target = target};
  }
  if (type == "TXT" || type == "SPF") {
    ASSAY_TRY(joined, fields.take_strings());
    // RFC 7208 §3.1: the type SPF is no more; TXT alone is asked for.
    if (type == "SPF") return Existence{};
    return Text{std::move(joined)};
  }
  if (type == "SOA") return read_authority(fields);
  if (type == "NS") {
    auto server = fields.take_name("the name server", origin_);
    if (!server) return std::unexpected(std::move(server).error());
    return Existence{};
  }
  if (std::ranges::find(irrelevant_types, type) == irrelevant_types.end()) {
    return std::unexpected(
        zone_finding(entry_.place, "the type " + ascii::printable(type, 40) + " is not known"));
  }
  while (!fields.at_end()) fields.skip();
  return Existence{};
}

std::expected<RecordData, Finding> ZoneReader::read_authority(Fields& fields) {
  // Both names are only checked for being there: a mailbox may hold an escaped dot.
  for (const std::string_view what : {"the primary name server", "the mailbox"}) {
    if (auto name = fields.take(what); !name) return std::unexpected(std::move(name).error());
  }
  ASSAY_TRY(serial, fields.take("the serial"));
  if (!ascii::parse_number(serial.raw)) {
    return std::unexpected(zone_finding(serial.place, "the serial is no number"));
  }
  seconds last{0};
  for (const std::string_view what : {"the refresh", "the retry", "the expiry", "the minimum"}) {
    ASSAY_TRY(time, fields.take_ttl(what));
    last = time;
  }
  return Authority{.negative_ttl = last};
}

}  // namespace assay::dns::detail
