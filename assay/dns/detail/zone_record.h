#pragma once

#include <chrono>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "assay/dns/detail/master_file.h"
#include "assay/dns/resolver.h"

namespace assay::dns::detail {

struct Address {
  Type type = Type::a;  // a or aaaa
  IpAddress address = {};
};
struct Text {
  std::string joined;
};
struct Pointer {
  DomainName host;
};
struct Alias {
  DomainName target;
  std::chrono::seconds ttl{0};
};
/// SOA: for how long a negative answer holds (RFC 2308 §5).
struct Authority {
  std::chrono::seconds negative_ttl{0};
};
/// NS, SPF and other types that mail never asks for: the name exists.
struct Existence {};
/// $FAIL: of one type, or of all.
struct Failure {
  std::optional<Type> type;
  std::string_view why;
};

using RecordData =
    std::variant<Address, MailExchange, Pointer, Text, Alias, Authority, Existence, Failure>;

struct ZoneRecord {
  DomainName owner;
  std::chrono::seconds ttl{0};
  RecordData data;
  Place place = {};
};

/// Reads the records of master-file text one by one, keeping origin, last owner and TTL.
class ZoneReader {
 public:
  explicit ZoneReader(std::string_view text) : file_(text) {}

  /// The next record; nothing at the end of the text.
  /// Errors: `bad_zone`, saying the line.
  std::expected<std::optional<ZoneRecord>, Finding> next();

 private:
  /// Token by token through the entry being read.
  class Fields;

  std::expected<std::optional<ZoneRecord>, Finding> read_directive();
  std::expected<ZoneRecord, Finding> read_failure(Fields& fields);
  std::expected<ZoneRecord, Finding> read_record();
  std::expected<std::string, Finding> read_ttl_class_type(Fields& fields);
  std::expected<RecordData, Finding> read_data(const std::string& type, Fields& fields);
  std::expected<RecordData, Finding> read_authority(Fields& fields);

  std::chrono::seconds ttl_of_entry() const;

  MasterFile file_;
  Entry entry_ = {};
  DomainName origin_ = {};
  std::optional<DomainName> owner_ = {};
  std::optional<std::chrono::seconds> entry_ttl_ = {};    // stated in this entry
  std::optional<std::chrono::seconds> default_ttl_ = {};  // $TTL
  std::optional<std::chrono::seconds> last_ttl_ = {};     // stated last
};

}  // namespace assay::dns::detail
