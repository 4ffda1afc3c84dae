#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "system/evidence/evidence.h"

namespace assay::evidence {

/// A message with all that its findings are looked for in.
class Look {
 public:
  Look(const Seen& seen, const Sources& sources, const Knowledge& knowledge, Instant now);

  const Seen& seen;
  const Sources& sources;
  const Knowledge& knowledge;
  Instant now;

  const verify::Verdict& verdict() const { return seen.verdict; }
  const dmarc::Evaluation& dmarc() const { return seen.verdict.dmarc; }
  /// The author domain that ruled; the root where there is none.
  const DomainName& author() const { return seen.verdict.dmarc.author; }
  std::string author_words() const;
  std::string client_words() const;

  /// Whether an identifier of that domain could vouch for the author (RFC 9989 §4.4).
  bool aligns(const DomainName& domain, dmarc::Method method) const;
  /// Whether the domain belongs to the author's organization, as far as is known.
  bool is_of_author(const DomainName& domain) const;

  /// What passed SPF (MAIL FROM) or DKIM.
  const std::vector<DomainName>& authenticated() const { return authenticated_; }
  /// One of them that is of one organization with `domain`.
  const DomainName* authenticated_with(const DomainName& domain) const;

  // What was learned, as far as it is not too old.
  const ClientHistory* client_history() const;
  const AuthorHistory* author_history() const;
  const PairHistory* pair_history() const;

 private:
  bool is_fresh(Instant at) const;
  std::optional<DomainName> organization_of(const DomainName& domain) const;

  std::vector<DomainName> authenticated_ = {};
  dmarc::Alignment adkim_ = dmarc::Alignment::relaxed;
  dmarc::Alignment aspf_ = dmarc::Alignment::relaxed;
  std::string client_key_ = {};
};

// A function for each row of the tables in docs/evidence.md.
std::optional<Finding> find_recovered(const Look& look);
std::optional<Finding> find_mailing_list(const Look& look);
std::optional<Finding> find_trusted_arc(const Look& look);
std::optional<Finding> find_known_forwarder(const Look& look);
std::optional<Finding> find_listed(const Look& look);
std::optional<Finding> find_passed_lately(const Look& look);
std::optional<Finding> find_always_passes(const Look& look);
std::optional<Finding> find_only_failing_client(const Look& look);
std::optional<Finding> find_no_relay(const Look& look);
std::optional<Finding> find_non_existent_author(const Look& look);
std::optional<Finding> find_misleading_from(const Look& look);

}  // namespace assay::evidence
