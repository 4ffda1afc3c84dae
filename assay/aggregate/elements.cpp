#include "assay/aggregate/detail/elements.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "assay/base/ascii.h"

namespace assay::aggregate::detail {
namespace {

constexpr Element in_document[] = {{"feedback", Node::feedback}};
// RFC 9990 §3.1.1.2
constexpr Element in_feedback[] = {{"record", Node::record},
                                   {"version", Node::version},
                                   {"report_metadata", Node::report_metadata},
                                   {"policy_published", Node::policy_published},
                                   {"extension", Node::ignored}};
// RFC 9990 §3.1.1.3
constexpr Element in_metadata[] = {{"org_name", Node::org_name},
                                   {"email", Node::email},
                                   {"extra_contact_info", Node::extra_contact_info},
                                   {"report_id", Node::report_id},
                                   {"date_range", Node::date_range},
                                   {"error", Node::error},
                                   {"generator", Node::generator}};
constexpr Element in_date_range[] = {{"begin", Node::begin}, {"end", Node::end}};
// RFC 9990 §3.1.1.5; pct of RFC 7489; t as some reporters call testing; psd is not reported.
constexpr Element in_policy[] = {
    {"domain", Node::domain},   {"p", Node::p},
    {"sp", Node::sp},           {"np", Node::np},
    {"adkim", Node::adkim},     {"aspf", Node::aspf},
    {"pct", Node::pct},         {"fo", Node::fo},
    {"testing", Node::testing}, {"discovery_method", Node::discovery_method},
    {"t", Node::testing},       {"psd", Node::ignored}};
// RFC 9990 §3.1.1.7
constexpr Element in_record[] = {{"row", Node::row},
                                 {"identifiers", Node::identifiers},
                                 {"auth_results", Node::auth_results},
                                 {"identities", Node::identifiers}};
constexpr Element in_row[] = {{"source_ip", Node::source_ip},
                              {"count", Node::count},
                              {"policy_evaluated", Node::policy_evaluated}};
// RFC 9990 §3.1.1.9
constexpr Element in_evaluated[] = {{"disposition", Node::disposition},
                                    {"dkim", Node::aligned_dkim},
                                    {"spf", Node::aligned_spf},
                                    {"reason", Node::reason}};
constexpr Element in_reason[] = {{"type", Node::type}, {"comment", Node::comment}};
// RFC 9990 §3.1.1.10
constexpr Element in_identifiers[] = {{"header_from", Node::header_from},
                                      {"envelope_from", Node::envelope_from},
                                      {"envelope_to", Node::envelope_to}};
// RFC 9990 §3.1.1.11
constexpr Element in_results[] = {{"dkim", Node::dkim}, {"spf", Node::spf}};
constexpr Element in_dkim[] = {{"domain", Node::signing_domain},
                               {"selector", Node::selector},
                               {"result", Node::dkim_result},
                               {"human_result", Node::dkim_human_result}};
constexpr Element in_spf[] = {{"domain", Node::spf_domain},
                              {"scope", Node::scope},
                              {"result", Node::spf_result},
                              {"human_result", Node::spf_human_result}};

constexpr Node in_place_of_record[] = {Node::row, Node::identifiers, Node::auth_results};
constexpr Node in_place_of_row[] = {Node::policy_evaluated};
constexpr Node in_place_of_metadata[] = {Node::date_range};

/// Lower case, without underscores and hyphens: "Report-ID" and "reportId" are "reportid".
std::string plain_name(std::string_view name) {
  std::string text = ascii::to_lower(name);
  std::erase_if(text, [](char c) { return c == '_' || c == '-'; });
  return text;
}

/// Whether one letter is wrong, missing, or too much, or two neighbours have changed places.
bool is_near(std::string_view a, std::string_view b) {
  if (a.size() > b.size()) std::swap(a, b);
  if (b.size() - a.size() > 1) return false;
  const auto [left, right] = std::ranges::mismatch(a, b);
  const auto same = static_cast<std::size_t>(left - a.begin());
  a.remove_prefix(same);
  b.remove_prefix(same);
  if (a.size() < b.size()) return a == b.substr(1);
  if (a.size() >= 2 && a[0] == b[1] && a[1] == b[0] && a.substr(2) == b.substr(2)) return true;
  return a.empty() || a.substr(1) == b.substr(1);
}

}  // namespace

std::span<const Element> children(Node node) {
  switch (node) {
    case Node::document:
      return in_document;
    case Node::feedback:
      return in_feedback;
    case Node::report_metadata:
      return in_metadata;
    case Node::date_range:
      return in_date_range;
    case Node::policy_published:
      return in_policy;
    case Node::record:
      return in_record;
    case Node::row:
      return in_row;
    case Node::policy_evaluated:
      return in_evaluated;
    case Node::reason:
      return in_reason;
    case Node::identifiers:
      return in_identifiers;
    case Node::auth_results:
      return in_results;
    case Node::dkim:
      return in_dkim;
    case Node::spf:
      return in_spf;
    default:
      return {};
  }
}

std::span<const Node> implied(Node node) {
  switch (node) {
    case Node::record:
      return in_place_of_record;
    case Node::row:
      return in_place_of_row;
    case Node::report_metadata:
      return in_place_of_metadata;
    default:
      return {};
  }
}

std::string path_of(Node node) {
  std::string_view outer;
  for (int parent = 0; parent <= static_cast<int>(Node::spf); ++parent) {
    for (const Element& element : children(static_cast<Node>(parent))) {
      if (element.node != node) continue;
      for (int above = 0; above <= static_cast<int>(Node::spf); ++above) {
        for (const Element& one : children(static_cast<Node>(above))) {
          if (outer.empty() && one.node == static_cast<Node>(parent)) outer = one.name;
        }
      }
      return outer.empty() ? std::string(element.name)
                           : std::string(outer) + "/" + std::string(element.name);
    }
  }
  return "feedback";
}

namespace {

/// Compares with names whose sizes the compiler knows, so that it is a few loads each.
template <const auto& Table>
Match find_in(std::string_view name) {
  Match match;
  const auto is = [&]<std::size_t I>() {
    constexpr std::size_t size = Table[I].name.size();
    if (name.size() != size || std::memcmp(name.data(), Table[I].name.data(), size) != 0) {
      return false;
    }
    match = {.node = Table[I].node, .fit = Fit::exact};
    return true;
  };
  [&]<std::size_t... I>(std::index_sequence<I...>) {
    static_cast<void>((is.template operator()<I>() || ...));
  }(std::make_index_sequence<std::size(Table)>());
  return match;
}

}  // namespace

Match exact_child(Node node, std::string_view name) {
  switch (node) {
    case Node::document:
      return find_in<in_document>(name);
    case Node::feedback:
      return find_in<in_feedback>(name);
    case Node::report_metadata:
      return find_in<in_metadata>(name);
    case Node::date_range:
      return find_in<in_date_range>(name);
    case Node::policy_published:
      return find_in<in_policy>(name);
    case Node::record:
      return find_in<in_record>(name);
    case Node::row:
      return find_in<in_row>(name);
    case Node::policy_evaluated:
      return find_in<in_evaluated>(name);
    case Node::reason:
      return find_in<in_reason>(name);
    case Node::identifiers:
      return find_in<in_identifiers>(name);
    case Node::auth_results:
      return find_in<in_results>(name);
    case Node::dkim:
      return find_in<in_dkim>(name);
    case Node::spf:
      return find_in<in_spf>(name);
    default:
      return {};
  }
}

Match similar_child(Node node, std::string_view name) {
  constexpr std::size_t longest = 40;
  constexpr std::size_t shortest_misspelled = 5;
  if (name.size() > longest) return {};
  const std::string text = plain_name(name);
  for (const Element& element : children(node)) {
    if (plain_name(element.name) == text) return {.node = element.node, .fit = Fit::letters};
  }
  if (text.size() < shortest_misspelled) return {};
  for (const Element& element : children(node)) {
    if (is_near(plain_name(element.name), text)) {
      return {.node = element.node, .fit = Fit::misspelled};
    }
  }
  return {};
}

}  // namespace assay::aggregate::detail
