#pragma once

#include <expected>
#include <memory>
#include <string_view>
#include <vector>

#include "assay/base/domain_name.h"
#include "assay/base/finding.h"
#include "assay/dns/resolver.h"

namespace assay::dns {

/// A Resolver whose answers come from text: for tests, `--zone`, and captured cases.
///
/// The text is a master file (RFC 1035 §5): $ORIGIN (the root until one is given), $TTL, "@", blank
/// owners, quoted strings, parentheses, comments, \DDD and \X; the types A, AAAA, MX, TXT, PTR,
/// CNAME; SPF, NS, SOA and the usual others (CAA, SRV, DS, …) only make their name exist. One line
/// is our own: `$FAIL <name> [<type>] servfail|timeout` makes a question fail, at once. It need not
/// be one zone: the file is all there is of the DNS, a name that it does not hold is name_error.
///
/// Wildcards and empty non-terminals are those of RFC 4592. Aliases are followed through the file;
/// a loop or more than 16 of them is temporary_failure. A record written twice is in the answer
/// twice, so that a broken server can be played. A string above 255 octets is taken as several.
///
/// Copies share their contents. Safe to ask from several threads. A question costs one hashed
/// lookup, and for a name that is not held one more for each label.
class Zone final : public Resolver {
 public:
  /// Errors: `bad_zone`, whose text begins "line 12: "; `at` is the octet where the token begins.
  static std::expected<Zone, Finding> parse(std::string_view text);

  AnswerPtr ask(const Question& question) override;

  /// The owners of records, in order of their text. A wildcard's owner begins with "*".
  std::vector<DomainName> names() const;

 private:
  struct Tree;
  explicit Zone(std::shared_ptr<const Tree> tree) : tree_(std::move(tree)) {}
  std::shared_ptr<const Tree> tree_;
};

}  // namespace assay::dns
