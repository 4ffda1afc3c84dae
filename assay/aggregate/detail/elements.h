#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

/// The elements of a report: what may stand in what, and what a name means there.
namespace assay::aggregate::detail {

enum class Node : std::uint8_t {
  // Those that hold others.
  document,
  feedback,
  report_metadata,
  date_range,
  policy_published,
  record,
  row,
  policy_evaluated,
  reason,
  identifiers,
  auth_results,
  dkim,
  spf,
  // Those that hold text.
  version,
  org_name,
  email,
  extra_contact_info,
  report_id,
  begin,
  end,
  error,
  generator,
  domain,
  p,
  sp,
  np,
  adkim,
  aspf,
  pct,
  fo,
  testing,
  discovery_method,
  source_ip,
  count,
  disposition,
  aligned_dkim,
  aligned_spf,
  type,
  comment,
  header_from,
  envelope_from,
  envelope_to,
  signing_domain,
  selector,
  dkim_result,
  dkim_human_result,
  spf_domain,
  scope,
  spf_result,
  spf_human_result,
  // What is not looked into.
  ignored,
};

constexpr bool holds_elements(Node node) {
  return node <= Node::spf;
}

struct Element {
  std::string_view name;
  Node node;
};

/// What may stand in a node by the schemas of RFC 9990 and RFC 7489, and what reporters add.
std::span<const Element> children(Node node);

/// Nodes whose children are taken for those of `node` where their own element is missing.
std::span<const Node> implied(Node node);

/// The name of an element as the schema writes it, with that of the one it belongs in:
/// "policy_evaluated/dkim".
std::string path_of(Node node);

enum class Fit : std::uint8_t { exact, letters, misspelled, none };
struct Match {
  Node node = Node::ignored;
  Fit fit = Fit::none;
};
/// The child of `node` that is called so: exactly; in other letters, or with hyphens; or nearly.
Match exact_child(Node node, std::string_view name);
Match similar_child(Node node, std::string_view name);

}  // namespace assay::aggregate::detail
