#include "system/intake/alignment.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "assay/base/ascii.h"
#include "system/store/packed_records.h"

namespace assay::intake {
namespace {

using store::ChunkReader;
using store::PackedRecord;

std::string_view without_dot(std::string_view name) {
  if (name.ends_with('.')) name.remove_suffix(1);
  return name;
}

bool is_at_or_below(std::string_view name, std::string_view domain) {
  if (domain.empty() || name.size() < domain.size()) return false;
  const std::size_t more = name.size() - domain.size();
  return ascii::iequals(name.substr(more), domain) && (more == 0 || name[more - 1] == '.');
}

/// The last two labels: names that differ there are of different organizations.
std::string_view end_of(std::string_view name) {
  const std::size_t last = name.rfind('.');
  if (last == std::string_view::npos || last == 0) return name;
  const std::size_t before = name.rfind('.', last - 1);
  return before == std::string_view::npos ? name : name.substr(before + 1);
}

/// What a domain that passes says of alignment with the author domain (RFC 9989 §4.4).
enum class Aligned : std::uint8_t { no, perhaps, surely };
Aligned aligned(std::string_view domain, std::string_view author, std::string_view policy_domain,
                bool strict) {
  domain = without_dot(domain);
  author = without_dot(author);
  if (domain.empty() || author.empty()) return Aligned::perhaps;
  if (ascii::iequals(domain, author)) return Aligned::surely;
  if (strict) return Aligned::no;
  if (is_at_or_below(domain, policy_domain) && is_at_or_below(author, policy_domain)) {
    return Aligned::surely;
  }
  return ascii::iequals(end_of(domain), end_of(author)) ? Aligned::perhaps : Aligned::no;
}

struct Difference {
  std::uint64_t records = 0;
  std::uint64_t messages = 0;
  std::uint64_t first = 0;

  void add(std::uint64_t number, std::uint64_t count) {
    if (records++ == 0) first = number;
    messages = count > ~messages ? ~std::uint64_t{0} : messages + count;
  }
};

class Comparison {
 public:
  explicit Comparison(const aggregate::PolicyPublished& policy)
      : domain_(without_dot(policy.domain)),
        strict_dkim_(policy.adkim == "s"),
        strict_spf_(policy.aspf == "s") {}

  void look_at(const ChunkReader& chunk, const PackedRecord& record, std::uint64_t number) {
    Aligned dkim = Aligned::no;
    for (const PackedRecord::Result& each : record.dkim_results) {
      if (chunk.text(each.result) != "pass") continue;
      dkim = std::max(dkim, of(chunk, each, record, strict_dkim_));
    }
    compare(chunk.text(record.dkim), dkim, 0, record, number);
    Aligned spf = Aligned::no;
    for (const PackedRecord::Result& each : record.spf_results) {
      if (chunk.text(each.result) != "pass" || chunk.text(each.selector_or_scope) == "helo") {
        continue;
      }
      spf = std::max(spf, of(chunk, each, record, strict_spf_));
    }
    compare(chunk.text(record.spf), spf, 2, record, number);
  }

  std::vector<store::Remark> remarks() const {
    constexpr std::array<std::string_view, 4> words = {
        "dkim=fail, and a signature of an aligned domain passes",
        "dkim=pass, and no signature passes that could be aligned",
        "spf=fail, and an aligned domain passes",
        "spf=pass, and no domain passes that could be aligned"};
    std::vector<store::Remark> remarks;
    for (std::size_t i = 0; i < words.size(); ++i) {
      const Difference& each = differences_[i];
      if (each.records == 0) continue;
      remarks.push_back({.code = "alignment_differs",
                         .what = std::to_string(each.records) + " records with " +
                                 std::to_string(each.messages) + " messages say " +
                                 std::string(words[i]) + "; record " + std::to_string(each.first) +
                                 " is the first"});
    }
    return remarks;
  }

 private:
  Aligned of(const ChunkReader& chunk, const PackedRecord::Result& result,
             const PackedRecord& record, bool strict) const {
    return aligned(chunk.text(result.domain), chunk.text(record.header_from), domain_, strict);
  }

  void compare(std::string_view said, Aligned found, std::size_t kind, const PackedRecord& record,
               std::uint64_t number) {
    if (said == "fail" && found == Aligned::surely) {
      differences_[kind].add(number, record.count);
    } else if (said == "pass" && found == Aligned::no) {
      differences_[kind + 1].add(number, record.count);
    }
  }

  std::string_view domain_;
  bool strict_dkim_;
  bool strict_spf_;
  std::array<Difference, 4> differences_ = {};
};

}  // namespace

// RFC 9990 §3.1.1.9
std::vector<store::Remark> alignment_remarks(const store::PackedRecords& records,
                                             const aggregate::PolicyPublished& policy) {
  Comparison comparison(policy);
  std::uint64_t number = 0;
  PackedRecord record;
  for (const std::string& octets : records.chunks()) {
    ChunkReader chunk(octets);
    while (chunk.next(record)) comparison.look_at(chunk, record, ++number);
  }
  return comparison.remarks();
}

}  // namespace assay::intake
